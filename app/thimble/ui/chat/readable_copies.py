"""Keeps a Markdown copy of every stored chat in a folder that the person has chosen."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject

from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from thimble.errors import Problem
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

SETTING: Final = "files.copies_folder"
AFTER_MS: Final = 1500


class ReadableCopies(QObject):
    """Writes what has changed a moment after it has; what was missed when the window closed, at the next start.

    Args:
        context: the window's shared parts.
        words: gives what roles and chats without a title are called.
        parent: owner.
    """

    def __init__(
        self,
        context: AppContext,
        words: Callable[[], tuple[Mapping[str, str], str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._words = words
        self._job: JobHandle | None = None
        self._again = self._closed = False
        self._told = ""
        self._soon = Debounce(AFTER_MS, self._write, self)
        self._unsubscribe = context.settings.subscribe(self._on_setting)
        self.look()

    def look(self) -> None:
        """Something may have changed."""
        if self._folder and not self._closed:
            self._soon()

    def close(self) -> None:
        """The window closes; calling it again does nothing."""
        if self._closed:
            return
        self._closed = True
        self._unsubscribe()
        self._soon.cancel()
        if self._job is not None:
            self._job.cancel()

    @property
    def _folder(self) -> str:
        return self._context.settings.text(SETTING).strip()

    def _on_setting(self, key: str) -> None:
        if key == SETTING:
            self._told = ""
            self.look()

    def _write(self) -> None:
        folder = self._folder
        if not folder:
            return
        if self._job is not None:
            self._again = True
            return
        store = self._context.store
        names, untitled = self._words()

        def work(handle: JobHandle) -> int:
            from thimble.conversations.copies import write_copies

            return write_copies(store, Path(folder).expanduser(), names, untitled, handle.is_cancelled)

        self._job = self._context.jobs.run(work, done=self._on_done, failed=self._on_failed, name="copy chats")
        self._job.finished.connect(self._on_finished)

    def _on_done(self, _count: int) -> None:
        self._told = ""

    def _on_failed(self, problem: Problem) -> None:
        if problem.sentence != self._told:  # said once, not after every message
            self._told = problem.sentence
            self._context.navigation.report(self._context.toasts, problem)

    def _on_finished(self) -> None:
        self._job = None
        if self._again:
            self._again = False
            self.look()
