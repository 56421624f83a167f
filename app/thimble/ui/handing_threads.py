"""Threads for calls that block, and the one queued signal by which they hand what they bring to the GUI thread."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot

from thimble.errors import Code, Problem, ThimbleError
from thimble.ui.jobs import problem_of

log = logging.getLogger(__name__)


class HandingThreads(QObject):
    """A thread for each call; after `close` nothing is handed over any more.

    Args:
        failed: told in the GUI thread of a failure that nobody else wanted to know; not of CANCELLED.
        parent: owner.
    """

    _handed = Signal(object)

    def __init__(self, failed: Callable[[Problem], None], parent: QObject) -> None:
        super().__init__(parent)
        self._failed = failed
        self._running: set[threading.Thread] = set()
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._handed.connect(self._run_handed, Qt.ConnectionType.QueuedConnection)

    @property
    def closing(self) -> bool:
        """Whether `close` was called."""
        return self._closing.is_set()

    @property
    def idle(self) -> bool:
        """Whether no thread runs."""
        return not self._running

    def spawn(
        self,
        name: str,
        work: Callable[[], object],
        *,
        failed: Callable[[Problem], None] | None = None,
        even_closing: bool = False,
    ) -> None:
        """Runs `work` in a thread.

        Args:
            name: of the thread.
            work: may raise anything.
            failed: told in that thread why; None for the one that everything else is told to.
            even_closing: also after `close`.
        """
        if self.closing and not even_closing:
            return

        def run() -> None:
            try:
                work()
            except Exception as error:  # a thread's failure becomes a sentence and a log entry
                problem = problem_of(error)
                if not isinstance(error, ThimbleError):
                    log.warning("%s failed", name, exc_info=True)
                if failed is not None:
                    failed(problem)
                elif problem.code != Code.CANCELLED:
                    self.hand(lambda: self._failed(problem))
            finally:
                self.hand(lambda: self._running.discard(thread))

        # Daemon threads: one that hangs in a system call must not keep a closed window's process alive.
        thread = threading.Thread(target=run, name=name, daemon=True)
        self._running.add(thread)
        thread.start()

    def hand(self, call: Callable[[], object]) -> None:
        """Has `call` run in the GUI thread; from any thread."""
        with self._lock:  # after `close` this object may be deleted at any moment
            if not self.closing:
                self._handed.emit(call)

    def close(self) -> None:
        """Hands nothing over any more."""
        with self._lock:
            self._closing.set()

    def join(self, seconds: float) -> None:
        """Waits for the threads, no longer than that in all; those that still run then are named in the log."""
        deadline = time.monotonic() + seconds
        for thread in tuple(self._running):
            thread.join(max(0.0, deadline - time.monotonic()))
        late = [thread.name for thread in self._running if thread.is_alive()]
        if late:
            log.warning("threads still running at the end: %s", ", ".join(sorted(late)))
        self._running.clear()

    @Slot(object)
    def _run_handed(self, call: Callable[[], object]) -> None:
        if not self.closing:
            call()
