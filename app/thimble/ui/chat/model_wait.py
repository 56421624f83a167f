"""How an answer gets its model: the resident one, the one that is being loaded, or the only one there is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from thimble.errors import Code, Problem
from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

GIVE_UP_MS: Final = 200


class ModelWait(QObject):
    """Follows the link's loads for those who wait for a model.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        ready: a model is resident.
        line: what is waited for, as a line to read.
        failed: `Problem`: there will be no model.
        given_up: the load was cancelled.
    """

    ready = Signal()
    line = Signal(str)
    failed = Signal(object)
    given_up = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._link = context.link
        self._give_up_soon = Debounce(GIVE_UP_MS, self._give_up, self)
        self._link.status_changed.connect(self.look)
        self._link.started.connect(self.look)
        self._link.busy_changed.connect(self._on_busy)
        self._link.failed.connect(self.failed)
        self._link.lost.connect(self.failed)

    def close(self) -> None:
        """Forgets what is due."""
        self._give_up_soon.cancel()

    def want(self) -> None:
        """Somebody needs a model: one is loaded if none is, and `ready`, `line` or `failed` follow."""
        if not self._coming():
            if self._link.model_path:
                self._link.load(self._link.model_path)  # starts the engine, too, where there is none
            else:
                self._find_one()
        self.look()

    def look(self) -> None:
        """Tells how things stand."""
        loading = self._link.loading_path or self._link.status.loading_path  # another program may load one, too
        if loading:
            percent = round(self._link.status.load_progress * 100)
            self.line.emit(self.tr("Waiting for {0}… {1} %").format(Path(loading).stem, percent))
        elif self._link.status.model is not None:
            self.ready.emit()

    def _coming(self) -> bool:
        link = self._link
        return bool(link.loading_path or link.status.loading_path or link.status.model is not None)

    def _find_one(self) -> None:
        self.line.emit(self.tr("Looking for a model…"))
        folders = self._context.settings.model_folders()

        def look(_job: JobHandle) -> list[str]:
            from thimble.library import installed_models

            return [model.path for model in installed_models(*folders) if model.writes]

        self._context.jobs.run(look, done=self._take_only, failed=self.failed.emit, name="find a model")

    def _take_only(self, paths: list[str]) -> None:
        """Loads the one installed model; among several the person chooses."""
        if self._coming():
            return
        if len(paths) == 1:
            self._link.load(paths[0])
            return
        sentence = self.tr("No model is loaded.") if paths else self.tr("No model is installed.")
        self.failed.emit(Problem(Code.NO_MODEL, sentence, self.tr("Choose one, then try again.")))

    def _on_busy(self) -> None:
        if not self._link.loading_path and self._link.status.model is None:
            # A load that failed says so next; one that was cancelled says nothing more.
            self._give_up_soon()
        self.look()

    def _give_up(self) -> None:
        if not self._coming():
            self.given_up.emit()
