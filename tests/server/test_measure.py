"""Measuring a model: alone in the engine, cancellable, and what was loaded comes back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import httpx
import pytest

from tests.helpers.fake_engine import measurement
from tests.server.conftest import Running, in_thread
from tests.server.fake_host import SECONDS, FakeHost, info
from thimble import protocol
from thimble.engine.cancel import CancelFlag
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.sampling import Sampling
from thimble.errors import Code, ThimbleError
from thimble.protocol import LoadOptions, Measurement, MeasureStage
from thimble.server.hub import Hub
from thimble.server.service import EngineService, Waiting

RESIDENT = "/elsewhere/tiny.gguf"
OTHER = "/elsewhere/other.gguf"
OPTIONS = LoadOptions(context=777)
FOUND = measurement(OPTIONS)


class Bench:
    """Measures by script; `go_on` lets it end."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.stopped = False
        self.problem: ThimbleError | None = None

    def __call__(
        self, path: Path, options: LoadOptions, *, stop: threading.Event, tell: Callable[[MeasureStage], None]
    ) -> Measurement:
        """As `engine.bench.short.measure`."""
        assert (str(path), options) == (OTHER, OPTIONS)
        tell(MeasureStage.LOADING)
        while not self.go_on.wait(0.005):
            if stop.is_set():
                self.stopped = True
                raise ThimbleError(Code.CANCELLED, "Stopped.")
        if self.problem is not None:
            raise self.problem
        return FOUND


class Engine:
    """A service with a resident model."""

    def __init__(self) -> None:
        self.host, self.bench = FakeHost(), Bench()
        self.host.resident(RESIDENT)
        self.host.options = LoadOptions(context=555)
        self.service = EngineService(self.host, Hub(), measure=self.bench)

    async def measured(self) -> list[MeasureStage | Measurement]:
        """All that a measurement says."""
        async with aclosing(self.service.measure(OTHER, OPTIONS)) as events:
            return [event async for event in events]

    async def settled(self) -> None:
        """What was loaded is there again."""
        async with asyncio.timeout(SECONDS):
            while not (self.service.queue.idle and self.host.status.model):
                await asyncio.sleep(0.001)


def run(work: Callable[[Engine], Awaitable[None]]) -> None:
    """Runs a test's steps in an event loop."""

    async def steps() -> None:
        engine = Engine()
        try:
            await work(engine)
        finally:
            engine.host.close()

    asyncio.run(steps())


def test_the_result_comes_last_and_what_was_loaded_comes_back() -> None:
    async def steps(engine: Engine) -> None:
        engine.bench.go_on.set()
        assert await engine.measured() == [MeasureStage.LOADING, FOUND]
        await engine.settled()
        assert engine.host.loads == [(RESIDENT, LoadOptions(context=555))]
        assert engine.service.status().measuring_path == ""

    run(steps)


def test_the_resident_model_makes_room_and_questions_wait() -> None:
    async def steps(engine: Engine) -> None:
        events = engine.service.measure(OTHER, OPTIONS)
        assert await anext(events) == MeasureStage.LOADING
        status = engine.service.status()
        assert (status.model, status.measuring_path) == (None, OTHER)
        task = AnswerTask(ChatPrompt([{"role": "user", "content": "Hi"}]), Sampling(), 0, ())
        answer = engine.service.answer(task, "", "window", CancelFlag())
        assert await anext(answer) == Waiting(1)
        engine.bench.go_on.set()
        assert [event async for event in events] == [FOUND]
        async for _event in answer:
            pass
        assert engine.host.status.model == info(RESIDENT)
        assert len(engine.host.answered) == 1

    run(steps)


def test_giving_up_ends_it_and_what_was_loaded_comes_back() -> None:
    async def steps(engine: Engine) -> None:
        async with aclosing(engine.service.measure(OTHER, OPTIONS)) as events:
            await anext(events)
        await engine.settled()
        assert engine.bench.stopped
        assert engine.host.status.model == info(RESIDENT)

    run(steps)


def test_a_model_that_cannot_be_measured_says_why() -> None:
    async def steps(engine: Engine) -> None:
        engine.bench.problem = ThimbleError(Code.OUT_OF_MEMORY, "Too big.")
        engine.bench.go_on.set()
        with pytest.raises(ThimbleError, match="Too big"):
            await engine.measured()
        await engine.settled()
        assert engine.host.status.model == info(RESIDENT)

    run(steps)


def test_while_it_measures_another_measurement_is_refused() -> None:
    async def steps(engine: Engine) -> None:
        async with aclosing(engine.service.measure(OTHER, OPTIONS)) as events:
            await anext(events)
            with pytest.raises(ThimbleError) as refused:
                await engine.measured()
            assert refused.value.problem.code == Code.ENGINE_BUSY
        await engine.settled()

    run(steps)


def _measure(server: Running) -> httpx.Response:
    return server.client().post(protocol.MEASURE, json={"path": OTHER})


def test_while_it_answers_nothing_is_measured(server: Running) -> None:
    server.host.hold_answers = True
    with in_thread(server.chat):
        assert server.host.working.wait(SECONDS)
        response = _measure(server)
        server.host.release()
    assert (response.status_code, response.json()["error"]["code"]) == (409, Code.ENGINE_BUSY)


def test_over_http_a_file_that_is_not_there_is_said(server: Running) -> None:
    assert "model_not_found" in _measure(server).text
