"""Turns what a person typed into a full-text query, and its results into snippets with marks."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

OPEN_MARK: Final = "\x02"
CLOSE_MARK: Final = "\x03"
_MOST_WORDS: Final = 16
_SNIPPET_CHARS: Final = 80

# Scripts written without spaces: the index holds a whole sentence as one word there, so it cannot find parts.
_UNSPACED: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def words_of(text: str) -> list[str]:
    """The words of a query as the index sees them: runs of letters, digits and combining marks."""
    cleaned = "".join(c if unicodedata.category(c)[0] in "LNM" else " " for c in text)
    return cleaned.split()[:_MOST_WORDS]


def index_query(text: str) -> str | None:
    """An FTS5 query: all words, the last one as a beginning.

    Returns:
        None when the index cannot answer (no words, or a script without spaces); use `like_pattern` then.
    """
    words = words_of(text)
    if not words or _UNSPACED.search(text):
        return None
    return " ".join(f'"{word}"' for word in words) + "*"


def like_pattern(text: str) -> str:
    """A LIKE pattern with `\\` as escape that finds the text anywhere."""
    escaped = re.sub(r"([\\%_])", r"\\\1", text.strip())
    return f"%{escaped}%"


def split_marks(marked: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Takes the mark characters out of a snippet; returns it on one line with (start, end) of each mark."""
    text: list[str] = []
    marks: list[tuple[int, int]] = []
    start: int | None = None
    for character in marked:
        if character == OPEN_MARK:
            start = len(text)
        elif character == CLOSE_MARK:
            if start is not None:
                marks.append((start, len(text)))
            start = None
        elif not (character.isspace() and (not text or text[-1] == " ")):
            text.append(" " if character.isspace() else character)
    return "".join(text), tuple(marks)


def snippet_around(text: str, query: str) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The same for a match the index did not find: the text around the first place, ignoring case."""
    needle = query.strip()
    found = re.search(re.escape(needle), text, re.IGNORECASE) if needle else None
    if found is None:
        return split_marks(text[:_SNIPPET_CHARS] + ("…" if len(text) > _SNIPPET_CHARS else ""))
    start, end = max(0, found.start() - _SNIPPET_CHARS // 2), min(len(text), found.end() + _SNIPPET_CHARS // 2)
    marked = (
        ("…" if start else "")
        + text[start : found.start()]
        + OPEN_MARK
        + found.group()
        + CLOSE_MARK
        + text[found.end() : end]
        + ("…" if end < len(text) else "")
    )
    return split_marks(marked)
