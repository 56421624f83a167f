"""The expert cache in depth: where experts came from, the disk, look-ahead, policies, and the map."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QGridLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from thimble.insight.figures import ExpertUse, expert_use
from thimble.insight.outlook import Outlook
from thimble.insight.rates import HISTORY_SECONDS
from thimble.protocol import Sample
from thimble.settings_table import MIB
from thimble.ui import figures
from thimble.ui.app_context import AppContext
from thimble.ui.performance.dashboard import Dashboard
from thimble.ui.performance.experts_card import ExpertsCard
from thimble.ui.performance.tabled import Table, TabledCard
from thimble.ui.performance.view import View
from thimble.ui.theme import S1, S2, S3, S_HALF, Theme
from thimble.ui.widgets.basic import Card, ElidedLabel, card_heading, label, row
from thimble.ui.widgets.charts import Part, StackedBar, Swatch

NARROW: Final = 940
MAP_HEIGHT: Final = 300


class UseCard(TabledCard):
    """Where the experts of the last two minutes came from."""

    def __init__(self, theme: Theme) -> None:
        picture = QWidget()
        super().__init__(theme, self.tr("Where experts came from"), picture, self._table)
        self._names = {
            "hits": self.tr("were in memory"),
            "prefetched": self.tr("read, and nobody waited"),
            "late": self.tr("read ahead, but too late"),
            "demanded": self.tr("read when asked for"),
        }
        self._roles = {"hits": "hit", "prefetched": "prefetched", "late": "late", "demanded": "miss"}
        self.bar = StackedBar(theme, self.tr("Where experts came from"), 20)
        self._values: dict[str, QLabel] = {}
        layout = QVBoxLayout(picture)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1 + 2)
        layout.addWidget(self.bar)
        grid = QGridLayout()
        grid.setHorizontalSpacing(S1)
        grid.setVerticalSpacing(S_HALF)
        grid.setColumnStretch(1, 1)
        for number, (key, name) in enumerate(self._names.items()):
            self._values[key] = label(theme, figures.UNKNOWN, "small")
            grid.addWidget(Swatch(theme, self._roles[key]), number, 0)
            grid.addWidget(ElidedLabel(theme, name, "small", "muted", stretch=True), number, 1)
            grid.addWidget(self._values[key], number, 2, Qt.AlignmentFlag.AlignRight)
        layout.addLayout(grid)
        layout.addStretch(1)

    def value(self, key: str) -> str:
        """The text shown for "hits", "prefetched", "late" or "demanded"."""
        return self._values[key].text()

    def show_use(self, use: ExpertUse, *, recent: bool) -> None:
        """Shows shares and uses for each token."""
        counts = {"hits": use.hits, "prefetched": use.prefetched, "late": use.late, "demanded": use.demanded}
        if not use.uses:
            self.remark.setText(self.tr("nothing answered yet"))
            self.bar.set_parts([])
            for value in self._values.values():
                value.setText(figures.UNKNOWN)
            return
        self.remark.setText(self.tr("last 2 min") if recent else self.tr("since the start"))
        for key, count in counts.items():
            text = figures.percent(count / use.uses, 1)
            if use.tokens:
                text = self.tr("{0} a token · {1}").format(figures.fixed(count / use.tokens, 1), text)
            self._values[key].setText(text)
        self.bar.set_parts(
            [Part(counts[k], self._roles[k], f"{self._names[k]} {self._values[k].text()}") for k in self._names]
        )
        self.refresh_table()

    def _table(self) -> Table:
        rows = [(name, self._values[key].text()) for key, name in self._names.items()]
        return Table((self.tr("What"), self.tr("Share")), rows)


class DiskCard(Card):
    """What the disk gives, what is guessed, and what had to make room."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        title = self.tr("Disk and look-ahead")
        self.setAccessibleName(title)
        names = {
            "per_token": self.tr("Read for each token"),
            "speed": self.tr("Disk in use"),
            "each": self.tr("One read takes"),
            "guesses": self.tr("Foretold experts that were right"),
            "evictions": self.tr("Experts that made room"),
            "neurons": self.tr("Neurons switched on"),
        }
        self._values = {key: label(theme, figures.UNKNOWN, "small") for key in names}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1)
        layout.addWidget(card_heading(theme, title))
        for key, name in names.items():
            pair = row(ElidedLabel(theme, name, "small", "muted", stretch=True), self._values[key])
            pair.setStretch(0, 1)
            layout.addLayout(pair)
        layout.addStretch(1)

    def value(self, key: str) -> str:
        """The text shown for a key."""
        return self._values[key].text()

    def show_use(self, use: ExpertUse, sample: Sample | None, busy_disk: float | None, available: float | None) -> None:
        """Shows figures.

        Args:
            use: of the last two minutes.
            sample: the newest.
            busy_disk: bytes a second, over the last second of answering; None when idle.
            available: what the disk gave when it was measured, bytes a second; None when it was not.
        """
        texts = dict.fromkeys(self._values, figures.UNKNOWN)
        if use.tokens and use.uses:
            texts["per_token"] = self.tr("{0} MiB").format(figures.fixed(use.bytes_read / use.tokens / MIB, 2))
            texts["evictions"] = self.tr("{0} a token").format(figures.fixed(use.evictions / use.tokens, 1))
        if busy_disk is not None:
            texts["speed"] = figures.speed(busy_disk) if busy_disk else self.tr("nothing to read")
        if available is not None:
            if busy_disk:
                texts["speed"] = self.tr("{0} of {1}").format(texts["speed"], figures.speed(available))
            else:
                left = texts["speed"] if busy_disk is not None else self.tr("idle")
                texts["speed"] = self.tr("{0} · {1} are possible").format(left, figures.speed(available))
        if use.reads:
            size = figures.size(use.bytes_read / use.reads)
            texts["each"] = self.tr("{0} for {1}").format(figures.milliseconds(use.read_s / use.reads), size)
        if use.guesses:
            texts["guesses"] = self.tr("{0} of {1}").format(
                figures.percent(use.guesses_right / use.guesses), figures.count(use.guesses)
            )
        if sample is not None and sample.neurons:
            texts["neurons"] = figures.percent(sample.neurons_active / sample.neurons, 1)
        for key, text in texts.items():
            self._values[key].setText(text)


class PolicyCard(TabledCard):
    """The running policy against others on what the last tokens used, replayed in the engine."""

    def __init__(self, theme: Theme) -> None:
        picture = QWidget()
        super().__init__(theme, self.tr("Which experts stay"), picture, self._table)
        self._theme = theme
        self._rows: list[tuple[QLabel, StackedBar, QLabel]] = []
        self._shown: list[tuple[str, str]] = []
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(S2)
        self._grid.setVerticalSpacing(S1)
        self._grid.setColumnStretch(1, 1)
        self.words = label(theme, "", "small", "muted", wrap=True)
        layout = QVBoxLayout(picture)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1)
        layout.addLayout(self._grid)
        layout.addWidget(self.words)
        layout.addStretch(1)

    def show_outlook(self, outlook: Outlook | None) -> None:
        """Shows each policy's share of hits."""
        names = {
            "lrfu": self.tr("Thimble's"),
            "lru": self.tr("LRU"),
            "lfu": self.tr("LFU"),
            "none": self.tr("none"),
            "belady": self.tr("ideal"),
        }
        policies = outlook.policies if outlook is not None else ()
        while len(self._rows) < len(policies):
            bar = StackedBar(self._theme, "", 14)
            made = (label(self._theme, "", "small"), bar, label(self._theme, "", "small"))
            for place, widget in enumerate(made):
                self._grid.addWidget(widget, len(self._rows), place)
            self._rows.append(made)
        for number, (name, bar, value) in enumerate(self._rows):
            there = number < len(policies)
            for widget in (name, bar, value):
                widget.setVisible(there)
            if there:
                key, share = policies[number]
                name.setText(names.get(key, key))
                bar.setAccessibleName(names.get(key, key))
                value.setText(figures.percent(share, 1))
                role = "hit" if number == 0 else ("prefetched" if key == "belady" else "other")
                bar.set_parts([Part(share, role, value.text())], 1.0)
        self._shown = [(names.get(key, key), figures.percent(share, 1)) for key, share in policies]
        tokens = outlook.tokens if outlook is not None else 0
        self.remark.setText(self.tr("last {0} tokens, replayed").format(tokens) if policies else "")
        self.words.setText(
            self.tr("Found in memory with the memory of the moment. Ideal knows the future: nothing can be better.")
            if policies
            else self.tr("Needs some tokens: it replays what the last answers used.")
        )
        self.refresh_table()

    def texts(self) -> list[tuple[str, str]]:
        """Names and shares shown."""
        return self._shown

    def _table(self) -> Table:
        return Table((self.tr("Policy"), self.tr("Found in memory")), self._shown)


class ExpertsView(View):
    """See the module."""

    experts_every = 1

    def __init__(self, context: AppContext, dashboard: Dashboard) -> None:
        super().__init__(dashboard, self.tr("Experts"))
        theme = context.theme
        self.use = UseCard(theme)
        self.disk = DiskCard(theme)
        self.policy = PolicyCard(theme)
        self.map = ExpertsCard(theme, strip=True)
        self.map.setMinimumHeight(MAP_HEIGHT)
        self.nothing = label(
            theme,
            self.tr("The loaded model keeps no experts on disk: all of it is in memory, and there is nothing to tell."),
            "body",
            "muted",
            wrap=True,
        )
        self.nothing.setContentsMargins(S_HALF, S3, 0, S3)
        self._top = row(self.use, self.disk, self.policy, spacing=S2)
        for place, card in enumerate((self.use, self.disk, self.policy)):
            card.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            self._top.setStretch(place, 1)
        self.body.addWidget(self.nothing)
        self.body.addLayout(self._top)
        self.body.addWidget(self.map, 1)
        self.refresh()

    def refresh(self) -> None:
        """Shows the figures of the moment."""
        dashboard = self.dashboard
        paged = dashboard.paged
        self.nothing.setVisible(not paged)
        for card in (self.use, self.disk, self.policy, self.map):
            card.setVisible(paged)
        sample, first = dashboard.sample, dashboard.rates.first
        if sample is None or first is None:
            return
        use = expert_use(first, sample)
        recent = use.uses > 0
        if not recent:
            use = expert_use(Sample(sample.engine_epoch, sample.time_ns - int(HISTORY_SECONDS * 1e9)), sample)
        self.use.show_use(use, recent=recent)
        moments = dashboard.link.history.moments
        busy = moments[-1].disk_bytes if moments and moments[-1].answering else None
        speeds = dashboard.speeds
        self.disk.show_use(use, sample, busy, speeds.disk if speeds is not None and speeds.disk_measured else None)
        self.policy.show_outlook(dashboard.outlook)

    def refresh_experts(self) -> None:
        """Shows the experts."""
        self.map.show_map(self.dashboard.experts)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arranges the cards for the new width."""
        super().resizeEvent(event)
        wide = self.width() >= NARROW
        self._top.setDirection(QBoxLayout.Direction.LeftToRight if wide else QBoxLayout.Direction.TopToBottom)
