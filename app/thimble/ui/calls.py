"""Blocking calls to programs and machines that are not ours, in threads that a closing window need not wait for.

Jobs (`ui/jobs.py`) are for work of our own, which looks at its cancel flag; a connection to a machine that does not
answer cannot, so these threads are daemons, and what they bring after the end is dropped.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Qt, Signal, Slot

from thimble.client import CancelToken
from thimble.ui.jobs import problem_of

if TYPE_CHECKING:
    from thimble.errors import Problem

log = logging.getLogger(__name__)

CLOSE_SECONDS: Final = 0.5


class Calls(QObject):
    """Makes calls and brings what comes of them into the GUI thread.

    Args:
        name: of the threads.
        parent: owner.
    """

    _handed = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._name = name
        self._running: set[CancelToken] = set()
        self._threads: set[threading.Thread] = set()
        self._closed = False
        self._lock = threading.Lock()
        self._handed.connect(self._run_handed, Qt.ConnectionType.QueuedConnection)

    def run(
        self, work: Callable[[CancelToken], Any], done: Callable[[Any], object], failed: Callable[[Problem], object]
    ) -> CancelToken:
        """Calls `work` in a thread, then `done` or `failed` in this one; the token ends it."""
        token = CancelToken()
        self._running.add(token)

        def end(tell: Callable[[], object]) -> None:
            self._running.discard(token)
            self._threads.discard(thread)
            tell()

        def run() -> None:
            try:
                result = work(token)
            except Exception as error:  # noqa: BLE001 - a thread's failure becomes a sentence
                problem = problem_of(error)
                log.info("%s: %s (%s)", self._name, problem, problem.detail)
                self._hand(lambda: end(lambda: failed(problem)))
            else:
                self._hand(lambda: end(lambda: done(result)))

        thread = threading.Thread(target=run, name=self._name, daemon=True)
        self._threads.add(thread)
        thread.start()
        return token

    def close(self) -> None:
        """Ends what can be ended; nothing is told afterwards."""
        with self._lock:
            self._closed = True
        for token in tuple(self._running):
            token.cancel()
        for thread in tuple(self._threads):
            thread.join(CLOSE_SECONDS)

    def _hand(self, call: Callable[[], object]) -> None:
        with self._lock:  # after `close` this object may be deleted at any moment
            if not self._closed:
                self._handed.emit(call)

    @Slot(object)
    def _run_handed(self, call: Callable[[], object]) -> None:
        if not self._closed:
            call()
