"""An attached picture as a small tile: the picture itself, cut to fit, and a button to take it away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPainterPath, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QWidget

from thimble.ui import figures
from thimble.ui.theme import ICON, RADIUS_SMALL, S_HALF, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.visible import tip
from thimble.ui.widgets.basic import icon_button

if TYPE_CHECKING:
    from thimble.conversations import Attachment

IN_COMPOSER: Final = QSize(72, 72)
IN_MESSAGE: Final = QSize(200, 150)
_X_SIDE: Final = 22


class PictureChip(QWidget):
    """One picture.

    Signals:
        removed: the button.
    """

    removed = Signal()

    def __init__(self, theme: Theme, file: Attachment, parent: QWidget, *, removable: bool) -> None:
        super().__init__(parent)
        self._theme = theme
        self.file = file
        self._image: QImage | None = None
        self._size = IN_COMPOSER if removable else IN_MESSAGE
        self._away = None
        if removable:
            self._away = icon_button(theme, "ph.x", self.tr("Take away {0}").format(file.name), size=ICON - 6)
            self._away.setParent(self)
            self._away.setFixedSize(_X_SIDE, _X_SIDE)
            self._away.clicked.connect(self.removed)
        self.set_tokens(None)

    def sizeHint(self) -> QSize:
        """Of a tile; it does not depend on the picture, which comes later."""
        return self._size

    def set_tokens(self, tokens: int | None) -> None:
        """How many tokens it takes; None while that is not known."""
        facts = [self.tr("picture")]
        if tokens is not None:
            facts.append(self.tr("{0} tokens").format(figures.count(tokens)))
        self.setAccessibleName(f"{self.file.name}, {', '.join(facts)}")
        self.setToolTip(tip(f"{self.file.name}\n{', '.join(facts)}"))

    def set_file(self, file: Attachment) -> None:
        """The same picture."""
        self.file = file

    def set_image(self, image: QImage) -> None:
        """Its thumbnail has come."""
        self._image = image
        self.update()

    @property
    def has_image(self) -> bool:
        """Whether there is something to see."""
        return self._image is not None and not self._image.isNull()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """The button stays in its corner."""
        super().resizeEvent(event)
        if self._away is not None:
            self._away.move(self.width() - _X_SIDE - 3, 3)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """The middle of the picture, in round corners; an icon until it is there."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        frame = QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        corners = QPainterPath()
        corners.addRoundedRect(frame, RADIUS_SMALL, RADIUS_SMALL)
        painter.fillPath(corners, self._theme.color("surface"))
        image = self._image
        if image is not None and not image.isNull():
            painter.setClipPath(corners)
            shown = QSize(image.size()).scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatioByExpanding)
            x, y = (self.width() - shown.width()) / 2, (self.height() - shown.height()) / 2
            painter.drawImage(QRectF(x, y, shown.width(), shown.height()), image)
            painter.setClipping(False)
        else:
            middle = self.rect().center()
            place = self.rect().adjusted(0, 0, ICON - self.width(), ICON - self.height())
            place.moveCenter(middle)
            draw(painter, place, "ph.image", self._theme.color("muted"))
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.drawPath(corners)
        if self._away is not None:
            button = QRectF(self._away.geometry())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color("surface"))
            painter.drawRoundedRect(button, S_HALF, S_HALF)
        painter.end()
