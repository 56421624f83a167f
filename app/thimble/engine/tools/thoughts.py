"""Tells what a model thinks from what it says: `<think>…</think>` at the beginning of an answer."""

from __future__ import annotations

import re
from typing import Final

from thimble.engine.tools.formats import THOUGHTS

OPEN_THOUGHT: Final = re.compile(r"(<think>|\[THINK\])\s*$")
"""The end of a prompt whose template has opened the model's reasoning already."""


def overlap(text: str, mark: str) -> int:
    """Length of the longest end of the text that begins the mark, and is not all of it."""
    for length in range(min(len(mark) - 1, len(text)), 0, -1):
        if text.endswith(mark[:length]):
            return length
    return 0


class Thoughts:
    """White space around reasoning belongs to neither side.

    Args:
        closing: the mark that ends the reasoning which the prompt has opened; "" when it has not.
    """

    def __init__(self, closing: str = "") -> None:
        self._closing = closing
        self._state = "thinking" if closing else "beginning"
        self._held = ""
        self._said = False

    @property
    def thinks(self) -> bool:
        """Whether the text so far ends within reasoning."""
        return self._state == "thinking"

    @property
    def closing(self) -> str:
        """The mark that ends the reasoning; "" before it has begun."""
        return self._closing

    def feed(self, text: str) -> tuple[str, str]:
        """More text: what of it is thought, and what is said."""
        if self._state == "over":
            return "", text
        self._held += text
        if self._state == "beginning":
            stripped = self._held.lstrip()
            mark = next(((opening, closing) for opening, closing in THOUGHTS if stripped.startswith(opening)), None)
            if mark is None:
                if not stripped or any(opening.startswith(stripped) for opening, _closing in THOUGHTS):
                    return "", ""
                self._state = "over"
                return "", self._take()
            self._held, self._closing, self._state = stripped[len(mark[0]) :], mark[1], "thinking"
        thought = ""
        if self._state == "thinking":
            inside, found, rest = self._held.partition(self._closing)
            if found:
                self._state, self._held = "after", rest
                thought = self._thought(inside.rstrip())
            else:
                certain = inside[: len(inside) - overlap(inside, self._closing)].rstrip()
                self._held = inside[len(certain) :]
                return self._thought(certain), ""
        said = self._held.lstrip()
        if said:
            self._state, self._held = "over", ""
        return thought, said

    def finish(self) -> tuple[str, str]:
        """The answer has ended: what was held back."""
        held = self._take()
        if self._state == "thinking":
            return self._thought(held.rstrip()), ""
        return "", held if self._state == "beginning" else ""

    def _thought(self, text: str) -> str:
        text = text if self._said else text.lstrip()
        self._said = self._said or bool(text)
        return text

    def _take(self) -> str:
        held, self._held = self._held, ""
        return held
