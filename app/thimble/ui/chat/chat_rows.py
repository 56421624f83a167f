"""The rows of the list of chats: pinned ones, folders, the rest under the day of last use, or what a search found."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import Enum, auto
from typing import Any, Final

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal

from thimble.conversations import Conversation, Folder, SearchHit

ROW: Final = Qt.ItemDataRole.UserRole + 1
"""Role of the whole `Row`."""
_Index = QModelIndex | QPersistentModelIndex
_WEEK: Final = 7
Marks = tuple[tuple[int, int], ...]


class Age(Enum):
    """The groups of the list."""

    TODAY = auto()
    YESTERDAY = auto()
    WEEK = auto()
    OLDER = auto()


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        text: title of the conversation, or of the section.
        conversation_id: 0 for a section's heading.
        message_id: where a search found something; None when it was the title, or nothing was searched.
        marks: found parts of the title as (start, end).
        snippet: text around what was found in a message, on one line.
        snippet_marks: found parts of the snippet.
        has_draft: whether something is being written there.
        folder_id: the folder whose heading it is, or in which the conversation lies; 0 for none.
        folded: of a folder's heading, whether its conversations are hidden.
        count: of a folder's heading, how many lie in it.
    """

    text: str
    conversation_id: int = 0
    message_id: int | None = None
    marks: Marks = ()
    snippet: str = ""
    snippet_marks: Marks = ()
    has_draft: bool = False
    folder_id: int = 0
    folded: bool = False
    count: int = 0

    @property
    def is_section(self) -> bool:
        """Whether it is a heading: of a group, or of a folder."""
        return self.conversation_id == 0

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder's heading, which can be opened and renamed."""
        return self.conversation_id == 0 and self.folder_id != 0


def age_of(updated: float, today: date) -> Age:
    """The group of a conversation by the calendar of this computer.

    Args:
        updated: Unix time in seconds.
        today: the day it is.
    """
    days = (today - datetime.fromtimestamp(updated).astimezone().date()).days
    if days <= 0:
        return Age.TODAY
    if days == 1:
        return Age.YESTERDAY
    return Age.WEEK if days <= _WEEK else Age.OLDER


def dated_rows(
    conversations: Iterable[Conversation], today: date, name: Callable[[Age], str], untitled: str
) -> list[Row]:
    """Rows with a heading above each group.

    Args:
        conversations: newest first.
        today: the day it is.
        name: heading of a group.
        untitled: stands for an empty title.
    """
    rows: list[Row] = []
    group: Age | None = None
    for conversation in conversations:
        age = age_of(conversation.updated, today)
        if age != group:
            rows.append(Row(name(age)))
            group = age
        rows.append(_row(conversation, untitled))
    return rows


def _row(conversation: Conversation, untitled: str) -> Row:
    return Row(
        conversation.title or untitled,
        conversation.id,
        has_draft=bool(conversation.draft.strip()),
        folder_id=conversation.folder_id or 0,
    )


def listed_rows(
    conversations: Sequence[Conversation],
    folders: Sequence[Folder],
    folded: Container[int],
    today: date,
    name: Callable[[Age], str],
    *,
    untitled: str,
    pinned: str,
) -> list[Row]:
    """The whole list: pinned ones, folders with theirs, and the rest by day. Each conversation stands in one place.

    Args:
        conversations: newest first.
        folders: in the order they are shown.
        folded: ids of folders whose conversations are hidden.
        today: the day it is.
        name: heading of a group of days.
        untitled: stands for an empty title.
        pinned: heading of the pinned ones.
    """
    at_top = [c for c in conversations if c.pinned]
    rows = [Row(pinned), *(replace(_row(c, untitled), folder_id=0) for c in at_top)] if at_top else []
    known = {folder.id for folder in folders}
    for folder in folders:
        inside = [c for c in conversations if c.folder_id == folder.id and not c.pinned]
        is_folded = folder.id in folded
        rows.append(Row(folder.name, folder_id=folder.id, folded=is_folded, count=len(inside)))
        if not is_folded:
            rows += [_row(c, untitled) for c in inside]
    rest = [c for c in conversations if not c.pinned and c.folder_id not in known]
    return rows + dated_rows(rest, today, name, untitled)


def found_rows(hits: Iterable[SearchHit], untitled: str) -> list[Row]:
    """One row for each conversation in which something was found, with its first message that has it."""
    rows: dict[int, Row] = {}
    for hit in hits:
        known = rows.get(hit.conversation_id)
        if hit.message_id is None:
            rows[hit.conversation_id] = Row(hit.title or untitled, hit.conversation_id, marks=hit.marks)
        elif known is None or known.message_id is None:
            rows[hit.conversation_id] = Row(
                hit.title or untitled,
                hit.conversation_id,
                hit.message_id,
                known.marks if known else (),
                hit.snippet,
                hit.marks,
            )
    return list(rows.values())


def from_first_mark(text: str, marks: Marks, fits: Callable[[str], bool]) -> tuple[str, Marks]:
    """A text cut at its beginning, at a word, so far that what was found first can be seen.

    Args:
        text: one line.
        marks: found parts as (start, end).
        fits: whether a beginning of the text fits into the room there is.

    Returns:
        The text, with "…" in front when it was cut, and the marks in it.
    """
    if not marks or fits(text[: marks[0][1]]):
        return text, marks
    start, end = marks[0]
    cut = 0
    while cut < start and not fits("…" + text[cut:end]):
        blank = text.find(" ", cut, start)
        cut = blank + 1 if blank >= 0 else start
    return "…" + text[cut:], tuple((first - cut + 1, last - cut + 1) for first, last in marks)


class ChatRows(QAbstractListModel):
    """The rows as Qt's model.

    Signals:
        renamed: (conversation id, title): the person typed another title.
        folder_renamed: (folder id, name).
    """

    renamed = Signal(int, str)
    folder_renamed = Signal(int, str)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._rows: list[Row] = []

    def set_rows(self, rows: Sequence[Row]) -> None:
        """Shows these rows; when only their words differ, the view keeps its place."""
        keys = [_key(row) for row in rows]
        before = [_key(row) for row in self._rows]
        if keys != before:
            self.beginResetModel()
            self._rows = list(rows)
            self.endResetModel()
            return
        changed = [place for place, (old, new) in enumerate(zip(self._rows, rows, strict=True)) if old != new]
        self._rows = list(rows)
        for place in changed:
            self.dataChanged.emit(self.index(place, 0), self.index(place, 0))

    def row(self, place: int) -> Row | None:
        """The row at a place."""
        return self._rows[place] if 0 <= place < len(self._rows) else None

    def place_of(self, conversation_id: int) -> int:
        """The place of a conversation; -1 when it is not there."""
        return next((n for n, row in enumerate(self._rows) if row.conversation_id == conversation_id), -1)

    def place_of_folder(self, folder_id: int) -> int:
        """The place of a folder's heading; -1 when it is not there."""
        return next((n for n, row in enumerate(self._rows) if row.is_folder and row.folder_id == folder_id), -1)

    def first(self) -> int:
        """The place of the first conversation; -1 when there is none."""
        return next((n for n, row in enumerate(self._rows) if not row.is_section), -1)

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Number of rows, headings included."""
        return 0 if parent.isValid() else len(self._rows)

    def flags(self, index: _Index) -> Qt.ItemFlag:
        """Headings can be neither chosen nor edited."""
        row = self.row(index.row()) if index.isValid() else None
        if row is None:
            return Qt.ItemFlag.NoItemFlags
        if row.is_section and not row.is_folder:
            return Qt.ItemFlag.ItemNeverHasChildren
        return (
            Qt.ItemFlag.ItemIsEnabled
            | Qt.ItemFlag.ItemIsSelectable
            | Qt.ItemFlag.ItemIsEditable
            | Qt.ItemFlag.ItemNeverHasChildren
        )

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Title, text for screen readers, and the row itself."""
        row = self.row(index.row()) if index.isValid() else None
        if row is None:
            return None
        if role in {Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.EditRole}:
            return row.text
        if role == Qt.ItemDataRole.AccessibleTextRole and row.is_folder:
            state = self.tr("closed") if row.folded else self.tr("open")
            return f"{self.tr('Folder')} {row.text}, {row.count}, {state}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{row.text}, {row.snippet}" if row.snippet else row.text
        return row if role == ROW else None

    def setData(self, index: _Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """A new title; whoever stores it sets the rows anew."""
        row = self.row(index.row()) if index.isValid() else None
        title = " ".join(str(value).split())
        if row is None or role != Qt.ItemDataRole.EditRole or not title:
            return False
        if row.is_folder:
            if title != row.text:
                self.folder_renamed.emit(row.folder_id, title)
            return True
        if row.is_section:
            return False
        if title != row.text:
            self.renamed.emit(row.conversation_id, title)
        return True


def _key(row: Row) -> tuple[int, int, bool, str]:
    heading = row.is_section and not row.is_folder
    return row.conversation_id, row.folder_id if row.is_folder else 0, row.folded, row.text if heading else ""
