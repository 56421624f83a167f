"""A chart of one figure's course, chosen from a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFontMetrics

from thimble.ui import figures
from thimble.ui.performance.dashboard import Dashboard
from thimble.ui.performance.tabled import Table, TabledCard
from thimble.ui.theme import Theme
from thimble.ui.widgets.basic import Combo
from thimble.ui.widgets.line_chart import Line, LineChart

KINDS: Final[tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("speed", ("decode",), ("compute",)),
    ("reading", ("prefill",), ("prefetched",)),
    ("hit", ("hit_percent", "stall_percent"), ("hit", "miss")),
    ("disk", ("disk_bytes",), ("late",)),
    ("token", ("per_token_bytes",), ("late",)),
    ("memory", ("memory_bytes",), ("accent",)),
    ("cpu", ("cpu_percent",), ("other",)),
)
"""Key, series of `History`, and their colours."""
SHARES: Final = frozenset({"hit", "cpu"})
"""Kinds that are counted in per cent."""


def kind_name(key: str) -> str:
    """What a kind is called."""
    translate = QCoreApplication.translate
    return {
        "speed": translate("Courses", "Writing, tok/s"),
        "reading": translate("Courses", "Reading, tok/s"),
        "hit": translate("Courses", "Found in memory, and waiting"),
        "disk": translate("Courses", "Disk"),
        "token": translate("Courses", "Disk per token"),
        "memory": translate("Courses", "Memory"),
        "cpu": translate("Courses", "Processor"),
    }[key]


def series_name(key: str) -> str:
    """What a series is called."""
    translate = QCoreApplication.translate
    return {
        "decode": translate("Courses", "writing"),
        "prefill": translate("Courses", "reading"),
        "hit_percent": translate("Courses", "found in memory"),
        "stall_percent": translate("Courses", "time waiting for the disk"),
        "disk_bytes": translate("Courses", "read for experts"),
        "per_token_bytes": translate("Courses", "read for each token"),
        "memory_bytes": translate("Courses", "engine"),
        "cpu_percent": translate("Courses", "engine, of one core"),
    }[key]


def writer(kind: str) -> Callable[[float], str]:
    """How values of a kind are written."""
    if kind == "disk":
        return lambda value: figures.speed(value) if value else "0"
    if kind in {"token", "memory"}:
        return lambda value: figures.size(value) if value else "0"
    if kind in SHARES:
        return lambda value: figures.percent(value / 100)
    return lambda value: figures.fixed(value, 1 if value < 100 else 0)


class CourseCard(TabledCard):
    """The chart with a list to choose what it shows.

    Args:
        theme: colours and fonts.
        dashboard: gives the history.
        kind: what it shows at first.
        compact: without a wide list.
    """

    def __init__(self, theme: Theme, dashboard: Dashboard, kind: str = "speed", *, compact: bool = False) -> None:
        self.chart = LineChart(theme, "", writer(kind))
        super().__init__(theme, self.tr("History"), self.chart, self._table)
        self._dashboard = dashboard
        self.chart.setAccessibleName(self.tr("History"))
        self.choice = Combo(theme, self.tr("What the chart shows"))
        self.choice.setFont(theme.font("small"))
        for key, _, _ in KINDS:
            self.choice.addItem(kind_name(key), key)
        self.choice.setProperty("kind", "quiet")
        if compact:
            widest = QFontMetrics(self.choice.font()).horizontalAdvance(kind_name("speed"))
            self.choice.setMaximumWidth(widest + 80)
        self.choice.setCurrentIndex([key for key, _, _ in KINDS].index(kind))
        self.choice.currentIndexChanged.connect(lambda _index: self._on_choice())
        if compact:
            self.tools.addWidget(self.choice)
        else:  # the list says what it is
            self.heading.hide()
            self.lead.addWidget(self.choice)
        self._on_choice()

    @property
    def kind(self) -> str:
        """What it shows."""
        return str(self.choice.currentData())

    def refresh(self) -> None:
        """Shows the newest moments."""
        history = self._dashboard.link.history
        _, names, roles = next(kind for kind in KINDS if kind[0] == self.kind)
        now = history.moments[-1].time if history.moments else 0.0
        lines = [
            Line(series_name(name), role, history.course(name), dashed=number > 0)
            for number, (name, role) in enumerate(zip(names, roles, strict=True))
        ]
        self.chart.set_lines(lines, now)
        self.refresh_table()

    def _on_choice(self) -> None:
        self.chart.set_writer(writer(self.kind), 100.0 if self.kind in SHARES else 1.0)
        self.refresh()

    def _table(self) -> Table:
        history = self._dashboard.link.history
        _, names, _ = next(kind for kind in KINDS if kind[0] == self.kind)
        write = writer(self.kind)
        first, last = self.chart.looked_at
        shown = [moment for moment in history.moments if first <= moment.time <= last]
        newest = history.moments[-1].time if history.moments else 0.0
        rows = [
            (
                self.tr("{0} s ago").format(round(newest - moment.time)),
                *(
                    figures.UNKNOWN if (value := getattr(moment, name)) is None else write(float(value))
                    for name in names
                ),
            )
            for moment in reversed(shown)
        ]
        return Table((self.tr("When"), *(series_name(name) for name in names)), rows)
