"""The last half hour as charts, the answers one by one, two of them compared, and everything as a file."""

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QBoxLayout,
    QButtonGroup,
    QFileDialog,
    QGridLayout,
    QLabel,
    QMenu,
    QVBoxLayout,
)

from thimble import __version__
from thimble.conversations.export import with_ending
from thimble.insight.history import as_csv, as_json
from thimble.protocol import AnswerRecord
from thimble.settings import write_atomically
from thimble.ui.app_context import AppContext
from thimble.ui.performance.answers import answer_rows, compared, heads
from thimble.ui.performance.course_card import CourseCard
from thimble.ui.performance.dashboard import Dashboard
from thimble.ui.performance.tabled import DataTable, Table
from thimble.ui.performance.view import View
from thimble.ui.theme import S1, S2, S_HALF, Theme
from thimble.ui.widgets.basic import Card, button, card_heading, icon_button, label, row

log = logging.getLogger(__name__)

SPANS: Final = (120, 600, 1800)
CHART_HEIGHT: Final = 164
NARROW: Final = 940
TABLE_HEIGHT: Final = 132


class CompareCard(Card):
    """Two answers side by side."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        title = self.tr("Two answers compared")
        self.setAccessibleName(title)
        self._theme = theme
        self._cells: list[list[QLabel]] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(S2)
        self._grid.setVerticalSpacing(S_HALF)
        self._grid.setColumnStretch(0, 1)
        self.hint = label(
            theme, self.tr("Choose two answers in the table: Ctrl and click."), "small", "muted", wrap=True
        )
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1)
        layout.addWidget(card_heading(theme, title))
        layout.addWidget(self.hint)
        layout.addLayout(self._grid)
        layout.addStretch(1)

    def show_two(self, one: AnswerRecord | None, other: AnswerRecord | None) -> None:
        """Shows figures of both and their ratio; None: a hint."""
        rows = compared(one, other) if one is not None and other is not None else []
        self.hint.setVisible(not rows)
        while len(self._cells) < len(rows):
            line = [label(self._theme, "", "small", "muted" if place == 0 else "") for place in range(4)]
            for place, widget in enumerate(line):
                side = Qt.AlignmentFlag.AlignLeft if place == 0 else Qt.AlignmentFlag.AlignRight
                self._grid.addWidget(widget, len(self._cells), place, side)
            self._cells.append(line)
        for number, line in enumerate(self._cells):
            for place, widget in enumerate(line):
                widget.setVisible(number < len(rows))
                if number < len(rows):
                    widget.setText(rows[number][place])

    def texts(self) -> list[list[str]]:
        """What it says, row by row."""
        return [[cell.text() for cell in line] for line in self._cells if not line[0].isHidden()]


class HistoryView(View):
    """See the module."""

    def __init__(self, context: AppContext, dashboard: Dashboard) -> None:
        super().__init__(dashboard, self.tr("History"))
        theme = context.theme
        self._context = context
        self.first_chart = CourseCard(theme, dashboard, "speed")
        self.second_chart = CourseCard(theme, dashboard, "hit")
        self.body.addLayout(self._make_tools(theme))
        for card, other in ((self.first_chart, self.second_chart), (self.second_chart, self.first_chart)):
            card.setMinimumHeight(CHART_HEIGHT)
            self.body.addWidget(card, 1)
            card.chart.view_changed.connect(partial(self._follow, card, other))
            card.chart.paused_changed.connect(self.pause.setChecked)
        self._chosen: list[AnswerRecord] = []
        self._filling = False
        self.table = DataTable(theme, self.tr("Answers"))
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.table.setMinimumHeight(TABLE_HEIGHT)
        self.table.itemSelectionChanged.connect(self._compare)
        answers = Card(self.tr("Answers"))
        inside = QVBoxLayout(answers)
        inside.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        inside.setSpacing(S1)
        self.count = label(theme, "", "small", "muted")
        inside.addLayout(row(card_heading(theme, self.tr("Answers")), None, self.count))
        inside.addWidget(self.table)
        self.compare = CompareCard(theme)
        self._low = row(answers, self.compare, spacing=S2)
        self._low.setStretch(0, 5)
        self._low.setStretch(1, 3)
        self.body.addLayout(self._low)
        self.refresh_answers()

    def _make_tools(self, theme: Theme) -> Any:
        self._spans = QButtonGroup(self)
        chips = []
        for seconds in SPANS:
            chip = button(theme, self.tr("{0} min").format(seconds // 60), "chip")
            chip.setCheckable(True)
            chip.setChecked(seconds == SPANS[0])
            chip.clicked.connect(partial(self.first_chart.chart.set_span, float(seconds)))
            self._spans.addButton(chip, seconds)
            chips.append(chip)
        self.pause = button(theme, self.tr("Pause"), "chip", "ph.pause")
        self.pause.setCheckable(True)
        self.pause.toggled.connect(self.first_chart.chart.set_paused)
        back = icon_button(theme, "ph.caret-left", self.tr("Earlier"))
        forth = icon_button(theme, "ph.caret-right", self.tr("Later"))
        back.clicked.connect(lambda: self.first_chart.chart.scroll_time(-self.first_chart.chart.span / 2))
        forth.clicked.connect(lambda: self.first_chart.chart.scroll_time(self.first_chart.chart.span / 2))
        closer = icon_button(theme, "ph.magnifying-glass-plus", self.tr("Zoom in"))
        farther = icon_button(theme, "ph.magnifying-glass-minus", self.tr("Zoom out"))
        closer.clicked.connect(lambda: self.first_chart.chart.set_span(self.first_chart.chart.span / 2))
        farther.clicked.connect(lambda: self.first_chart.chart.set_span(self.first_chart.chart.span * 2))
        self.export = button(theme, self.tr("Export"), "", "ph.export")
        menu = QMenu(self.export)
        for text, kind in (
            (self.tr("Course as CSV"), "csv"),
            (self.tr("Everything as JSON"), "json"),
            (self.tr("This page as a picture"), "png"),
        ):
            menu.addAction(text, partial(self._choose_file, kind))
        self.export.setMenu(menu)
        return row(*chips, S1, self.pause, back, forth, closer, farther, None, self.export)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where eight columns would not be readable beside it, the comparison stands below."""
        super().resizeEvent(event)
        wide = self.width() >= NARROW
        self._low.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    # --- what is shown ------------------------------------------------------------------------------------------

    def refresh_second(self) -> None:
        """Shows the newest moments."""
        self.first_chart.refresh()
        self.second_chart.refresh()

    def refresh_answers(self) -> None:
        """Shows the newest answers first."""
        answers = self.dashboard.answers[::-1]
        self._filling = True
        self.table.fill(Table(heads(), answer_rows(answers)))
        self._choose_again(answers)
        self._filling = False
        self.count.setText(self.tr("the newest first") if answers else self.tr("nothing answered yet"))
        self._compare()

    def _choose_again(self, answers: list[AnswerRecord]) -> None:
        """A newer answer moves the others down; those that were chosen stay so."""
        rows = [place for place, answer in enumerate(answers) if id(answer) in {id(one) for one in self._chosen}]
        if rows == sorted({index.row() for index in self.table.selectedIndexes()}):
            return
        selection = self.table.selectionModel()
        selection.clearSelection()
        for place in rows:
            selection.select(
                self.table.model().index(place, 0),
                QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
            )

    def chosen(self) -> list[AnswerRecord]:
        """The answers selected in the table, older first."""
        rows = sorted({index.row() for index in self.table.selectedIndexes()}, reverse=True)
        answers = self.dashboard.answers[::-1]
        return [answers[place] for place in rows if place < len(answers)]

    def _compare(self) -> None:
        if self._filling:
            return
        self._chosen = chosen = self.chosen()
        two = (chosen[0], chosen[-1]) if len(chosen) >= 2 else (None, None)
        self.compare.show_two(*two)

    def _follow(self, card: CourseCard, other: CourseCard, span: float, _ago: float) -> None:
        """Both charts look at the same time."""
        other.chart.set_view(span, card.chart.end)
        for seconds in SPANS:
            chip = self._spans.button(seconds)
            if chip is not None:
                self._spans.setExclusive(False)
                chip.setChecked(abs(span - seconds) < 1)
                self._spans.setExclusive(True)
        card.refresh_table()
        other.refresh_table()

    # --- files --------------------------------------------------------------------------------------------------

    def _choose_file(self, kind: str) -> None:
        filters = {"csv": "CSV (*.csv)", "json": "JSON (*.json)", "png": "PNG (*.png)"}
        name, _ = QFileDialog.getSaveFileName(self, self.tr("Export"), f"thimble-performance.{kind}", filters[kind])
        if name:
            self.write(with_ending(Path(name), f".{kind}"), kind)

    def write(self, path: Path, kind: str) -> None:
        """Writes the course as CSV, everything as JSON, or this view as PNG, and says so."""
        history = self.dashboard.link.history
        work: Callable[[object], object]
        if kind == "png":
            picture = self.column.grab()
            image = picture.toImage()

            def work(_handle: object) -> None:
                if not image.save(str(path)):
                    raise OSError(f"cannot write {path}")
        else:
            moments, answers = list(history.moments), list(self.dashboard.answers)
            text = as_csv(moments) if kind == "csv" else as_json(moments, answers, self._facts())
            work = partial(_write_text, path, text)
        self._context.jobs.run(
            work,
            done=lambda _none: self._say_saved(path.name),
            failed=lambda problem: self._context.navigation.report(self._context.toasts, problem),
            name="export of the history",
        )

    def _say_saved(self, name: str) -> None:
        self._context.toasts.show(self.tr("Saved as {0}.").format(name))

    def _facts(self) -> dict[str, Any]:
        status = self.dashboard.link.status
        model = status.model
        return {
            "version": __version__,
            "engine": status.engine_build,
            "model": model.id if model else "",
            "quantization": model.quantization if model else "",
            "context": model.context if model else 0,
        }


def _write_text(path: Path, text: str, _handle: object) -> None:
    if not path.parent.is_dir():
        raise FileNotFoundError(path.parent)  # a folder is not made for a file
    write_atomically(path, text)
