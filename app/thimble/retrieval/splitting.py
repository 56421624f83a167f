"""Cuts a text into passages that overlap a little, at the ends of paragraphs where that is possible."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

LENGTH: Final = 900
"""Characters of a passage: about 220 tokens of English, so that five of them fit where the context is 2,048."""
OVERLAP: Final = 160
"""At most so many characters of a passage stand at the end of the one before, too."""
_LONGEST: Final = LENGTH * 4 // 3
"""A passage that has only begun (a heading) may become so long rather than stand alone."""
_PAGE_BREAK: Final = "\f"
_ITEM: Final = re.compile(r"[ \t]*(?:[-*+•|>]|#{1,6} |\d{1,3}[.)] )")
_SENTENCE_END: Final = re.compile(r"[.!?:;。！？]['\"”’)\]*_`]*\s*\Z")
_SENTENCE: Final = re.compile(r"[.!?。！？…]['\"”’)\]]*\s+|[。！？]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A passage's place in its text.

    Attributes:
        start, end: characters; `text[start:end]` is the passage.
        first_page, last_page: from 1; 0 for a text without pages.
    """

    start: int
    end: int
    first_page: int = 0
    last_page: int = 0


def split(text: str) -> list[Piece]:
    """The passages of a text: together they hold every character that is no space, in its order.

    Args:
        text: with form feeds between its pages, if it has some.
    """
    units = list(_units(text))
    breaks = [at.start() for at in re.finditer(_PAGE_BREAK, text)]
    pieces: list[Piece] = []
    at = 0
    while at < len(units):
        start, end = units[at]
        following = at + 1
        while following < len(units):
            longer = units[following][1] - start
            if longer > LENGTH and (end - start >= LENGTH // 3 or longer > _LONGEST):
                break
            end = units[following][1]
            following += 1
        begin, finish = _trimmed(text, start, end)
        if begin < finish:
            first, last = _page(breaks, begin), _page(breaks, finish - 1)
            pieces.append(Piece(begin, finish, first, last) if breaks else Piece(begin, finish))
        if following >= len(units):
            break
        back = following  # begin the next one a little earlier, but later than this one
        while back - 1 > at and units[following - 1][1] - units[back - 1][0] <= OVERLAP:
            back -= 1
        at = back
    return pieces


def _page(breaks: list[int], place: int) -> int:
    return bisect_right(breaks, place) + 1


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    part = text[start:end]
    return start + len(part) - len(part.lstrip()), end - (len(part) - len(part.rstrip()))


def _units(text: str) -> Iterator[tuple[int, int]]:
    """What is not cut: paragraphs, items or sentences of long ones, parts of long lines; each touches the next."""
    for start, end in _paragraphs(text):
        if end - start <= LENGTH:
            yield start, end
            continue
        for first, last in _groups(text, start, end):
            if last - first <= LENGTH:
                yield first, last
            else:
                yield from _sentences(text, first, last)


def _groups(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Lines of a long paragraph that belong together: an item of a list, or lines up to the end of a sentence."""
    first, line, ended = start, start, False
    while line < end:
        stop = text.find("\n", line, end) + 1 or end
        if line > first and (ended or _ITEM.match(text, line, stop) or stop - first > LENGTH // 2):
            yield first, line
            first = line
        ended = _SENTENCE_END.search(text, line, stop) is not None
        line = stop
    yield first, end


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Each with the empty lines behind it; a page's end is a paragraph's end."""
    start = 0
    for gap in re.finditer(r"\n[ \t\r]*\n\s*|\f\s*", text):
        yield start, gap.end()
        start = gap.end()
    if start < len(text):
        yield start, len(text)


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts of a long line; one without sentences is cut between words, one without words anywhere."""
    while end - start > LENGTH:
        cut = 0
        for found in _SENTENCE.finditer(text, start + LENGTH // 3, start + LENGTH):
            cut = found.end()
        cut = cut or text.rfind(" ", start + LENGTH // 3, start + LENGTH) + 1 or start + LENGTH
        yield start, cut
        start = cut
    if start < end:
        yield start, end
