"""Attaches to the user's one engine, or starts it, and notices when it dies.

Being attached is an open `GET /thimble/attach`: it keeps the engine alive, and when this process ends in any way the
operating system closes it, so no engine outlives its users.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from queue import Empty, Queue
from typing import IO, Final

from filelock import FileLock, Timeout

from thimble import paths
from thimble.client import lockfile
from thimble.client.cancel import CancelToken
from thimble.client.http import EngineClient
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import PROTOCOL_VERSION, EngineStatus, Role

log = logging.getLogger(__name__)

START_SECONDS: Final = 15.0


class EngineSupervisor:
    """One attachment to the engine.

    Thread-safe. `on_status` and `on_lost` are called in a thread of the supervisor.

    Args:
        role: who attaches.
        on_status: every change of the engine's status.
        on_lost: the engine ended although `close` was not called; once per `ensure`.
        arguments: further arguments of the engine process, should it have to be started.
    """

    def __init__(
        self,
        role: Role,
        *,
        on_status: Callable[[EngineStatus], None] | None = None,
        on_lost: Callable[[Problem], None] | None = None,
        arguments: tuple[str, ...] = (),
    ) -> None:
        self._role = role
        self._on_status = on_status
        self._on_lost = on_lost
        self._arguments = arguments
        self._lock = threading.Lock()
        self._cancel: CancelToken | None = None
        self._watcher: threading.Thread | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False
        self.client: EngineClient | None = None
        self.started_engine = False
        """Whether the last `ensure` had to start the process."""

    def ensure(self) -> EngineClient:
        """The client of a live engine this process is attached to.

        Raises:
            ThimbleError: the engine could not be started, or did not answer within 15 s.
        """
        with self._lock:
            if self._closed:
                raise ThimbleError(Code.CANCELLED, "Thimble is closing.")
            if self.client is not None and self._watcher is not None and self._watcher.is_alive():
                return self.client
            self._detach()
            deadline = time.monotonic() + START_SECONDS
            try:
                with FileLock(paths.runtime_dir() / lockfile.START_LOCK, timeout=START_SECONDS):
                    client = self._running() or self._start(deadline)
            except Timeout as error:
                raise _no_answer("another program held the start lock") from error
            self._attach(client, deadline)
            self.client = client
            return client

    def close(self) -> None:
        """Detaches and ends the supervisor's threads; the engine ends by itself when nobody else is attached."""
        with self._lock:
            self._closed = True
            self._detach()

    def _running(self) -> EngineClient | None:
        lock = lockfile.read()
        if lock is None:
            return None
        client = EngineClient(lock.base_url, lock.token, str(self._role))
        try:
            status = client.status()
        except ThimbleError as error:
            log.info("the engine of the lock file does not answer: %s", error.problem.detail)
            client.close()
            return None
        if status.protocol != PROTOCOL_VERSION:
            client.close()
            raise ThimbleError(
                Code.ENGINE_FAILED,
                "An engine of another version of Thimble is running.",
                "Close the other Thimble first.",
                f"protocol {status.protocol}, expected {PROTOCOL_VERSION}",
            )
        self.started_engine = False
        return client

    def _start(self, deadline: float) -> EngineClient:
        command = [sys.executable, "-m", "thimble.server", *self._arguments]
        log_path = paths.engine_log_file()
        try:
            with log_path.open("ab") as log_file:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log_file,
                    start_new_session=True,  # Ctrl-C in the terminal is for us; the engine ends when we detach
                    env={**os.environ, "PYTHONUNBUFFERED": "1"},
                )
        except OSError as error:
            raise ThimbleError(
                Code.ENGINE_FAILED, "The engine could not be started.", "Look at the log.", f"{command}: {error}"
            ) from error
        # The engine may outlive our attachment; somebody has to take its exit code, or it stays as a zombie.
        threading.Thread(target=process.wait, name="engine-reaper", daemon=True).start()
        self._process = process
        line = _first_line(process, deadline)
        if not line.startswith("ready"):
            _end(process)
            self._process = None
            raise ThimbleError.of(_start_problem(line, process.returncode))
        lock = lockfile.read()
        if lock is None:
            _end(process)
            raise _no_answer("no lock file after start")
        self.started_engine = True
        return EngineClient(lock.base_url, lock.token, str(self._role))

    def _attach(self, client: EngineClient, deadline: float) -> None:
        cancel = CancelToken()
        attached = threading.Event()
        self._cancel = cancel
        self._watcher = threading.Thread(
            target=self._watch, args=(client, cancel, attached), name="engine-watch", daemon=True
        )
        self._watcher.start()
        if not attached.wait(max(0.1, deadline - time.monotonic())):
            self._detach()
            raise _no_answer("the engine did not accept the attachment")

    def _watch(self, client: EngineClient, cancel: CancelToken, attached: threading.Event) -> None:
        problem = Problem(
            Code.ENGINE_DIED,
            "The engine stopped unexpectedly; the conversation is kept.",
            "Restart the engine and go on.",
        )
        try:
            for status in client.attach(self._role, cancel):
                attached.set()
                if self._on_status is not None and not cancel.cancelled:
                    self._on_status(status)
        except ThimbleError as error:
            problem = error.problem
        if cancel.cancelled:
            return
        process = self._process
        if process is not None:
            try:
                code = process.wait(2)
            except subprocess.TimeoutExpired:
                code = None
            problem = Problem(problem.code, problem.sentence, problem.action, _how_it_ended(code, problem.detail))
        log.error("engine lost: %s", problem.detail)
        if attached.is_set() and self._on_lost is not None:
            self._on_lost(problem)

    def _detach(self) -> None:
        if self._cancel is not None:
            self._cancel.cancel()
        watcher = self._watcher
        if watcher is not None and watcher is not threading.current_thread():
            watcher.join(2)
        if self.client is not None:
            self.client.close()
        process = self._process
        if process is not None and process.stdout is not None:
            process.stdout.close()
        self._cancel = self._watcher = self._process = self.client = None


def _first_line(process: subprocess.Popen[bytes], deadline: float) -> str:
    """The first line the process prints; "" when it ends or is silent until the deadline."""
    assert process.stdout is not None  # noqa: S101 - it was opened with a pipe
    lines: Queue[bytes] = Queue()

    def read(stream: IO[bytes]) -> None:
        lines.put(stream.readline())

    threading.Thread(target=read, args=(process.stdout,), name="engine-start", daemon=True).start()
    try:
        return lines.get(timeout=max(0.1, deadline - time.monotonic())).decode("utf-8", "replace").strip()
    except Empty:
        return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _start_problem(line: str, code: int | None) -> Problem:
    try:
        return Problem.from_json(json.loads(line)["problem"])
    except (ValueError, KeyError, TypeError, AttributeError):
        return Problem(
            Code.ENGINE_FAILED,
            "The engine could not be started.",
            "Look at the log.",
            f"{_how_it_ended(code, line)}; log: {paths.engine_log_file()}",
        )


def _how_it_ended(code: int | None, detail: str) -> str:
    if code is None:
        how = "the connection broke"
    elif code < 0:
        how = f"ended by signal {-code}"
    else:
        how = f"ended with exit code {code}"
    return f"{how}; {detail}" if detail else how


def _no_answer(detail: str) -> ThimbleError:
    return ThimbleError(
        Code.ENGINE_UNREACHABLE,
        "The engine did not answer in time.",
        "Try again; if it stays so, restart the computer or look at the log.",
        f"{detail}; log: {paths.engine_log_file()}",
    )
