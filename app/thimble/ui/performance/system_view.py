"""This computer: cores, disk, memory and its pressure; facts of model and engine; the benchmark."""

from __future__ import annotations

import os
from typing import Final

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel, QVBoxLayout, QWidget

from thimble.insight.machine import Load, busiest_other
from thimble.protocol import EngineStatus, ModelInfo, Sample, State
from thimble.ui import figures
from thimble.ui.app_context import AppContext
from thimble.ui.performance.benchmark_card import BenchmarkCard
from thimble.ui.performance.dashboard import Dashboard
from thimble.ui.performance.facts import Facts
from thimble.ui.performance.tabled import Table, TabledCard
from thimble.ui.performance.view import View
from thimble.ui.theme import S1, S2, S_HALF, Theme
from thimble.ui.widgets.basic import Card, ElidedLabel, card_heading, label, row
from thimble.ui.widgets.charts import Part, StackedBar

NARROW: Final = 940
HINT_SECONDS: Final = 3
"""So long other programs have to want the cores before it is said."""
MOST_CORES: Final = 64


class CoresCard(TabledCard):
    """How busy each processor is."""

    def __init__(self, theme: Theme) -> None:
        picture = QWidget()
        super().__init__(theme, self.tr("Processors"), picture, self._table)
        self._theme = theme
        self._load = Load()
        self._bars: list[StackedBar] = []
        self._names: list[QLabel] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(S1)
        self._grid.setVerticalSpacing(S_HALF)
        self.who = label(theme, "", "small", "muted", wrap=True)
        layout = QVBoxLayout(picture)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1)
        layout.addLayout(self._grid)
        layout.addWidget(self.who)
        layout.addStretch(1)

    def show_load(self, load: Load) -> None:
        """Shows the machine's load."""
        self._load = load
        cores = load.cores[:MOST_CORES]
        columns = 1 if len(cores) <= 8 else 2 if len(cores) <= 24 else 4
        while len(self._bars) < len(cores):
            number = len(self._bars)
            name = label(self._theme, self.tr("Core {0}").format(number), "small", "muted")
            bar = StackedBar(self._theme, name.text(), 10)
            line, place = number // columns, 2 * (number % columns)
            self._grid.addWidget(name, line, place)
            self._grid.addWidget(bar, line, place + 1)
            self._grid.setColumnStretch(place + 1, 1)
            self._bars.append(bar)
            self._names.append(name)
        for bar, busy in zip(self._bars, cores, strict=False):
            bar.set_parts([Part(busy, "compute", figures.percent(busy / 100))], 100.0)
        self.remark.setText(
            self.tr("{0} of {1} in use").format(figures.fixed(sum(load.cores) / 100, 1), figures.count(len(load.cores)))
            if load.cores
            else figures.UNKNOWN
        )
        self.who.setText(
            self.tr("engine {0} · this window {1} · others {2}").format(
                figures.fixed(load.engine_cores, 1),
                figures.fixed(load.window_cores, 2),
                figures.fixed(load.other_cores, 1),
            )
            if load.cores
            else ""
        )
        self.refresh_table()

    def _table(self) -> Table:
        rows = [
            (self.tr("Core {0}").format(number), figures.percent(busy / 100))
            for number, busy in enumerate(self._load.cores)
        ]
        return Table((self.tr("Processor"), self.tr("Busy")), rows)


class ComputerCard(Card):
    """Memory, page cache, disk and pressure of the whole computer."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        title = self.tr("Memory and disk of this computer")
        self.setAccessibleName(title)
        self.bar = StackedBar(theme, title, 14)
        names = {
            "engine": self.tr("Engine"),
            "others": self.tr("Other programs"),
            "cache": self.tr("Files in the page cache"),
            "free": self.tr("Available"),
            "pressure": self.tr("Waiting for memory"),
            "read": self.tr("Disks, reading"),
            "written": self.tr("Disks, writing"),
        }
        self._values = {key: ElidedLabel(theme, figures.UNKNOWN, "small") for key in names}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S_HALF + 1)
        layout.addWidget(card_heading(theme, title))
        layout.addWidget(self.bar)
        for key, name in names.items():
            layout.addLayout(row(label(theme, name, "small", "muted"), None, self._values[key]))
        layout.addStretch(1)

    def value(self, key: str) -> str:
        """The text shown for a key."""
        return self._values[key].whole_text()

    def show_load(self, load: Load, sample: Sample | None) -> None:
        """Shows the machine's load."""
        engine = sample.memory_bytes - sample.mapped_bytes if sample is not None else 0
        used = max(0, load.memory_total - load.memory_available)
        others = max(0, used - engine)
        cached = min(load.page_cache, load.memory_available)
        texts = {
            "engine": figures.size(engine),
            "others": figures.size(others),
            "cache": figures.size(load.page_cache),
            "free": figures.size(load.memory_available),
            "read": _speed(load.disk_read, self.tr("not counted here")),
            "written": _speed(load.disk_written, self.tr("not counted here")),
        }
        if load.pressure is None:
            texts["pressure"] = self.tr("not told by this system")
        else:
            of = self.tr("this group") if load.pressure_of_group else self.tr("whole computer")
            texts["pressure"] = self.tr("{0} of the time ({1})").format(figures.percent(load.pressure / 100, 1), of)
        for key, value in self._values.items():
            value.setText(texts[key] if load.memory_total else figures.UNKNOWN)
        self.bar.set_parts(
            [
                Part(engine, "hit", f"{self.tr('Engine')} {texts['engine']}"),
                Part(others, "other", f"{self.tr('Other programs')} {texts['others']}"),
                Part(cached, "prefetched", f"{self.tr('Files in the page cache')} {texts['cache']}"),
            ],
            load.memory_total,
        )


class SystemView(View):
    """See the module."""

    def __init__(self, context: AppContext, dashboard: Dashboard) -> None:
        super().__init__(dashboard, self.tr("System"))
        theme = context.theme
        self._context = context
        self._starved = 0
        self._looking = False
        self._who = ""
        self.hint = label(theme, "", "body", "accent", wrap=True)
        self.hint.setAccessibleName(self.tr("Hint"))
        self.hint.hide()
        self.cores = CoresCard(theme)
        self.computer = ComputerCard(theme)
        self.benchmark = BenchmarkCard(context, dashboard)
        self.model_facts = Facts(
            theme,
            self.tr("Model"),
            (
                ("name", self.tr("Name")),
                ("architecture", self.tr("Architecture")),
                ("parameters", self.tr("Parameters")),
                ("quantization", self.tr("Quantization")),
                ("head", self.tr("Head")),
                ("file", self.tr("File size")),
                ("context", self.tr("Context")),
                ("cache", self.tr("Keys, values")),
                ("trained", self.tr("Trained for")),
                ("experts", self.tr("Experts")),
            ),
        )
        self.engine_facts = Facts(
            theme,
            self.tr("Engine"),
            (
                ("state", self.tr("State")),
                ("build", self.tr("Build")),
                ("variant", self.tr("Built for")),
                ("patched", self.tr("Patches")),
                ("pid", self.tr("Process")),
                ("threads", self.tr("Threads")),
                ("cpu", self.tr("Processor")),
                ("answers", self.tr("Answers")),
                ("queued", self.tr("Waiting")),
            ),
        )
        self.body.addWidget(self.hint)
        top = row(self.cores, self.computer, spacing=S2)
        low = row(self.model_facts, self.engine_facts, spacing=S2)
        self._pairs = (top, low)
        for pair in self._pairs:
            pair.setStretch(0, 1)
            pair.setStretch(1, 1)
        self.body.addLayout(top)
        self.body.addWidget(self.benchmark)
        self.body.addLayout(low)
        self.body.addStretch(1)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the cards for the new width."""
        super().resizeEvent(event)
        wide = self.width() >= NARROW
        for pair in self._pairs:
            pair.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)

    def refresh(self) -> None:
        """Shows the facts."""
        status, sample = self.dashboard.link.status, self.dashboard.sample
        self._show_facts(status, sample)
        self.benchmark.refresh()

    def refresh_second(self) -> None:
        """Shows the machine."""
        load, sample = self.dashboard.load, self.dashboard.sample
        self.cores.show_load(load)
        self.computer.show_load(load, sample)
        answering = sample is not None and sample.state == State.ANSWERING
        self._starved = self._starved + 1 if answering and load.starved else 0
        if not self._starved:
            self._who = ""
        elif self._starved == HINT_SECONDS and not self._looking:
            self._find_culprit(sample)
        self._show_hint(load, sample)

    # --- inside -------------------------------------------------------------------------------------------------

    def _show_hint(self, load: Load, sample: Sample | None) -> None:
        self.hint.setVisible(self._starved >= HINT_SECONDS)
        if self.hint.isHidden():
            return
        who = self.tr("“{0}”").format(self._who) if self._who else self.tr("Another program")
        text = self.tr("{0} slows the engine: other programs use {1} of {2} cores.").format(
            who, figures.fixed(load.other_cores, 1), figures.count(len(load.cores))
        )
        model = self.dashboard.link.status.model
        if sample is not None and model is not None and 0 < sample.threads < model.threads:
            text += " " + self.tr("It computes with {0} of {1} threads meanwhile.").format(
                sample.threads, model.threads
            )
        self.hint.setText(text)

    def _find_culprit(self, _sample: Sample | None) -> None:
        self._looking = True
        own = {os.getpid(), self.dashboard.link.status.pid}

        def done(name: str) -> None:
            self._looking, self._who = False, name

        self._context.jobs.run(
            lambda _handle: busiest_other(own), done=done, failed=lambda _problem: done(""), name="who uses the cores"
        )

    def _head(self, model: ModelInfo, sample: Sample | None) -> str:
        """Whether all rows of the vocabulary are computed; else how many, and how often the top token is another."""
        if not model.approximate_head:
            return self.tr("whole")
        if sample is None or not sample.head_all_rows:
            return self.tr("approximate")
        share = figures.percent(sample.head_rows / sample.head_all_rows)
        if not sample.head_checked:
            return self.tr("approximate: {0} of the rows").format(share)
        return self.tr("approximate: {0} of the rows, {1} of {2} checked tokens changed").format(
            share, figures.count(sample.head_changed), figures.count(sample.head_checked)
        )

    def _show_facts(self, status: EngineStatus, sample: Sample | None) -> None:
        model = status.model
        values: dict[str, str] = {}
        if model is not None:
            values = {
                "name": model.name,
                "architecture": model.architecture,
                "parameters": figures.parameters(model.parameters),
                "quantization": model.quantization,
                "file": figures.size(model.file_bytes),
                "context": self.tr("{0} tokens").format(figures.count(model.context)),
                "cache": f"{model.cache_k}, {model.cache_v}",
                "trained": self.tr("{0} tokens").format(figures.count(model.context_trained)),
                "experts": self.tr("{0} of {1} per token").format(model.expert_used_count, model.expert_count)
                if model.expert_count
                else self.tr("none (dense)"),
                "head": self._head(model, sample),
            }
        self.model_facts.show_values(values)
        link = self.dashboard.link
        engine = {"state": state_words(status, alive=link.alive, lost=link.problem is not None)}
        if link.alive and status.pid:
            engine |= {
                "build": status.engine_build,
                "variant": self.tr("this processor") if status.cpu_variant == "native" else status.cpu_variant,
                "patched": self.tr("Thimble's") if status.patched else self.tr("none"),
                "pid": str(status.pid),
                "queued": figures.count(status.queued),
                "threads": figures.count(model.threads) if model else "",
                "answers": figures.count(sample.answers) if sample else "",
                "cpu": self.tr("{0} % of one core").format(figures.fixed(sample.cpu_percent, 0)) if sample else "",
            }
        self.engine_facts.show_values(engine)


def state_words(status: EngineStatus, *, alive: bool, lost: bool) -> str:
    """What the engine does, in words."""
    translate = QCoreApplication.translate
    words = {
        State.EMPTY: translate("EngineState", "no model loaded"),
        State.LOADING: translate("EngineState", "loading"),
        State.READY: translate("EngineState", "ready"),
        State.ANSWERING: translate("EngineState", "answering"),
    }
    if lost:
        return translate("EngineState", "stopped")
    if not alive:
        return translate("EngineState", "starting")
    return words.get(State(status.state), status.state)


def _speed(value: float | None, unknown: str) -> str:
    if value is None:
        return unknown
    return figures.speed(value) if value >= 1 else "0 MiB/s"
