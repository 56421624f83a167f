"""Where the time of a token goes: one bar, its legend, and the answer's other figures."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from thimble.insight.rates import Rates
from thimble.protocol import Sample
from thimble.ui import figures
from thimble.ui.performance.tabled import Table, TabledCard
from thimble.ui.theme import S1, S_HALF, Theme
from thimble.ui.widgets.basic import label, line
from thimble.ui.widgets.charts import Part, StackedBar, Swatch


class TimeCard(TabledCard):
    """The time of the last two minutes' tokens, or of all."""

    def __init__(self, theme: Theme) -> None:
        picture = QWidget()
        super().__init__(theme, self.tr("Where a token's time goes"), picture, self._table)
        self._names = {
            "compute": self.tr("computing"),
            "stall": self.tr("waiting for the disk"),
            "sampling": self.tr("choosing the token"),
            "other": self.tr("other"),
        }
        self._roles = {"compute": "compute", "stall": "miss", "sampling": "hit", "other": "other"}
        self.bar = StackedBar(theme, self.tr("Where a token's time goes"), 20)
        self._values: dict[str, QLabel] = {}
        layout = QVBoxLayout(picture)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1 + 2)
        layout.addWidget(self.bar)
        legend = QGridLayout()
        legend.setHorizontalSpacing(S1)
        legend.setVerticalSpacing(S1)
        legend.setColumnStretch(1, 1)
        for number, (key, name) in enumerate(self._names.items()):
            value = label(theme, figures.UNKNOWN, "small")
            self._values[key] = value
            legend.addWidget(Swatch(theme, self._roles[key]), number, 0)
            legend.addWidget(label(theme, name, "small", "muted"), number, 1)
            legend.addWidget(value, number, 2, Qt.AlignmentFlag.AlignRight)
        layout.addLayout(legend)
        layout.addStretch(1)
        layout.addWidget(line())
        self.reading = label(theme, figures.UNKNOWN, "small")
        self.first = label(theme, figures.UNKNOWN, "small")
        self.answers = label(theme, figures.UNKNOWN, "small")
        others = QGridLayout()
        others.setVerticalSpacing(S_HALF)
        others.setColumnStretch(0, 1)
        for number, (name, value) in enumerate(
            (
                (self.tr("Reading a prompt"), self.reading),
                (self.tr("Time to the first token"), self.first),
                (self.tr("Answered since the start"), self.answers),
            )
        ):
            others.addWidget(label(theme, name, "small", "muted"), number, 0)
            others.addWidget(value, number, 1, Qt.AlignmentFlag.AlignRight)
        layout.addLayout(others)

    def value(self, key: str) -> str:
        """The text shown for "compute", "stall", "sampling" or "other"."""
        return self._values[key].text()

    def show_figures(self, rates: Rates, sample: Sample | None) -> None:
        """Shows where the time went, and the newest answer's figures."""
        time = rates.token_time() if sample is not None else None
        if time is None or time.total <= 0:
            self.bar.set_parts([])
            self.remark.setText(self.tr("nothing answered yet"))
            for shown in self._values.values():
                shown.setText(figures.UNKNOWN)
        else:
            seconds = {"compute": time.compute, "stall": time.stall, "sampling": time.sampling, "other": time.other}
            self.remark.setText(
                self.tr("last two minutes, prompts included")
                if rates.recent
                else self.tr("since the engine started, prompts included")
            )
            for key, shown in self._values.items():
                share = figures.percent(seconds[key] / time.total, 1)
                if time.tokens:
                    milliseconds = figures.fixed(1000 * seconds[key] / time.tokens, 1)
                    share = self.tr("{0} ms · {1}").format(milliseconds, share)
                shown.setText(share)
            self.bar.set_parts(
                [Part(seconds[k], self._roles[k], f"{self._names[k]} {self._values[k].text()}") for k in self._names]
            )
        self._show_answer(rates, sample)
        self.refresh_table()

    def _show_answer(self, rates: Rates, sample: Sample | None) -> None:
        reading = first = answers = figures.UNKNOWN
        if sample is not None and rates.prefill:
            reading = self.tr("{0} tok/s").format(figures.rate(rates.prefill))
            if sample.prompt_tokens:
                reused = figures.percent(sample.cached_tokens / sample.prompt_tokens)
                reading += " · " + self.tr("{0} reused").format(reused)
        if sample is not None and sample.first_token_ns:
            first = figures.duration(sample.first_token_ns / 1e6)
        if sample is not None and sample.answers:
            tokens = figures.count(sample.generated_tokens)
            answers = (
                self.tr("{0} tokens in one answer").format(tokens)
                if sample.answers == 1
                else self.tr("{0} tokens in {1} answers").format(tokens, figures.count(sample.answers))
            )
        self.reading.setText(reading)
        self.first.setText(first)
        self.answers.setText(answers)

    def _table(self) -> Table:
        rows = [(name, self._values[key].text()) for key, name in self._names.items()]
        rows += [
            (self.tr("Reading a prompt"), self.reading.text()),
            (self.tr("Time to the first token"), self.first.text()),
        ]
        return Table((self.tr("What"), self.tr("For each token")), rows)
