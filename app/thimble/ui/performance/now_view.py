"""The view at a glance: four big numbers, a token's time, the memory, the experts and the course."""

from __future__ import annotations

from typing import Final

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout

from thimble.errors import Problem
from thimble.protocol import Sample, State
from thimble.settings_table import MIB
from thimble.ui import figures
from thimble.ui.app_context import AppContext
from thimble.ui.performance.course_card import CourseCard
from thimble.ui.performance.dashboard import Dashboard
from thimble.ui.performance.experts_card import ExpertsCard
from thimble.ui.performance.memory_card import MemoryCard
from thimble.ui.performance.stat_card import StatCard
from thimble.ui.performance.time_card import TimeCard
from thimble.ui.performance.view import View
from thimble.ui.theme import S2
from thimble.ui.widgets.basic import row

CARD_WIDTH: Final = 180
NARROW: Final = 940
"""Below this width the cards stand below each other."""
MIDDLE_HEIGHT: Final = 254
LOW_HEIGHT: Final = 190


class NowView(View):
    """See the module."""

    experts_every = 2

    def __init__(self, context: AppContext, dashboard: Dashboard, machine_memory: int) -> None:
        super().__init__(dashboard, self.tr("Now"))
        theme = context.theme
        self._context = context
        unit = self.tr("tok/s")
        self.decode = StatCard(theme, self.tr("Writing"), unit, "compute")
        self.prefill = StatCard(theme, self.tr("Reading"), unit, "prefetched")
        self.hit = StatCard(theme, self.tr("Experts found in memory"), "%", "hit")
        self.per_token = StatCard(theme, self.tr("Disk per token"), self.tr("MiB"), "late")
        self.memory = StatCard(theme, self.tr("Memory"), "GiB", "accent")
        self.reached = StatCard(theme, self.tr("Of what this computer could do"), "%", "other")
        self.cards = (self.decode, self.prefill, self.hit, self.per_token, self.memory, self.reached)
        for card in self.cards:
            card.setParent(self.column)
            card.hide()
        self._grid = QGridLayout()
        self._grid.setSpacing(S2)
        self._arranged: tuple[object, ...] = ()
        self._reached: list[tuple[float, float]] = []
        self.body.addLayout(self._grid)
        self.time = TimeCard(theme)
        self.gauges = MemoryCard(theme, machine_memory)
        self.gauges.limit.chosen.connect(self._on_limit)
        self.experts = ExpertsCard(theme, strip=True)
        self.course = CourseCard(theme, dashboard, compact=True)
        middle = row(self.time, self.gauges, spacing=S2)
        low = row(self.experts, self.course, spacing=S2)
        for pair in (middle, low):
            pair.setStretch(0, 1)
            pair.setStretch(1, 1)
            self.body.addLayout(pair, 0 if pair is middle else 1)
        self._pairs = (middle, low)
        for part in (self.time, self.gauges):
            part.least_height = MIDDLE_HEIGHT
        for tall in (self.experts, self.course):
            tall.setMinimumHeight(LOW_HEIGHT)

    def refresh(self) -> None:
        """Shows the figures of the moment."""
        dashboard = self.dashboard
        sample, rates = dashboard.sample, dashboard.rates
        known = sample is not None
        self._arrange(paged=dashboard.paged)
        self.decode.show_number(figures.rate(rates.decode) if known else figures.UNKNOWN, self._decode_remark(sample))
        self.prefill.show_number(figures.rate(rates.prefill) if known else figures.UNKNOWN)
        hit = rates.hit if known else None
        self.hit.show_number(figures.percent(hit) if hit is not None else figures.UNKNOWN, self._expected())
        per_token = rates.bytes_per_token if known else None
        self.per_token.show_number(
            f"{figures.fixed(per_token / MIB, 1)} {self.tr('MiB')}" if per_token is not None else figures.UNKNOWN,
            self._disk(sample),
        )
        self._show_bound()
        if sample is not None:
            peak = self.tr("peak {0}").format(figures.size(sample.peak_memory_bytes))
            self.memory.show_number(figures.size(sample.memory_bytes), peak)
        else:
            self.memory.show_number(figures.UNKNOWN)
        self.time.show_figures(rates, sample)
        self.gauges.show_figures(sample, dashboard.load, dashboard.outlook)

    def refresh_second(self) -> None:
        """Shows the courses."""
        rates, sample = self.dashboard.rates, self.dashboard.sample
        points = list(rates.points) if sample is not None else []
        now = rates.now
        self.decode.show_course([(p.time, p.decode) for p in points], now)
        self.prefill.show_course([(p.time, p.prefill) for p in points], now)
        self.hit.show_course([(p.time, 100 * p.hit) for p in points if p.hit is not None], now, 100.0)
        self.per_token.show_course(
            [(p.time, p.bytes_per_token / MIB) for p in points if p.bytes_per_token is not None], now
        )
        self.memory.show_course([(p.time, float(p.memory)) for p in points], now, 2.0 * MIB)
        if self._reached and self._reached[-1][0] > now:
            self._reached.clear()
        found = self.dashboard.bound()
        if found is not None and sample is not None and sample.state == State.ANSWERING:
            self._reached.append((now, 100 * found.share(rates.decode)))
            del self._reached[:-120]
        self.reached.show_course(self._reached if sample is not None else [], now, 100.0)
        self.course.refresh()

    def refresh_experts(self) -> None:
        """Shows the experts."""
        self.experts.show_map(self.dashboard.experts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the cards for the new width."""
        super().resizeEvent(event)
        self._arrange(paged=self.dashboard.paged)
        side_by_side = self.width() >= NARROW
        for pair in self._pairs:
            pair.setDirection(QBoxLayout.Direction.LeftToRight if side_by_side else QBoxLayout.Direction.TopToBottom)

    def _arrange(self, *, paged: bool) -> None:
        """The four numbers that matter for this model, in one row or in two."""
        shown = (
            (self.decode, self.hit, self.per_token, self.reached)
            if paged
            else (self.decode, self.prefill, self.memory, self.reached)
        )
        columns = 4 if self.width() >= 4 * CARD_WIDTH + 2 * S2 else 2
        if (shown, columns) == self._arranged:
            return
        self._arranged = (shown, columns)
        for card in self.cards:
            self._grid.removeWidget(card)
            card.setVisible(card in shown)
        for number, card in enumerate(shown):
            self._grid.addWidget(card, number // columns, number % columns)
        for place in range(4):
            self._grid.setColumnStretch(place, 1 if place < columns else 0)
        self.experts.setVisible(paged)

    def _decode_remark(self, sample: Sample | None) -> str:
        if sample is None or not self.dashboard.rates.decode:
            return ""
        if self.dashboard.stalled:
            return self.tr("no news from the engine")
        return self.tr("now") if sample.state == State.ANSWERING else self.tr("last answer")

    def _expected(self) -> str:
        outlook = self.dashboard.outlook
        best = dict(outlook.policies).get("belady") if outlook is not None else None
        return self.tr("ideal {0}").format(figures.percent(best)) if best is not None else ""

    def _disk(self, sample: Sample | None) -> str:
        moments = self.dashboard.link.history.moments
        if sample is None or sample.state != State.ANSWERING or not moments:
            return ""
        return figures.speed(moments[-1].disk_bytes) if moments[-1].disk_bytes else ""

    def _show_bound(self) -> None:
        found, rate = self.dashboard.bound(), self.dashboard.rates.decode
        if found is None:
            remark, speeds = "", self.dashboard.speeds
            if self.dashboard.facts is not None and self.dashboard.rates.decode:
                if speeds is None:
                    remark = self.tr("not measured yet: see System")
                elif self.dashboard.paged and not speeds.disk_measured:
                    remark = self.tr("the disk's speed is not known")
            self.reached.show_number(figures.UNKNOWN, remark)
            return
        by = self.tr("the disk") if found.by_disk else self.tr("memory")
        remark = self.tr("{0} tok/s, limited by {1}").format(figures.rate(found.tokens_per_second), by)
        self.reached.show_number(figures.percent(found.share(rate)), remark)

    def _on_limit(self, limit: int) -> None:
        def failed(problem: Problem) -> None:
            self.gauges.limit.settled()
            self._context.navigation.report(self._context.toasts, problem)

        self.dashboard.set_limit(limit, self.gauges.limit.settled, failed)
