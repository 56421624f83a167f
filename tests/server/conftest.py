"""The ASGI application on a real socket in a thread, with a host that needs no model."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
import uvicorn
from httpx_sse import EventSource

from tests.server.fake_host import SECONDS, FakeHost
from thimble import protocol
from thimble.protocol import EngineStatus
from thimble.server.app import create_app
from thimble.server.auth import Access
from thimble.server.doors import Doors
from thimble.server.hub import Hub
from thimble.server.listening import bind
from thimble.server.service import EngineService

TOKEN = "secret"
HELLO = [{"role": "user", "content": "Hi"}]


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, doors: Doors) -> None:
        super().__init__(config)
        self._doors = doors
        self.listening = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop = asyncio.get_running_loop()
        self.listening.set()

    async def main_loop(self) -> None:
        await self._ended.wait()
        await self._doors.close()

    def end(self) -> None:
        """Ends it, from any thread."""
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._ended.set)


@dataclass
class Running:
    """The server, its parts, and ways to speak to it."""

    host: FakeHost
    service: EngineService
    base_url: str
    _clients: list[httpx.Client] = field(default_factory=list)

    def client(self, name: str = "", token: str = TOKEN) -> httpx.Client:
        """A client of its own, closed at the end of the test."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if name:
            headers[protocol.CLIENT_HEADER] = name
        client = httpx.Client(base_url=self.base_url, headers=headers, timeout=SECONDS, trust_env=False)
        self._clients.append(client)
        return client

    def close_clients(self) -> None:
        """Closes all connections."""
        for client in self._clients:
            client.close()

    def chat(self, name: str = "", text: str = "Hi", **fields: Any) -> httpx.Response:
        """One whole answer."""
        body = {"messages": [{"role": "user", "content": text}], **fields}
        return self.client(name).post(protocol.CHAT_COMPLETIONS, json=body)

    def status(self) -> EngineStatus:
        """`GET /thimble/status`."""
        return EngineStatus.from_json(self.client().get(protocol.STATUS).json())

    @contextmanager
    def stream(self, path: str = protocol.CHAT_COMPLETIONS, name: str = "", **fields: Any) -> Iterator[Iterator[str]]:
        """The data of a streamed answer's events; leaving the block early closes the connection."""
        body = {"messages": HELLO, "stream": True, **fields}
        with self.client(name).stream("POST", path, json=body) as response:
            yield (event.data for event in EventSource(response).iter_sse())

    def chunks(self, path: str = protocol.CHAT_COMPLETIONS, **fields: Any) -> list[Any]:
        """All chunks of a streamed answer, without the `[DONE]`."""
        with self.stream(path, **fields) as data:
            whole = list(data)
        assert whole.pop() == "[DONE]"
        return [json.loads(item) for item in whole]


@pytest.fixture
def server() -> Iterator[Running]:
    """The application with a resident model."""
    host, hub = FakeHost(), Hub()
    host.resident()
    service = EngineService(host, hub)
    doors = Doors(lambda access: create_app(service, access))
    listener = bind("127.0.0.1", 0)
    config = uvicorn.Config(
        create_app(service, Access(TOKEN), doors),
        lifespan="off",
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
    )
    uvicorn_server = _Server(config, doors)
    thread = threading.Thread(target=uvicorn_server.run, args=([listener],))
    thread.start()
    assert uvicorn_server.listening.wait(SECONDS)
    running = Running(host, service, f"http://127.0.0.1:{listener.getsockname()[1]}")
    yield running
    running.close_clients()
    host.close()
    uvicorn_server.end()
    thread.join(SECONDS)
    assert not thread.is_alive()


@pytest.fixture
def empty_server(server: Running) -> Running:
    """The application without a model."""
    server.host.unload().result(SECONDS)
    return server


def eventually(fact: Callable[[], bool]) -> None:
    """Waits for a fact that another thread brings about, with a deadline."""
    deadline = time.monotonic() + SECONDS
    pause = threading.Event()
    while not fact():
        assert time.monotonic() < deadline, "it did not happen"
        pause.wait(0.005)


@contextmanager
def in_thread(work: Callable[[], Any]) -> Iterator[list[Any]]:
    """Runs a blocking call beside the test; its result is in the list after the block."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    try:
        yield results
    finally:
        thread.join(SECONDS)
        assert not thread.is_alive()
