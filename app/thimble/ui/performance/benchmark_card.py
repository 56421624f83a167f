"""Measures this machine, and the loaded model on it, and shows the result as a card."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QGridLayout, QVBoxLayout

from thimble import __version__, paths, speeds
from thimble.client import ChatRequest
from thimble.errors import Code, Problem
from thimble.probe import probe_machine
from thimble.protocol import State, StopReason, Timings
from thimble.ui import figures, problem_texts
from thimble.ui.answer_stream import AnswerStream
from thimble.ui.app_context import AppContext
from thimble.ui.performance.dashboard import Dashboard
from thimble.ui.theme import S1, S2, S_HALF
from thimble.ui.widgets.basic import Card, button, label, row

log = logging.getLogger(__name__)

TOKENS: Final = 96
"""Of the answer that is measured; the first of them find a cold cache, as the first answer of a chat does."""
PROMPT: Final = (
    "Explain in detail how a sewing thimble is made, from the sheet of metal to the finished piece, what it is used "
    "for, which kinds there are, and how people sewed before it was invented."
)


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured; what was not is 0.

    Attributes:
        when: seconds since 1970.
        cpu: the processor's name.
        cores: physical cores in use.
        memory, disk: bytes a second.
        disk_measured: else `disk` was assumed.
        model: id; "" when none was loaded.
        limit: memory limit in bytes; 0 for none.
        decode, prefill: tokens a second.
        first_token_ms: until the first token.
        hit: share of experts found in memory, 0…1; negative where there are none.
        peak: the engine's highest memory, bytes.
    """

    when: float
    cpu: str
    cores: int
    memory: float
    disk: float
    disk_measured: bool
    model: str = ""
    limit: int = 0
    decode: float = 0.0
    prefill: float = 0.0
    first_token_ms: float = 0.0
    hit: float = -1.0
    peak: int = 0


class BenchmarkCard(Card):
    """A button, what is being done, and the newest result."""

    def __init__(self, context: AppContext, dashboard: Dashboard) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._dashboard = dashboard
        self._machine: Result | None = None
        self._answer: AnswerStream | None = None
        self._busy = False
        self._stopping = False
        self.result: Result | None = load_result()
        title = self.tr("Benchmark this machine")
        self.setAccessibleName(title)
        self.words = label(theme, "", "small", "muted", wrap=True)
        self.run = button(theme, self.tr("Measure"), "primary", name=title)
        self.run.clicked.connect(self.start)
        self.stop = button(theme, self.tr("Stop"), "", name=self.tr("Stop the benchmark"))
        self.stop.clicked.connect(self.cancel)
        self.stop.hide()
        self.copy = button(theme, self.tr("Copy"), "link", name=self.tr("Copy the result as text"))
        self.copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(self.text()))
        names = {
            "decode": self.tr("writing"),
            "prefill": self.tr("reading"),
            "first": self.tr("first token"),
            "hit": self.tr("experts in memory"),
            "memory": self.tr("memory, all cores"),
            "disk": self.tr("disk, random reads"),
        }
        self._values = {key: label(theme, figures.UNKNOWN, "heading") for key in names}
        grid = QGridLayout()
        grid.setHorizontalSpacing(S2)
        grid.setVerticalSpacing(0)
        for place, (key, name) in enumerate(names.items()):
            grid.addWidget(self._values[key], 0, place)
            grid.addWidget(label(theme, name, "small", "muted"), 1, place)
            grid.setColumnStretch(place, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1)
        layout.addLayout(row(label(theme, title, "strong"), None, self.copy, self.stop, self.run))
        layout.addLayout(grid)
        layout.addWidget(self.words)
        self._show()

    def value(self, key: str) -> str:
        """The text shown for a key."""
        return self._values[key].text()

    def refresh(self) -> None:
        """The button is off while something is answered or loaded, which would spoil the figures."""
        state = self._dashboard.link.status.state
        free = state not in {State.ANSWERING, State.LOADING} and not self._dashboard.link.loading_path
        self.run.setEnabled(free and not self._busy)
        self.run.setToolTip("" if free else self.tr("Not while an answer is written or a model loads"))

    def start(self) -> None:
        """Measures memory and disk, then an answer of the loaded model."""
        if self._busy:
            return
        self._busy, self._stopping = True, False
        self.stop.show()
        self.refresh()
        self.words.setText(self.tr("Measuring memory and disk…"))
        model = self._dashboard.link.status.model
        files = [Path(model.path)] if model is not None else []
        folders = self._context.settings.model_folders()

        def work(_handle: object) -> Result:
            from thimble.library import installed_models

            machine = probe_machine()
            candidates = files or [Path(found.path) for found in installed_models(*folders)]
            found = speeds.renewed(paths.cache_dir() / "speeds.json", machine.physical_cores, candidates)
            return Result(
                time.time(), machine.cpu_name, machine.physical_cores, found.memory, found.disk, found.disk_measured
            )

        self._context.jobs.run(work, done=self._machine_done, failed=self._failed, name="benchmark")

    def cancel(self) -> None:
        """Stops what runs; the last result stays."""
        self._stopping = True
        if self._answer is not None:
            self._answer.stop()
        elif self._busy:
            self.words.setText(self.tr("Stopping…"))

    def text(self) -> str:
        """The result for a bug report or a friend."""
        found = self.result
        if found is None:
            return ""
        lines = [
            f"Thimble {__version__} · {found.cpu} · {found.cores} cores",
            f"memory {figures.speed(found.memory)} · disk {figures.speed(found.disk) if found.disk_measured else '—'}",
        ]
        if found.model:
            limit = figures.size(found.limit) if found.limit else self.tr("no limit")
            lines.append(f"{found.model} · {limit} · peak {figures.size(found.peak)}")
            lines.append(
                f"{figures.rate(found.decode)} tok/s · prompt {figures.rate(found.prefill)} tok/s · "
                f"first token {figures.duration(found.first_token_ms)}"
                + (f" · {figures.percent(found.hit)} hit" if found.hit >= 0 else "")
            )
        return "\n".join(lines)

    # --- inside -------------------------------------------------------------------------------------------------

    def _machine_done(self, machine: Result) -> None:
        self._machine = machine
        link = self._dashboard.link
        self._dashboard.ask_speeds()
        if self._stopping:
            self._over(self.tr("Stopped."))
            return
        if link.status.model is None or not link.alive:
            self._finish(machine)
            return
        if link.status.state != State.READY:
            self._over(self.tr("Not while an answer is written or a model loads"))
            return
        self.words.setText(self.tr("Writing {0} tokens…").format(TOKENS))
        # A seed and a temperature, so that a model which would fall silent at once writes as others do.
        request = ChatRequest(
            [{"role": "user", "content": PROMPT}], temperature=0.8, max_tokens=TOKENS, seed=1, context_policy="error"
        )
        self._answer = link.chat(request)
        self._answer.finished.connect(self._answered)
        self._answer.failed.connect(self._failed)

    def _answered(self, timings: Timings) -> None:
        self._answer = None
        machine, model = self._machine, self._dashboard.link.status.model
        if machine is None or model is None or timings.stop_reason == StopReason.CANCELLED:
            self._over(self.tr("Stopped."))
            return
        uses = timings.expert_hits + timings.expert_misses
        sample = self._dashboard.sample
        self._finish(
            Result(
                **{
                    **asdict(machine),
                    "model": model.id,
                    "limit": sample.memory_limit if sample is not None else 0,
                    "decode": timings.decode_tokens_per_second,
                    "prefill": timings.prefill_tokens_per_second,
                    "first_token_ms": timings.first_token_ms,
                    "hit": timings.expert_hits / uses if uses else -1.0,
                    "peak": timings.peak_memory_bytes,
                }
            )
        )

    def _finish(self, result: Result) -> None:
        self.result = result
        try:
            _file().parent.mkdir(parents=True, exist_ok=True)
            _file().write_text(json.dumps(asdict(result)), "utf-8")
        except OSError as error:
            log.warning("the benchmark's result is not kept: %s", error)
        self._over("")

    def _failed(self, problem: Problem) -> None:
        self._answer = None
        self._over(problem_texts.sentence(problem) if problem.code != Code.CANCELLED else self.tr("Stopped."))

    def _over(self, words: str) -> None:
        self._busy = False
        self.stop.hide()
        self._show()
        if words:
            self.words.setText(words)
        self.refresh()

    def _show(self) -> None:
        found = self.result
        self.copy.setVisible(found is not None)
        if found is None:
            self.words.setText(
                self.tr("Takes some seconds: how fast memory and disk are, and how fast the loaded model answers.")
            )
            return
        texts = dict.fromkeys(self._values, figures.UNKNOWN)
        texts["memory"] = figures.speed(found.memory)
        texts["disk"] = figures.speed(found.disk) if found.disk_measured else figures.UNKNOWN
        if found.model:
            texts["decode"] = self.tr("{0} tok/s").format(figures.rate(found.decode))
            texts["prefill"] = self.tr("{0} tok/s").format(figures.rate(found.prefill))
            texts["first"] = figures.duration(found.first_token_ms)
            texts["hit"] = figures.percent(found.hit) if found.hit >= 0 else figures.UNKNOWN
        for key, text in texts.items():
            self._values[key].setText(text)
        when = QLocale().toString(QDateTime.fromSecsSinceEpoch(int(found.when)), QLocale.FormatType.ShortFormat)
        parts = [when, found.cpu]
        if found.model:
            parts.append(found.model)
            parts.append(self.tr("limit {0}").format(figures.size(found.limit)) if found.limit else self.tr("no limit"))
        self.words.setText(" · ".join(part for part in parts if part))


def load_result() -> Result | None:
    """The result of an earlier day; None when there is none that can be read."""
    try:
        return Result(**json.loads(_file().read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _file() -> Path:
    return paths.cache_dir() / "benchmark.json"
