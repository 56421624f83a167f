"""What the Performance page knows at a moment, and how it comes to know it. Nothing is asked while nobody looks."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject, QTimer, Signal

from thimble import paths
from thimble.errors import Problem, ThimbleError
from thimble.insight.expert_map import ExpertMap
from thimble.insight.figures import Bound, bound
from thimble.insight.machine import Load, MachineMeter
from thimble.insight.outlook import Outlook, TokenCost, limits, token_cost
from thimble.insight.rates import Rates
from thimble.modelfile import read_header
from thimble.modelfile.forecast import Facts, facts_of
from thimble.protocol import KEPT_ANSWERS, AnswerRecord, Sample
from thimble.speeds import Speeds
from thimble.ui.app_context import AppContext
from thimble.ui.throttle import Throttle

log = logging.getLogger(__name__)

FIGURES_MS: Final = 400
SECOND_MS: Final = 1000
OUTLOOK_SECONDS: Final = 10
SILENT_SECONDS: Final = 4
COST_SECONDS: Final = 30.0
_DISK_HIDDEN: Final = 0.75
"""Of a miss's time on the disk, so much is waited for where nothing was measured (as in `modelfile.forecast`)."""


class Dashboard(QObject):
    """The state behind the page.

    Signals:
        figures_changed: telemetry or the engine's state; at most five times in two seconds.
        second: once a second while the page is seen: courses and the machine.
        experts_changed: `experts` is newer.
        outlook_changed: `outlook` is newer.
        answers_changed: `answers` has newer ones, or is another engine's.
    """

    figures_changed = Signal()
    second = Signal()
    experts_changed = Signal()
    outlook_changed = Signal()
    answers_changed = Signal()

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self.link = context.link
        self.load = Load()
        self.experts = ExpertMap()
        self.outlook: Outlook | None = None
        self.answers: list[AnswerRecord] = []
        self.facts: Facts | None = None
        self.speeds: Speeds | None = None
        """Measured on this machine; None until then."""
        self.experts_every = 0
        """Seconds between two looks at the experts; 0: no view that shows them is seen."""
        self.seen = False
        """Whether the page is."""
        self._epoch = ""
        self._facts_of: tuple[str, int] = ("", 0)
        self._asked: set[str] = set()
        self._seconds = 0
        self._silent = 0
        self._cost: TokenCost | None = None
        self._meter = MachineMeter()
        self._unwatch: Callable[[], None] = lambda: None
        self._figures = Throttle(FIGURES_MS, self.figures_changed.emit, self)
        self._clock = QTimer(self)
        self._clock.setInterval(SECOND_MS)
        self._clock.timeout.connect(self._on_second)
        self.link.sample.connect(lambda _sample: self._ask_figures())
        self.link.status_changed.connect(lambda _status: self._on_status())
        self.link.started.connect(self._on_status)

    # --- facts of the moment ------------------------------------------------------------------------------------

    @property
    def sample(self) -> Sample | None:
        """The newest sample of a living engine."""
        return self.rates.last if self.link.alive else None

    @property
    def rates(self) -> Rates:
        """Of the last two minutes."""
        return self.link.rates

    @property
    def paged(self) -> bool:
        """Whether the resident model's experts are kept on disk."""
        sample = self.sample
        return sample is not None and sample.experts_total > 0

    @property
    def stalled(self) -> bool:
        """Whether no telemetry has come for some time although the engine lives."""
        return self.link.alive and self._silent >= SILENT_SECONDS

    def bound(self) -> Bound | None:
        """What this machine could do; None while something for it is not known."""
        sample = self.sample
        if sample is None or self.facts is None or self.speeds is None or not self.rates.decode:
            return None
        if self.paged and (self.rates.bytes_per_token is None or not self.speeds.disk_measured):
            return None
        return bound(self.facts, self.speeds, sample, self.rates.bytes_per_token)

    def cost(self) -> TokenCost | None:
        """What a token cost when some were last written; None before that."""
        last, first = self.rates.last, self.rates.since_prompt(COST_SECONDS)
        if last is None or first is None:
            return None
        expert = last.expert_memory_bytes / max(1, last.experts_resident)
        disk = (self.speeds or Speeds()).disk
        self._cost = token_cost(first, last, _DISK_HIDDEN * expert / disk) or self._cost
        return self._cost

    # --- seen or not --------------------------------------------------------------------------------------------

    def watch(self) -> None:
        """The page is seen."""
        self._unwatch()
        self._unwatch = self.link.watch_telemetry()
        self.seen = True
        self._seconds = self._silent = 0
        self._clock.start()
        self._on_status()
        self._on_second()

    def rest(self) -> None:
        """Nobody looks: nothing is asked, nothing ticks."""
        self.seen = False
        self._unwatch()
        self._clock.stop()
        self._figures.cancel()

    def ask_experts(self) -> None:
        """Asks for the experts now instead of within a second."""
        if self.seen and self.paged:
            self._once("experts", lambda client: client.experts(), self._take_experts)

    def ask_speeds(self) -> None:
        """Looks again what was measured on this machine."""
        self._facts_of = ("", 0)
        self._on_status()

    # --- what a person changes ----------------------------------------------------------------------------------

    def set_limit(self, limit: int, done: Callable[[], None], failed: Callable[[Problem], None]) -> None:
        """Gives the running model another memory limit and remembers it for this model."""
        model = self.link.status.model
        if model is None:
            return
        settings = self._context.settings
        key = settings.model_key(model.path)

        def remember(_none: None) -> None:
            try:
                settings.set("engine.memory_limit", limit, model=key)
                if settings.integer("engine.expert_cache", model=key):  # the limit says now what the experts get
                    settings.set("engine.expert_cache", 0, model=key)
            except (ValueError, ThimbleError) as error:
                log.warning("the limit holds until the model is loaded again: %s", error)
            self._seconds = 0
            if self.outlook is not None:
                self.outlook = self.outlook.with_limit(limit)
                self.outlook_changed.emit()
            done()

        self.link.fetch(lambda client: client.divide_memory(limit), remember, failed)

    # --- inside -------------------------------------------------------------------------------------------------

    def _ask_figures(self) -> None:
        self._silent = 0
        if self.seen:
            self._figures()

    def _on_status(self) -> None:
        if not self.seen:
            return
        model = self.link.status.model
        wanted = (model.path, model.context) if model is not None else ("", 0)
        if wanted != self._facts_of:
            self._facts_of, self.facts, self.outlook, self._cost = wanted, None, None, None
            self.experts = ExpertMap()
            self._seconds = 0
            if model is not None:
                self._find_facts(Path(model.path), model.context, (str(model.cache_k), str(model.cache_v)))
            self.experts_changed.emit()
            self.outlook_changed.emit()
        self._figures()

    def _find_facts(self, path: Path, context: int, cache: tuple[str, str]) -> None:
        wanted = self._facts_of

        def work(_handle: object) -> tuple[Facts | None, Speeds | None]:
            try:
                return facts_of(read_header(path), context, cache), known_speeds()
            except (ThimbleError, OSError):
                return None, known_speeds()

        def done(found: tuple[Facts | None, Speeds | None]) -> None:
            self.speeds = found[1] or self.speeds
            if wanted == self._facts_of:
                self.facts = found[0]
                if self.seen:
                    self._figures()

        self._context.jobs.run(work, done=done, name="facts of the model")

    def _on_second(self) -> None:
        self._silent += 1
        sample = self.sample
        self.load = self._meter.read(sample)
        if sample is not None and sample.engine_epoch != self._epoch:
            self._epoch, self.answers = sample.engine_epoch, []
            self.answers_changed.emit()
        known = self.answers[-1].number if self.answers else 0
        if sample is not None and sample.answers > known:
            self._once("answers", lambda client: client.answers(known), self._take_answers)
        if self.experts_every and self._seconds % self.experts_every == 0:
            self.ask_experts()
        if self.paged and self._seconds % OUTLOOK_SECONDS == 0:
            self._ask_outlook()
        self._seconds += 1
        if self.stalled:
            self.figures_changed.emit()
        self.second.emit()

    def _ask_outlook(self) -> None:
        known = self.outlook
        asked = limits(known.least, known.most) if known is not None else []
        wanted = self._facts_of

        def take(data: dict[str, Any]) -> None:
            if wanted != self._facts_of:
                return
            self.outlook = Outlook.from_json(data, self.cost())
            if known is None:
                self._seconds = 0  # the first answer only told the limits worth asking for
            self.outlook_changed.emit()

        self._once("outlook", lambda client: client.outlook(asked), take)

    def _once(self, name: str, work: Callable[[Any], Any], done: Callable[[Any], None]) -> None:
        """Asks the engine unless the same question is on its way; a failure is in the log and asked again later."""
        if name in self._asked or not self.link.alive:
            return

        def take(found: Any) -> None:
            self._asked.discard(name)
            if self.seen:
                done(found)

        def fail(problem: Problem) -> None:
            self._asked.discard(name)
            log.info("%s: %s (%s)", name, problem.sentence, problem.detail)

        self._asked.add(name)
        self.link.fetch(work, take, fail)

    def _take_answers(self, found: tuple[str, list[AnswerRecord]]) -> None:
        epoch, records = found
        if epoch == self._epoch and records:
            known = self.answers[-1].number if self.answers else 0
            self.answers += [record for record in records if record.number > known]
            del self.answers[:-KEPT_ANSWERS]
            self.answers_changed.emit()

    def _take_experts(self, data: dict[str, Any]) -> None:
        try:
            self.experts = ExpertMap.from_json(data)
        except ThimbleError as error:
            log.warning("%s (%s)", error.problem.sentence, error.problem.detail)
            return
        self.experts_changed.emit()


def known_speeds() -> Speeds | None:
    """What was measured here before; None when nothing was. Reads a file."""
    try:
        data = json.loads((paths.cache_dir() / "speeds.json").read_text("utf-8"))
        return Speeds(float(data["memory"]), float(data["disk"]), bool(data["disk_measured"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
