"""Short messages at the bottom of the window, above the thimble bar; they never take the focus."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEasingCurve, QEvent, QObject, QPoint, QPropertyAnimation, Qt, QTimer
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget
from shiboken6 import isValid

from thimble.ui.theme import BAR_HEIGHT, ICON, S1, S2, S_HALF, Theme

MOST: Final = 3
SECONDS_INFO: Final = 5
SECONDS_PROBLEM: Final = 12
WIDTH: Final = 560


class Toast(QFrame):
    """One message, with at most one action."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        action_text: str,
        action: Callable[[], None] | None,
        kind: str,
        parent: QWidget | None,
    ) -> None:
        super().__init__(parent)
        self.setProperty("kind", "toast")
        self.text = text
        self.kind = kind
        self.setAccessibleName(text)
        self.setMaximumWidth(WIDTH)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S2, S1, S1, S1)
        layout.setSpacing(S1)
        if kind == "problem":
            mark = QLabel(self)
            mark.setPixmap(theme.icon("ph.warning", "hint_text").pixmap(ICON, ICON))
            layout.addWidget(mark, 0, Qt.AlignmentFlag.AlignVCenter)
        label = QLabel(text, self)
        room = WIDTH - 2 * S2
        if kind == "problem":
            room -= ICON + S1
        if action_text:
            room -= label.fontMetrics().horizontalAdvance(action_text) * 5 // 4 + 3 * S1  # its letters are bold
        width = label.fontMetrics().horizontalAdvance(text) + 2
        label.setWordWrap(width > room)
        label.setTextFormat(Qt.TextFormat.PlainText)
        if label.wordWrap():  # else the layout makes a long sentence nearly square
            label.setMinimumWidth(room)
        label.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        layout.addWidget(label, 1)
        self.action_button: QPushButton | None = None
        if action_text and action is not None:
            self.action_button = QPushButton(action_text, self)
            self.action_button.setAccessibleName(action_text)
            self.action_button.setCursor(Qt.CursorShape.PointingHandCursor)
            layout.addWidget(self.action_button, 0, Qt.AlignmentFlag.AlignVCenter)
        else:
            layout.setContentsMargins(S2, S1 + S_HALF // 2, S2, S1 + S_HALF // 2)
        self.timer = QTimer(self)
        self.timer.setSingleShot(True)
        self.timer.setInterval(1000 * (SECONDS_PROBLEM if kind == "problem" else SECONDS_INFO))

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer is on the message: it stays."""
        self.timer.stop()
        super().enterEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer has left: the time starts anew."""
        self.timer.start()
        super().leaveEvent(event)


class ToastHost(QObject):
    """Shows at most three toasts at the bottom centre of a window.

    Messages that come before `attach` wait for it.
    """

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._window: QWidget | None = None
        self._toasts: list[Toast] = []
        self._obstacle: QWidget | None = None
        self._orphans: QWidget | None = QWidget()  # parent of toasts until there is a window

    def attach(self, window: QWidget) -> None:
        """The window to show in."""
        self._window = window
        window.installEventFilter(self)
        for toast in self._toasts:
            toast.setParent(window)
            self._appear(toast)
        self._place()
        self._drop_orphans()

    def stay_above(self, widget: QWidget) -> None:
        """Keeps messages from covering a widget (a text field that is being typed in) while it can be seen."""
        self._obstacle = widget

    @property
    def toasts(self) -> tuple[Toast, ...]:
        """Those shown, oldest first."""
        return tuple(self._toasts)

    def show(
        self, text: str, action_text: str = "", action: Callable[[], None] | None = None, kind: str = "info"
    ) -> Toast:
        """Shows a message; pressing its button runs `action` and closes it.

        Args:
            text: one sentence.
            action_text: the button; none when empty.
            action: what the button does.
            kind: "info", or "problem" (stays longer, with a sign).
        """
        for shown in self._toasts:
            if shown.text == text and shown.action_button is None and not action_text:
                shown.timer.start()
                return shown
        toast = Toast(self._theme, text, action_text, action, kind, self._window or self._orphans)
        if toast.action_button is not None and action is not None:
            toast.action_button.clicked.connect(lambda: self._act(toast, action))
        toast.timer.timeout.connect(lambda: self.dismiss(toast))
        self._toasts.append(toast)
        while len(self._toasts) > MOST:
            self.dismiss(self._toasts[0])
        if self._window is not None:
            self._appear(toast)
            self._place()
        return toast

    def dismiss(self, toast: Toast) -> None:
        """Takes a message away."""
        if toast in self._toasts:
            self._toasts.remove(toast)
            toast.timer.stop()
            toast.hide()
            toast.deleteLater()
            self._place()

    def clear(self) -> None:
        """Takes all messages away."""
        for toast in self.toasts:
            self.dismiss(toast)
        self._drop_orphans()

    def _drop_orphans(self) -> None:
        if self._orphans is not None:
            self._orphans.deleteLater()
            self._orphans = None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps the messages in their place when the window is resized."""
        if watched is self._window and event.type() == QEvent.Type.Resize:
            self._place()
        return False

    def _act(self, toast: Toast, action: Callable[[], None]) -> None:
        self.dismiss(toast)
        action()

    def _appear(self, toast: Toast) -> None:
        toast.adjustSize()
        toast.show()
        toast.raise_()
        toast.timer.start()

    def _place(self) -> None:
        if self._window is None:
            return
        bottom = self._window.height() - BAR_HEIGHT - S2
        if self._obstacle is not None and isValid(self._obstacle) and self._obstacle.isVisible():
            bottom = min(bottom, self._obstacle.mapTo(self._window, QPoint(0, 0)).y() - S1)
        for toast in reversed(self._toasts):
            width = min(WIDTH, self._window.width() - 2 * S2, max(toast.sizeHint().width(), 0))
            height = toast.heightForWidth(width) if toast.hasHeightForWidth() else toast.sizeHint().height()
            toast.resize(width, max(height, toast.sizeHint().height()))
            bottom -= toast.height()
            self._move(toast, QPoint((self._window.width() - width) // 2, bottom))
            bottom -= S1

    def _move(self, toast: Toast, place: QPoint) -> None:
        duration_ms = self._theme.motion_ms
        fresh = toast.property("placed") is None
        toast.setProperty("placed", True)
        if duration_ms == 0 or not toast.isVisible():
            toast.move(place)
            return
        animation = QPropertyAnimation(toast, b"pos", toast)
        animation.setDuration(duration_ms)
        animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        animation.setStartValue(place + QPoint(0, S2) if fresh else toast.pos())
        animation.setEndValue(place)
        animation.start(QPropertyAnimation.DeletionPolicy.DeleteWhenStopped)
