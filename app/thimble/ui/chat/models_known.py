"""Whether there is any model to chat with: what was known last, until the folders have been looked into."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

MODELS_KEY: Final = "chat.has_models"


class ModelsKnown(QObject):
    """Looks when the folders or the engine may have changed.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        changed: there is one now, or none any more.
    """

    changed = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._any = self._assume()
        context.navigation.models_changed.connect(self.look)
        context.link.status_changed.connect(self._on_status)
        context.remotes.changed.connect(self.changed)
        self.destroyed.connect(context.settings.subscribe(self._on_setting))

    @property
    def any(self) -> bool:
        """Whether there is probably a model, here or on another machine."""
        return self._any or any(connection.models for connection in self._context.remotes.all)

    def _assume(self) -> bool:
        state = self._context.window_state
        known = state.get(MODELS_KEY)
        if isinstance(known, bool):
            return known
        return bool(state.get("last_model", "")) or any(self._context.settings.models_folder().glob("*.gguf"))

    def look(self) -> None:
        """Looks into the folders, in a job."""
        folders = self._context.settings.model_folders()

        def look(_handle: JobHandle) -> bool:
            from thimble.library import installed_models

            return any(model.writes for model in installed_models(*folders))

        self._context.jobs.run(look, done=self._on_looked, name="look for models")

    def _on_looked(self, found: bool) -> None:
        link = self._context.link
        self.set(found or link.status.model is not None or Path(link.model_path or ".").is_file())

    def _on_status(self) -> None:
        if self._context.link.status.model is not None:
            self.set(True)

    def _on_setting(self, key: str) -> None:
        if key in {"files.models_folder", "files.hub_cache"}:
            self.look()

    def set(self, found: bool) -> None:
        """Somebody knows."""
        self._context.window_state.set(MODELS_KEY, found)
        if found != self._any:
            self._any = found
            self.changed.emit()
