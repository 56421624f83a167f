"""Runs one answer for one client, in whichever protocol it speaks."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thimble import protocol
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import (
    Event,
    PromptRead,
    ReasoningPiece,
    TextPiece,
    TokenChosen,
    ToolCallArguments,
    ToolCallBegin,
)
from thimble.engine.generate import AnswerTask
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import Timings
from thimble.server.errors import internal
from thimble.server.request_log import Entry, entry_of, one_line
from thimble.server.service import EngineService, Waiting
from thimble.server.streaming import Connection, WhileConnected

QUIET_SECONDS: Final = 10.0
"""After so long without a word a stream gets a comment, so that nobody on the way thinks it dead."""


@dataclass(slots=True)
class Call:
    """A tool call."""

    id: str
    name: str
    arguments: str = ""


@dataclass(slots=True)
class Gathered:
    """A whole answer.

    Attributes:
        model: that wrote it.
        text, reasoning, calls: what it consists of.
        tokens: of the text, with their chances, if somebody asked for them.
        timings: of the answer.
    """

    model: str = ""
    text: str = ""
    reasoning: str = ""
    calls: list[Call] = field(default_factory=list)
    tokens: list[TokenChosen] = field(default_factory=list)
    timings: Timings = field(default_factory=Timings)

    def add(self, event: Event) -> None:
        """The next event."""
        if isinstance(event, TextPiece):
            self.text += event.text
        elif isinstance(event, ReasoningPiece):
            self.reasoning += event.text
        elif isinstance(event, ToolCallBegin):
            self.calls.append(Call(event.id, event.name))
        elif isinstance(event, ToolCallArguments):
            self.calls[event.index].arguments += event.text
        elif isinstance(event, TokenChosen):
            self.tokens.append(event)


class Dialect(Protocol):
    """How a protocol says an answer."""

    def whole(self, answer: Gathered) -> dict[str, Any]:
        """A whole answer as an object."""
        ...

    def begin(self, model: str) -> Iterable[bytes]:
        """Frames at the beginning of a stream."""
        ...

    def waiting(self, event: Waiting | PromptRead) -> Iterable[bytes]:
        """Frames while the request waits or its prompt is read; a stream may not have begun by then."""
        ...

    def frames(self, event: Event) -> Iterable[bytes]:
        """Frames of an event."""
        ...

    def end(self, answer: Gathered) -> Iterable[bytes]:
        """Frames at the end of a stream."""
        ...

    def broken(self, problem: Problem) -> bytes:
        """The frame of a failure in a stream."""
        ...

    def refusal(self, error: Exception) -> Response:
        """The answer to a request that failed."""
        ...


def client_name(request: Request) -> str:
    """By which the queue is fair: the name a program gives itself, else what it sends as such, and its address."""
    given = request.headers.get(protocol.CLIENT_HEADER, "").strip()[:64]
    agent = request.headers.get("user-agent", "").partition(" ")[0][:64]
    return given or f"{request.client.host if request.client else ''} {agent}"


def respond(
    service: EngineService, request: Request, task: AnswerTask, model: str, dialect: Dialect, *, stream: bool
) -> Response:
    """The response that runs the task, and ends it when its client goes away."""
    client = client_name(request)
    entry = entry_of(request.scope)
    if entry is not None:
        entry.model = one_line(model)

    async def work(connection: Connection) -> None:
        events = _noted(service, service.answer(task, model, client, CancelFlag()), entry)
        try:
            async with aclosing(events):
                if stream:
                    async with connection.kept_alive(QUIET_SECONDS):
                        await _stream(service, connection, events, dialect)
                else:
                    await connection.respond(JSONResponse(dialect.whole(await _gather(service, events))))
        except Exception as error:  # noqa: BLE001 - every failure becomes an error object; the log has the rest
            if entry is not None:
                entry.code = error.problem.code if isinstance(error, ThimbleError) else Code.INTERNAL
            if not connection.streaming:
                await connection.respond(dialect.refusal(error))
                return
            problem = error.problem if isinstance(error, ThimbleError) else internal(error)
            await connection.write(dialect.broken(problem))
            await connection.end()

    return WhileConnected(work)


async def _noted(
    service: EngineService, events: AsyncGenerator[Waiting | Event | Timings], entry: Entry | None
) -> AsyncGenerator[Waiting | Event | Timings]:
    """The events, as the log of requests hears of them."""
    async with aclosing(events):
        async for event in events:
            if entry is not None:
                if isinstance(event, Waiting):
                    entry.waits(event.ahead)
                elif isinstance(event, Timings):
                    entry.answered(event)
                else:
                    entry.model = _model_name(service)
                    entry.add(event)
            yield event


async def _gather(service: EngineService, events: AsyncGenerator[Waiting | Event | Timings]) -> Gathered:
    answer = Gathered()
    async for event in events:
        if isinstance(event, Timings):
            answer.timings, answer.model = event, _model_name(service)
        elif not isinstance(event, Waiting):
            answer.add(event)
    return answer


async def _stream(
    service: EngineService,
    connection: Connection,
    events: AsyncGenerator[Waiting | Event | Timings],
    dialect: Dialect,
) -> None:
    answer, begun = Gathered(), False
    async for event in events:
        frames: list[bytes] = []
        if isinstance(event, Waiting | PromptRead):
            frames += dialect.waiting(event)
        else:
            if not begun:
                begun, answer.model = True, _model_name(service)
                frames += dialect.begin(answer.model)
            if isinstance(event, Timings):
                answer.timings = event
                frames += dialect.end(answer)
            else:
                answer.add(event)
                frames += dialect.frames(event)
        if frames:
            await connection.write(b"".join(frames))
    await connection.end()


def _model_name(service: EngineService) -> str:
    model = service.model
    return model.id if model else ""


def new_id(prefix: str) -> str:
    """An id nobody else has."""
    return f"{prefix}{secrets.token_hex(12)}"


def token_text(data: bytes) -> str:
    """A token's bytes as text; half a character is told as its bytes, as OpenAI does."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return "bytes:" + "".join(f"\\x{byte:02x}" for byte in data)
