"""Ctrl+K: go to anything: pages, conversations, models, settings and a few actions, by typing a part of the name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from thimble.ui.shortcuts import Overlay
from thimble.ui.theme import ICON, RADIUS_SMALL, ROW_HEIGHT, S1, S2, S5, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.widgets.basic import line

WIDTH: Final = 560
MOST_ROWS: Final = 9
_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Place:
    """Something to go to.

    Attributes:
        title: what is matched and shown.
        kind: shown small at the right ("Conversation").
        icon: Phosphor name.
        go: does it.
        words: further words to find it by.
    """

    title: str
    kind: str
    icon: str
    go: Callable[[], None]
    words: str = ""


def matching(places: Sequence[Place], text: str) -> list[Place]:
    """Those that contain every word of `text`; titles that begin with it come first, else the given order."""
    words = text.casefold().split()
    if not words:
        return list(places)
    found: list[tuple[int, int, Place]] = []
    for number, place in enumerate(places):
        title = place.title.casefold()
        whole = f"{title} {place.kind.casefold()} {place.words.casefold()}"
        if all(word in whole for word in words):
            rank = 0 if title.startswith(words[0]) else 1 if all(word in title for word in words) else 2
            found.append((rank, number, place))
    return [place for _, _, place in sorted(found, key=lambda entry: entry[:2])]


class PlacesModel(QAbstractListModel):
    """The matching places."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._all: list[Place] = []
        self._shown: list[Place] = []
        self._text = ""

    def set_places(self, places: Sequence[Place]) -> None:
        """What there is to go to."""
        self._all = list(places)
        self._match()

    def set_text(self, text: str) -> None:
        """What was typed."""
        self._text = text
        self._match()

    def place(self, row: int) -> Place | None:
        """The place in a row."""
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Number of matches."""
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Title, and the sentence for screen readers."""
        place = self.place(index.row()) if index.isValid() else None
        if place is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return place.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{place.title}, {place.kind}"
        return None

    def _match(self) -> None:
        self.beginResetModel()
        self._shown = matching(self._all, self._text)
        self.endResetModel()


class PlaceDelegate(QStyledItemDelegate):
    """Icon, title, and the kind at the right."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, _option: QStyleOptionViewItem, _index: _Index) -> QSize:
        """One row."""
        return QSize(200, ROW_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Draws one row."""
        model = index.model()
        place = model.place(index.row()) if isinstance(model, PlacesModel) else None
        if place is None:
            return
        rect: QRect = option.rect
        state = option.state
        theme = self._theme
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        if chosen or state & QStyle.StateFlag.State_MouseOver:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.color("accent_soft" if chosen else "hover"))
            painter.drawRoundedRect(rect, RADIUS_SMALL, RADIUS_SMALL)
        inner = rect.adjusted(S1 + 2, 0, -S1 - 2, 0)
        icon = QRect(inner.left(), inner.center().y() - ICON // 2, ICON, ICON)
        draw(painter, icon, place.icon, theme.color("accent" if chosen else "muted"))
        painter.setFont(theme.font("small"))
        painter.setPen(theme.color("muted"))
        kind_width = QFontMetrics(painter.font()).horizontalAdvance(place.kind)
        painter.drawText(inner, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, place.kind)
        painter.setFont(theme.font("body"))
        painter.setPen(theme.color("text"))
        text = inner.adjusted(ICON + S1 + 2, 0, -kind_width - S2, 0)
        title = QFontMetrics(painter.font()).elidedText(place.title, Qt.TextElideMode.ElideRight, text.width())
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, title)
        painter.restore()


class Switcher(Overlay):
    """The panel: a field and the matches below it."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(theme, window, "")
        self.setAccessibleName(self.tr("Go to anything"))
        self.field = QLineEdit()
        self.field.setProperty("kind", "bare")
        self.field.setFont(theme.font("heading"))
        self.field.setPlaceholderText(self.tr("Go to a page, a conversation, a model, a setting…"))
        self.field.setAccessibleName(self.tr("Go to anything"))
        self.field.textChanged.connect(self._on_text)
        self.field.installEventFilter(self)
        self.model = PlacesModel(self)
        self.view = QListView()
        self.view.setModel(self.model)
        self.view.setItemDelegate(PlaceDelegate(theme, self))
        self.view.setAccessibleName(self.tr("Matches"))
        self.view.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.view.setMouseTracking(True)
        self.view.setUniformItemSizes(True)
        self.view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.view.clicked.connect(self._go)
        layout = QVBoxLayout(self.panel)
        layout.setContentsMargins(S1, S1, S1, S1)
        layout.setSpacing(S1)
        field_row = QVBoxLayout()
        field_row.setContentsMargins(S1 + 2, S1, S1 + 2, S1)
        field_row.addWidget(self.field)
        layout.addLayout(field_row)
        layout.addWidget(line())
        layout.addWidget(self.view)

    def open_with(self, places: Sequence[Place]) -> None:
        """Opens with these places to go to."""
        self.field.clear()
        self.model.set_text("")
        self.model.set_places(places)
        self.open()
        self._fit()
        self.field.setFocus()

    def add_places(self, places: Sequence[Place]) -> None:
        """Replaces the places while it is open (some come from a job)."""
        self.model.set_places(places)
        self._fit()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Arrow keys and Enter in the field act on the list."""
        if watched is self.field and isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            rows = self.model.rowCount()
            now = self.view.currentIndex().row()
            match event.key():
                case Qt.Key.Key_Down if rows:
                    self._select((now + 1) % rows)
                    return True
                case Qt.Key.Key_Up if rows:
                    self._select((now - 1) % rows)
                    return True
                case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                    self._go(self.view.currentIndex())
                    return True
                case Qt.Key.Key_Tab | Qt.Key.Key_Backtab:
                    return True
        return super().eventFilter(watched, event)

    def _on_text(self, text: str) -> None:
        self.model.set_text(text)
        self._fit()

    def _fit(self) -> None:
        rows = min(MOST_ROWS, max(1, self.model.rowCount()))
        self.view.setFixedHeight(rows * ROW_HEIGHT + 2)
        self.panel.resize(min(WIDTH, self.width() - 2 * S5), self.panel.sizeHint().height())
        self.panel.move((self.width() - self.panel.width()) // 2, self.height() // 8)
        self._select(0)

    def _select(self, row: int) -> None:
        self.view.setCurrentIndex(self.model.index(row, 0))

    def _go(self, index: QModelIndex) -> None:
        place = self.model.place(index.row())
        if place is not None:
            self.close_overlay()
            place.go()
