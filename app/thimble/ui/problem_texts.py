"""Failures in the reader's language.

The packages under the window say everything in English, as do the engine and its protocol. What can be said is known:
`installer/sentences.py` finds it in the sources, with `{0}` for what varies, and the installer compiles a translation
to a JSON object. A sentence is looked up as it is, then by the longest of those that it fits; what is in its gaps is
translated in the same way, and numbers are written as the language does. What nobody knows is shown as it comes.
"""

from __future__ import annotations

import json
import logging
import re
from functools import cached_property
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QLocale

if TYPE_CHECKING:
    from thimble.errors import Problem

log = logging.getLogger(__name__)

_GAP: Final = re.compile(r"\{\d+\}")
_END: Final = re.compile(r"(?<=[.”]) ")
_NUMBER: Final = re.compile(r"(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?( [KMG]iB)?")
_DEEPEST: Final = 3
_LONGEST: Final = 4000
"""Letters; more than any sentence of ours has, and few enough for the patterns."""


def sentence(problem: Problem) -> str:
    """What happened, in the window's language."""
    return translated(problem.sentence)


def action(problem: Problem) -> str:
    """What can be done about it, in the window's language; empty when there is nothing."""
    return translated(problem.action)


def words(problem: Problem) -> str:
    """Both."""
    return f"{sentence(problem)} {action(problem)}".strip()


def translated(text: str) -> str:
    """An English sentence of a package that knows no Qt, in the window's language."""
    return _wording.of(text)


def use(path: Path | None) -> None:
    """Chooses the language for everything that is shown from now on.

    Args:
        path: compiled sentences, read when the first one is needed; None for English.
    """
    global _wording  # noqa: PLW0603 - there is one language, as Qt has one set of translators
    _wording = Wording(path)


class Wording:
    """Sentences in one language.

    Args:
        path: as of `use`.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def of(self, text: str, depth: int = 0) -> str:
        """The translation, or the text itself."""
        if self._path is None or not text or len(text) > _LONGEST:
            return text
        if (known := self._texts.get(text)) is not None:
            return known
        for end in _END.finditer(text):  # a sentence and what to do, as one text
            if (known := self._texts.get(text[end.end() :])) is not None:
                return f"{self.of(text[: end.start()], depth + 1)} {known}"
        for pattern in self._patterns if depth < _DEEPEST else ():
            if (values := pattern.values(text)) is not None:
                return self._texts[pattern.template].format(*(self._value(value, depth) for value in values))
        return text

    def _value(self, value: str, depth: int) -> str:
        if number := _NUMBER.fullmatch(value):
            return _as_written_here(number) if "," in number[1] or number[2] else value
        return self.of(value, depth + 1)

    @cached_property
    def _texts(self) -> dict[str, str]:
        assert self._path is not None  # noqa: S101 - English never asks
        try:
            texts = json.loads(self._path.read_text("utf-8"))
            return {str(source): str(translation) for source, translation in texts.items()}
        except (OSError, ValueError, AttributeError) as error:
            log.warning("%s cannot be read: %s", self._path, error)
            return {}

    @cached_property
    def _patterns(self) -> list[Pattern]:
        """What says most comes first."""
        found = [Pattern(text) for text in self._texts if _GAP.search(text)]
        return sorted(found, key=lambda pattern: (-pattern.letters, pattern.template))


class Pattern:
    """A sentence with gaps.

    Attributes:
        template: with `{0}`, `{1}` … in this order.
        letters: without the gaps.
    """

    def __init__(self, template: str) -> None:
        self.template = template
        pieces = list(Formatter().parse(template))
        self.letters = sum(len(literal) for literal, *_ in pieces)
        self._mark = max((literal for literal, *_ in pieces), key=len)
        self._pieces = [re.escape(literal) + ("(.*?)" if gap is not None else "") for literal, gap, *_ in pieces]

    def values(self, text: str) -> tuple[str, ...] | None:
        """What is in the gaps of this text; None where it is another sentence."""
        if self._mark not in text:
            return None
        found = self._expression.fullmatch(text)
        return found.groups() if found is not None else None

    @cached_property
    def _expression(self) -> re.Pattern[str]:
        return re.compile("".join(self._pieces), re.DOTALL)


def _as_written_here(number: re.Match[str]) -> str:
    locale = QLocale()
    whole = number[1].replace(",", locale.groupSeparator())
    return whole + (locale.decimalPoint() + number[2] if number[2] else "") + (number[3] or "")


_wording = Wording(None)
