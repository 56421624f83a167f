"""Markdown that grows: what is finished is never parsed again.

A top-level block is finished once two whole lines of what follows it are there: no rule of Markdown looks further
ahead, but that of formulas, whose end is waited for. From there on only the rest is parsed. Link reference definitions
are the exception, because they reach backwards: when they change, the finished blocks that contain a bracket are parsed
once more.
"""

from __future__ import annotations

import re
from typing import Any, Final

from thimble.ui.chat.markdown import Group, parse_groups
from thimble.ui.chat.math_rules import open_formula
from thimble.ui.chat.rich_blocks import Block
from thimble.ui.chat.thought_tags import TAGS, may_open, opening_of

LOOK_AHEAD_LINES: Final = 2
LONGEST_LINE: Final = 8_000
"""A line of prose longer than this goes on in a new paragraph: models caught in a loop write no line breaks, and one
paragraph of half a million letters can neither be parsed nor laid out in the time of a picture."""
_FENCE = re.compile(r"\s*(?:[-*+>]\s+|\d+[.)]\s+)*(`{3,}|~{3,})")


class Lines:
    """Line breaks as "\\n" and no endless lines, however the text was cut into pieces."""

    def __init__(self) -> None:
        self._after_return = False
        self._line = ""
        self._length = 0
        self._in_code = False

    def take(self, text: str) -> str:
        """The next piece, tidied."""
        if self._after_return and text.startswith("\n"):
            text = text[1:]
            self._after_return = False
        if text:
            self._after_return = text.endswith("\r")
        text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "\ufffd")
        return "".join(self._broken(piece) for piece in re.split(r"(?<=\n)", text))

    def _broken(self, piece: str) -> str:
        """A piece of one line, with a paragraph's break where it gets too long."""
        if len(self._line) < 32:  # enough to see a fence
            self._line += piece[:32]
        self._length += len(piece)
        if self._length > LONGEST_LINE and not self._in_code:
            piece = self._break(piece)
        if piece.endswith("\n"):
            if _FENCE.match(self._line):
                self._in_code = not self._in_code
            self._line = ""
            self._length = 0
        return piece

    def _break(self, piece: str) -> str:
        made = ""
        length = self._length - len(piece)
        for word in re.split(r"(?<= )", piece):
            made += word
            length += len(word)
            if length > LONGEST_LINE and word.endswith(" "):
                made += "\n\n"
                length = 0
        self._length = length
        return made


class Incremental:
    """The blocks of a text that grows."""

    def __init__(self) -> None:
        self._lines = Lines()
        self._finished: list[tuple[Group, str]] = []
        self._rest = ""
        self._rest_groups: list[Group] = []
        self._base: dict[str, Any] = {}
        self._references: dict[str, Any] = {}

    @property
    def blocks(self) -> list[Block]:
        """All blocks so far."""
        groups = [group for group, _ in self._finished] + self._rest_groups
        return [block for group in groups for block in group.blocks]

    @property
    def open_length(self) -> int:
        """Characters that the next piece makes it parse again."""
        return len(self._rest)

    def append(self, text: str) -> None:
        """More text. Blocks that stay as they are stay the same objects."""
        text = self._lines.take(text)
        if not text:
            return
        self._rest += text
        groups, references = parse_groups(self._rest, self._base)
        if references != self._references:
            self._references = references
            self._parse_again()
        self._finish(groups)

    def _parse_again(self) -> None:
        """Gives the finished blocks the links that are defined now."""
        for index, (group, source) in enumerate(self._finished):
            if group.refers:
                blocks = tuple(block for again in parse_groups(source, self._references)[0] for block in again.blocks)
                if blocks != group.blocks:
                    self._finished[index] = (Group(group.start, group.end, blocks, True), source)

    def _finish(self, groups: list[Group]) -> None:
        whole_lines = self._rest.count("\n")
        begun = None
        if "\\[" in self._rest or "$$" in self._rest:
            lines = self._rest.split("\n")
            begun = open_formula(lines)
            if begun and lines[begun - 1].strip():
                begun -= 1  # without its end it belongs to the words before it
        done = 0
        for index in range(1, len(groups)):
            if groups[index].start + LOOK_AHEAD_LINES <= whole_lines and (
                begun is None or groups[index].start <= begun
            ):
                done = index
        if done:
            lines = self._rest.split("\n")
            end = groups[done - 1].end
            for group in groups[:done]:
                source = "\n".join(lines[group.start : group.end]) if group.refers else ""
                self._finished.append((group, source))
            if self._references != self._base:  # definitions may stand inside what is finished now
                self._base = parse_groups("\n".join(lines[:end]), self._base)[1]
            self._rest = "\n".join(lines[end:])
            groups = [Group(g.start - end, g.end - end, g.blocks, g.refers) for g in groups[done:]]
        self._rest_groups = groups


class AnswerText:
    """An answer: what the model thought first, between tags (`thought_tags`), and what it says."""

    def __init__(self) -> None:
        self._held = ""
        self._state = "start"
        self._closing = ""
        self.source = ""
        """Everything that came."""
        self.said = ""
        """What of it are no thoughts."""
        self.thoughts = Incremental()
        self.words = Incremental()

    @property
    def has_thoughts(self) -> bool:
        """Whether it began with a thought."""
        return self._state in {"thinking", "told"}

    @property
    def thinking(self) -> bool:
        """Whether the thought is not over yet."""
        return self._state == "thinking"

    def append(self, text: str) -> None:
        """More text; read `blocks` of `thoughts` and `words` afterwards."""
        self.source += text
        self._held += text
        if self._state == "start":
            begin = self._held.lstrip()
            opening = opening_of(begin)
            if opening:
                self._state = "thinking"
                self._closing = TAGS[opening]
                self._held = begin[len(opening) :]
            elif begin and not may_open(begin):
                self._state = "plain"
        if self._state == "thinking":
            thought, closing, rest = self._held.partition(self._closing)
            if closing:
                self.thoughts.append(thought)
                self._state = "told"
                self._held = rest
            else:
                safe = len(thought) - _overlap(thought, self._closing)
                self.thoughts.append(thought[:safe])
                self._held = thought[safe:]
        if self._state in {"told", "plain"}:
            self.said += self._held
            self.words.append(self._held)
            self._held = ""

    def finish(self) -> None:
        """No more text comes: what looked like the beginning of a tag is text."""
        held, self._held = self._held, ""
        if self._state == "thinking":
            self.thoughts.append(held)
        elif held:
            self._state = "plain"
            self.said += held
            self.words.append(held)


def _overlap(text: str, tag: str) -> int:
    """How many letters at the end of the text could begin the tag."""
    return next((n for n in range(min(len(tag) - 1, len(text)), 0, -1) if text.endswith(tag[:n])), 0)
