"""What was found in files, in words."""

from __future__ import annotations

from pathlib import PurePath

from PySide6.QtCore import QCoreApplication

from thimble.retrieval.choosing import Found, Note, Passage
from thimble.ui import figures, problem_texts

translate = QCoreApplication.translate

_MOST_NAMES = 3


def summary(found: Found) -> str:
    """ "5 passages from report.pdf, pages 3, 7" """
    count = len(found.passages)
    if not count:
        return translate("Passages", "No passages")
    pages: dict[str, list[int]] = {}
    for passage in found.passages:
        listed = pages.setdefault(passage.name, [])
        listed += [page for page in dict.fromkeys(passage.pages) if page and page not in listed]
    names = [PurePath(name).name for name in pages]
    if len(names) == 1:
        (only,) = pages.values()
        where = names[0] + (", " + page_words(sorted(only)) if only else "")
    else:
        where = ", ".join(names[:_MOST_NAMES])
        if len(names) > _MOST_NAMES:
            where += " " + translate("Passages", "and {0} more").format(figures.count(len(names) - _MOST_NAMES))
    if count == 1:
        return translate("Passages", "1 passage from {0}").format(where)
    return translate("Passages", "{0} passages from {1}").format(figures.count(count), where)


def page_words(pages: list[int]) -> str:
    """ "page 3", "pages 3, 7, 8" """
    if len(pages) == 1:
        return translate("Passages", "page {0}").format(pages[0])
    shown = ", ".join(str(page) for page in pages[:8])
    return translate("Passages", "pages {0}").format(shown + (" …" if len(pages) > 8 else ""))


def heading(passage: Passage) -> str:
    """ "docs/report.pdf · page 3 · 212 tokens" """
    parts = [passage.name]
    if passage.pages[0]:
        parts.append(page_words(sorted(set(passage.pages))))
    if passage.tokens:
        parts.append(translate("Passages", "{0} tokens").format(figures.count(passage.tokens)))
    return " · ".join(parts)


def note_words(note: Note) -> str:
    """A sentence; "" for a note of a newer version."""
    match note.kind:
        case "nothing":
            return translate("Passages", "No word of the question occurs in the files; the model got their beginnings.")
        case "no_room":
            return translate("Passages", "There was no room for passages in the model's context.")
        case "unread":
            return translate("Passages", "Not all files were indexed yet.")
        case "missing":
            name = PurePath(note.detail).name
            words = translate("Passages", "The folder “{0}” is not there; what was read of it before was searched.")
            return words.format(name)
        case "failed":
            return translate("Passages", "The files were not searched. {0}").format(
                problem_texts.translated(note.detail)
            )
    return ""
