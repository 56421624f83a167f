"""A chat that is dragged: what it carries, and where it would be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QMimeData, QRect, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from thimble.ui.theme import RADIUS, S1
from thimble.ui.theme.tokens import FOCUS_RING

if TYPE_CHECKING:
    from thimble.ui.theme import Theme

CHAT_MIME: Final = "application/x-thimble-chat"
VEIL_ALPHA: Final = 40


def mime_of_chat(conversation_id: int) -> QMimeData:
    """What a dragged chat carries; it means something in this window only."""
    made = QMimeData()
    made.setData(CHAT_MIME, str(conversation_id).encode())
    return made


def chat_in(mime: QMimeData) -> int:
    """The chat that is dragged; 0 when it is something else."""
    data = bytes(mime.data(CHAT_MIME).data())
    return int(data) if data.isdigit() else 0


class DropMark(QWidget):
    """Marks the place where what is dragged would be shown."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def mark(self, place: QRect) -> None:
        """Shows the place."""
        self.setGeometry(place)
        self.show()
        self.raise_()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A veil in the accent with an edge: seen also by who does not see its colour."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        accent = self._theme.color("accent")
        painter.setPen(QPen(accent, FOCUS_RING))
        accent.setAlpha(VEIL_ALPHA)
        painter.setBrush(accent)
        painter.drawRoundedRect(self.rect().adjusted(S1, S1, -S1, -S1), RADIUS, RADIUS)
        painter.end()
