"""Responses that live as long as their client: server-sent events, and work that ends when the client goes."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

KEEP_ALIVE: Final = b": still here\n\n"
_HEADERS: Final = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
]


def frame(data: object, event: str = "") -> bytes:
    """One server-sent event with JSON data."""
    head = f"event: {event}\n" if event else ""
    return f"{head}data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


class Connection:
    """One client's end of a response."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope = scope
        self._receive = receive
        self._send = send
        self._written = 0.0
        self.streaming = False
        """Whether a stream was begun; from then on errors must be told inside it."""

    async def write(self, data: bytes) -> None:
        """More of the stream; begins it if need be."""
        self._written = time.monotonic()
        if not self.streaming:
            self.streaming = True
            await self._send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    @asynccontextmanager
    async def kept_alive(self, seconds: float) -> AsyncGenerator[None]:
        """Writes a comment whenever nothing was written for so long."""

        async def watch() -> None:
            self._written = time.monotonic()
            while True:
                await asyncio.sleep(max(0.01, self._written + seconds - time.monotonic()))
                if time.monotonic() - self._written >= seconds:
                    await self.write(KEEP_ALIVE)

        watcher = asyncio.create_task(watch())
        try:
            yield
        finally:
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher

    async def end(self) -> None:
        """Ends the stream."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def respond(self, response: Response) -> None:
        """A whole response in place of a stream."""
        await response(self._scope, self._receive, self._send)


class WhileConnected(Response):
    """A response made by `work(connection)`, which is cancelled when the client goes away."""

    def __init__(self, work: Callable[[Connection], Awaitable[None]]) -> None:
        super().__init__()
        self._work = work

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The ASGI application."""

        async def run() -> None:
            await self._work(Connection(scope, receive, send))

        work = asyncio.create_task(run())
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({work, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            gone.cancel()
            if not work.done():
                work.cancel()
            with suppress(asyncio.CancelledError):
                await work


class EventStream(WhileConnected):
    """Server-sent events from an iterator of frames, which is closed when the client goes away."""

    def __init__(self, frames: Callable[[], AsyncGenerator[bytes]]) -> None:
        async def send_all(connection: Connection) -> None:
            iterator = frames()
            async with aclosing(iterator):
                async for data in iterator:
                    await connection.write(data)
            await connection.end()

        super().__init__(send_all)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
