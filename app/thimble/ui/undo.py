"""Undo instead of asking first: what was done can be taken back from a toast or with Ctrl+Z."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Signal

from thimble.ui.toasts import Toast, ToastHost

DEPTH = 20


class UndoStack(QObject):
    """The last things that were done, newest last.

    Signals:
        changed: there is more or less to undo.
    """

    changed = Signal()

    def __init__(self, toasts: ToastHost, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._toasts = toasts
        self._steps: list[tuple[str, Callable[[], bool | None], Toast]] = []

    @property
    def text(self) -> str:
        """What would be undone next; empty when nothing."""
        return self._steps[-1][0] if self._steps else ""

    def done(self, text: str, undo: Callable[[], bool | None]) -> Callable[[], None]:
        """Says what was done and how to take it back.

        Args:
            text: "Conversation deleted."
            undo: takes it back. False when it could not be done but may be tried again: the step stays then, for
                Ctrl+Z; otherwise it is not called again.

        Returns:
            to be called when it cannot be taken back any more, or was in another way.
        """
        toast = self._toasts.show(text, self.tr("Undo"), lambda: self._undo(toast))
        self._steps.append((text, undo, toast))
        del self._steps[:-DEPTH]
        self.changed.emit()
        return partial(self._withdraw, toast)

    def undo(self) -> bool:
        """Takes back the newest step; False when there is none."""
        if not self._steps:
            return False
        toast = self._steps[-1][2]
        self._undo(toast)
        self._toasts.dismiss(toast)
        return True

    def _withdraw(self, toast: Toast) -> None:
        left = [step for step in self._steps if step[2] is not toast]
        if len(left) < len(self._steps):
            self._steps = left
            self._toasts.dismiss(toast)
            self.changed.emit()

    def _undo(self, toast: Toast) -> None:
        for index, (_, undo, shown) in enumerate(self._steps):
            if shown is toast:
                step = self._steps.pop(index)
                self.changed.emit()
                if undo() is False:
                    self._steps.insert(index, step)
                    self.changed.emit()
                return
