"""Attaches to the user's one engine, or starts it, and notices when it dies.

Being attached is an open `GET /thimble/attach`: it keeps the engine alive, and when this process ends in any way the
operating system closes it, so no engine outlives its users.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from queue import Empty, Queue
from typing import IO, Final

from filelock import FileLock, Timeout

from thimble import own_process, paths
from thimble.client import lockfile
from thimble.client.cancel import CancelToken
from thimble.client.http import EngineClient
from thimble.client.patience import MOST_SECONDS, Patience
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import ENDED_OVER_GRAMMAR, PROTOCOL_VERSION, TOKEN_VARIABLE, EngineStatus, Role

log = logging.getLogger(__name__)

REPLACE_SECONDS: Final = 15.0
"""How long engines that are at their end are looked at, one after the other."""
STATUS_SECONDS: Final = 3.0
"""How long a lock file's engine has to show that it is one; whoever has its port now may stay silent for ever."""
RETRY_SECONDS: Final = 0.05
LOOK_SECONDS: Final = 0.25
"""How often somebody who waits looks whether that is still worth it."""


class _Attachment:
    """One open attachment.

    Attributes:
        client: of the engine.
        process: the engine, if we started it.
        cancel: ends the attachment.
        attached: the engine has accepted it.
        settled: it was accepted, or is over.
        over: the stream has ended.
    """

    def __init__(self, client: EngineClient, process: subprocess.Popen[bytes] | None) -> None:
        self.client = client
        self.process = process
        self.cancel = CancelToken()
        self.attached = False
        self.settled = threading.Event()
        self.over = threading.Event()
        self.watcher: threading.Thread | None = None

    def close(self) -> None:
        """Ends it, and waits for the watcher unless this is its thread."""
        self.cancel.cancel()
        if self.watcher is not None and self.watcher is not threading.current_thread():
            self.watcher.join(2)
        self.client.close()
        if self.process is not None and self.process.stdout is not None:
            self.process.stdout.close()


_Found = tuple[EngineClient, int, "subprocess.Popen[bytes] | None"]
"""An engine's client, its process id, and the process if it was started for that."""


class EngineSupervisor:
    """One attachment to the engine.

    Thread-safe. `on_status` and `on_lost` are called in a thread of the supervisor.

    Args:
        role: who attaches.
        on_status: every change of the engine's status.
        on_lost: the engine ended although `close` was not called; once per `ensure`.
        arguments: further arguments of the engine process, should it have to be started.
        token: its key, likewise; "" for a random one. It goes by the environment: everybody can read arguments.
    """

    def __init__(
        self,
        role: Role,
        *,
        on_status: Callable[[EngineStatus], None] | None = None,
        on_lost: Callable[[Problem], None] | None = None,
        arguments: tuple[str, ...] = (),
        token: str = "",
    ) -> None:
        self._role = role
        self._on_status = on_status
        self._on_lost = on_lost
        self._arguments = arguments
        self._token = token
        self._lock = threading.Lock()
        self._attachment: _Attachment | None = None
        self._closing = threading.Event()
        self.client: EngineClient | None = None
        self.started_engine = False
        """Whether the last `ensure` had to start the process."""

    def ensure(self) -> EngineClient:
        """The client of a live engine this process is attached to.

        Raises:
            ThimbleError: the engine could not be started, or hangs. One that is slow because the computer is busy is
                waited for.
        """
        with self._lock:
            if self._closing.is_set():
                raise _closing()
            current = self._attachment
            if current is not None and not current.over.is_set():
                return current.client
            self._detach()
            deadline = time.monotonic() + REPLACE_SECONDS
            while True:
                client, pid, process = self._find()
                if self._attach(_Attachment(client, process), pid):
                    self.client = client
                    self.started_engine = process is not None
                    return client
                # An engine that we found was at its end; the next one waits until it has gone.
                if process is not None or time.monotonic() >= deadline:
                    raise _no_answer("the engine did not accept the attachment")
                if self._closing.wait(RETRY_SECONDS):
                    raise _closing()

    def close(self) -> None:
        """Detaches and ends the supervisor's threads; the engine ends by itself when nobody else is attached."""
        self._closing.set()
        with self._lock:
            self._detach()

    def _find(self) -> _Found:
        """A living engine; with the process if it had to be started."""
        lock_path = paths.runtime_dir() / lockfile.START_LOCK
        try:
            with self._start_lock(FileLock(lock_path)):
                found = self._running()
                if found is not None:
                    return found
                try:
                    return self._start()
                except ThimbleError:
                    found = self._running()  # somebody started one by hand at the same moment
                    if found is None:
                        raise
                    return found
        except OSError as error:
            raise ThimbleError(
                Code.FILE_NOT_WRITABLE,
                "The engine's lock file cannot be written.",
                "Check that the folder may be written.",
                f"{lock_path}: {error}",
            ) from error

    @contextmanager
    def _start_lock(self, lock: FileLock) -> Iterator[None]:
        """Holds it; while another program starts the engine, waits as long as that one may take."""
        deadline = time.monotonic() + MOST_SECONDS
        while True:
            try:
                lock.acquire(timeout=LOOK_SECONDS)
                break
            except Timeout as error:
                if self._closing.is_set():
                    raise _closing() from None
                if time.monotonic() >= deadline:
                    raise _no_answer("another program held the start lock") from error
        try:
            yield
        finally:
            lock.release()

    def _running(self) -> _Found | None:
        lock = lockfile.read()
        if lock is None:
            return None
        client = EngineClient(lock.base_url, lock.token, str(self._role))
        try:
            status = client.status(STATUS_SECONDS)
        except ThimbleError as error:
            log.info("the engine of the lock file does not answer: %s", error.problem.detail)
            client.close()
            return None
        if status.pid != lock.pid:
            log.info("the lock file of process %d leads to another program", lock.pid)
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
        return client, lock.pid, None

    def _start(self) -> _Found:
        command = own_process.command("thimble.server", *self._arguments)
        log_path = paths.engine_log_file()
        try:
            with log_path.open("ab") as log_file:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=log_file,
                    start_new_session=True,  # Ctrl-C in the terminal is for us; the engine ends when we detach
                    env={**os.environ, "PYTHONUNBUFFERED": "1", TOKEN_VARIABLE: self._token},
                )
        except OSError as error:
            raise ThimbleError(
                Code.ENGINE_FAILED, "The engine could not be started.", "Look at the log.", f"{command}: {error}"
            ) from error
        # The engine may outlive our attachment; somebody has to take its exit code, or it stays as a zombie.
        threading.Thread(target=process.wait, name="engine-reaper", daemon=True).start()
        line = self._first_line(process)
        if line is None or not line.startswith("ready"):
            _end(process)
            if self._closing.is_set():
                raise _closing()
            if line is None:
                raise _no_answer("it lived and said nothing")
            raise ThimbleError.of(_start_problem(line or "", process.returncode))
        lock = lockfile.read()
        if lock is None:
            _end(process)
            raise _no_answer("no lock file after start")
        return EngineClient(lock.base_url, lock.token, str(self._role)), process.pid, process

    def _first_line(self, process: subprocess.Popen[bytes]) -> str | None:
        """The first line the process prints, "" when it ends without one; None when there is no use in waiting."""
        assert process.stdout is not None  # noqa: S101 - it was opened with a pipe
        lines: Queue[bytes] = Queue()

        def read(stream: IO[bytes]) -> None:
            lines.put(stream.readline())

        threading.Thread(target=read, args=(process.stdout,), name="engine-start", daemon=True).start()
        patience = Patience(process.pid)
        while True:
            gone = process.poll() is not None
            try:
                return lines.get(timeout=LOOK_SECONDS).decode("utf-8", "replace").strip()
            except Empty:
                if gone:  # and a child of it holds the pipe
                    return ""
                if self._closing.is_set() or patience.over:
                    return None

    def _attach(self, attachment: _Attachment, pid: int) -> bool:
        """Opens it; whether the engine accepted it."""
        self._attachment = attachment
        attachment.watcher = threading.Thread(target=self._watch, args=(attachment,), name="engine-watch", daemon=True)
        attachment.watcher.start()
        patience = Patience(pid)
        while not attachment.settled.wait(LOOK_SECONDS) and not self._closing.is_set() and not patience.over:
            pass
        if attachment.attached:
            return True
        self._detach()
        return False

    def _watch(self, attachment: _Attachment) -> None:
        problem = Problem(
            Code.ENGINE_DIED,
            "The engine stopped unexpectedly; the conversation is kept.",
            "Restart the engine and go on.",
        )
        cancel = attachment.cancel
        try:
            for status in attachment.client.attach(self._role, cancel):
                attachment.attached = True
                attachment.settled.set()
                if self._on_status is not None and not cancel.cancelled:
                    self._on_status(status)
        except ThimbleError as error:
            problem = error.problem
        finally:
            attachment.over.set()  # before anybody hears of the loss: who calls `ensure` then gets another engine
            attachment.settled.set()
        if cancel.cancelled:
            return
        if attachment.process is not None:
            try:
                code = attachment.process.wait(2)
            except subprocess.TimeoutExpired:
                code = None
            problem = replace(problem, detail=_how_it_ended(code, problem.detail))
            if code == ENDED_OVER_GRAMMAR:
                problem = Problem(
                    problem.code,
                    "A grammar or JSON schema was too hard for the engine, which ended itself.",
                    "Simplify it, then restart the engine.",
                    problem.detail,
                )
        log.error("engine lost: %s", problem.detail)
        if attachment.attached and self._on_lost is not None:
            self._on_lost(problem)

    def _detach(self) -> None:
        if self._attachment is not None:
            self._attachment.close()
        self._attachment = self.client = None


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


def _closing() -> ThimbleError:
    return ThimbleError(Code.CANCELLED, "Thimble is closing.")


def _no_answer(detail: str) -> ThimbleError:
    return ThimbleError(
        Code.ENGINE_UNREACHABLE,
        "The engine does not answer.",
        "Try again. If that does not help, end programs that keep the computer busy, or look at the log.",
        f"{detail}; log: {paths.engine_log_file()}",
    )
