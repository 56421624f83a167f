"""The microphone under the field: listens, writes what was said where the cursor is, and says how long it has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QPlainTextEdit, QToolButton, QWidget

from thimble.ui.chat.dictation import Dictation, Doing
from thimble.ui.theme import ICON

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext

_ICONS: Final = {Doing.LISTENING: "ph.stop-circle", Doing.WRITING: "ph.dots-three"}
_APART: Final = {"", " ", "\n"}


class DictateButton(QToolButton):
    """Pressed it listens, pressed again it writes down, and once more it gives up.

    Args:
        context: the window's shared parts.
        field: where the words go.
        parent: owner.
    """

    def __init__(self, context: AppContext, field: QPlainTextEdit, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = context.theme
        self._field = field
        self.dictation = Dictation(context, self)
        self.dictation.changed.connect(self._dress)
        self.dictation.heard.connect(self._insert)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setIconSize(self.iconSize().scaled(ICON, ICON, Qt.AspectRatioMode.IgnoreAspectRatio))
        self.clicked.connect(self.dictation.toggle)
        context.theme.changed.connect(self._dress)
        self._dress()

    @property
    def busy(self) -> bool:
        """Whether something is going on."""
        return self.dictation.doing is not Doing.NOTHING

    def stop(self) -> bool:
        """Gives up; False when nothing was going on."""
        if not self.busy:
            return False
        self.dictation.stop()
        return True

    def _insert(self, words: str) -> None:
        """Apart from the words around them."""
        cursor = self._field.textCursor()
        text = self._field.toPlainText()
        before, after = text[: cursor.selectionStart()][-1:], text[cursor.selectionEnd() :][:1]
        cursor.insertText(("" if before in _APART else " ") + words + (" " if after.isalnum() else ""))
        self._field.setFocus()

    def _dress(self) -> None:
        doing, seconds = self.dictation.doing, self.dictation.seconds
        listens = doing is Doing.LISTENING
        name = self.tr("Dictate")
        if listens:
            name = self.tr("Write down what you said")
        elif doing is Doing.WRITING:
            name = self.tr("Writing down what you said; press to stop")
        self.setIcon(self._theme.icon(_ICONS.get(doing, "ph.microphone"), "danger" if listens else "muted"))
        self.setText(f"{seconds // 60}:{seconds % 60:02}" if listens else "")
        style = Qt.ToolButtonStyle.ToolButtonTextBesideIcon if listens else Qt.ToolButtonStyle.ToolButtonIconOnly
        self.setToolButtonStyle(style)
        self.setToolTip(name)
        self.setAccessibleName(name)
