"""Which of the passages that were found go into the prompt."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, Self

from thimble.retrieval.index import Hit

WEAKEST: Final = 0.2
"""A passage with less than this share of the best one's score says too little to be read."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A passage as the model reads it.

    Attributes:
        name: the file's name.
        text: the passage.
        pages: first and last, from 1; (0, 0) without pages.
        tokens: how many it takes.
    """

    name: str
    text: str
    pages: tuple[int, int] = (0, 0)
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Note:
    """Something a person should know about a search.

    Attributes:
        kind: "nothing" (no word of the question occurs; beginnings are given instead), "no_room" (the context has no
            room for a passage), "unread" (files not indexed yet), "missing" (a folder is not there), "failed".
        detail: the folder, the number of files, or the sentence.
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for one question.

    Attributes:
        passages: the file with the best one first, and each file's in their order.
        notes: what a person should know about it.
    """

    passages: tuple[Passage, ...] = ()
    notes: tuple[Note, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Reads what `to_json` wrote; anything else gives an empty one, for it may come from an imported file."""
        passages = [
            Passage(_text(one.get("name")), _text(one.get("text")), _pages(one.get("pages")), _count(one.get("tokens")))
            for one in _objects(data.get("passages"))
        ]
        notes = [Note(_text(one.get("kind")), _text(one.get("detail"))) for one in _objects(data.get("notes"))]
        return cls(tuple(passages), tuple(notes))


def choose(hits: Sequence[Hit], room: int, most: int, count: Callable[[str], int]) -> list[Passage]:
    """The best passages that fit; those that touch in their file become one.

    Args:
        hits: the best first.
        room: tokens.
        most: at most so many hits are taken.
        count: tokens of a text.

    Returns:
        The file with the best passage first, and each file's in their order.
    """
    taken: list[tuple[Hit, int]] = []
    number = 0
    for hit in hits:
        if number == most or hit.score < WEAKEST * hits[0].score:
            break
        joined, others = hit, []
        for other in taken:
            both = _joined(joined, other[0])
            if both is None:
                others.append(other)
            else:
                joined = both
        tokens = count(joined.text)
        rest = sum(cost for _, cost in others)
        if rest + tokens > room:
            continue  # a shorter one may still fit
        taken = [*others, (joined, tokens)]
        number += 1
    best: dict[tuple[str, str], float] = {}
    for hit, _ in taken:
        best[hit.source, hit.key] = max(hit.score, best.get((hit.source, hit.key), 0.0))
    ordered = sorted(taken, key=lambda one: (-best[one[0].source, one[0].key], one[0].source, one[0].key, one[0].start))
    return [Passage(hit.name, hit.text, hit.pages, tokens) for hit, tokens in ordered]


def _joined(one: Hit, other: Hit) -> Hit | None:
    """Both as one passage if they overlap in the same file."""
    if (one.source, one.key) != (other.source, other.key):
        return None
    first, second = (one, other) if one.start <= other.start else (other, one)
    end = first.start + len(first.text)
    if second.start >= end:
        return None
    text = first.text + second.text[end - second.start :]
    pages = (first.pages[0], max(first.pages[1], second.pages[1]))
    return replace(first, text=text, pages=pages, score=max(one.score, other.score))


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list | tuple) else []


def _pages(value: object) -> tuple[int, int]:
    first, last = value if isinstance(value, list | tuple) and len(value) == 2 else (0, 0)
    return _count(first), _count(last)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0
