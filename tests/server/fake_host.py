"""A host without a model: it loads and answers by script, in a real worker thread, and obeys its flags at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from thimble.engine.budget import Budget
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import Emit, Event, PromptRead, TextPiece
from thimble.engine.experts import ExpertInfo, LayerInfo, PackedExperts, Replay, RouteRecord
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.host import HostStatus
from thimble.engine.memory import MemoryUse
from thimble.engine.outlook import Outlook, Position
from thimble.engine.vectors import Text, Vectors
from thimble.errors import Code, ThimbleError
from thimble.protocol import AnswerRecord, LoadOptions, ModelInfo, Sample, State, StopReason, Timings

SECONDS = 20.0


class Stop:
    """Waits like C: until somebody says go, or the flag is set."""

    def __init__(self) -> None:
        self.stopped = False
        self._condition = threading.Condition()

    def set(self, stop: bool, /) -> None:
        """The flag's word."""
        with self._condition:
            self.stopped = self.stopped or stop
            self._condition.notify_all()

    def wake(self) -> None:
        """Looks again whether it may go on."""
        with self._condition:
            self._condition.notify_all()

    def wait(self, ready: Callable[[], bool]) -> None:
        """Returns when ready or stopped."""
        with self._condition:
            assert self._condition.wait_for(lambda: self.stopped or ready(), SECONDS), "nobody said go"


class FakeHost:
    """Stands where `engine.host.Host` does.

    Attributes:
        pieces: text of every answer, or events.
        hold_answers: answers wait after their first piece until `release`, or their flag is set.
        hold_loads: loads wait at one half.
        problem: raised by the next answer or load.
        breaks: answers have a bug behind their first piece.
        answered: tasks in the order in which their work began.
        loads: (path, options) in the order in which their work began.
        cancelled: set when an answer was cancelled.
        working: set when an answer waits in `hold_answers`, or a load in `hold_loads`.
    """

    def __init__(self) -> None:
        self.epoch = "epoch"
        self.on_change: Callable[[], None] | None = None
        self.status = HostStatus()
        self.options: LoadOptions | None = None
        self.pieces: list[str | Event] = ["Hel", "lo"]
        self.hold_answers = self.hold_loads = False
        self.problem: ThimbleError | None = None
        self.breaks = False
        self.answered: list[AnswerTask] = []
        self.loads: list[tuple[str, LoadOptions]] = []
        self.memory_limit = self.expert_cache = self.trace_values = 0
        self.cancelled = threading.Event()
        self.working = threading.Event()
        self._released = False
        self._stop: Stop | None = None
        self._flag: CancelFlag | None = None
        self._worker = ThreadPoolExecutor(1)

    def resident(self, path: str = "/models/tiny.gguf", *, embeds: bool = False) -> None:
        """A model is there from the start."""
        self.options = LoadOptions()
        self.status = HostStatus(State.READY, replace(info(path), embeds=embeds))

    def release(self) -> None:
        """Lets everything held go on, now and later."""
        self._released = True
        if self._stop is not None:
            self._stop.wake()

    def load(self, path: Path, options: LoadOptions, cancel: CancelFlag) -> Future[ModelInfo]:
        """Loads by script."""
        return self._worker.submit(self._load, path, options, cancel)

    def unload(self) -> Future[None]:
        """Forgets the model."""
        return self._worker.submit(self._set, HostStatus())

    def answer(self, task: AnswerTask, cancel: CancelFlag, emit: Emit) -> Future[Timings]:
        """Answers by script."""
        return self._worker.submit(self._answer, task, cancel, emit)

    def embed(self, texts: Sequence[Text], dimensions: int, cancel: CancelFlag) -> Future[Vectors]:
        """A vector of two numbers for each text: its length, and how many were asked for."""
        return self._worker.submit(self._embed, texts, dimensions, cancel)

    def cancel(self) -> bool:
        """Sets the flag of what runs."""
        flag = self._flag
        if flag is not None:
            flag.set()
        return flag is not None

    def tokenize(self, text: str, *, add_special: bool) -> list[int]:
        """One token for each character."""
        return [*([0] if add_special else []), *map(ord, text)]

    def tokenize_messages(
        self,
        messages: Sequence[dict[str, Any]],
        variables: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> list[int]:
        """One token for each character of the contents, and one for each variable and each tool."""
        return [0] * (len(variables or {}) + len(tools)) + [
            ord(character) for message in messages for character in message["content"]
        ]

    def detokenize(self, tokens: Sequence[int]) -> str:
        """The characters."""
        if any(not 0 <= token < 0x110000 for token in tokens):
            raise ThimbleError(Code.BAD_REQUEST, "One of these is no token.")
        return "".join(map(chr, tokens)).encode("utf-8", "replace").decode()

    def memory(self) -> MemoryUse:
        """Fixed figures."""
        return MemoryUse(10, 20)

    def resize(self, *, limit: int = 0, expert_cache: int = 0) -> Budget:
        """Notes the wish; without a model there is nothing to resize."""
        if self.status.model is None:
            raise ThimbleError(Code.NO_MODEL, "No model is loaded.", "Choose a model first.")
        self.memory_limit, self.expert_cache = limit, expert_cache
        return Budget(limit, True, 0, expert_cache)

    def experts(self) -> list[ExpertInfo]:
        """One of them."""
        return [ExpertInfo(3, 7, uses=5, misses=2, resident=True)]

    def layers(self) -> list[LayerInfo]:
        """One of them."""
        return [LayerInfo(3, 8, neurons=300, neurons_active=100)]

    def start_trace(self, max_values: int) -> None:
        """Notes the size."""
        self.trace_values = max_values

    def read_trace(self) -> list[RouteRecord]:
        """Two tokens of one layer."""
        return [RouteRecord(3, ((7, 1), (2, 7)))]

    def packed_experts(self) -> PackedExperts:
        """Two experts of layer 3, the first in memory."""
        return PackedExperts(((3, 2),), bytes((5, 0, 0, 0, 1, 1, 0, 0)), bytes((2, 0, 0, 0, 1, 0, 0, 0)), bytes((1, 0)))

    def outlook(self, limits: Sequence[int]) -> Outlook:
        """Half hits at every limit."""
        positions = tuple(Position(limit, limit // 2, 50, 100) for limit in limits)
        return Outlook(64, 10, 1000, Position(500, 250, 50, 100), (("lrfu", 50, 100),), positions)

    def answers(self, after: int = 0) -> list[AnswerRecord]:
        """One for each answer so far."""
        return [
            AnswerRecord(number + 1, number, 1.5, "tiny", 0, Timings(generated_tokens=2))
            for number in range(after, len(self.answered))
        ]

    def replay(
        self,
        records: Sequence[RouteRecord],
        slots: Sequence[int],
        policies: Sequence[str],
        *,
        half_life: float = 0.0,
        count_from: int = 0,
    ) -> list[tuple[str, int, Replay]]:
        """Notes what is asked for; one outcome of half hits."""
        self.replayed = (len(records), list(slots), list(policies), half_life, count_from)
        return [(policies[0], slots[0] if slots else 9, Replay(2, 1, 0.0))]

    def sample(self, cpu_percent: float = 0.0) -> Sample:
        """Answers so far."""
        return Sample(
            self.epoch,
            time.monotonic_ns(),
            memory_bytes=10,
            peak_memory_bytes=20,
            memory_limit=self.memory_limit,
            expert_cache_bytes=self.expert_cache,
            answers=len(self.answered),
            state=self.status.state,
            cpu_percent=cpu_percent,
        )

    def close(self) -> None:
        """Ends the worker."""
        self.cancel()
        self.release()
        self._worker.shutdown()

    def _load(self, path: Path, options: LoadOptions, cancel: CancelFlag) -> ModelInfo:
        self.loads.append((str(path), options))
        self._set(HostStatus(State.LOADING, loading_path=str(path)))
        self._set(HostStatus(State.LOADING, loading_path=str(path), load_progress=0.5))
        self._work(cancel, hold=self.hold_loads)
        if cancel.is_set:
            self._set(HostStatus())
            raise ThimbleError(Code.CANCELLED, "Loading was cancelled.")
        if self.problem is not None:
            self._set(HostStatus(problem=self.problem.problem))
            raise self.problem
        self.options = options
        self._set(HostStatus(State.READY, info(str(path))))
        return info(str(path))

    def _answer(self, task: AnswerTask, cancel: CancelFlag, emit: Emit) -> Timings:
        self.answered.append(task)
        if self.problem is not None:
            raise self.problem
        model = self.status.model
        self._set(HostStatus(State.ANSWERING, model))
        emit(PromptRead(0, 4))
        emit(PromptRead(4, 4))
        for number, piece in enumerate(self.pieces):
            emit(TextPiece(piece) if isinstance(piece, str) else piece)
            if self.breaks:
                raise RuntimeError("a bug with a secret")
            if number == 0:
                self._work(cancel, hold=self.hold_answers)
            if cancel.is_set:
                break
        self._set(HostStatus(State.READY, model))
        if cancel.is_set:
            self.cancelled.set()
        return Timings(
            prompt_tokens=4,
            cached_tokens=1,
            generated_tokens=2,
            reasoning_tokens=1,
            queued_ms=task.queued_ms,
            stop_reason=StopReason.CANCELLED if cancel.is_set else StopReason.END,
        )

    def _embed(self, texts: Sequence[Text], dimensions: int, cancel: CancelFlag) -> Vectors:
        self._work(cancel, hold=self.hold_answers)
        if cancel.is_set:
            self.cancelled.set()
            raise ThimbleError(Code.CANCELLED, "The request was cancelled.")
        if self.problem is not None:
            raise self.problem
        rows = [(len(text), dimensions) for text in texts]
        return Vectors(np.array(rows, np.float32), sum(map(len, texts)))

    def _work(self, cancel: CancelFlag, *, hold: bool) -> None:
        stop = Stop()
        self._stop, self._flag = stop, cancel
        with cancel.linked(stop):
            if hold:
                self.working.set()
                stop.wait(lambda: self._released)
        self._flag = None

    def _set(self, status: HostStatus) -> None:
        self.status = status
        if self.on_change is not None:
            self.on_change()


def info(path: str) -> ModelInfo:
    """A model as a host would tell of it."""
    name = Path(path).stem
    return ModelInfo(name, path, name, "llama", "F32", 1000, 4000, 4096, 4096, 1)


def said(task: AnswerTask) -> str:
    """The last message of a chat task."""
    assert isinstance(task.prompt, ChatPrompt)
    return str(task.prompt.messages[-1]["content"])
