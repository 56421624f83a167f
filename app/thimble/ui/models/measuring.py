"""How fast one model is here: a button that measures it, and what was measured, against what had been expected."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QDateTime, QLocale, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from thimble import paths
from thimble.library.measurements import Kept, keep_measurement
from thimble.protocol import Measurement, MeasureStage
from thimble.ui import figures, problem_texts
from thimble.ui.theme import S1, S2, S_HALF
from thimble.ui.widgets.basic import ElidedLabel, button, label, row

if TYPE_CHECKING:
    from thimble.client import CancelToken
    from thimble.errors import Problem
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle
    from thimble.ui.models.inventory import Entry

MOST_SHOWN: Final = 4


class Measures(QObject):
    """What is being measured: one model at a time, whichever cards are shown.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        changed: it began, came to another stage, or is over.
        kept: a measurement was stored.
    """

    changed = Signal()
    kept = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._running: CancelToken | None = None
        self._entry: Entry | None = None
        self._said: dict[str, str] = {}

    @property
    def path(self) -> str:
        """The model that is being measured; empty for none."""
        return self._entry.model.path if self._running is not None and self._entry is not None else ""

    def said(self, path: str) -> str:
        """The last word on a model: its stage, its result, or why there is none."""
        return self._said.get(path, "")

    def start(self, entry: Entry) -> None:
        """Measures a model, unless another one is being measured."""
        if self._running is not None:
            return
        self._entry = entry
        self._running = self._context.link.measure(
            entry.model.path,
            stage=self._show_stage,
            done=self._done,
            failed=lambda problem: self._over(problem_texts.words(problem)),
        )
        self._say(self.tr("Starting…"))

    def stop(self) -> None:
        """Ends it; nothing is kept."""
        if self._running is not None:
            self._running.cancel()
            self._over(self.tr("Stopped; nothing was kept."))

    def _say(self, text: str) -> None:
        if self._entry is not None:
            self._said[self._entry.model.path] = text
        self.changed.emit()

    def _show_stage(self, stage: MeasureStage) -> None:
        words = {
            MeasureStage.LOADING: self.tr("Loading…"),
            MeasureStage.READING: self.tr("Reading a text…"),
            MeasureStage.WRITING: self.tr("Writing…"),
        }
        self._say(words[stage])

    def _over(self, text: str) -> None:
        self._running = None
        self._say(text)

    def _done(self, found: Measurement) -> None:
        entry = self._entry
        if entry is None:
            return
        new = Kept(
            self._context.settings.model_key(entry.model.path),
            entry.model.file_bytes,
            found,
            entry.forecast.tokens_per_second if entry.forecast is not None else 0.0,
            entry.forecast.total if entry.forecast is not None else 0,
        )
        self._over(self._compared(new))

        def work(_handle: JobHandle) -> None:
            keep_measurement(paths.measurements_file(), new)

        self._context.jobs.run(
            work, done=lambda _none: self.kept.emit(), failed=self._not_kept, name="keep a measurement"
        )

    def _not_kept(self, problem: Problem) -> None:
        self._context.navigation.report(self._context.toasts, problem)

    def _compared(self, kept: Kept) -> str:
        speed = figures.rate(kept.found.decode_tps)
        if kept.expected_tps > 0:
            text = self.tr("{0} tokens per second, {1} were expected.").format(speed, figures.rate(kept.expected_tps))
        else:
            text = self.tr("{0} tokens per second.").format(speed)
        busy = self.tr("Other programs were busy.")
        return f"{text} {busy}" if kept.found.others_busy >= 1 else text


class MeasureView(QWidget):
    """The button with its progress, and the newest measurements as a small table.

    Args:
        context: the window's shared parts.
        measures: does it.
        entry: the model.
    """

    def __init__(self, context: AppContext, measures: Measures, entry: Entry) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._measures = measures
        self._entry = entry
        self.measure = button(theme, self.tr("Measure here"), icon="ph.gauge")
        self.measure.setAccessibleName(self.tr("Measure {0} here").format(entry.model.name))
        self.measure.setToolTip(
            self.tr("Loads it with its settings, reads a text and writes for some seconds; questions wait meanwhile")
        )
        self.measure.clicked.connect(lambda: measures.start(self._entry))
        self.stop = button(theme, self.tr("Stop"), name=self.tr("Stop measuring"))
        self.stop.clicked.connect(measures.stop)
        self.answer = ElidedLabel(theme, "", "small", "muted", stretch=True)
        self._grid_box = QVBoxLayout()
        self._grid_box.setContentsMargins(0, 0, 0, 0)
        self._grid: QWidget | None = None
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1)
        head = row(label(theme, self.tr("Speed here"), "strong"), S1, self.measure, self.stop)
        head.addWidget(self.answer, 1)
        layout.addLayout(head)
        layout.addLayout(self._grid_box)
        measures.changed.connect(self._show_state)
        self.show_entry(entry)

    def _show_state(self) -> None:
        path = self._entry.model.path
        runs = self._measures.path == path
        self.measure.setVisible(not runs)
        self.measure.setEnabled(not self._measures.path)
        self.stop.setVisible(runs)
        nothing = "" if self._entry.measured else self.tr("Not measured yet.")
        self.answer.setText(self._measures.said(path) or nothing)

    def show_entry(self, entry: Entry) -> None:
        """Shows what was measured of this model."""
        self._entry = entry
        if self._grid is not None:
            self._grid_box.removeWidget(self._grid)
            self._grid.deleteLater()
            self._grid = None
        if entry.measured:
            self._grid = self._table(entry.measured[:MOST_SHOWN])
            self._grid_box.addWidget(self._grid)
        self._show_state()

    def texts(self) -> list[str]:
        """The table's cells, row by row; none without a table."""
        grid = self._grid.layout() if self._grid is not None else None
        if not isinstance(grid, QGridLayout):
            return []
        cells = [grid.itemAtPosition(r, c) for r in range(grid.rowCount()) for c in range(grid.columnCount())]
        widgets = [cell.widget() for cell in cells if cell is not None]
        return [widget.text() for widget in widgets if isinstance(widget, QLabel)]

    def _table(self, measured: tuple[Kept, ...]) -> QWidget:
        theme = self._context.theme
        made = QWidget()
        made.setAccessibleName(self.tr("What was measured"))
        grid = QGridLayout(made)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(S2)
        grid.setVerticalSpacing(S_HALF)
        titles = (
            self.tr("when"),
            self.tr("limit"),
            self.tr("context"),
            self.tr("tok/s"),
            self.tr("expected"),
            self.tr("prompt tok/s"),
            self.tr("memory"),
            self.tr("hits"),
        )
        for column, title in enumerate(titles):
            grid.addWidget(label(theme, title, "small", "muted"), 0, column, _side(column))
        for number, kept in enumerate(measured, start=1):
            for column, text in enumerate(_cells(kept)):
                cell = label(theme, text, "small")
                cell.setToolTip(self._circumstances(kept))
                grid.addWidget(cell, number, column, _side(column))
        grid.setColumnStretch(len(titles), 1)
        return made

    def _circumstances(self, kept: Kept) -> str:
        found = kept.found
        text = self.tr("{0} tokens read, {1} written; loaded in {2}; engine {3} on {4}").format(
            figures.count(found.prompt_tokens),
            figures.count(found.generated_tokens),
            figures.duration(found.load_s * 1000),
            found.engine_build,
            found.cpu,
        )
        busy = self.tr("Other programs were busy.")
        return f"{text}\n{busy}" if found.others_busy >= 1 else text


def _cells(kept: Kept) -> tuple[str, ...]:
    found = kept.found
    when = QDateTime.fromSecsSinceEpoch(round(found.time))
    return (
        QLocale().toString(when, QLocale.FormatType.ShortFormat),
        _limit(found),
        figures.count(found.context),
        figures.rate(found.decode_tps),
        figures.rate(kept.expected_tps),
        figures.rate(found.prefill_tps),
        figures.size(found.peak_bytes),
        figures.percent(found.hit_rate) if found.hit_rate is not None else figures.UNKNOWN,
    )


def _limit(found: Measurement) -> str:
    limit = figures.size(found.memory_limit) if found.memory_limit else figures.UNKNOWN
    if not found.expert_cache:
        return limit
    return QCoreApplication.translate("MeasureView", "{0}, experts {1}").format(limit, figures.size(found.expert_cache))


def _side(column: int) -> Qt.AlignmentFlag:
    return Qt.AlignmentFlag.AlignLeft if column == 0 else Qt.AlignmentFlag.AlignRight
