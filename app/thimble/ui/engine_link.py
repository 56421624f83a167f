"""The one Qt object that knows the engine: it lives in the GUI thread, works in threads, and tells by signals.

Every call of `thimble.client` blocks, so each runs in a thread of its own (`HandingThreads`); after `shutdown` nothing
comes back any more.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from PySide6.QtCore import QObject, Signal

from thimble.errors import Code, Problem, ThimbleError
from thimble.insight.history import History
from thimble.insight.rates import Rates
from thimble.loading import load_options
from thimble.protocol import EngineStatus, LoadOptions, Measurement, MeasureStage, ModelInfo, Sample, State
from thimble.settings import Settings
from thimble.ui.answer_stream import AnswerStream
from thimble.ui.engine_ports import Asked, Client, MakeSupervisor, Supervisor, real_supervisor
from thimble.ui.handing_threads import HandingThreads
from thimble.ui.telemetry_watch import TelemetryWatch
from thimble.ui.token_counter import TokenCounter

if TYPE_CHECKING:
    from thimble.client import CancelToken, ChatRequest

T = TypeVar("T")

SHUTDOWN_SECONDS: Final = 0.9


def _no_engine() -> Problem:
    return Problem(
        Code.ENGINE_UNREACHABLE, "The engine is not running.", "Start it again, or wait until it has started."
    )


class EngineLink(QObject):
    """The engine as the window sees it.

    Args:
        settings: memory limit, context and threads of a load; read in the GUI thread.
        make_supervisor: makes the supervisor from (on_status, on_lost); called in a thread.

    Signals:
        status_changed: `EngineStatus`, at every change.
        sample: `protocol.Sample`, while somebody called `watch_telemetry`.
        lost: `Problem`: the engine died.
        started: attached to a living engine.
        failed: `Problem`: the engine could not be started, or a model not be loaded.
        busy_changed: `loading_path` is different now.
    """

    status_changed = Signal(object)
    sample = Signal(object)
    lost = Signal(object)
    started = Signal()
    failed = Signal(object)
    busy_changed = Signal()

    def __init__(
        self, settings: Settings, make_supervisor: MakeSupervisor | None = None, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._settings = settings
        self._make_supervisor = make_supervisor or real_supervisor
        self._supervisor: Supervisor | None = None
        self._supervisor_lock = threading.Lock()
        self._threads = HandingThreads(self._set_failed, self)
        self._answers: set[AnswerStream] = set()
        self._measures: set[CancelToken] = set()  # also those that are over: there are few
        self._telemetry = TelemetryWatch(self._threads, self._ensure, lambda: self.alive, self.take_sample)
        self._counter = TokenCounter(
            self._threads,
            lambda messages, tools: self._ensure().count_tokens(messages, tools),
            lambda: self.alive and self.status.model is not None,
        )
        self.rates = Rates()
        """The last two minutes of telemetry, for every reader: they all show the same figures."""
        self.history = History()
        """The last half hour, second by second."""
        self.status = self._told = EngineStatus()
        """The engine's last known state."""
        self.problem: Problem | None = None
        """Why there is no engine at the moment, if that is so."""
        self.alive = False
        """Whether the engine is known to be alive."""
        self.loading_path = ""
        """The model asked for and not there yet."""
        self.model_path = ""
        """The model asked for last; `restart` loads it again."""
        self.destroyed.connect(settings.subscribe(self._on_setting))

    # --- life ---------------------------------------------------------------------------------------------------

    def start(self, model_path: str = "") -> None:
        """Attaches to the engine or starts it, then loads `model_path` (when given)."""
        self.problem = None
        if model_path:
            self.load(model_path)
        else:
            self._threads.spawn("engine-start", self._start)

    def restart(self) -> None:
        """Starts the engine again after it was lost, with the model it had."""
        self.start(self.model_path)

    def shutdown(self) -> None:
        """Detaches, stops what runs and joins the threads, in less than a second. Nothing is signalled afterwards."""
        self._threads.close()
        self._telemetry.stop()
        for answer in tuple(self._answers):
            answer.abandon()
        for measure in self._measures:
            measure.cancel()
        supervisor = self._supervisor
        if supervisor is not None:
            # In a thread: a supervisor in the middle of a start answers only when that is over.
            self._threads.spawn("engine-close", supervisor.close, even_closing=True)
        self._threads.join(SHUTDOWN_SECONDS)

    # --- models -------------------------------------------------------------------------------------------------

    def load(self, path: str) -> None:
        """Loads a model with the settings' memory limit, context and threads; replaces a running load."""
        options = load_options(self._settings, path)
        self.model_path = path
        self._set_loading(path)
        self._threads.spawn("engine-load", lambda: self._load(path, options))

    def unload(self) -> None:
        """Frees the resident model."""
        self.model_path = ""
        self._set_loading("")
        self._threads.spawn("engine-unload", lambda: self._take_status(self._ensure().unload()))

    def cancel_load(self) -> None:
        """Stops the running load."""
        self._set_loading("")
        self.model_path = self.status.model.path if self.status.model else ""
        self._threads.spawn("engine-cancel", lambda: self._ensure().cancel())

    def measure(
        self,
        path: str,
        *,
        stage: Callable[[MeasureStage], None],
        done: Callable[[Measurement], None],
        failed: Callable[[Problem], None],
    ) -> CancelToken:
        """Measures a model as it would be loaded; all three are called in the GUI thread.

        Returns:
            what ends it; nothing is called then any more.
        """
        from thimble.client import CancelToken

        options, cancel = load_options(self._settings, path), CancelToken()

        def hand(call: Callable[[], None]) -> None:
            self._threads.hand(lambda: None if cancel.cancelled else call())

        def work() -> None:
            for event in self._ensure().measure(path, options, cancel):
                if isinstance(event, Measurement):
                    hand(partial(done, event))
                else:
                    hand(partial(stage, event))

        self._measures.add(cancel)
        self._threads.spawn("engine-measure", work, failed=lambda problem: hand(lambda: failed(problem)))
        return cancel

    @property
    def model_id(self) -> str:
        """Id of the resident model, else of the one asked for last; "" for none."""
        return self.status.model.id if self.status.model else Path(self.model_path).stem

    def check_template(
        self, source: str, *, done: Callable[[str, str, bool], None], failed: Callable[[Problem], None]
    ) -> None:
        """Tries a chat template; both are called in the GUI thread.

        Args:
            source: its text.
            done: with the text, how a sample conversation reads in it, and whether it has a place for a system prompt.
            failed: with why it does not work.
        """

        def work() -> None:
            sample, system = self._ensure().check_template(source)
            self._threads.hand(lambda: done(source, sample, system))

        self._threads.spawn("engine-template", work, failed=lambda problem: self._threads.hand(lambda: failed(problem)))

    @property
    def loaded_path(self) -> str:
        """The resident model's file; empty when none is."""
        return self.status.model.path if self.status.model else ""

    @property
    def model_key(self) -> str:
        """What the settings call the model that answers, or will; see `Settings.model_key`."""
        return self._settings.model_key(self.loaded_path or self.model_path)

    @property
    def sees_pictures(self) -> bool:
        """Whether the resident model can see."""
        model = self.status.model
        return model is not None and model.pictures

    # --- answers ------------------------------------------------------------------------------------------------

    def chat(self, request: ChatRequest, connect: Callable[[], Asked] | None = None) -> AnswerStream:
        """Asks for an answer; an engine that is still starting or was lost is waited for or started.

        Args:
            request: what is asked.
            connect: gives who is asked instead of the engine; called in a thread.
        """
        if connect is None and not request.model and self.status.model is None and self.model_path:
            request = replace(request, model=self.model_path)
        answer = AnswerStream(self)
        self._answers.add(answer)
        answer.over.connect(lambda: self._answers.discard(answer))
        answer.over.connect(answer.deleteLater)  # here, not in the thread that may hold the last reference
        self._threads.spawn("engine-answer", lambda: answer.work(connect or self._ensure, request), failed=answer.fail)
        return answer

    def count_tokens(
        self, messages: Sequence[dict[str, Any]], done: Callable[[int], None], tools: Sequence[dict[str, Any]] = ()
    ) -> None:
        """Counts tokens in the resident model's template and calls `done` in the GUI thread.

        One count runs at a time; of those asked for meanwhile only the newest is done. Nothing is called when
        there is no model or no engine.
        """
        self._counter.ask(messages, done, tools)

    def count_now(self, messages: Sequence[dict[str, Any]]) -> int:
        """Tokens of messages in the resident model's template; for threads, because it waits for the engine.

        Raises:
            ThimbleError: there is no model, or no engine.
        """
        return self._ensure().count_tokens(messages)

    # --- telemetry ----------------------------------------------------------------------------------------------

    def watch_telemetry(self) -> Callable[[], None]:
        """Begins the `sample` signals; returns the function that ends this watch (calling it again does nothing)."""
        return self._telemetry.watch()

    def fetch(
        self, work: Callable[[Client], T], done: Callable[[T], None], failed: Callable[[Problem], None] | None = None
    ) -> None:
        """Asks the living engine something in a thread and calls `done` or `failed` in the GUI thread.

        An engine that is not alive is not started for it: `failed` tells why there is none.
        """
        if not self.alive:
            if failed is not None:
                problem = self.problem or _no_engine()
                self._threads.hand(lambda: failed(problem))
            return

        def run() -> None:
            found = work(self._ensure())
            self._threads.hand(lambda: done(found))

        def fail(problem: Problem) -> None:
            if failed is not None:
                self._threads.hand(lambda: failed(problem))

        self._threads.spawn("engine-fetch", run, failed=fail)

    def take_sample(self, sample: Sample) -> None:
        """Adds a telemetry sample to `rates` and `history` and tells of it."""
        self.rates.add(sample)
        self.history.add(sample, self.rates)
        self.sample.emit(sample)

    def client(self) -> Client:
        """The engine's client; starts the engine if need be. Blocks: for jobs."""
        return self._ensure()

    # --- in threads ---------------------------------------------------------------------------------------------

    def _ensure(self) -> Client:
        with self._supervisor_lock:
            if self._threads.closing:
                raise ThimbleError(Code.CANCELLED, "Thimble is closing.")
            if self._supervisor is None:
                self._supervisor = self._make_supervisor(self._take_status, self._on_lost)
            supervisor = self._supervisor
        client = supervisor.ensure()
        self._threads.hand(self._set_alive)
        return client

    def _start(self) -> None:
        self._ensure()

    def _load(self, path: str, options: LoadOptions) -> None:
        try:
            client = self._ensure()
            if self.loading_path != path:  # cancelled, or another one chosen, while the engine started
                return
            status = client.load(path, options)
        except ThimbleError:
            self._threads.hand(lambda: self._load_over(path))
            raise
        self._take_status(status)
        self._threads.hand(lambda: self._load_over(path))

    def _take_status(self, status: EngineStatus) -> None:
        self._threads.hand(lambda: self._set_status(status))

    def _on_lost(self, problem: Problem) -> None:
        self._threads.hand(lambda: self._set_lost(problem))

    # --- in the GUI thread --------------------------------------------------------------------------------------

    def _set_alive(self) -> None:
        if not self.alive:
            self.alive = True
            self.problem = None
            self.started.emit()
        self._telemetry.follow()

    def _named(self, model: ModelInfo | None) -> ModelInfo | None:
        """The model by the name a person gave it."""
        name = self._settings.name_of(model.path) if model is not None else ""
        return replace(model, name=name) if model is not None and name else model

    def _on_setting(self, key: str) -> None:
        if key == "model.name":
            self._set_status(self._told)

    def _set_status(self, status: EngineStatus) -> None:
        self._told = status
        status = replace(status, model=self._named(status.model), resting=self._named(status.resting))
        self.status = status
        if status.model is not None and not self.loading_path:
            self.model_path = status.model.path  # another program may have loaded it
        elif status.resting is not None and not self.loading_path:
            self.model_path = status.resting.path
        self.status_changed.emit(status)

    def _set_loading(self, path: str) -> None:
        if path != self.loading_path:
            self.loading_path = path
            self.busy_changed.emit()

    def _load_over(self, path: str) -> None:
        if self.loading_path == path:
            self._set_loading("")

    def _set_lost(self, problem: Problem) -> None:
        self.alive = False
        self.problem = problem
        self._set_loading("")
        self._telemetry.stop()
        self._set_status(EngineStatus(state=State.EMPTY, problem=problem))
        self.lost.emit(problem)

    def _set_failed(self, problem: Problem) -> None:
        if not self.alive:
            self.problem = problem
            self._set_loading("")
        self.failed.emit(problem)
