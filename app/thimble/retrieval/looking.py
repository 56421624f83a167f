"""One search: from a question and what was said before it to the passages that the model reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from thimble.retrieval.choosing import Found, Note, choose
from thimble.retrieval.index import Hit, Index, folder_source, mended
from thimble.retrieval.words import words_of

CANDIDATES: Final = 60
EARLIER: Final = ((2, 1.0), (4, 0.35), (10**6, 0.1))
"""Weight of what was said before, for questions with fewer telling words than the first number: "and for tenants?"
needs it, a full question does not."""
BEGINNINGS: Final = 3
_BEGINNING: Final = 400
"""Of an earlier message only so many characters count: a long answer would drown its question."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked.

    Attributes:
        text: the question.
        before: what was said before it, the last first.
    """

    text: str
    before: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """Where is looked.

    Attributes:
        texts: (name, text) of attached files.
        folders: paths of indexed folders.
    """

    texts: Sequence[tuple[str, str]] = ()
    folders: Sequence[str] = ()


def look(
    of_texts: Index,
    of_folders: Index,
    places: Places,
    question: Question,
    *,
    room: int,
    most: int,
    count: Callable[[str], int],
) -> Found:
    """Finds the passages that fit best and fit in.

    Args:
        of_texts: texts are added to it when they are not there.
        of_folders: folders are searched as they were indexed last; mostly the same index.
        places: where.
        question: what is asked.
        room: tokens there are for passages.
        most: at most so many passages.
        count: tokens of a text.

    Raises:
        ThimbleError: DISK_FULL, FILE_NOT_WRITABLE, or what `count` raises.
    """
    hits, notes = mended(lambda: _hits(of_texts, of_folders, places, question))
    passages = choose(hits, room, most, count)
    if hits and not passages:
        notes = [Note("no_room")]
    notes += [Note("missing", folder) for folder in places.folders if not Path(folder).is_dir()]
    return Found(tuple(passages), tuple(notes))


def _hits(of_texts: Index, of_folders: Index, places: Places, question: Question) -> tuple[list[Hit], list[Note]]:
    texts = [of_texts.ensure_text(name, text) for name, text in places.texts]
    folders = [folder_source(folder) for folder in places.folders]
    parts = [(of_texts, [*texts, *folders])] if of_texts is of_folders else [(of_texts, texts), (of_folders, folders)]
    hits = rank(parts, question)
    if hits:
        return hits, []
    hits = [hit for index, sources in parts for hit in index.beginnings(sources, BEGINNINGS)]
    return hits[:BEGINNINGS], [Note("nothing")] if hits else []


def rank(parts: Sequence[tuple[Index, Sequence[str]]], question: Question) -> list[Hit]:
    """The passages that fit, the best first: those of the question, and with less weight those of what came before.

    Args:
        parts: indexes with the sources to search in each.
        question: what is asked.
    """
    found: dict[tuple[str, str, int], Hit] = {}

    def add(text: str, weight: float) -> None:
        for index, sources in parts:
            for hit in index.search(sources, text, CANDIDATES):
                place = (hit.source, hit.key, hit.start)
                known = found.get(place)
                score = weight * hit.score + (known.score if known is not None else 0.0)
                found[place] = replace(hit, score=score)

    add(question.text, 1.0)
    asked = len(words_of(question.text))
    weight = next(weight for fewer, weight in EARLIER if asked < fewer)
    for earlier in question.before:
        add(earlier[:_BEGINNING], weight)
        weight /= 2
    return sorted(found.values(), key=lambda hit: (-hit.score, hit.source, hit.name, hit.start))
