"""The Performance page: true figures from the engine's counters, nothing estimated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from thimble.protocol import EngineStatus, ModelInfo, Sample, State
from thimble.settings_table import MIB
from thimble.ui import figures
from thimble.ui.app_context import AppContext
from thimble.ui.performance.kv_part import KvPart
from thimble.ui.performance.rates import Rates
from thimble.ui.performance.stat_card import SPARK_LEAST, SPARK_MOST, StatCard
from thimble.ui.theme import S1, S2, S3, S_HALF, Theme
from thimble.ui.throttle import Throttle
from thimble.ui.widgets.basic import Card, ElidedLabel, PageScroll, label, row
from thimble.ui.widgets.charts import Part, StackedBar, Swatch

WIDTH: Final = 1180
REPAINT_MS: Final = 200
HEIGHT_LEAST: Final = 560
"""Height of the page with the big numbers in one row and low sparklines."""
CARD_WIDTH: Final = 160
"""Where the big numbers would be narrower, they stand in two rows."""
NARROW: Final = 1000
"""Below this width the other cards stand below each other."""


class Facts(Card):
    """A title and pairs of name and value."""

    def __init__(self, theme: Theme, title: str, names: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._values: dict[str, ElidedLabel] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1 + 2)
        layout.addWidget(label(theme, title, "strong"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(S2)
        grid.setVerticalSpacing(S_HALF + 1)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 2)
        half = (len(names) + 1) // 2
        for number, (key, text) in enumerate(names):
            line, column = number % half, 2 * (number // half)
            value = ElidedLabel(theme, figures.UNKNOWN, "small", stretch=True)
            name = label(theme, text, "small", "muted")
            name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
            grid.addWidget(name, line, column)
            grid.addWidget(value, line, column + 1)
            self._values[key] = value
        layout.addLayout(grid)
        layout.addStretch(1)

    def value(self, key: str) -> str:
        """The text shown for a key."""
        return self._values[key].whole_text()

    def show_values(self, values: dict[str, str]) -> None:
        """Shows values by key; those not named become unknown."""
        for key, shown in self._values.items():
            shown.setText(values.get(key) or figures.UNKNOWN)


class TimeCard(Card):
    """Where the time of a token goes: one bar, and its legend with milliseconds and shares."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Where a token's time goes"))
        self._names = {
            "compute": self.tr("computing"),
            "stall": self.tr("waiting for experts"),
            "sampling": self.tr("choosing the token"),
            "other": self.tr("other"),
        }
        self._roles = {"compute": "compute", "stall": "miss", "sampling": "hit", "other": "other"}
        self.bar = StackedBar(theme, self.tr("Where a token's time goes"), 16)
        self.since = label(theme, "", "small", "muted")
        self._values: dict[str, QLabel] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1 + 2)
        layout.addLayout(row(label(theme, self.tr("Where a token's time goes"), "strong"), None, self.since))
        layout.addWidget(self.bar)
        legend = QGridLayout()
        legend.setHorizontalSpacing(S1)
        legend.setVerticalSpacing(S_HALF)
        legend.setColumnStretch(2, 1)
        legend.setColumnStretch(5, 1)
        for number, (key, name) in enumerate(self._names.items()):
            line, column = number // 2, 3 * (number % 2)
            value = label(theme, figures.UNKNOWN, "small")
            self._values[key] = value
            legend.addWidget(Swatch(theme, self._roles[key]), line, column)
            legend.addWidget(label(theme, name, "small", "muted"), line, column + 1)
            legend.addWidget(value, line, column + 2)
        layout.addLayout(legend)
        layout.addStretch(1)

    def value(self, key: str) -> str:
        """The text shown for "compute", "stall", "sampling" or "other"."""
        return self._values[key].text()

    def show_rates(self, rates: Rates) -> None:
        """Shows the time of the last two minutes' tokens, or of all."""
        time = rates.token_time()
        seconds = {"compute": time.compute, "stall": time.stall, "sampling": time.sampling, "other": time.other}
        if time.total <= 0:
            self.bar.set_parts([])
            self.since.setText(self.tr("nothing answered yet"))
            for shown in self._values.values():
                shown.setText(figures.UNKNOWN)
            return
        self.since.setText(
            self.tr("last two minutes, prompts included")
            if rates.recent
            else self.tr("since the engine started, prompts included")
        )
        for key, shown in self._values.items():
            share = figures.percent(seconds[key] / time.total, 1)
            if time.tokens:
                share = self.tr("{0} ms · {1}").format(figures.fixed(1000 * seconds[key] / time.tokens, 1), share)
            shown.setText(share)
        self.bar.set_parts(
            [Part(seconds[k], self._roles[k], f"{self._names[k]} {self._values[k].text()}") for k in self._names]
        )


class MemoryCard(Card):
    """The engine's memory against its limit or this computer's, how full the context is, and the experts in memory."""

    def __init__(self, theme: Theme, machine_memory: int) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Memory and context"))
        self._machine_memory = machine_memory
        self.memory = StackedBar(theme, self.tr("Memory of the engine"), 16)
        self.memory_text = label(theme, figures.UNKNOWN, "small", "muted")
        self.context = StackedBar(theme, self.tr("Context in use"), 16)
        self.context_text = label(theme, figures.UNKNOWN, "small", "muted")
        self.experts = StackedBar(theme, self.tr("Experts in memory"), 16)
        self.experts_text = label(theme, figures.UNKNOWN, "small", "muted")
        self._experts_title = label(theme, self.tr("Experts in memory"), "strong")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1)
        layout.addLayout(row(label(theme, self.tr("Memory"), "strong"), None, self.memory_text))
        layout.addWidget(self.memory)
        layout.addSpacing(S_HALF)
        layout.addLayout(row(label(theme, self.tr("Context"), "strong"), None, self.context_text))
        layout.addWidget(self.context)
        self.kv = KvPart(theme)
        layout.addWidget(self.kv)
        layout.addSpacing(S_HALF)
        layout.addLayout(row(self._experts_title, None, self.experts_text))
        layout.addWidget(self.experts)
        layout.addStretch(1)
        self._show_experts(None)

    def show_sample(self, sample: Sample | None) -> None:
        """Shows the gauges of a sample."""
        self._show_experts(sample)
        self.kv.show_sample(sample)
        if sample is None:
            self.memory.set_parts([])
            self.context.set_parts([])
            self.memory_text.setText(figures.UNKNOWN)
            self.context_text.setText(figures.UNKNOWN)
            return
        whole = sample.memory_limit or self._machine_memory
        measure = self.tr("limit") if sample.memory_limit else self.tr("this computer")
        self.memory_text.setText(
            self.tr("{0} of {1} ({2})").format(figures.size(sample.memory_bytes), figures.size(whole), measure)
        )
        experts = min(sample.expert_memory_bytes, sample.memory_bytes)
        parts = [Part(sample.memory_bytes - experts, "compute", self.memory_text.text())]
        if experts:
            parts.append(Part(experts, "hit", self.tr("experts: {0}").format(figures.size(experts))))
        self.memory.set_parts(parts, whole, sample.peak_memory_bytes or None)
        if sample.kv_capacity > 0:
            self.context_text.setText(
                self.tr("{0} of {1} tokens").format(figures.count(sample.kv_tokens), figures.count(sample.kv_capacity))
            )
            self.context.set_parts([Part(sample.kv_tokens, "prefetched", self.context_text.text())], sample.kv_capacity)
        else:
            self.context_text.setText(figures.UNKNOWN)
            self.context.set_parts([])

    def _show_experts(self, sample: Sample | None) -> None:
        """Only for a model that has experts on disk."""
        total = sample.experts_total if sample else 0
        for part in (self._experts_title, self.experts_text, self.experts):
            part.setVisible(total > 0)
        if sample is None or total == 0:
            return
        text = self.tr("{0} of {1}").format(figures.count(sample.experts_resident), figures.count(total))
        if sample.expert_given_back_bytes:
            given = figures.size(sample.expert_given_back_bytes)
            text += " · " + self.tr("{0} given back, memory is short").format(given)
        self.experts_text.setText(text)
        self.experts.set_parts([Part(sample.experts_resident, "hit", self.experts_text.text())], total)


class PerformancePage(QWidget):
    """Big numbers, where the time goes, memory, and facts. Follows the telemetry only while it is visible."""

    def __init__(self, context: AppContext, machine_memory: int) -> None:
        super().__init__()
        theme = context.theme
        self._link = context.link
        self._scroll = PageScroll(self.tr("Performance"), WIDTH)
        self._rates = context.link.rates
        self._unwatch: Callable[[], None] = lambda: None
        self.setAccessibleName(self.tr("Performance"))
        self.state = label(theme, "", "small", "muted")
        scroll = self._scroll
        header = QHBoxLayout()
        header.setContentsMargins(0, S3, 0, 0)
        header.addWidget(label(theme, self.tr("Performance"), "title"))
        header.addStretch(1)
        header.addWidget(self.state)
        scroll.body.addLayout(header)
        self.remote = label(theme, "", "small", "accent", wrap=True)
        scroll.body.addWidget(self.remote)
        self._remotes = context.remotes
        context.remotes.shown_changed.connect(self._show_remote)
        self._show_remote()

        unit = self.tr("tok/s")
        self.decode = StatCard(theme, self.tr("Writing"), unit, "compute")
        self.prefill = StatCard(theme, self.tr("Reading"), unit, "prefetched")
        self.hit = StatCard(theme, self.tr("Expert hit rate"), "%", "hit")
        self.per_token = StatCard(theme, self.tr("Disk per token"), self.tr("MiB"), "late")
        self.memory = StatCard(theme, self.tr("Memory"), "GiB", "accent")
        self.tokens = StatCard(theme, self.tr("Tokens answered"), "", "other")
        self.cards = (self.decode, self.prefill, self.hit, self.per_token, self.memory, self.tokens)
        for card in self.cards:
            card.setParent(scroll.column)  # also those that wait for a model with experts
        self._grid = QGridLayout()
        self._grid.setSpacing(S2)
        self._arranged: tuple[int, int] | None = None
        self._moe_shown = False
        scroll.body.addLayout(self._grid)

        self.time = TimeCard(theme)
        self.gauges = MemoryCard(theme, machine_memory)
        middle = row(self.time, self.gauges, spacing=S2)
        scroll.body.addLayout(middle)

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
                ("patched", self.tr("Patches")),
                ("pid", self.tr("Process")),
                ("threads", self.tr("Threads")),
                ("cpu", self.tr("Processor")),
                ("answers", self.tr("Answers")),
                ("queued", self.tr("Waiting")),
            ),
        )
        bottom = row(self.model_facts, self.engine_facts, spacing=S2)
        scroll.body.addLayout(bottom)
        for pair in (middle, bottom):
            pair.setStretch(0, 1)
            pair.setStretch(1, 1)
        self._pairs = (middle, bottom)
        scroll.body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

        self._refresh = Throttle(REPAINT_MS, self._show, self)
        self._link.status_changed.connect(lambda _status: self._refresh())
        self._link.started.connect(self._refresh.__call__)
        self._link.sample.connect(self._on_sample)
        self._arrange()
        self._show()

    # --- Qt -----------------------------------------------------------------------------------------------------

    def _show_remote(self) -> None:
        """These figures say nothing about a chat that another machine answers."""
        shown = self._remotes.shown
        self.remote.setVisible(shown is not None)
        if shown is not None:
            words = self.tr("The chat that is open is answered by {0} (remote); these figures are of this computer.")
            self.remote.setText(words.format(shown.connection.name))

    def showEvent(self, event: QShowEvent) -> None:
        """Begins to follow."""
        super().showEvent(event)
        self._unwatch()
        self._unwatch = self._link.watch_telemetry()
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        self._unwatch()
        super().hideEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the big numbers for the new width."""
        super().resizeEvent(event)
        self._arrange()
        side_by_side = self.width() >= NARROW
        for pair in self._pairs:
            pair.setDirection(QBoxLayout.Direction.LeftToRight if side_by_side else QBoxLayout.Direction.TopToBottom)

    def focus_page(self) -> None:
        """The arrow keys scroll the page."""
        self._scroll.setFocus()

    # --- figures ------------------------------------------------------------------------------------------------

    def _on_sample(self, _sample: Sample) -> None:
        if self.isVisible():
            self._refresh()

    def _arrange(self) -> None:
        """Lays the shown cards out in one row, or in two on a narrow page."""
        shown = [c for c in self.cards if self._moe_shown or c not in {self.hit, self.per_token}]
        one_row = self.width() >= len(shown) * CARD_WIDTH + 2 * S2
        columns = len(shown) if one_row else (len(shown) + 1) // 2
        self._stretch_courses(1 if one_row else 2)
        if (columns, len(shown)) == self._arranged:
            return
        self._arranged = (columns, len(shown))
        for card in self.cards:
            self._grid.removeWidget(card)
            card.setVisible(card in shown)
        for number, card in enumerate(shown):
            self._grid.addWidget(card, number // columns, number % columns)
        for column in range(len(self.cards)):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)

    def _stretch_courses(self, rows: int) -> None:
        """Gives the sparklines what is left of the page's height."""
        spare = (self.height() - HEIGHT_LEAST) // rows
        for card in self.cards:
            card.spark.setFixedHeight(max(SPARK_LEAST, min(SPARK_MOST, SPARK_LEAST + spare)))

    def _show(self) -> None:
        status = self._link.status
        sample = self._rates.last if self._link.alive else None
        rates = self._rates
        now = rates.now
        points = list(rates.points) if sample else []
        moe = status.model is not None and status.model.expert_count > 0
        reported = sample is not None and sample.expert_hits + sample.expert_misses > 0
        self._moe_shown = moe and reported
        self._arrange()

        self.decode.show_number(figures.rate(rates.decode) if sample else figures.UNKNOWN, self._decode_remark(sample))
        self.decode.show_course([(p.time, p.decode) for p in points], now)
        self.prefill.show_number(figures.rate(rates.prefill) if sample else figures.UNKNOWN, self._cached(sample))
        self.prefill.show_course([(p.time, p.prefill) for p in points], now)
        if sample:
            self.memory.show_number(
                figures.size(sample.memory_bytes), self.tr("peak {0}").format(figures.size(sample.peak_memory_bytes))
            )
            self.tokens.show_number(
                figures.count(sample.generated_tokens),
                self.tr("in one answer")
                if sample.answers == 1
                else self.tr("in {0} answers").format(figures.count(sample.answers)),
            )
        else:
            self.memory.show_number(figures.UNKNOWN)
            self.tokens.show_number(figures.UNKNOWN)
        self.memory.show_course([(p.time, float(p.memory)) for p in points], now, 2.0 * MIB)
        first = points[0].tokens if points else 0
        self.tokens.show_course([(p.time, float(p.tokens - first)) for p in points], now)
        if rates.hit is not None:
            self.hit.show_number(figures.percent(rates.hit))
            self.hit.show_course([(p.time, 100 * (p.hit or 0.0)) for p in points], now, 100.0)
        if rates.bytes_per_token is not None:
            self.per_token.show_number(figures.fixed(rates.bytes_per_token / MIB, 1) + " " + self.tr("MiB"))
            self.per_token.show_course([(p.time, (p.bytes_per_token or 0.0) / MIB) for p in points], now)
        self.time.show_rates(rates if sample else Rates())
        self.gauges.show_sample(sample)
        self._show_facts(status, sample)

    def _decode_remark(self, sample: Sample | None) -> str:
        if sample is None or not self._rates.decode:
            return ""
        return self.tr("now") if sample.state == State.ANSWERING else self.tr("last answer")

    def _cached(self, sample: Sample | None) -> str:
        if sample is None or not sample.prompt_tokens:
            return ""
        share = figures.percent(sample.cached_tokens / sample.prompt_tokens)
        return self.tr("{0} reused").format(share)

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
        words = {
            State.EMPTY: self.tr("no model loaded"),
            State.LOADING: self.tr("loading"),
            State.READY: self.tr("ready"),
            State.ANSWERING: self.tr("answering"),
        }
        if self._link.problem is not None:
            state = self.tr("stopped")
        elif not self._link.alive:
            state = self.tr("starting")
        else:
            state = words.get(State(status.state), status.state)
        model = status.model
        self.state.setText(f"{model.name} · {state}" if model else state)
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
        engine = {"state": state}
        if self._link.alive and status.pid:
            engine |= {
                "build": status.engine_build,
                "patched": self.tr("Thimble's") if status.patched else self.tr("none"),
                "pid": str(status.pid),
                "queued": figures.count(status.queued),
                "threads": figures.count(model.threads) if model else "",
                "answers": figures.count(sample.answers) if sample else "",
                "cpu": self.tr("{0} % of one core").format(figures.fixed(sample.cpu_percent, 0)) if sample else "",
            }
        self.engine_facts.show_values(engine)
