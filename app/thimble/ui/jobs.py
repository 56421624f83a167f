"""The one door for background work: runs functions in threads and brings the results into the GUI thread."""

from __future__ import annotations

import errno
import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal, Slot

from thimble.errors import Code, Problem, ThimbleError
from thimble.ui.job_threads import JobThreads

log = logging.getLogger(__name__)

T = TypeVar("T")

SHUTDOWN_SECONDS = 0.9
THREADS = 4


class JobHandle(QObject):
    """One piece of work. `cancelled` and `report` are for the worker's thread, the rest for the GUI thread.

    Signals:
        progress: (done, total) as Python integers (bytes of a model do not fit a C int); total 0 when unknown.
        finished: over, in whatever way; after `done` or `failed` was called.
    """

    progress = Signal(object, object)
    finished = Signal()

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.name = name
        self._cancel = threading.Event()
        self.running = True

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked the work to end; long work looks at it often."""
        return self._cancel.is_set()

    def is_cancelled(self) -> bool:
        """`cancelled` as a function, for those who take one."""
        return self._cancel.is_set()

    def cancel(self) -> None:
        """Asks the work to end. Neither `done` nor `failed` will be called."""
        self._cancel.set()

    def check(self) -> None:
        """Raises `ThimbleError` (cancelled) when somebody asked the work to end."""
        if self._cancel.is_set():
            raise ThimbleError(Code.CANCELLED, "Cancelled.")

    def report(self, done: int, total: int = 0) -> None:
        """Tells how far the work is; from any thread."""
        if not self._cancel.is_set():
            self.progress.emit(done, total)


def problem_of(error: BaseException) -> Problem:
    """The problem of any exception: its own, or a plain sentence with the details for the log."""
    if isinstance(error, ThimbleError):
        return error.problem
    translate = QCoreApplication.translate
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return Problem(
            Code.DISK_FULL,
            translate("Problems", "The disk is full."),
            translate("Problems", "Free some space and try again."),
            str(error),
        )
    if isinstance(error, OSError):
        return Problem(
            Code.FILE_NOT_WRITABLE,
            translate("Problems", "A file or folder could not be used."),
            translate("Problems", "Check that it is there and that you may use it."),
            str(error),
        )
    return Problem(
        Code.INTERNAL,
        translate("Problems", "Something in Thimble went wrong; nothing was lost."),
        translate("Problems", "The log says more."),
        f"{type(error).__name__}: {error}",
    )


class JobRunner(QObject):
    """Runs work in a few threads of its own.

    `done` and `failed` are called in the GUI thread. Never touch widgets in the work itself.
    """

    _finished = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._threads = JobThreads(THREADS)
        self._handles: set[JobHandle] = set()
        self._closed = False
        self._finished.connect(self._on_finished, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> int:
        """How many jobs are not over."""
        return len(self._handles)

    def run(
        self,
        work: Callable[[JobHandle], T],
        *,
        done: Callable[[T], None] | None = None,
        failed: Callable[[Problem], None] | None = None,
        progress: Callable[[int, int], None] | None = None,
        name: str = "",
    ) -> JobHandle:
        """Starts `work(handle)` in a thread.

        Args:
            work: gets the handle, to look at `cancelled` and to `report`; may raise.
            done: called with the result in the GUI thread, unless the handle was cancelled.
            failed: called with a `Problem` in the GUI thread, unless the handle was cancelled.
            progress: called with what the work reports, in the GUI thread; connected before the work starts.
            name: for the log.
        """
        if self._closed:  # and perhaps deleted, with views whose timers still run
            handle = JobHandle(name)
            handle.cancel()
            handle.running = False
            return handle
        handle = JobHandle(name, self)
        self._handles.add(handle)
        if progress is not None:
            handle.progress.connect(progress, Qt.ConnectionType.QueuedConnection)

        def task() -> None:
            finish: Callable[[], None] | None = None
            try:
                result = work(handle)
                if done is not None:
                    finish = lambda: done(result)  # noqa: E731 - a def here would hide that it is a value
            except Exception as error:  # whatever the work raises becomes a sentence and a log entry
                problem = problem_of(error)
                if problem.code != Code.CANCELLED:
                    expected = isinstance(error, ThimbleError)
                    log.warning("job %s: %s (%s)", name, problem, problem.detail, exc_info=not expected)
                if failed is not None:
                    finish = lambda: failed(problem)  # noqa: E731
            if not self._closed:
                self._finished.emit(handle, finish)

        self._threads.start(task)
        return handle

    def shutdown(self) -> bool:
        """Cancels everything and joins the threads; whether all ended in time."""
        self._closed = True
        for handle in self._handles:
            handle.cancel()
        self._threads.clear()
        ended = self._threads.join(SHUTDOWN_SECONDS)
        if not ended:
            log.warning("jobs still running at the end: %s", ", ".join(sorted(h.name for h in self._handles)))
        self._handles.clear()
        return ended

    @Slot(object, object)
    def _on_finished(self, handle: JobHandle, finish: Callable[[], None] | None) -> None:
        self._handles.discard(handle)
        handle.running = False
        try:
            if finish is not None and not handle.cancelled and not self._closed:
                finish()
        finally:
            handle.finished.emit()
            handle.deleteLater()  # in this thread, not in the one that may hold the last reference
