"""Changes a message where it stands."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QPlainTextEdit, QWidget

from thimble.ui.theme import S1, S3, S_HALF, Theme
from thimble.ui.widgets.basic import button, label

EDITOR_LINES: Final = 12
ROW: Final = 40


class Editor(QPlainTextEdit):
    """Changes a message where it stands: Enter sends, Shift+Enter breaks the line, Esc cancels.

    Signals:
        submitted, cancelled: keys.
    """

    submitted = Signal()
    cancelled = Signal()

    def __init__(self, theme: Theme, text: str, name: str, parent: QWidget, most_lines: int = EDITOR_LINES) -> None:
        super().__init__(parent)
        self.setProperty("kind", "field")
        self.setFont(theme.font())
        self.setAccessibleName(name)
        self._most = most_lines
        self.setTabChangesFocus(True)
        self.setPlainText(text)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)

    def wanted_height(self) -> int:
        """Height of its lines, up to a dozen."""
        lines = min(self._most, max(2, round(self.document().size().height())))
        return round(lines * self.fontMetrics().lineSpacing() + S3)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter and Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.cancelled.emit()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and not (
            event.modifiers() & Qt.KeyboardModifier.ShiftModifier
        ):
            self.submitted.emit()
        else:
            super().keyPressEvent(event)


class EditPanel(QWidget):
    """An editor with a hint and two buttons, as wide as the message.

    Args:
        theme: fonts and icons.
        text: the words as they are.
        name: accessible name of the field.
        hint: what saving does.
        parent: the message.

    Signals:
        saved: the new text.
        closed: the editing is over, saved or not.
        resized: it needs another height.
    """

    saved = Signal(str)
    closed = Signal()
    resized = Signal()

    def __init__(self, theme: Theme, text: str, name: str, hint: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.field = Editor(theme, text, name, self, most_lines=24)
        self.field.submitted.connect(self._save)
        self.field.cancelled.connect(self.closed)
        self.field.document().documentLayout().documentSizeChanged.connect(self._on_size)
        self._hint = label(theme, hint, "small", "muted")
        self._cancel = button(theme, self.tr("Cancel"), "quiet")
        self._cancel.clicked.connect(self.closed)
        self._save_button = button(theme, self.tr("Save"), "primary")
        self._save_button.clicked.connect(self._save)
        for part in (self._hint, self._cancel, self._save_button):
            part.setParent(self)

    def lay_out(self, width: int) -> int:
        """Places its parts; the height."""
        self.field.resize(width, self.field.height())  # its lines break at its width
        height = self.field.wanted_height()
        self.field.setGeometry(0, 0, width, height)
        right = width
        for part in (self._save_button, self._cancel):
            part.resize(part.sizeHint())
            right -= part.width()
            part.move(right, height + S1)
            right -= S_HALF
        self._hint.setGeometry(0, height + S1, max(0, right - S1), self._save_button.height())
        return height + ROW

    def _on_size(self) -> None:
        if self.field.wanted_height() != self.field.height():
            self.resized.emit()

    def _save(self) -> None:
        text = self.field.toPlainText().strip()
        if text:
            self.saved.emit(text)
            self.closed.emit()
