"""Models that nobody asks anything are unloaded, and come back by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from tests.server.fake_host import FakeHost, info
from thimble import paths
from thimble.engine.cancel import CancelFlag
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.sampling import Sampling
from thimble.protocol import LoadOptions
from thimble.server.hub import Hub
from thimble.server.service import EngineService, Waiting
from thimble.settings import Settings

MODEL = "/elsewhere/tiny.gguf"
TASK = AnswerTask(ChatPrompt([{"role": "user", "content": "Hi"}]), Sampling(), 0, ())


class Idle:
    """An engine with a resident model, and a clock that somebody else moves."""

    def __init__(self) -> None:
        self.host = FakeHost()
        self.host.resident(MODEL)
        self.now = 1000.0
        self.service = EngineService(self.host, Hub(), lambda: self.now)

    async def rests_after(self, minutes: float) -> bool:
        """Whether it is unloaded when so much time has passed."""
        self.now += minutes * 60
        return await self.service.rest_when_idle()

    async def answer(self, model: str = "") -> None:
        """One answer."""
        async with aclosing(self.service.answer(TASK, model, "window", CancelFlag())) as events:
            async for _event in events:
                pass


@pytest.fixture
def settings() -> Settings:
    made = Settings(paths.settings_file())
    made.set("engine.unload_after", 10)
    return made


def run(work: Callable[[Idle], Awaitable[None]]) -> None:
    """Runs a test's steps in an event loop."""

    async def steps() -> None:
        idle = Idle()
        try:
            await work(idle)
        finally:
            idle.host.close()

    asyncio.run(steps())


def test_a_model_nobody_asks_is_unloaded_and_the_status_says_why(settings: Settings) -> None:
    async def steps(idle: Idle) -> None:
        assert not await idle.rests_after(9.9)
        assert await idle.rests_after(0.1)
        status = idle.service.status()
        assert (status.model, status.resting, status.resting_minutes) == (None, info(MODEL), 10)

    run(steps)


def test_an_answer_begins_the_time_anew(settings: Settings) -> None:
    async def steps(idle: Idle) -> None:
        idle.now += 9 * 60
        await idle.answer()
        assert not await idle.rests_after(9)
        assert await idle.rests_after(1)

    run(steps)


def test_never_is_the_default() -> None:
    async def steps(idle: Idle) -> None:
        assert not await idle.rests_after(10_000)

    run(steps)


def test_a_models_own_time_wins(settings: Settings) -> None:
    async def steps(idle: Idle) -> None:
        settings.set("engine.unload_after", 2, model=settings.model_key(MODEL))
        assert await idle.rests_after(2)

    run(steps)


def test_a_model_that_answers_or_is_asked_for_stays(settings: Settings) -> None:
    async def steps(idle: Idle) -> None:
        idle.host.hold_answers = True
        answers = [asyncio.create_task(idle.answer()) for _ in range(2)]
        await asyncio.to_thread(idle.host.working.wait)
        assert not await idle.rests_after(60)
        idle.host.release()
        await asyncio.gather(*answers)
        assert not await idle.service.rest_when_idle()
        assert idle.service.model is not None

    run(steps)


@pytest.mark.parametrize("name", ["", "default", "tiny", MODEL])
def test_the_next_question_loads_it_again_as_it_was(settings: Settings, name: str) -> None:
    async def steps(idle: Idle) -> None:
        idle.host.options = LoadOptions(context=777)
        assert await idle.rests_after(10)
        await idle.answer(name)
        assert idle.host.loads == [(MODEL, LoadOptions(context=777))]
        assert idle.service.status().resting is None

    run(steps)


def test_settings_changed_while_it_was_away_hold_when_it_comes_back(settings: Settings) -> None:
    async def steps(idle: Idle) -> None:
        assert await idle.rests_after(10)
        settings.set("engine.context", 512)
        await idle.answer()
        assert idle.host.loads[0][1].context == 512

    run(steps)


def test_unloading_by_hand_is_not_idling(settings: Settings) -> None:
    async def steps(idle: Idle) -> None:
        assert await idle.rests_after(10)
        await idle.service.unload()
        assert idle.service.status().resting is None

    run(steps)


def test_two_models_of_one_name_are_two(settings: Settings) -> None:
    async def steps(idle: Idle) -> None:
        folder = paths.default_models_dir()
        for place in (folder / "tiny.gguf", folder / "sub" / "tiny.gguf"):
            place.parent.mkdir(parents=True, exist_ok=True)
            place.touch()
        await idle.answer("sub/tiny")
        assert idle.service.model is not None
        assert idle.service.model.id == "sub/tiny"
        await idle.answer("tiny")
        assert [Path(path) for path, _ in idle.host.loads] == [folder / "sub" / "tiny.gguf", folder / "tiny.gguf"]

    run(steps)


def test_waiting_comes_before_a_load(settings: Settings) -> None:
    async def steps(idle: Idle) -> None:
        assert await idle.rests_after(10)
        async with aclosing(idle.service.answer(TASK, "", "window", CancelFlag())) as events:
            assert await anext(events) == Waiting(0)

    run(steps)
