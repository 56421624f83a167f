"""Enter on a focused button presses it, in every window, as Space does.

Qt leaves that to the desktop: with GNOME's it is so, with others and without one Enter does nothing on a button.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QCoreApplication, QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractButton, QApplication, QCheckBox, QRadioButton, QWidget

_ENTER: Final = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})
_CHOICES: Final = (QCheckBox, QRadioButton)
"""In a dialog Enter on these means the dialog's own button."""


class EnterPresses(QObject):
    """Watches the button that has the focus, and only that: a filter of the application would see every event.

    Args:
        app: the application.
        parent: owner; as long as it lives.
    """

    def __init__(self, app: QApplication, parent: QObject) -> None:
        super().__init__(parent)
        app.focusChanged.connect(self._on_focus)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Hands Enter on as Space, so that both look and count alike."""
        if (
            isinstance(event, QKeyEvent)
            and event.type() in {QEvent.Type.KeyPress, QEvent.Type.KeyRelease}
            and event.key() in _ENTER
            and not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        ):
            space = QKeyEvent(event.type(), Qt.Key.Key_Space, event.modifiers(), " ", event.isAutoRepeat())
            QCoreApplication.sendEvent(watched, space)
            return True
        return super().eventFilter(watched, event)

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        if isinstance(old, QAbstractButton):
            old.removeEventFilter(self)
        if isinstance(new, QAbstractButton) and not isinstance(new, _CHOICES):
            new.installEventFilter(self)
