"""Deleting models from the page: at once, with an undo; the bytes go when the undo is over."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QTimer

from thimble import paths
from thimble.ui import figures
from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.library.removal import Removed

UNDO_MS: Final = 30_000
"""Longer than the toast is shown: Ctrl+Z reaches further."""


class Removals(QObject):
    """What was deleted and can still come back."""

    def __init__(self, context: AppContext, parent: QObject) -> None:
        super().__init__(parent)
        self._context = context
        self._waiting: dict[QTimer, Removed] = {}

    def remove(self, path: str, name: str, *, damaged: bool = False) -> None:
        """Takes a model off the list, in a job.

        Args:
            path, name: of the model.
            damaged: see `remove_model`.
        """

        def work(_handle: JobHandle) -> Removed:
            from thimble.library.away import forget
            from thimble.library.removal import remove_model

            forget(paths.other_disks_file(), path)

            return remove_model(Path(path), damaged=damaged)

        link = self._context.link
        if link.loaded_path == path:
            link.unload()
        self._context.jobs.run(work, done=partial(self._removed, name), failed=self._report, name="delete a model")

    def close(self) -> None:
        """The window closes: what is left to delete goes now."""
        from thimble.library.removal import finish

        for timer, removed in self._waiting.items():
            timer.stop()
            finish(removed)
        self._waiting.clear()

    def _removed(self, name: str, removed: Removed) -> None:
        self._context.navigation.models_changed.emit()
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(partial(self._finish, timer))
        timer.start(UNDO_MS)
        self._waiting[timer] = removed
        text = (
            self.tr("{0} was deleted; {1} will be free.").format(name, figures.size(removed.freed))
            if removed.freed
            else self.tr("{0} was removed; its file stays where it is.").format(name)
        )
        self._context.undo.done(text, partial(self._take_back, timer))

    def _take_back(self, timer: QTimer) -> None:
        removed = self._waiting.pop(timer, None)
        timer.stop()
        timer.deleteLater()
        if removed is None:
            self._context.toasts.show(self.tr("The model is gone for good; it can be downloaded again."))
            return

        def work(_handle: JobHandle) -> None:
            from thimble.library.removal import take_back

            take_back(removed)

        self._context.jobs.run(
            work,
            done=lambda _result: self._context.navigation.models_changed.emit(),
            failed=self._report,
            name="take a model back",
        )

    def _finish(self, timer: QTimer) -> None:
        removed = self._waiting.pop(timer, None)
        timer.deleteLater()
        if removed is None:
            return

        def work(_handle: JobHandle) -> None:
            from thimble.library.removal import finish

            finish(removed)

        self._context.jobs.run(work, failed=self._report, name="delete a model for good")

    def _report(self, problem: Problem) -> None:
        self._context.navigation.report(self._context.toasts, problem)
