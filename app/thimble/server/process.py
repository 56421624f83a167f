"""The life of the engine process: one per user, attached or ended."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import psutil
import uvicorn
from filelock import FileLock, Timeout

from thimble import logs, paths
from thimble.engine import binding
from thimble.engine.host import Host
from thimble.errors import Code, ThimbleError
from thimble.protocol import TOKEN_VARIABLE, LockFile
from thimble.server.app import create_app
from thimble.server.auth import LOOPBACK, Access
from thimble.server.doors import Doors
from thimble.server.hub import Hub
from thimble.server.listening import bind, server_config
from thimble.server.service import EngineService
from thimble.settings import write_atomically

log = logging.getLogger(__name__)

LOCK_NAME: Final = "engine.lock"
FILE_NAME: Final = "engine.json"
LINGER_SECONDS: Final = 1.5
"""After the last attachment closed: time for a window that restarts, or a second command."""
LOCK_SECONDS: Final = 3.0
"""How long to wait for an engine that is about to end; it needs two seconds at most."""
ANSWER_SECONDS: Final = 0.5
END_SECONDS: Final = 2.0
"""After this the process ends even if llama.cpp does not come back."""
NICENESS: Final = 5
FAILED: Final = 3
"""Exit code when it could not start."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the engine until nobody needs it; the exit code."""
    options = _parser().parse_args(arguments)
    logs.write_to(paths.engine_log_file())
    _give_way()
    try:
        try:
            _run(options)
        except Exception as error:
            if isinstance(error, ThimbleError):
                raise
            log.exception("the engine failed")
            raise ThimbleError(
                Code.ENGINE_FAILED, "The engine could not be started.", "Look at the log.", repr(error)
            ) from error
    except ThimbleError as error:
        log.error("not started: %s (%s)", error.problem, error.problem.detail)
        print(json.dumps({"problem": error.problem.to_json()}), flush=True)  # noqa: T201 - the starter reads it
        return FAILED
    logging.shutdown()
    os._exit(0)  # not through the interpreter's end: it would wait for the worker thread


class EngineServer(uvicorn.Server):
    """uvicorn's server with our end: at once, whoever asks, and in two seconds at most.

    Args:
        config: of uvicorn.
        hub: closed at the end, so that open streams end.
        host: stopped at the end.
        announcement: made when the port answers, withdrawn at the end.
        alone_seconds: ends when nobody attached within this time after the start.
    """

    def __init__(
        self, config: uvicorn.Config, hub: Hub, host: Host, announcement: _Announcement, alone_seconds: float
    ) -> None:
        super().__init__(config)
        self._hub = hub
        self._host = host
        self._announcement = announcement
        self._alone_seconds = alone_seconds
        self._ended = asyncio.Event()
        self._farewell: asyncio.TimerHandle | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, then tells it."""
        await super().startup(sockets)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            if sys.platform == "win32":
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(self.end, "signal"))
            else:
                loop.add_signal_handler(number, self.end, signal.Signals(number).name)
        self._hub.on_attached = self._on_attached
        self._farewell = loop.call_later(self._alone_seconds, self.end, "nobody attached")
        self._announcement.make()
        self._host.warm_up()

    async def main_loop(self) -> None:
        """Sleeps until the end; uvicorn's own wakes ten times a second."""
        await self._ended.wait()

    def end(self, reason: str) -> None:
        """Ends the process: new engines may start, streams close, the worker stops within one graph node."""
        if self._ended.is_set():
            return
        log.info("ending: %s", reason)
        self._announcement.withdraw()
        watchdog = threading.Timer(END_SECONDS, os._exit, (0,))
        watchdog.daemon = True
        watchdog.start()
        self.should_exit = True
        self._host.close()
        self._hub.close()
        self._ended.set()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """uvicorn's own handlers are not wanted: a second Ctrl-C must not break the end in two."""
        yield

    def _on_attached(self, count: int) -> None:
        if self._farewell is not None:
            self._farewell.cancel()
            self._farewell = None
        if count == 0 and not self._ended.is_set():
            loop = asyncio.get_running_loop()
            self._farewell = loop.call_later(LINGER_SECONDS, self.end, "the last one detached")


class _Announcement:
    """The lock file and the line on standard output by which others find the engine."""

    def __init__(self, path: Path, content: LockFile) -> None:
        self._path = path
        self._content = content
        self._made = False

    def make(self) -> None:
        """Writes the file (0600: it holds the token), then the line."""
        write_atomically(self._path, json.dumps(self._content.to_json()))
        self._made = True
        print(f"ready {self._content.port}", flush=True)  # noqa: T201 - the starter waits for it

    def withdraw(self) -> None:
        """Removes the file."""
        if self._made:
            self._made = False
            self._path.unlink(missing_ok=True)


def _give_way() -> None:
    """Lets the window and other programs come first.

    Measured with a 10 ms heartbeat beside an answer on both cores of a two-core computer: longest gap 18 ms instead of
    24 to 36, and no fewer tokens: a compute thread that is put aside for a moment early costs less than a fight.
    """
    try:
        if sys.platform == "win32":
            psutil.Process().nice(psutil.BELOW_NORMAL_PRIORITY_CLASS)
        else:
            os.nice(NICENESS)
    except OSError as error:
        log.info("priority not lowered: %s", error)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m thimble.server", description="Thimble's engine process.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port to listen on; 0 for any free one")
    parser.add_argument(
        "--role-timeout", type=float, default=20.0, metavar="SECONDS", help="end when nobody attached within this time"
    )
    return parser


def _run(options: argparse.Namespace) -> None:
    if not binding.installed():
        raise binding.not_built()
    folder = paths.runtime_dir()
    lock = _take_lock(folder)
    listener = bind(options.host, options.port)
    token = os.environ.pop(TOKEN_VARIABLE, "") or secrets.token_urlsafe(32)
    port = int(listener.getsockname()[1])
    announcement = _Announcement(
        folder / FILE_NAME, LockFile(os.getpid(), port, token, options.host, started=time.time())
    )
    hub, host = Hub(), Host()
    service = EngineService(host, hub)
    doors = Doors(lambda access: create_app(service, access))
    app = create_app(service, Access(token, (*LOOPBACK, options.host)), doors)
    # an idle connection must not close under a client that is about to use it
    config = server_config(app, loop="asyncio", http="h11", timeout_keep_alive=3600)

    async def serve() -> None:
        idle = asyncio.create_task(service.watch_idle())
        hub.on_close = doors.end
        try:
            await EngineServer(config, hub, host, announcement, options.role_timeout).serve([listener])
        finally:
            idle.cancel()
            await doors.close()

    try:
        asyncio.run(serve())
    finally:
        announcement.withdraw()
        lock.release()


def _take_lock(folder: Path) -> FileLock:
    """The lock that makes this the user's only engine; the system frees it when the process ends in any way."""
    lock = FileLock(folder / LOCK_NAME)
    try:
        lock.acquire(timeout=0 if _living_engine(folder / FILE_NAME) else LOCK_SECONDS)
    except Timeout as error:
        raise ThimbleError(
            Code.ENGINE_FAILED,
            "Another engine of yours is already running.",
            "Use that one, or end the programs that hold it.",
            str(folder / LOCK_NAME),
        ) from error
    except OSError as error:
        raise ThimbleError(
            Code.FILE_NOT_WRITABLE,
            "The engine's lock file cannot be written.",
            "Check that the folder may be written.",
            f"{folder / LOCK_NAME}: {error}",
        ) from error
    return lock


def _living_engine(path: Path) -> bool:
    """Whether the announcement of another engine stands, its process lives, and it answers.

    One that was killed can take seconds to disappear (a core dump), and keeps file and lock until then.
    """
    try:
        content = LockFile.from_json(json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError, AttributeError):
        return False
    if not psutil.pid_exists(content.pid):
        return False
    try:
        socket.create_connection((content.host, content.port), ANSWER_SECONDS).close()
    except OSError:
        return False
    return True
