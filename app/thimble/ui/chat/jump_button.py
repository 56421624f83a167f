"""The round button that leads to the newest words."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QWidget

from thimble.ui.theme import ICON_LARGE, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.theme.tokens import FOCUS_RING

SIZE: Final = 36


class JumpButton(QAbstractButton):
    """Stands over the conversation while its end is out of sight."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFixedSize(SIZE, SIZE)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAccessibleName(self.tr("Jump to the latest message"))
        self.setToolTip(self.tr("Jump to the latest message"))
        self.hide()
        theme.changed.connect(self.update)

    def set_wanted(self, *, wanted: bool) -> None:
        """Shows or hides it."""
        if wanted == self.isHidden():
            self.setVisible(wanted)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws disc and arrow."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        theme = self._theme
        focused = self.hasFocus()
        painter.setPen(QPen(theme.color("accent" if focused else "outline"), FOCUS_RING if focused else 1))
        painter.setBrush(theme.color("hover" if self.underMouse() else "surface"))
        inset = FOCUS_RING / 2
        painter.drawEllipse(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset))
        side = ICON_LARGE - 2
        place = self.rect().adjusted(0, 0, 0, 0)
        place.setSize(place.size().scaled(side, side, Qt.AspectRatioMode.IgnoreAspectRatio))
        place.moveCenter(self.rect().center())
        draw(painter, place, "ph.arrow-down", theme.color("text"))
        painter.end()
