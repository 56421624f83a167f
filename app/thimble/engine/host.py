"""The model host: one resident model, one sequence, one worker thread that does all the work with them."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from thimble.engine import binding
from thimble.engine.budget import Budget, trim
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import Emit
from thimble.engine.experts import (
    ExpertInfo,
    ExpertStore,
    LayerInfo,
    PackedExperts,
    Policy,
    Replay,
    RouteRecord,
    replay,
    route_records,
)
from thimble.engine.generate import AnswerTask, answer
from thimble.engine.load import cancelled_load, load_model
from thimble.engine.memory import MemoryUse, memory_use
from thimble.engine.model import LoadedModel
from thimble.engine.outlook import Forecaster, Outlook
from thimble.engine.pressure import read_pressure
from thimble.engine.prompt import prompt_tokens
from thimble.engine.session import Session
from thimble.engine.telemetry import Counters
from thimble.engine.telemetry_sample import Totals, take_sample
from thimble.engine.vectors import Text, Vectors, makes_no_vectors, writes_no_text
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import KEPT_ANSWERS, AnswerRecord, LoadOptions, ModelInfo, Sample, State, Timings

log = logging.getLogger(__name__)

T = TypeVar("T")

GOVERN_SECONDS: Final = 1.0
"""Between two looks at the computer's memory."""


@dataclass(frozen=True, slots=True)
class HostStatus:
    """What the host is doing; see `protocol.EngineStatus` for the fields."""

    state: State = State.EMPTY
    model: ModelInfo | None = None
    loading_path: str = ""
    load_progress: float = 0.0
    problem: Problem | None = None


class Host:
    """Owns the model and the worker thread.

    The methods that return a `Future` only queue work; the others are quick and may be called from any thread.

    Args:
        on_change: called in the worker thread after every change of `status`, load progress included.
    """

    def __init__(self, on_change: Callable[[], None] | None = None) -> None:
        self.epoch = secrets.token_hex(8)
        self.on_change = on_change
        self.counters = Counters()
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="engine-worker")
        self._status = HostStatus()
        self._loaded: LoadedModel | None = None
        self._session: Session | None = None
        self._vocabulary_lock = threading.Lock()
        self._stats_lock = threading.Lock()  # held for microseconds
        self._resize_lock = threading.Lock()  # held as long as memory is given or taken
        self._totals = Totals()
        self._replay_lock = threading.Lock()  # each replay takes a core from the answer: one at a time
        self._forecaster = Forecaster(self._stats_lock)
        self._answers: deque[AnswerRecord] = deque(maxlen=KEPT_ANSWERS)
        self._flags_lock = threading.Lock()
        self._running: set[CancelFlag] = set()
        self._closed = False
        self._ending = threading.Event()
        self._governing: threading.Thread | None = None

    @property
    def status(self) -> HostStatus:
        """What it is doing now."""
        return self._status

    @property
    def options(self) -> LoadOptions | None:
        """The options the resident model was loaded with."""
        loaded = self._loaded
        return loaded.options if loaded else None

    def warm_up(self) -> Future[None]:
        """Loads the library, so that the first model does not wait for it."""
        return self._submit(_load_library)

    def load(self, path: Path, options: LoadOptions, cancel: CancelFlag) -> Future[ModelInfo]:
        """Loads a model in place of the resident one.

        A file that cannot be a model is refused while the resident model stays. The future raises `ThimbleError`.
        """
        return self._submit(self._load, path, options, cancel)

    def unload(self) -> Future[None]:
        """Frees the resident model."""
        return self._submit(self._unload)

    def answer(self, task: AnswerTask, cancel: CancelFlag, emit: Emit) -> Future[Timings]:
        """Writes one answer with the resident model; `emit` is called in the worker thread."""
        return self._submit(self._answer, task, cancel, emit)

    def embed(self, texts: Sequence[Text], dimensions: int, cancel: CancelFlag) -> Future[Vectors]:
        """Turns texts into vectors with the resident model; see `VectorMaker.make`."""
        return self._submit(self._embed, texts, dimensions, cancel)

    def cancel(self) -> bool:
        """Stops the running load or answer; whether there was one."""
        with self._flags_lock:
            for flag in self._running:
                flag.set()
            return bool(self._running)

    def tokenize(self, text: str, *, add_special: bool) -> list[int]:
        """Tokens of a text in the resident model's vocabulary; raises `ThimbleError` when there is none."""
        with self._vocabulary_lock:
            loaded = self._need_model()
            if add_special and loaded.vectors is not None:
                return loaded.vocabulary.tokenize_whole(text)
            return loaded.vocabulary.tokenize(text, add_bos=add_special)

    def tokenize_messages(
        self,
        messages: Sequence[dict[str, Any]],
        variables: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> list[int]:
        """Tokens of messages, and of the tools offered with them, in the resident model's chat template; those of
        pictures are -1."""
        with self._vocabulary_lock:
            loaded = self._need_model()
            tokens = prompt_tokens(
                loaded.vocabulary,
                loaded.template,
                messages,
                variables=variables,
                tools=tools,
                projector=loaded.projector,
                blind=loaded.info.no_pictures,
            )
            return [max(token, -1) for token in tokens]

    def detokenize(self, tokens: Sequence[int]) -> str:
        """Text of tokens."""
        with self._vocabulary_lock:
            return self._need_model().vocabulary.detokenize(tokens)

    def memory(self) -> MemoryUse:
        """The engine process's memory."""
        return memory_use()

    def resize(self, *, limit: int = 0, expert_cache: int = 0) -> Budget:
        """Divides memory anew while a model is loaded, also during an answer; blocks while memory is given back.

        See `LoadedModel.resize`; raises `ThimbleError` when there is no model, too.
        """
        with self._resize_lock:
            return self._need_model().resize(limit=limit, expert_cache=expert_cache)

    def govern(self) -> None:
        """Looks at the computer's memory once, and lets the experts have less or more. See `pressure.Governor`."""
        with self._resize_lock:
            loaded = self._loaded
            if loaded is not None and loaded.governor is not None:
                loaded.govern(read_pressure(), time.monotonic())

    def experts(self) -> list[ExpertInfo]:
        """How often each expert of the resident model was used, and whether it is in memory; empty without a store."""
        with self._stats_lock:
            experts = self._loaded.experts if self._loaded else None
            return experts.experts() if experts else []

    def start_trace(self, max_values: int) -> None:
        """Records which experts each token uses; see `ExpertStore.start_trace`. 0 ends the recording."""
        with self._stats_lock:
            self._need_experts().start_trace(max_values)
            self._forecaster.forget()

    def read_trace(self) -> list[RouteRecord]:
        """What was recorded since the last call."""
        values: list[int] = []
        while True:
            with self._stats_lock:
                some = self._need_experts().read_trace_values()
            if not some:
                return list(route_records(values))
            values += some

    def packed_experts(self) -> PackedExperts:
        """`experts` as arrays; empty without a store."""
        with self._stats_lock:
            experts = self._loaded.experts if self._loaded else None
            return experts.packed() if experts else PackedExperts()

    def outlook(self, limits: Sequence[int]) -> Outlook:
        """What these memory limits and other policies would do, by the last tokens. The first call begins to record.

        Raises:
            ThimbleError: no model, or one without experts on disk.
        """
        loaded = self._need_model()
        return self._forecaster.outlook(
            self._need_experts, limits, loaded.experts_at, loaded.limits(), loaded.division()
        )

    def answers(self, after: int = 0) -> list[AnswerRecord]:
        """The last answers with a higher number than `after`, oldest first."""
        return [record for record in tuple(self._answers) if record.number > after]

    def layers(self) -> list[LayerInfo]:
        """What is known of each layer with experts of the resident model; empty without a store."""
        with self._stats_lock:
            experts = self._loaded.experts if self._loaded else None
            return experts.layers() if experts else []

    def replay(
        self,
        records: Sequence[RouteRecord],
        slots: Sequence[int],
        policies: Sequence[str],
        *,
        half_life: float = 0.0,
        count_from: int = 0,
    ) -> list[tuple[str, int, Replay]]:
        """What caches of these sizes would have done on a trace under these policies; see `experts.replay`.

        Raises:
            ThimbleError: the records are no trace, the build cannot replay, or there is neither size nor model.
        """
        if not ExpertStore.available():
            raise ThimbleError(Code.ENGINE_NOT_BUILT, "The installed engine cannot replay route traces.")
        if not slots:
            with self._stats_lock:
                stats = self._need_experts().stats()
            slots = [stats.budget_bytes // max(1, stats.expert_bytes)]
        try:
            with self._replay_lock:
                return [
                    (
                        name,
                        size,
                        replay(records, size, Policy[name.upper()], half_life=half_life, count_from=count_from),
                    )
                    for size in slots
                    for name in policies
                ]
        except ValueError as error:
            raise ThimbleError(Code.BAD_REQUEST, "These records are no route trace.", "", str(error)) from error

    def sample(self, cpu_percent: float = 0.0) -> Sample:
        """The counters and gauges at this moment."""
        with self._stats_lock:
            loaded, session, stats = self._loaded, self._session, self._totals.now(self._loaded)
        return take_sample(
            self.epoch, self._status.state, self.counters, stats, loaded, session, cpu_percent=cpu_percent
        )

    def close(self) -> Future[None]:
        """Stops what runs, then frees the model; nothing can be queued afterwards."""
        self._closed = True
        self._ending.set()
        self.cancel()
        done = self._worker.submit(self._unload)
        self._worker.shutdown(wait=False)
        return done

    def _submit(self, work: Callable[..., T], *arguments: Any) -> Future[T]:
        if self._closed:
            raise ThimbleError(Code.ENGINE_FAILED, "The engine is ending.")
        return self._worker.submit(self._guarded, work, *arguments)

    def _guarded(self, work: Callable[..., T], *arguments: Any) -> T:
        try:
            if self._closed:
                raise ThimbleError(Code.CANCELLED, "The engine is ending.")
            return work(*arguments)
        except ThimbleError as error:
            log.info("%s: %s (%s)", error.problem.code, error.problem.sentence, error.problem.detail)
            raise
        except Exception as error:
            log.exception("the engine's worker failed")
            raise ThimbleError(
                Code.INTERNAL, "Something went wrong inside the engine.", "Look at the log.", repr(error)
            ) from error

    def _load(self, path: Path, options: LoadOptions, cancel: CancelFlag) -> ModelInfo:
        resident = self._loaded
        if resident is not None and resident.differs_in_memory_only(path, options):
            self.resize(limit=options.memory_limit, expert_cache=options.expert_cache)
            self._set(HostStatus(State.READY, resident.info))
            return resident.info
        if resident is not None and resident.differs_in_template_only(path, options):
            with self._vocabulary_lock:
                resident.use_template(options.chat_template)
            self._set(HostStatus(State.READY, resident.info))
            return resident.info
        before = self._status
        self._set(HostStatus(State.LOADING, before.model, loading_path=str(path)))
        with self._flags_lock:
            self._running.add(cancel)
        try:
            if cancel.is_set:
                raise cancelled_load()
            binding.llama()
            loaded = load_model(
                path,
                options,
                progress=lambda share: self._load_progress(path, share),
                cancel=cancel,
                admit=self._free if self._loaded else None,
            )
            try:
                session = Session(loaded) if loaded.vectors is None else None
            except BaseException:
                loaded.close()
                raise
        except BaseException as error:
            problem = None
            if isinstance(error, ThimbleError) and error.problem.code != Code.CANCELLED:
                problem = error.problem
            state = State.READY if self._loaded else State.EMPTY
            self._set(HostStatus(state, self._loaded.info if self._loaded else None, problem=problem))
            raise
        finally:
            with self._flags_lock:
                self._running.discard(cancel)
        self._session = session
        self._loaded = loaded
        if loaded.governor is not None and self._governing is None:
            self._governing = threading.Thread(target=self._govern, name="engine-governor", daemon=True)
            self._governing.start()
        self._set(HostStatus(State.READY, loaded.info))
        return loaded.info

    def _govern(self) -> None:
        while not self._ending.wait(GOVERN_SECONDS):
            try:
                self.govern()
            except Exception:
                log.exception("the memory of the experts could not be changed")

    def _load_progress(self, path: Path, share: float) -> None:
        self._set(HostStatus(State.LOADING, None, loading_path=str(path), load_progress=share))

    def _unload(self) -> None:
        self._free()
        trim()  # else the allocator keeps what the model's last moments needed, more after each
        self._set(HostStatus())

    def _free(self) -> None:
        with self._vocabulary_lock, self._resize_lock:
            with self._stats_lock:
                loaded, self._loaded, self._session = self._loaded, None, None
                if loaded is not None:
                    self._totals.keep(loaded)
            if loaded is not None:
                loaded.close()

    def _answer(self, task: AnswerTask, cancel: CancelFlag, emit: Emit) -> Timings:
        loaded, session = self._need_model(), self._session
        if session is None:
            raise writes_no_text(loaded.info.id)
        with self._at_work(loaded, cancel):
            timings = answer(loaded, session, task, self.counters, cancel, emit)
            number = self._answers[-1].number + 1 if self._answers else 1
            self._answers.append(
                AnswerRecord(number, time.monotonic_ns(), time.time(), loaded.info.id, loaded.memory_limit, timings)
            )
            return timings

    def _embed(self, texts: Sequence[Text], dimensions: int, cancel: CancelFlag) -> Vectors:
        loaded = self._need_model()
        if loaded.vectors is None:
            raise makes_no_vectors(loaded.info.id)
        with self._at_work(loaded, cancel):
            loaded.settle_threads()
            return loaded.vectors.make(texts, dimensions, cancel, loaded.stop, self.counters)

    @contextmanager
    def _at_work(self, loaded: LoadedModel, cancel: CancelFlag) -> Iterator[None]:
        """Inside, `cancel` reaches this work, and the status says that something is computed."""
        problem = self._status.problem  # of the last load: it stays until the next
        self._set(HostStatus(State.ANSWERING, loaded.info, problem=problem))
        with self._flags_lock:
            self._running.add(cancel)
        try:
            yield
        finally:
            with self._flags_lock:
                self._running.discard(cancel)
            self._set(HostStatus(State.READY, loaded.info, problem=problem))

    def _need_model(self) -> LoadedModel:
        if self._loaded is None:
            raise ThimbleError(Code.NO_MODEL, "No model is loaded.", "Choose a model first.")
        return self._loaded

    def _need_experts(self) -> ExpertStore:
        experts = self._need_model().experts
        if experts is None:
            raise ThimbleError(Code.BAD_REQUEST, "The loaded model has no experts that are kept on disk.")
        return experts

    def _set(self, status: HostStatus) -> None:
        self._status = status
        if self.on_change is not None:
            self.on_change()


def _load_library() -> None:
    binding.llama()
