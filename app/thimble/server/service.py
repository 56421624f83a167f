"""The engine as the endpoints see it: the host behind the queue, the catalogue and the hub."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TypeVar

from thimble import __version__
from thimble.engine import binding, variants
from thimble.engine.bench.short import measure
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import Emit, Event
from thimble.engine.generate import AnswerTask
from thimble.engine.vectors import Text, Vectors
from thimble.errors import Code, ThimbleError
from thimble.modelfile import split_files
from thimble.protocol import (
    EngineStatus,
    LoadOptions,
    Measurement,
    MeasureStage,
    ModelInfo,
    Timings,
)
from thimble.server import catalogue
from thimble.server.fair_queue import FairQueue
from thimble.server.hosting import HostLike, Measure
from thimble.server.hub import Hub
from thimble.server.mailbox import Mailbox
from thimble.server.request_log import RequestLog
from thimble.server.schemas.sampling import suited
from thimble.server.which_model import Resting, WhichModel

log = logging.getLogger(__name__)

T = TypeVar("T")

IDLE_LOOK_SECONDS: Final = 10.0
"""Between two looks at whether the resident model is used."""
_LEAST_IDLE_SECONDS: Final = 60.0


MOST_WAITING: Final = 256
"""Requests of one program in the queue."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """The request is in the queue; `ahead` others come first."""

    ahead: int


@dataclass(slots=True)
class _Load:
    """A load somebody asked for, waiting for its turn or running."""

    path: Path
    options: LoadOptions
    cancel: CancelFlag
    task: asyncio.Task[None] | None = None
    waits: bool = True

    def stop(self) -> None:
        self.cancel.set()
        if self.waits and self.task is not None:
            self.task.cancel()


class EngineService:
    """One per process; lives in the event loop's thread.

    Args:
        host: does the work.
        hub: told of every change.
        clock: seconds that only grow.
        measure: see `engine.bench.short.measure`.
    """

    def __init__(
        self, host: HostLike, hub: Hub, clock: Callable[[], float] = time.monotonic, measure: Measure = measure
    ) -> None:
        self.host = host
        self.hub = hub
        self.queue = FairQueue(hub.changed)
        self.requests = RequestLog()
        self._load: _Load | None = None
        self._turn: CancelFlag | None = None  # of the answer that has its turn
        self._clock = clock
        self._last_used = clock()
        self._measure = measure
        self._measuring = ""
        self._leaves = False
        self._which = WhichModel(host)
        self._build, self._variant = binding.build_version(), variants.name()
        host.on_change = hub.changed_from_thread

    @property
    def model(self) -> ModelInfo | None:
        """The resident model, by the name it has among the installed ones."""
        return self._which.resident

    async def installed(self) -> list[catalogue.ModelEntry]:
        """The installed models."""
        return await self._which.installed()

    def status(self) -> EngineStatus:
        """The engine now."""
        host, resting = self.host.status, self._which.resting
        return EngineStatus(
            state=host.state,
            engine_epoch=self.host.epoch,
            pid=os.getpid(),
            version=__version__,
            engine_build=self._build,
            patched=binding.PATCH_MARK in self._build,
            cpu_variant=self._variant,
            model=self.model,
            loading_path=host.loading_path,
            load_progress=host.load_progress,
            queued=self.queue.waiting,
            attached=self.hub.attached,
            problem=host.problem,
            resting=resting.model if resting is not None else None,
            resting_minutes=resting.minutes if resting is not None else 0,
            measuring_path=self._measuring,
        )

    async def load(self, path: str, options: LoadOptions) -> EngineStatus:
        """Loads a model; returns when it is resident.

        The same load already asked for is shared; another one is replaced (its callers get CANCELLED).

        Raises:
            ThimbleError: it could not be loaded.
        """
        wanted = split_files(Path(path).expanduser().absolute())[0]
        load = self._load
        if load is None or (load.path, load.options) != (wanted, options) or load.cancel.is_set:
            if load is not None:
                load.stop()
            elif self._is_resident(wanted, options):
                self._last_used = self._clock()
                return self.status()
            load = self._begin_load(wanted, options)
        assert load.task is not None  # noqa: S101 - set where the load is made
        try:
            await asyncio.shield(load.task)
        except asyncio.CancelledError:
            if load.task.cancelled():  # stopped before it began
                raise _cancelled() from None
            raise
        return self.status()

    async def unload(self) -> EngineStatus:
        """Frees the resident model after the running answer."""
        if self._load is not None:
            self._load.stop()
        self._which.resting = None
        ticket = self.queue.enter("", urgent=True)
        try:
            async for _ahead in ticket.waiting():
                pass
            await asyncio.wrap_future(self.host.unload())
        finally:
            self.queue.leave(ticket)
        return self.status()

    async def rest_when_idle(self) -> bool:
        """Unloads the resident model if nobody has asked it anything for as long as the settings say.

        To be called now and then. A model that answers, or is asked for, stays.

        Returns:
            whether it was unloaded.
        """
        model, options = self.host.status.model, self.host.options
        if model is None or options is None or not self.queue.idle:
            return False
        if self._clock() - self._last_used < _LEAST_IDLE_SECONDS:
            return False
        path = Path(model.path)
        minutes, usual = await asyncio.to_thread(lambda: (catalogue.unload_after(path), catalogue.load_options(path)))
        used = self.host.status.model is not model or self._clock() - self._last_used < minutes * 60
        if not minutes or used or not self.queue.idle:  # asked again: reading the settings took a moment
            return False
        ticket = self.queue.enter("")  # the turn is ours at once: nobody else is there
        self._leaves = True
        try:
            await asyncio.wrap_future(self.host.unload())
            self._which.resting = Resting(self._which.named(model), options, usual, minutes)
        finally:
            self._leaves = False
            self.queue.leave(ticket)
        return True

    async def watch_idle(self) -> None:
        """Calls `rest_when_idle` until it is cancelled."""
        while True:
            await asyncio.sleep(IDLE_LOOK_SECONDS)
            try:
                await self.rest_when_idle()
            except ThimbleError as error:  # the engine ends, or the settings cannot be read: later, perhaps
                log.info("not unloaded: %s", error.problem)
            except Exception:
                log.exception("not unloaded")

    def cancel(self) -> bool:
        """Stops the load and the running answer; whether there was one."""
        load, turn = self._load, self._turn
        if load is not None:
            load.stop()
        if turn is not None:  # the host does not know it before it has begun
            turn.set()
        return self.host.cancel() or load is not None or turn is not None

    def answer(
        self, task: AnswerTask, model: str, client: str, cancel: CancelFlag
    ) -> AsyncGenerator[Waiting | Event | Timings]:
        """One answer, as events; the last one is its timings.

        Close the iterator to give up: the request leaves the queue, or its computation stops within one token.

        Raises:
            ThimbleError: no such model, the prompt does not fit, too many wait, or the engine failed.
        """

        def begin(queued_ms: float, emit: Emit) -> Future[Timings]:
            sampling = suited(task.sampling, self.model.path if self.model is not None else "")
            return self.host.answer(replace(task, sampling=sampling, queued_ms=queued_ms), cancel, emit)

        return self._in_turn(model, client, cancel, begin)

    def embed(
        self, texts: Sequence[Text], dimensions: int, model: str, client: str, cancel: CancelFlag
    ) -> AsyncGenerator[Waiting | Event | Vectors]:
        """Vectors of texts, the last thing told; as `answer`. See `VectorMaker.make` for the arguments."""
        return self._in_turn(
            model, client, cancel, lambda _ms, _emit: self.host.embed(texts, dimensions, cancel), embeds=True
        )

    async def _in_turn(
        self,
        model: str,
        client: str,
        cancel: CancelFlag,
        begin: Callable[[float, Emit], Future[T]],
        *,
        embeds: bool = False,
    ) -> AsyncGenerator[Waiting | Event | T]:
        """Waits for the turn, loads what has to be, and tells what comes of the work that `begin` begins."""
        arrived = time.monotonic()
        self._check_room(client)
        ticket = self.queue.enter(client)
        work: Future[Any] | None = None
        try:
            async for ahead in ticket.waiting():
                yield Waiting(ahead)
            queued_ms = (time.monotonic() - arrived) * 1e3
            self._turn = cancel
            wanted = await self._which.to_be_loaded(model, embeds=embeds)
            if wanted is not None:
                yield Waiting(0)  # a stream begins with it, so that its client can be seen to go away meanwhile
                work = self.host.load(*wanted, cancel)
                await asyncio.wrap_future(work)
                self._which.resting = None
            mailbox: Mailbox[Event] = Mailbox()
            work = running = begin(queued_ms, mailbox.put)
            running.add_done_callback(lambda _done: mailbox.wake())
            loop = asyncio.get_running_loop()
            # not only when all is read: a client that stopped reading must not keep the others out
            running.add_done_callback(lambda _done: _call_in(loop, self.queue.leave, ticket))
            done = False
            while not done:
                done = running.done()  # asked before draining: what was put before the end is then drained, too
                for event in mailbox.drain():
                    yield event
                if not done:
                    await mailbox.arrival()
            yield running.result()
        finally:
            if self._turn is cancel:
                self._turn = None
            self._last_used = self._clock()
            if work is None or work.done():
                self.queue.leave(ticket)
            else:
                cancel.set()
                loop = asyncio.get_running_loop()
                work.add_done_callback(lambda _done: _call_in(loop, self.queue.leave, ticket))

    async def measure(self, path: str, options: LoadOptions) -> AsyncGenerator[MeasureStage | Measurement]:
        """Measures a model in a process of its own; the last item is the result.

        The resident model makes room for it, and comes back afterwards. Questions wait meanwhile. Close the iterator
        to give up.

        Raises:
            ThimbleError: ENGINE_BUSY while something is answered, loaded or measured; as `bench.short.measure`.
        """
        if not self.queue.idle or self._load is not None:
            raise ThimbleError(
                Code.ENGINE_BUSY,
                "The engine is busy; a model can be measured when nothing else runs.",
                "Wait for the answer or stop it, then try again.",
            )
        wanted = split_files(Path(path).expanduser().absolute())[0]
        ticket = self.queue.enter("")
        before, options_before = self.host.status.model, self.host.options
        stop, stages = threading.Event(), Mailbox[MeasureStage]()
        loop = asyncio.get_running_loop()
        work: asyncio.Future[Measurement] | None = None
        self._measuring = str(wanted)
        self.hub.changed()
        try:
            if before is not None:
                await asyncio.wrap_future(self.host.unload())
            work = running = loop.run_in_executor(
                None, lambda: self._measure(wanted, options, stop=stop, tell=stages.put)
            )
            running.add_done_callback(lambda _done: stages.wake())
            while not running.done():
                for stage in stages.drain():
                    yield stage
                await stages.arrival()
            yield running.result()
        finally:
            stop.set()

            def over(_done: object = None) -> None:
                self._measuring = ""
                if work is not None and not work.cancelled():
                    work.exception()  # marks it as seen
                if before is not None and options_before is not None and self._load is None:
                    self._begin_load(Path(before.path), options_before)
                loop.call_soon(self.queue.leave, ticket)  # behind the load's first step: it comes before who waits
                self.hub.changed()

            if work is None or work.done():
                over()
            else:
                work.add_done_callback(over)

    def _begin_load(self, path: Path, options: LoadOptions) -> _Load:
        load = self._load = _Load(path, options, CancelFlag())
        load.task = asyncio.create_task(self._load_in_turn(load))
        load.task.add_done_callback(lambda task: self._load_over(load, task))
        return load

    def _check_room(self, client: str) -> None:
        """Each program may have so many requests in the queue; the window is not kept out by others."""
        waiting = self.queue.waiting_of(client)
        if waiting >= MOST_WAITING:
            raise ThimbleError(
                Code.QUEUE_FULL,
                f"{waiting} requests of this program wait already.",
                "Wait until some are answered, then try again.",
            )

    async def _load_in_turn(self, load: _Load) -> None:
        ticket = self.queue.enter("", urgent=True)
        try:
            async for _ahead in ticket.waiting():
                pass
            load.waits = False
            await self.installed()  # what it is called
            await asyncio.wrap_future(self.host.load(load.path, load.options, load.cancel))
            self._which.resting = None
        except asyncio.CancelledError:
            raise _cancelled() from None
        finally:
            self._last_used = self._clock()
            self.queue.leave(ticket)

    def _load_over(self, load: _Load, task: asyncio.Task[None]) -> None:
        if self._load is load:
            self._load = None
        if not task.cancelled():
            task.exception()  # marks it as seen: whoever waited got it, and a caller that has gone needs none

    def _is_resident(self, path: Path, options: LoadOptions) -> bool:
        model = self.host.status.model
        same = model is not None and model.path == str(path) and self.host.options == options
        return same and not self._leaves


def _cancelled() -> ThimbleError:
    return ThimbleError(Code.CANCELLED, "Loading was cancelled.")


def _call_in(loop: asyncio.AbstractEventLoop, function: Callable[..., None], *arguments: Any) -> None:
    with suppress(RuntimeError):  # the loop has ended, and the queue with it
        loop.call_soon_threadsafe(function, *arguments)
