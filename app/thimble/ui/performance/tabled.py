"""A card whose picture can be read as a table, by eyes, keyboard and screen reader."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedLayout, QTableWidget, QTableWidgetItem, QWidget

from thimble.ui.theme import ROW_HEIGHT, S1, S2, S_HALF, Theme
from thimble.ui.theme.tokens import HEADING_HEIGHT
from thimble.ui.widgets.basic import Card, ElidedLabel, card_heading, column, icon_button, row

MOST_ROWS = 2000


@dataclass(frozen=True, slots=True)
class Table:
    """What the picture shows, in words."""

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]


class DataTable(QTableWidget):
    """A quiet read-only table; refilling it keeps place and selection."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFont(theme.font("small"))
        self.horizontalHeader().setFont(theme.font("small"))
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setAccessibleName(self.tr("{0}, rows").format(name))
        self.verticalHeader().setDefaultSectionSize(ROW_HEIGHT - S1)
        header = self.horizontalHeader()
        header.setAccessibleName(self.tr("{0}, columns").format(name))
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)

    def sizeHint(self) -> QSize:
        """A few rows; the layout gives what is left."""
        return QSize(240, 4 * ROW_HEIGHT)

    def minimumSizeHint(self) -> QSize:
        """Two rows."""
        return QSize(160, 2 * ROW_HEIGHT)

    def fill(self, table: Table) -> None:
        """Shows a table; only cells that differ are touched."""
        rows = table.rows[:MOST_ROWS]
        if self.columnCount() != len(table.heads):
            self.setColumnCount(len(table.heads))
        if [self._head(i) for i in range(self.columnCount())] != list(table.heads):
            self.setHorizontalHeaderLabels(list(table.heads))
            for number in range(len(table.heads)):
                if (head := self.horizontalHeaderItem(number)) is not None:
                    head.setTextAlignment(_alignment(number))
        if self.rowCount() != len(rows):
            self.setRowCount(len(rows))
        for line, values in enumerate(rows):
            for place, value in enumerate(values):
                item = self.item(line, place)
                if item is None:
                    item = QTableWidgetItem(value)
                    item.setTextAlignment(_alignment(place))
                    self.setItem(line, place, item)
                elif item.text() != value:
                    item.setText(value)

    def texts(self) -> list[list[str]]:
        """What it says, row by row."""
        return [
            [item.text() if (item := self.item(line, place)) else "" for place in range(self.columnCount())]
            for line in range(self.rowCount())
        ]

    def _head(self, number: int) -> str:
        item = self.horizontalHeaderItem(number)
        return item.text() if item is not None else ""


class TabledCard(Card):
    """Title, a remark, a button that turns the picture into a table and back, and the picture.

    Args:
        theme: colours and fonts.
        title: what the picture shows.
        picture: the widget; it may have parts of its own.
        table: makes the table of the moment; asked only while the table is seen.

    Attributes:
        least_height: even with less in it.
    """

    least_height = 0

    def __init__(self, theme: Theme, title: str, picture: QWidget, table: Callable[[], Table]) -> None:
        super().__init__(title)
        self._theme = theme
        self._title = title
        self._make = table
        self.table: DataTable | None = None
        self.remark = ElidedLabel(theme, "", "small", "muted")
        self.toggle = icon_button(theme, "ph.table", self.tr("{0} as a table").format(title), checkable=True)
        self.toggle.setProperty("kind", "small")
        self.toggle.setFixedSize(HEADING_HEIGHT, HEADING_HEIGHT)
        self.toggle.toggled.connect(self._on_toggled)
        self.tools = row()
        self._stack = QStackedLayout()
        self._stack.addWidget(picture)
        self.heading = card_heading(theme, title)
        self.lead = row(self.heading)
        heading = row(self.lead, None, self.remark, self.tools, self.toggle)
        heading.setAlignment(self.toggle, Qt.AlignmentFlag.AlignTop)
        heading.setAlignment(self.lead, Qt.AlignmentFlag.AlignTop)  # whatever is higher beside it
        layout = column(heading, self._stack, spacing=S1)
        layout.setStretch(1, 1)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        self.setLayout(layout)

    def minimumSizeHint(self) -> QSize:
        """What is in it, and `least_height`: a fixed minimum would win against what is in it, and cut it off."""
        hint = super().minimumSizeHint()
        return QSize(hint.width(), max(hint.height(), self.least_height))

    def refresh_table(self) -> None:
        """Fills the table if it is seen; after the picture changed."""
        if self.toggle.isChecked() and self.table is not None:
            self.table.fill(self._make())

    def _on_toggled(self, on: bool) -> None:
        if on and self.table is None:
            self.table = DataTable(self._theme, self._title)
            self._stack.addWidget(self.table)
        self._stack.setCurrentIndex(int(on))
        self.refresh_table()


def _alignment(place: int) -> Qt.AlignmentFlag:
    side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
