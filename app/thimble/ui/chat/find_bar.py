"""Looks for words in the chat that is shown: the newest place first, up and down from there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from thimble.ui import figures
from thimble.ui.theme import S1, S2, S3
from thimble.ui.throttle import Debounce
from thimble.ui.widgets.basic import icon_button, label

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.conversation_view import ConversationView

FIND_MS: Final = 120
WIDTH: Final = 320
Hit = tuple[int, int]
"""(message id, number of the place within its words)."""


class _FindField(QLineEdit):
    """Enter and Down go down, Shift+Enter and Up go up, Esc closes."""

    step = Signal(int)
    escaped = Signal()

    def event(self, event: QEvent) -> bool:
        """Esc is ours, not the window's."""
        if (
            event.type() == QEvent.Type.ShortcutOverride
            and isinstance(event, QKeyEvent)
            and event.key() == Qt.Key.Key_Escape
        ):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The keys named above."""
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.step.emit(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
            case Qt.Key.Key_Down:
                self.step.emit(1)
            case Qt.Key.Key_Up:
                self.step.emit(-1)
            case Qt.Key.Key_Escape:
                self.escaped.emit()
            case _:
                super().keyPressEvent(event)


class FindBar(QFrame):
    """A row above the conversation.

    Args:
        context: the window's shared parts.
        view: the conversation in which it looks.

    Signals:
        closed: the person wants to go on writing.
    """

    closed = Signal()

    def __init__(self, context: AppContext, view: ConversationView) -> None:
        super().__init__()
        theme = context.theme
        self._view = view
        self._hits: list[Hit] = []
        self._at = -1
        self.setAccessibleName(self.tr("Find in this chat"))
        self.field = _FindField()
        self.field.setPlaceholderText(self.tr("Find in this chat"))
        self.field.setAccessibleName(self.tr("Find in this chat"))
        self.field.setMaximumWidth(WIDTH)
        self.count = label(theme, "", "small", "muted")
        self.up = icon_button(theme, "ph.caret-up", self.tr("Previous place"))
        self.down = icon_button(theme, "ph.caret-down", self.tr("Next place"))
        close = icon_button(theme, "ph.x", self.tr("Close"))
        row = QHBoxLayout(self)
        row.setContentsMargins(S3, 0, S2, S1)
        row.setSpacing(S1)
        row.addWidget(self.field, 1)
        for part in (self.count, self.up, self.down):
            row.addWidget(part)
        row.addStretch(1)
        row.addWidget(close)
        self._find_soon = Debounce(FIND_MS, self._find, self)
        self.field.textChanged.connect(lambda _text: self._find_soon())
        self.field.step.connect(self._step)
        self.field.escaped.connect(self.close_bar)
        self.up.clicked.connect(lambda: self._step(-1))
        self.down.clicked.connect(lambda: self._step(1))
        close.clicked.connect(self.close_bar)
        self._show_count()
        self.hide()

    def open(self) -> None:
        """Shows it, ready to type."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()
        if self.field.text():
            self._find_soon()

    def close_bar(self) -> None:
        """Goes away; what was found last stays selected."""
        self._find_soon.cancel()
        self.hide()
        self.closed.emit()

    def _find(self) -> None:
        self._hits = self._view.find_words(self.field.text())
        self._at = len(self._hits) - 1
        self._go()

    def _step(self, by: int) -> None:
        if self._find_soon.pending:
            self._find_soon.flush()
            return
        if self._hits:
            self._at = (self._at + by) % len(self._hits)
        self._go()

    def _go(self) -> None:
        self._show_count()
        if self._hits:
            self._view.show_found(*self._hits[self._at], self.field.text())

    def _show_count(self) -> None:
        found = len(self._hits)
        if not self.field.text().strip():
            text = ""
        elif not found:
            text = self.tr("Not found")
        else:
            text = self.tr("{0} of {1}").format(figures.count(self._at + 1), figures.count(found))
        self.count.setText(text)
        for part in (self.up, self.down):
            part.setEnabled(found > 0)
