"""An engine that behaves, without a process: for tests of the window and for looking at it.

`FakeEngine` is the engine; `FakeSupervisor` and `FakeEngineClient` stand where `thimble.client`'s would. Blocking is
real (threads wait on events), so races show; nothing sleeps.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import Any

from thimble.client import CancelToken, ChatEvent, ChatRequest, Finished, PromptProgress, TextDelta
from thimble.errors import Code, Problem, ThimbleError
from thimble.probe import probe_machine
from thimble.protocol import (
    AnswerRecord,
    EngineStatus,
    LoadOptions,
    Measurement,
    MeasureStage,
    ModelInfo,
    Sample,
    State,
    StopReason,
    Timings,
)

PICTURE_TOKENS = 256
END = Sample("end", -1)
DIED = Problem(Code.ENGINE_DIED, "The engine stopped unexpectedly; the conversation is kept.", "Restart the engine.")


def model_info(path: str, *, experts: int = 0, context: int = 4096) -> ModelInfo:
    """A model as the engine would tell of it."""
    name = Path(path).stem
    return ModelInfo(
        id=name,
        path=path,
        name=name,
        architecture="llama",
        quantization="Q4_1",
        parameters=134_515_008,
        file_bytes=98_362_432,
        context=context,
        context_trained=8192,
        threads=2,
        expert_count=experts,
        expert_used_count=4 if experts else 0,
    )


def measurement(options: LoadOptions, decode_tps: float = 24.0) -> Measurement:
    """What the engine would have measured on this computer."""
    machine = probe_machine()
    return Measurement(
        time=1_795_600_000.0,
        memory_limit=options.memory_limit,
        expert_cache=options.expert_cache,
        context=options.context,
        threads=options.threads,
        cache_k=options.cache_k,
        cache_v=options.cache_v,
        approximate_head=options.approximate_head,
        prompt_tokens=256,
        generated_tokens=192,
        prefill_tps=80.0,
        decode_tps=decode_tps,
        load_s=0.5,
        peak_bytes=280 * 2**20,
        hit_rate=None,
        bytes_per_token=0.0,
        version="0.1.0",
        engine_build="0.3.36+thimble.1",
        cpu=machine.cpu_name,
        cores=machine.physical_cores,
    )


class FakeEngine:
    """The engine's state and script; shared by all supervisors that attach.

    Attributes:
        chunks: text of the next answers.
        hold_answers: an answer waits after its first chunk until `go_on` is set or it is cancelled.
        hold_loads: a load waits half done until `go_on` is set or it is cancelled.
        hold_start: `ensure` waits until `go_on` is set.
        sees: the next model that is loaded takes pictures.
        start_problem, load_problem: raised by the next start or load.
    """

    def __init__(self, chunks: Sequence[str] = ("Hello", ", ", "world.")) -> None:
        self.chunks = list(chunks)
        self.hold_answers = self.hold_loads = self.hold_start = False
        self.start_problem: Problem | None = None
        self.load_problem: Problem | None = None
        self.experts = 0
        self.sees = False
        self.limits: list[int] = []
        self.limit_problem: Problem | None = None
        self.expert_table: dict[str, Any] = {"uses": "", "misses": "", "resident": "", "layers": []}
        self.bounds = (2**29, 2**31)
        self.limit_now = 2**30
        self.outlooks: list[list[int]] = []
        self.answers: list[AnswerRecord] = []
        self.answer_epoch = "a"
        self.go_on = threading.Event()
        self.cancelled = threading.Event()
        self.dead = threading.Event()
        self.status = EngineStatus(
            pid=4711, version="0.1.0", engine_build="0.3.36+thimble.1", patched=True, cpu_variant="native"
        )
        self.requests: list[ChatRequest] = []
        self.loads: list[tuple[str, LoadOptions]] = []
        self.measured: list[str] = []
        self.starts = 0
        self.supervisors: list[FakeSupervisor] = []
        self.samples: list[Queue[Sample]] = []
        self.lock = threading.Lock()
        self.doors: dict[str, dict[str, Any]] = {}
        self.door_problem: Problem | None = None
        self.asked: list[dict[str, Any]] = []

    def make_supervisor(
        self, on_status: Callable[[EngineStatus], None], on_lost: Callable[[Problem], None]
    ) -> FakeSupervisor:
        """For `EngineLink(make_supervisor=…)`."""
        made = FakeSupervisor(self, on_status, on_lost)
        self.supervisors.append(made)
        return made

    def set_status(self, status: EngineStatus) -> None:
        """Changes the state and tells everybody attached."""
        self.status = status
        for supervisor in tuple(self.supervisors):
            if supervisor.attached:
                supervisor.on_status(status)

    def send(self, sample: Sample) -> None:
        """Sends a telemetry sample to all that watch."""
        with self.lock:
            for queue in self.samples:
                queue.put(sample)

    def break_telemetry(self) -> None:
        """Ends the telemetry streams although the engine lives."""
        with self.lock:
            for queue in self.samples:
                queue.put(END)

    def die(self) -> None:
        """Ends as a crashed process does: streams break, attachments are lost."""
        self.dead.set()
        self.go_on.set()
        self.status = EngineStatus()
        for supervisor in tuple(self.supervisors):
            if supervisor.attached:
                supervisor.attached = False
                supervisor.on_lost(DIED)


class FakeEngineClient:
    """Stands for `thimble.client.EngineClient`."""

    def __init__(self, engine: FakeEngine) -> None:
        self.engine = engine

    def _check(self) -> None:
        if self.engine.dead.is_set():
            raise ThimbleError.of(DIED)

    def load(self, path: str, options: LoadOptions) -> EngineStatus:
        """Loads at once, or in two steps with `hold_loads`."""
        self._check()
        engine = self.engine
        engine.loads.append((path, options))
        if engine.load_problem is not None:
            raise ThimbleError.of(engine.load_problem)
        if engine.hold_loads:
            engine.cancelled.clear()
            engine.set_status(
                replace(engine.status, state=State.LOADING, loading_path=path, load_progress=0.5, model=None)
            )
            while not engine.go_on.wait(0.005):
                if engine.cancelled.is_set():
                    engine.set_status(replace(engine.status, state=State.EMPTY, loading_path="", load_progress=0.0))
                    raise ThimbleError(Code.CANCELLED, "The load was cancelled.")
            self._check()
        info = model_info(path, experts=engine.experts, context=options.context)
        missing = "" if engine.sees else "There is no projector (a file named mmproj…gguf) beside it."
        info = replace(info, pictures=engine.sees, no_pictures=missing)
        engine.set_status(
            replace(engine.status, state=State.READY, model=info, loading_path="", load_progress=0.0, problem=None)
        )
        return engine.status

    def open_door(
        self, name: str, *, port: int, lan: bool, key: str, origins: Sequence[str] = (), owner: int = 0
    ) -> dict[str, Any]:
        """Notes the wish, unless there is a problem."""
        self._check()
        if self.engine.door_problem is not None:
            raise ThimbleError.of(self.engine.door_problem)
        self.engine.doors[name] = {"port": port, "lan": lan, "key": key, "origins": list(origins), "owner": owner}
        return self.door(name)

    def door(self, name: str) -> dict[str, Any]:
        """How it is."""
        self._check()
        wish = self.engine.doors.get(name)
        if wish is None:
            return {"open": False}
        port, lan = wish["port"], wish["lan"]
        hosts = ["127.0.0.1", *(["192.168.1.7"] if lan else [])]
        return {"open": True, "port": port, "lan": lan, "addresses": [f"http://{host}:{port}" for host in hosts]}

    def shut_door(self, name: str) -> None:
        """Forgets it."""
        self._check()
        self.engine.doors.pop(name, None)

    def requests(self) -> list[dict[str, Any]]:
        """What the script says was asked."""
        self._check()
        return list(self.engine.asked)

    def unload(self) -> EngineStatus:
        """Frees the model."""
        self._check()
        self.engine.set_status(replace(self.engine.status, state=State.EMPTY, model=None))
        return self.engine.status

    def measure(self, path: str, options: LoadOptions, cancel: CancelToken) -> Iterator[MeasureStage | Measurement]:
        """Three stages, then `measurement`; with `hold_loads` it waits in the first one."""
        self._check()
        self.engine.measured.append(path)
        if self.engine.load_problem is not None:
            raise ThimbleError.of(self.engine.load_problem)
        yield MeasureStage.LOADING
        while self.engine.hold_loads and not self.engine.go_on.wait(0.005):
            if cancel.cancelled:
                return
        yield MeasureStage.READING
        yield MeasureStage.WRITING
        yield measurement(options)

    def check_template(self, source: str) -> tuple[str, bool]:
        """Works unless `bad` is in it; has a place for a system prompt if `system` is."""
        self._check()
        if "bad" in source:
            raise ThimbleError(Code.BAD_REQUEST, "The chat template does not work. Line 3: Unexpected 'bad'.")
        return f"sample of {source}", "system" in source

    def cancel(self) -> bool:
        """Stops a held load."""
        self.engine.cancelled.set()
        return True

    def count_tokens(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()) -> int:
        """One token per word, ten for each tool, and `PICTURE_TOKENS` for each picture."""
        self._check()
        contents = [message["content"] for message in messages]
        parts = [part for content in contents if isinstance(content, list) for part in content]
        words = [content for content in contents if isinstance(content, str)]
        words += [part["text"] for part in parts if part["type"] == "text"]
        pictures = [part for part in parts if part["type"] == "image_url"]
        return sum(len(text.split()) for text in words) + PICTURE_TOKENS * len(pictures) + 10 * len(tools)

    def chat(self, request: ChatRequest, cancel: CancelToken | None = None) -> Iterator[ChatEvent]:
        """The scripted chunks."""
        self._check()
        engine = self.engine
        engine.requests.append(request)
        token = cancel or CancelToken()
        yield PromptProgress(5, 10)
        yield PromptProgress(10, 10)
        made = 0
        for chunk in engine.chunks:
            if token.cancelled:
                break
            self._check()
            made += 1
            yield TextDelta(chunk)
            if engine.hold_answers:
                while not token.cancelled and not engine.go_on.wait(0.005):
                    pass
                self._check()
        reason = StopReason.CANCELLED if token.cancelled else StopReason.END
        yield Finished(Timings(prompt_tokens=10, generated_tokens=made, decode_ms=10.0 * made, stop_reason=reason))

    def divide_memory(self, limit: int) -> None:
        """Notes the limit, or refuses it."""
        self._check()
        if self.engine.limit_problem is not None:
            raise ThimbleError.of(self.engine.limit_problem)
        self.engine.limits.append(limit)
        self.engine.limit_now = limit or self.engine.bounds[1]

    def experts(self) -> dict[str, Any]:
        """What the test put there."""
        self._check()
        return self.engine.expert_table

    def outlook(self, limits: Sequence[int]) -> dict[str, Any]:
        """Bounds at first, then more hits with more memory."""
        self._check()
        self.engine.outlooks.append(list(limits))
        positions = [
            {"limit": n, "experts_bytes": n, "hits": 50 + place, "uses": 100} for place, n in enumerate(limits)
        ]
        return {
            "tokens": 64,
            "least_limit": self.engine.bounds[0],
            "most_limit": self.engine.bounds[1],
            "now": {"limit": self.engine.limit_now, "experts_bytes": 7, "hits": 58, "uses": 100},
            "policies": [["lrfu", 70, 100], ["lru", 55, 100], ["belady", 80, 100]],
            "positions": positions,
        }

    def answers(self, after: int = 0) -> tuple[str, list[AnswerRecord]]:
        """Those the test put there."""
        self._check()
        return self.engine.answer_epoch, [record for record in self.engine.answers if record.number > after]

    def telemetry(self, cancel: CancelToken) -> Iterator[Sample]:
        """What `FakeEngine.send` sends, until cancelled."""
        queue: Queue[Sample] = Queue()
        with self.engine.lock:
            self.engine.samples.append(queue)
        forget = cancel.on_cancel(lambda: queue.put(END))
        try:
            while (sample := queue.get()) is not END:
                yield sample
        finally:
            forget()
            with self.engine.lock:
                self.engine.samples.remove(queue)


class FakeSupervisor:
    """Stands for `thimble.client.EngineSupervisor`."""

    def __init__(
        self,
        engine: FakeEngine,
        on_status: Callable[[EngineStatus], None],
        on_lost: Callable[[Problem], None],
    ) -> None:
        self.engine = engine
        self.on_status = on_status
        self.on_lost = on_lost
        self.attached = False
        self.closed = False
        self._lock = threading.Lock()

    def ensure(self) -> FakeEngineClient:
        """Attaches, or starts the engine again when it is dead."""
        with self._lock:
            engine = self.engine
            if engine.hold_start:
                engine.go_on.wait()
            if self.closed:
                raise ThimbleError(Code.CANCELLED, "Closing.")
            if engine.start_problem is not None:
                raise ThimbleError.of(engine.start_problem)
            if not self.attached:
                engine.starts += 1
                engine.dead.clear()
                engine.go_on.clear()
                if not engine.status.pid:
                    engine.status = EngineStatus(pid=4712, engine_build="0.3.36+thimble.1", patched=True)
                self.attached = True
                self.on_status(engine.status)
            return FakeEngineClient(engine)

    def close(self) -> None:
        """Detaches."""
        self.closed = True
        self.attached = False
        self.engine.go_on.set()
