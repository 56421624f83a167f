"""Where the inspector stands: beside the conversation, or over it where there is no room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QEasingCurve, QObject, QPoint, QPropertyAnimation, QRect, Signal
from PySide6.QtWidgets import QApplication, QWidget

from thimble.ui.theme import INSPECTOR_WIDTH, S3

if TYPE_CHECKING:
    from collections.abc import Mapping

    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.inspector import Inspector

BESIDE: Final = 780
"""Width of the page from which the inspector stands beside the conversation instead of over it."""


class SidePanel(QObject):
    """Makes the inspector when it is first needed, and places it.

    Args:
        context: the window's shared parts.
        page: the chat page.
        main: the rest of the page, which makes room.

    Signals:
        changed: all settings that hold in this chat only, by key.
        close_wanted: the person wants it gone.
        focus_freed: it was hidden while it had the focus.
    """

    changed = Signal(object)
    close_wanted = Signal()
    focus_freed = Signal()

    def __init__(self, context: AppContext, page: QWidget, main: QWidget) -> None:
        super().__init__(page)
        self._context = context
        self._page = page
        self._main = main
        self._inspector: Inspector | None = None
        self._tokens = (0, 0)
        self._file_tokens = 0

    @property
    def inspector(self) -> Inspector:
        """The inspector, made now if it was not yet."""
        if self._inspector is None:
            from thimble.ui.chat.inspector import Inspector

            made = Inspector(self._context, self._page)
            made.hide()
            made.changed.connect(self.changed)
            made.close_wanted.connect(self.close_wanted)
            made.set_tokens(*self._tokens)
            made.set_file_tokens(self._file_tokens)
            self._inspector = made
        return self._inspector

    @property
    def shown(self) -> bool:
        """Whether it can be seen."""
        return self._inspector is not None and not self._inspector.isHidden()

    @property
    def covers(self) -> bool:
        """Whether it stands over the conversation."""
        return self.shown and self._page.width() < BESIDE

    def show(self, own: Mapping[str, Any]) -> None:
        """Shows it with a chat's own settings."""
        self.inspector.show_overrides(own)
        self.inspector.show()
        self.inspector.raise_()
        self.place()
        self._slide_in(self.inspector)

    def hide(self) -> None:
        """Hides it; what was just typed is told first."""
        if self._inspector is None:
            return
        self._inspector.flush()
        focus = QApplication.focusWidget()
        had_focus = focus is not None and self._inspector.isAncestorOf(focus)
        self._inspector.hide()
        self.place()
        if had_focus:
            self.focus_freed.emit()

    def flush(self) -> None:
        """Tells what was typed a moment ago."""
        if self._inspector is not None:
            self._inspector.flush()

    def show_overrides(self, own: Mapping[str, Any]) -> None:
        """Another chat is shown."""
        if self._inspector is not None:
            self._inspector.show_overrides(own)

    def set_tokens(self, used: int, capacity: int) -> None:
        """How much of the context is used."""
        self._tokens = (used, capacity)
        if self._inspector is not None:
            self._inspector.set_tokens(used, capacity)

    def set_file_tokens(self, tokens: int) -> None:
        """How much of that are files."""
        self._file_tokens = tokens
        if self._inspector is not None:
            self._inspector.set_file_tokens(tokens)

    def place(self) -> None:
        """Inspector at the right; the rest beside it, or below it where there is no room."""
        whole = self._page.rect()
        if self._inspector is None or self._inspector.isHidden():
            self._main.setGeometry(whole)
            return
        beside = whole.width() >= BESIDE
        self._main.setGeometry(whole.adjusted(0, 0, -INSPECTOR_WIDTH, 0) if beside else whole)
        left = whole.width() - INSPECTOR_WIDTH
        self._inspector.setGeometry(QRect(left, 0, INSPECTOR_WIDTH, whole.height()))

    def _slide_in(self, inspector: Inspector) -> None:
        duration_ms = self._context.theme.motion_ms
        if not duration_ms or not self._page.isVisible():
            return
        end = inspector.pos()
        slide = QPropertyAnimation(inspector, b"pos", self)
        slide.setDuration(duration_ms)
        slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        slide.setStartValue(end + QPoint(S3, 0))
        slide.setEndValue(end)
        slide.start(QPropertyAnimation.DeletionPolicy.DeleteWhenStopped)
