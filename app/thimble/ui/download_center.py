"""The window's side of the download queue: follows the settings, tells of progress four times a second."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from PySide6.QtCore import QObject, QTimer, Signal

from thimble import paths
from thimble.errors import Problem, ThimbleError
from thimble.settings import Settings
from thimble.ui.jobs import JobHandle, JobRunner
from thimble.ui.undo import UndoStack

if TYPE_CHECKING:
    from thimble.library.choices import Choice
    from thimble.library.download_jobs import DownloadStatus
    from thimble.library.downloads import Downloads
    from thimble.library.orders import Order

log = logging.getLogger(__name__)

T = TypeVar("T")

LOOK_MS: Final = 250
UNDO_MS: Final = 15_000
"""So long the bytes of a cancelled download are kept: longer than its toast is shown."""
_KEYS: Final = frozenset({"files.offline", "files.hub_endpoint"})


class DownloadCenter(QObject):
    """Downloads as the window sees them; lives as long as the window. Its methods belong to the GUI thread.

    Args:
        settings: address of the hub, download folder, offline switch.
        jobs: whatever touches the disk runs there.
        undo: a cancelled download can be taken back.

    Signals:
        changed: `statuses` are different now.
        arrived: (path, what it is called): a model is there, whole.
        failed: `Problem` of something that was asked for.
    """

    changed = Signal()
    arrived = Signal(str, str)
    failed = Signal(object)
    _poked = Signal()

    def __init__(self, settings: Settings, jobs: JobRunner, undo: UndoStack, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._jobs = jobs
        self._undo = undo
        self._queue: Downloads | None = None
        self._opening = threading.Lock()
        self._told: set[str] = set()
        self._discard: list[tuple[QTimer, Order]] = []
        self.statuses: list[DownloadStatus] = []
        """All downloads, as they were when `changed` was last signalled."""
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._poked.connect(self._look)
        self._unsubscribe = settings.subscribe(self._on_setting)

    @property
    def going(self) -> int:
        """How many downloads are not over."""
        return sum(status.stage not in {"done", "failed", "paused"} for status in self.statuses)

    def start(self) -> None:
        """Goes on with what an earlier window left, and deletes what it left to be deleted."""
        folder, cache = self._settings.model_folders()

        def work(_handle: JobHandle) -> None:
            from thimble.library.hub_cache import LEFTOVER_S, sweep
            from thimble.library.orders import lately_damaged
            from thimble.library.removal import sweep_trash

            sweep_trash(folder)
            with self._opening:
                if self._queue is None and not self._file.is_file():  # without downloads no HTTP library is imported
                    if not lately_damaged(self._file):
                        sweep(cache, (), older_than_s=LEFTOVER_S)
                    return
            queue = self._opened()
            if queue.start():
                queue.sweep(cache)

        self._jobs.run(work, done=lambda _result: self._look(), failed=self.failed.emit, name="take up the downloads")

    def add(self, repository: str, commit: str, choice: Choice) -> None:
        """Downloads a model into the download folder."""
        cache = self._settings.hub_cache()
        self._told.discard(f"{repository}/{choice.path}@{commit}")
        self._run(lambda queue: queue.add(repository, commit, choice, cache), "add a download")

    def pause(self, identity: str) -> None:
        """Stops a download; what has come is kept."""
        self._run(lambda queue: queue.pause(identity), "pause a download")

    def resume(self, identity: str) -> None:
        """Goes on with it."""
        self._run(lambda queue: queue.resume(identity), "resume a download")

    def cancel(self, identity: str, title: str) -> None:
        """Takes a download out of the list; it can be taken back for a while, then what has come of it is deleted."""

        def removed(order: Order | None) -> None:
            self._look()
            if order is None:
                return
            timer = QTimer(self)
            timer.setSingleShot(True)
            timer.timeout.connect(lambda: self._discard_now(timer, order))
            timer.start(UNDO_MS)
            self._discard.append((timer, order))
            self._undo.done(
                self.tr("The download of {0} was cancelled.").format(title), lambda: self._take_back(timer, order)
            )

        self._run(lambda queue: queue.remove(identity), "cancel a download", removed)

    def close(self) -> None:
        """Stops everything; the next window goes on."""
        self._timer.stop()
        self._unsubscribe()
        self._unsubscribe = lambda: None
        if self._queue is not None:
            self._queue.close()
        for timer, order in self._discard:
            timer.stop()
            if self._queue is not None:
                self._queue.discard(order)
        self._discard.clear()

    # --- inside -------------------------------------------------------------------------------------------------

    @property
    def _file(self) -> Path:
        return paths.downloads_file()

    def _opened(self) -> Downloads:
        """The queue, made when it is first needed; in a job, because it imports the HTTP library."""
        from thimble.library.away import known_disk_of
        from thimble.library.connection import Access, access_of
        from thimble.library.downloads import Downloads

        with self._opening:  # two jobs may need it first at the same time
            if self._queue is None:
                try:
                    access = access_of(self._settings)
                except ThimbleError as error:
                    log.warning("%s", error)
                    access = Access(offline=True)
                self._queue = Downloads(self._file, self._poke, access=access, disk_of=known_disk_of)
            return self._queue

    def _poke(self) -> None:
        """From any thread, also from one that ends later than the window."""
        with suppress(RuntimeError):
            self._poked.emit()

    def _run(self, work: Callable[[Downloads], T], name: str, done: Callable[[T], None] | None = None) -> None:
        self._jobs.run(
            lambda _handle: work(self._opened()),
            done=done or (lambda _result: self._look()),
            failed=self._report,
            name=name,
        )

    def _report(self, problem: Problem) -> None:
        self._look()
        self.failed.emit(problem)

    def _look(self) -> None:
        if self._queue is None:
            return
        before, self.statuses = self.statuses, self._queue.statuses()
        for status in self.statuses:
            if status.path and status.id not in self._told:
                self._told.add(status.id)
                self.arrived.emit(
                    status.path, f"{status.repository.split('/')[-1].removesuffix('-GGUF')} {status.label}"
                )
        if self.going and not self._timer.isActive():
            self._timer.start()
        elif not self.going:
            self._timer.stop()
        if before != self.statuses:
            self.changed.emit()

    def _take_back(self, timer: QTimer, order: Order) -> None:
        timer.stop()
        self._discard = [(one, other) for one, other in self._discard if one is not timer]
        self._run(lambda queue: queue.take_back(order), "take a download back")

    def _discard_now(self, timer: QTimer, order: Order) -> None:
        self._discard = [(one, other) for one, other in self._discard if one is not timer]
        timer.deleteLater()
        self._run(lambda queue: queue.discard(order), "forget a download")

    def _on_setting(self, key: str) -> None:
        if key not in _KEYS or self._queue is None:
            return
        from thimble.library.connection import access_of

        try:
            access = access_of(self._settings)
        except ThimbleError as error:
            self.failed.emit(error.problem)
            return
        self._run(lambda queue: queue.configure(access), "follow the settings")
