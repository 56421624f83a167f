"""The engine's memory in parts against its limit, the context, and the slider for the limit."""

from __future__ import annotations

from typing import Final

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from thimble.insight.figures import memory_parts
from thimble.insight.machine import Load
from thimble.insight.outlook import Outlook
from thimble.protocol import Sample
from thimble.ui import figures
from thimble.ui.performance.limit_slider import LimitSlider
from thimble.ui.performance.tabled import Table, TabledCard
from thimble.ui.theme import S1, S_HALF, Theme
from thimble.ui.widgets.basic import ElidedLabel
from thimble.ui.widgets.charts import Part, StackedBar, Swatch

ROLES: Final = {
    "weights": "weights",
    "mapped": "late",
    "experts": "hit",
    "global": "kv",
    "window": "kv_window",
    "states": "kv_window",
    "kept": "prefetched",
    "compute": "compute",
    "rest": "other",
}


class MemoryCard(TabledCard):
    """One stacked bar whose whole is the limit, else this computer's memory."""

    def __init__(self, theme: Theme, machine_memory: int) -> None:
        picture = QWidget()
        super().__init__(theme, self.tr("Memory"), picture, self._table)
        self._machine_memory = machine_memory
        self._names = {
            "weights": self.tr("weights of every token"),
            "mapped": self.tr("files, in the page cache"),
            "experts": self.tr("experts"),
            "global": self.tr("keys and values"),
            "window": self.tr("keys and values, window"),
            "states": self.tr("states of layers"),
            "kept": self.tr("kept for going back"),
            "compute": self.tr("intermediate results"),
            "rest": self.tr("program and the rest"),
        }
        self._shown: list[tuple[str, str]] = []
        self.bar = StackedBar(theme, self.tr("Memory of the engine"), 20)
        self._legend: dict[str, tuple[Swatch, ElidedLabel]] = {}
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(S1)
        self._grid.setVerticalSpacing(S_HALF)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        for key in self._names:
            pair = (Swatch(theme, ROLES[key]), ElidedLabel(theme, "", "small", "muted", stretch=True))
            for part in pair:
                part.setParent(picture)
                part.hide()
            self._legend[key] = pair
        self._placed: tuple[str, ...] = ()
        self.experts = ElidedLabel(theme, "", "small", "muted", stretch=True)
        self.context = ElidedLabel(theme, "", "small", "muted", stretch=True)
        self.system = ElidedLabel(theme, "", "small", "muted", stretch=True)
        self.limit = LimitSlider(theme)
        layout = QVBoxLayout(picture)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S_HALF + 2)
        layout.addWidget(self.bar)
        layout.addLayout(self._grid)
        layout.addStretch(1)
        for text in (self.experts, self.context, self.system):
            layout.addWidget(text)
        layout.addWidget(self.limit)

    def show_figures(self, sample: Sample | None, load: Load, outlook: Outlook | None) -> None:
        """Shows the gauges of a sample and what the system has left."""
        self.limit.show_state(sample, outlook)
        self._show_system(load)
        if sample is None:
            self.bar.set_parts([])
            self.remark.setText(figures.UNKNOWN)
            self._place(())
            self._shown = []
            self.experts.setText("")
            self.context.setText("")
            return
        whole = sample.memory_limit or self._machine_memory
        of = self.tr("limit") if sample.memory_limit else self.tr("this computer")
        self.remark.setText(
            self.tr("{0} of {1} ({2})").format(figures.size(sample.memory_bytes), figures.size(whole), of)
        )
        found = memory_parts(sample)
        self._place(tuple(part.key for part in found))
        for part in found:
            self._legend[part.key][1].setText(f"{self._names[part.key]} {figures.size(part.bytes)}")
        self.bar.set_parts(
            [Part(p.bytes, ROLES[p.key], f"{self._names[p.key]} {figures.size(p.bytes)}") for p in found],
            whole,
            sample.peak_memory_bytes or None,
        )
        self._shown = [(self._names[p.key], figures.size(p.bytes)) for p in found]
        self._show_experts(sample)
        self._show_context(sample)
        self.refresh_table()

    def _place(self, keys: tuple[str, ...]) -> None:
        """Two columns of those parts that there are."""
        if keys == self._placed:
            return
        self._placed = keys
        for pair in self._legend.values():
            for part in pair:
                self._grid.removeWidget(part)
                part.hide()
        for number, key in enumerate(keys):
            for place, widget in enumerate(self._legend[key]):
                self._grid.addWidget(widget, number // 2, 2 * (number % 2) + place)
                widget.show()

    def _show_experts(self, sample: Sample) -> None:
        self.experts.setVisible(sample.experts_total > 0)
        if not sample.experts_total:
            return
        text = self.tr("Experts: {0} of {1} in memory, {2} of {3}").format(
            figures.count(sample.experts_resident),
            figures.count(sample.experts_total),
            figures.size(sample.expert_memory_bytes),
            figures.size(sample.expert_cache_bytes),
        )
        if sample.expert_given_back_bytes:
            given = figures.size(sample.expert_given_back_bytes)
            text += " · " + self.tr("{0} given back, memory is short").format(given)
        self.experts.setText(text)

    def _show_context(self, sample: Sample) -> None:
        text = ""
        if sample.kv_capacity > 0:
            text = self.tr("Context: {0} of {1} tokens").format(
                figures.count(sample.kv_tokens), figures.count(sample.kv_capacity)
            )
            taken = sample.kv_window_bytes + sample.kv_global_bytes
            # A short context is taken as a whole by both: nothing is saved, and nothing is to be said.
            if sample.kv_window_bytes and figures.size(taken) != figures.size(sample.kv_full_bytes):
                text += " · " + self.tr("{0} instead of {1} with full attention").format(
                    figures.size(taken), figures.size(sample.kv_full_bytes)
                )
        self.context.setText(text)

    def _show_system(self, load: Load) -> None:
        text = ""
        if load.memory_total:
            text = self.tr("This computer: {0} of {1} available, {2} of files in the page cache").format(
                figures.size(load.memory_available), figures.size(load.memory_total), figures.size(load.page_cache)
            )
        self.system.setText(text)

    def _table(self) -> Table:
        rows = [*self._shown, (self.tr("together"), self.remark.text())]
        return Table((self.tr("What"), self.tr("Memory")), rows)
