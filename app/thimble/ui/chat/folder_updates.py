"""Indexes folders in the background, one job for each, and knows how they stand."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from thimble.ui import problem_texts
from thimble.ui.chat.passage_index import PassageIndex

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.retrieval import FolderState
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

FRESH_S: Final = 10.0
"""A folder that was looked through a moment ago is not looked through again just because a chat is opened."""
TELL_EVERY_S: Final = 0.1


@dataclass(frozen=True, slots=True)
class FolderStatus:
    """How a folder stands, for its chip.

    Attributes:
        path: the folder.
        running: whether it is being indexed.
        done, total: files read, of those to read.
        state: after the last update; None before the first.
        problem: why the last update failed, as a sentence.
        broken: (name, sentence) of files that could not be read.
    """

    path: str
    running: bool = False
    done: int = 0
    total: int = 0
    state: FolderState | None = None
    problem: str = ""
    broken: tuple[tuple[str, str], ...] = ()


class FolderUpdates(QObject):
    """The window's indexed folders.

    Args:
        context: the window's shared parts.
        index: where.
        parent: owner.

    Signals:
        changed: path of a folder that stands differently now.
    """

    changed = Signal(str)

    def __init__(self, context: AppContext, index: PassageIndex, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._index = index
        self._known: dict[str, FolderStatus] = {}
        self._jobs: dict[str, JobHandle] = {}
        self._stops: dict[str, threading.Event] = {}
        self._at: dict[str, float] = {}
        self._again: set[str] = set()

    def status(self, path: str) -> FolderStatus:
        """How a folder stands."""
        return self._known.get(path) or FolderStatus(path)

    def look(self, path: str) -> None:
        """A chat that looks in it is opened: reads what has changed, unless that was done a moment ago."""
        if time.monotonic() - self._at.get(path, -FRESH_S) >= FRESH_S:
            self.update(path)

    def update(self, path: str) -> None:
        """Reads what has changed in a folder."""
        if path in self._jobs:
            if self._stops[path].is_set():
                self._again.add(path)  # as soon as the stopped one has ended
            return
        index = self._index
        stop = self._stops[path] = threading.Event()

        def work(handle: JobHandle) -> tuple[FolderState, tuple[tuple[str, str], ...]]:
            from thimble.retrieval import folder_source, mended, update_folder

            told = 0.0

            def report(done: int, total: int) -> None:
                nonlocal told
                if time.monotonic() - told >= TELL_EVERY_S:
                    told = time.monotonic()
                    handle.report(done, total)

            on_disk = index.on_disk()
            state = mended(
                lambda: update_folder(on_disk, Path(path), report, lambda: stop.is_set() or handle.cancelled)
            )
            return state, tuple(on_disk.problems(folder_source(path)))

        self._set(path, replace(self.status(path), running=True, done=0, total=0, problem=""))
        job = self._context.jobs.run(
            work,
            done=lambda found: self._on_done(path, *found),
            failed=lambda problem: self._on_failed(path, problem),
            progress=lambda done, total: self._on_progress(path, done, total),
            name=f"index {path}",
        )
        self._jobs[path] = job
        job.finished.connect(lambda: self._on_finished(path))

    def stop(self, path: str) -> None:
        """Ends an update; what was read stays, the rest is read the next time."""
        self._again.discard(path)
        if path in self._jobs:
            self._stops[path].set()

    def close(self) -> None:
        """The window closes."""
        self._again.clear()
        for job in self._jobs.values():
            job.cancel()

    def _set(self, path: str, status: FolderStatus) -> None:
        self._known[path] = status
        self.changed.emit(path)

    def _on_progress(self, path: str, done: int, total: int) -> None:
        if path in self._jobs:
            self._set(path, replace(self.status(path), done=done, total=total))

    def _on_done(self, path: str, state: FolderState, broken: tuple[tuple[str, str], ...]) -> None:
        self._at[path] = time.monotonic()
        self._set(path, replace(self.status(path), state=state, broken=broken))

    def _on_failed(self, path: str, problem: Problem) -> None:
        self._set(path, replace(self.status(path), problem=problem_texts.words(problem)))

    def _on_finished(self, path: str) -> None:
        self._jobs.pop(path, None)
        self._set(path, replace(self.status(path), running=False, done=0, total=0))
        if path in self._again:
            self._again.discard(path)
            self.update(path)
