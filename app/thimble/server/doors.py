"""Doors for other programs: listeners with port, key and rules of their own, opened and shut while the engine runs."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

import psutil
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from thimble.errors import Code, ThimbleError
from thimble.server.auth import LOOPBACK, Access
from thimble.server.listening import bind, server_config

log = logging.getLogger(__name__)

LEAST_KEY: Final = 16
"""Characters of a key on the network."""
OWNER_SECONDS: Final = 2.0
"""Between two looks whether whoever wanted a door still lives."""
ALL_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 - the network is what a person has switched on


MOST_CONNECTIONS: Final = 256
"""At once through a door: whoever can reach it must not take all the files the engine may open."""
SILENT_SECONDS: Final = 20.0
"""Within this time a connection has to bring its first request."""


@dataclass(frozen=True, slots=True)
class DoorWish:
    """How a door is to be.

    Attributes:
        port: 0 for any free one.
        lan: open to the network; otherwise to this computer only.
        key: that programs have to send.
        origins: of web pages that may use it.
        owner: process whose door it is; it shuts when that ends. 0 for none.
    """

    port: int
    lan: bool
    key: str
    origins: tuple[str, ...] = ()
    owner: int = 0


class _Listener(uvicorn.Server):
    """uvicorn's server inside a running loop, without its signal handlers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._ended = asyncio.Event()

    async def main_loop(self) -> None:
        """Sleeps until the end."""
        await self._ended.wait()

    def end(self) -> None:
        """Stops listening."""
        self.should_exit = True
        self._ended.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals are the engine's."""
        yield


class _Visitor(H11Protocol):
    """A connection that does not stay without asking; uvicorn waits for a first request without end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.close()
        else:
            self.loop.call_later(SILENT_SECONDS, self._leave_if_silent)

    def _leave_if_silent(self) -> None:
        if self.cycle is None:
            self.transport.close()


class _Door:
    def __init__(self, wish: DoorWish, listener: _Listener, port: int, task: asyncio.Task[None]) -> None:
        self.wish = wish
        self.listener = listener
        self.port = port
        self.task = task
        self.watch: asyncio.Task[None] | None = None

    async def shut(self) -> None:
        if self.watch is not None and self.watch is not asyncio.current_task():
            self.watch.cancel()
        self.listener.end()
        await self.task


class Doors:
    """All open doors, by name. Lives in the event loop's thread.

    Args:
        make_app: the application behind a door with this access.
    """

    def __init__(self, make_app: Callable[[Access], ASGIApp]) -> None:
        self._make_app = make_app
        self._doors: dict[str, _Door] = {}
        self._lock = asyncio.Lock()

    async def open(self, name: str, wish: DoorWish) -> dict[str, Any]:
        """Opens a door in place of the one of this name; how it is now.

        Raises:
            ThimbleError: PORT_TAKEN, or a key that is too short for the network. The door that was open stays so then.
        """
        if wish.lan and len(wish.key) < LEAST_KEY:
            raise ThimbleError(
                Code.KEY_NEEDED,
                "Without a good key the network stays shut out.",
                f"Choose an API key of at least {LEAST_KEY} characters.",
            )
        if not wish.key:
            raise ThimbleError(Code.KEY_NEEDED, "Other programs need an API key.", "Choose one.")
        async with self._lock:
            before = self._doors.get(name)
            if before is not None and before.wish == wish and not before.task.done():
                return self.state(name)
            same_port = before is not None and wish.port in {0, before.port}
            if before is not None and same_port:
                await self._shut(name)
            try:
                self._doors[name] = await self._opened(name, wish)
            except ThimbleError:
                if before is not None and same_port:
                    self._doors[name] = await self._opened(name, before.wish)
                raise
            if before is not None and not same_port:
                await before.shut()
            return self.state(name)

    async def shut(self, name: str) -> None:
        """Shuts a door, if it is open."""
        async with self._lock:
            await self._shut(name)

    def end(self) -> None:
        """Nobody comes in any more: the engine ends."""
        for door in self._doors.values():
            door.listener.end()

    async def close(self) -> None:
        """Shuts all doors."""
        async with self._lock:
            for name in list(self._doors):
                await self._shut(name)

    def state(self, name: str) -> dict[str, Any]:
        """How a door is: `open`, and then `port`, `lan` and the addresses it is reached by."""
        door = self._doors.get(name)
        if door is None:
            return {"open": False}
        hosts = ["127.0.0.1", *(addresses() if door.wish.lan else ())]
        return {
            "open": True,
            "port": door.port,
            "lan": door.wish.lan,
            "addresses": [f"http://{host}:{door.port}" for host in hosts],
        }

    async def _shut(self, name: str) -> None:
        door = self._doors.pop(name, None)
        if door is not None:
            await door.shut()
            log.info("the door %s is shut", name)

    async def _opened(self, name: str, wish: DoorWish) -> _Door:
        listening = bind(ALL_ADDRESSES if wish.lan else LOOPBACK[0], wish.port)
        port = int(listening.getsockname()[1])
        hosts = (*LOOPBACK, socket.gethostname(), f"{socket.gethostname()}.local") if wish.lan else LOOPBACK
        access = Access(wish.key, hosts, any_address=wish.lan, origins=wish.origins, strangers=True)
        listener = _Listener(server_config(self._make_app(access), http=_Visitor, timeout_keep_alive=60))
        task = asyncio.create_task(listener.serve([listening]))
        door = _Door(wish, listener, port, task)
        if wish.owner:
            door.watch = asyncio.create_task(self._watch(name, wish.owner))
        log.info("the door %s is open on port %d%s", name, port, " to the network" if wish.lan else "")
        return door

    async def _watch(self, name: str, owner: int) -> None:
        while psutil.pid_exists(owner):
            await asyncio.sleep(OWNER_SECONDS)
        await self.shut(name)


def addresses() -> list[str]:
    """This computer's addresses in its networks."""
    return [
        one.address
        for some in psutil.net_if_addrs().values()
        for one in some
        if one.family == socket.AF_INET and not one.address.startswith(("127.", "169.254."))
    ]
