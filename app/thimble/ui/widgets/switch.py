"""A switch that slides."""

from __future__ import annotations

from PySide6.QtCore import Property, QEasingCurve, QPointF, QPropertyAnimation, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton

from thimble.ui.theme import Theme
from thimble.ui.theme.tokens import FOCUS_RING, S_HALF

WIDTH = 40
HEIGHT = 22
MARGIN = 3
EDGE = 1.5


class Switch(QAbstractButton):
    """On or off; Space and a click change it."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._place = 0.0
        self.setCheckable(True)
        self.setAccessibleName(name)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._slide = QPropertyAnimation(self, b"place", self)
        self._slide.setEasingCurve(QEasingCurve.Type.OutCubic)
        self.toggled.connect(self._on_toggled)
        theme.changed.connect(self.update)

    def _get_place(self) -> float:
        return self._place

    def _set_place(self, place: float) -> None:
        self._place = place
        self.update()

    place = Property(float, _get_place, _set_place, doc="Where the knob is, 0…1.")

    def sizeHint(self) -> QSize:
        """The track and its focus ring."""
        return QSize(WIDTH + 2 * S_HALF, HEIGHT + 2 * S_HALF)

    def _on_toggled(self, on: bool) -> None:
        self._slide.stop()
        if self._theme.motion_ms == 0 or not self.isVisible():
            self._set_place(1.0 if on else 0.0)
            return
        self._slide.setDuration(self._theme.motion_ms)
        self._slide.setEndValue(1.0 if on else 0.0)
        self._slide.start()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws track, knob and focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        track = QRectF((self.width() - WIDTH) / 2, (self.height() - HEIGHT) / 2, WIDTH, HEIGHT)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), FOCUS_RING))
            ring = track.adjusted(-3, -3, 3, 3)
            painter.drawRoundedRect(ring, ring.height() / 2, ring.height() / 2)
        edge = self._theme.color("muted" if self.isEnabled() else "outline")
        full = self._theme.color("accent" if self.isEnabled() else "outline")
        ground = self._theme.color("surface")
        # Off is an empty track: two full ones differ only in the knob's place, and a dark one looks switched on.
        painter.setPen(QPen(_between(edge, full, self._place), EDGE))
        painter.setBrush(_between(ground, full, self._place))
        inside = track.adjusted(EDGE / 2, EDGE / 2, -EDGE / 2, -EDGE / 2)
        painter.drawRoundedRect(inside, inside.height() / 2, inside.height() / 2)
        side = HEIGHT - 2 * MARGIN - 2 * (1 - self._place)
        middle = QPointF(track.left() + HEIGHT / 2 + self._place * (WIDTH - HEIGHT), track.center().y())
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(_between(edge, ground, self._place))
        painter.drawEllipse(middle, side / 2, side / 2)
        painter.end()


def _between(one: QColor, other: QColor, share: float) -> QColor:
    return QColor.fromRgbF(
        one.redF() + (other.redF() - one.redF()) * share,
        one.greenF() + (other.greenF() - one.greenF()) * share,
        one.blueF() + (other.blueF() - one.blueF()) * share,
    )
