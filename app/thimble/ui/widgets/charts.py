"""Figures as pictures: sparkline, meter and stacked bar, drawn by QPainter in the theme's colours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QLinearGradient, QPainter, QPainterPath, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from thimble.ui.theme import Theme
from thimble.ui.theme.tokens import RADIUS_TINY

GAP_PX = 2
"""Between two parts of a stacked bar: neighbours stay apart without their colours."""


class Sparkline(QWidget):
    """The course of one figure over a fixed time, without axes.

    Args:
        theme: colours.
        seconds: the time from the left edge to the right one.
        role: colour of the line.
        name: accessible name.
    """

    def __init__(self, theme: Theme, seconds: float, role: str, name: str) -> None:
        super().__init__()
        self._theme = theme
        self._seconds = seconds
        self._role = role
        self._points: Sequence[tuple[float, float]] = ()
        self._now = 0.0
        self._least_top = 1.0
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    def set_points(self, points: Sequence[tuple[float, float]], now: float, least_top: float = 1.0) -> None:
        """Shows a course.

        Args:
            points: (time in seconds, value), oldest first.
            now: the time at the right edge.
            least_top: the value at the upper edge, unless the points reach higher.
        """
        self._points = points
        self._now = now
        self._least_top = least_top
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the base line, the filled course and its end."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect()).adjusted(1, 2, -3, -2)
        painter.setPen(QPen(self._theme.color("line"), 1))
        painter.drawLine(QPointF(area.left(), area.bottom() + 1), QPointF(area.right(), area.bottom() + 1))
        shown = [(t, v) for t, v in self._points if t >= self._now - self._seconds]
        if len(shown) < 2:
            painter.end()
            return
        top = max(self._least_top, *(v for _, v in shown)) or 1.0
        places = [
            QPointF(
                area.right() - (self._now - t) / self._seconds * area.width(),
                area.bottom() - max(0.0, v) / top * area.height(),
            )
            for t, v in shown
        ]
        course = QPainterPath(places[0])
        for place in places[1:]:
            course.lineTo(place)
        filled = QPainterPath(course)
        filled.lineTo(QPointF(places[-1].x(), area.bottom()))
        filled.lineTo(QPointF(places[0].x(), area.bottom()))
        filled.closeSubpath()
        colour = self._theme.color(self._role)
        fade = QLinearGradient(0, area.top(), 0, area.bottom())
        fade.setColorAt(0, _with_alpha(colour, 70))
        fade.setColorAt(1, _with_alpha(colour, 8))
        painter.fillPath(filled, fade)
        painter.setPen(QPen(colour, 1.5, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        painter.drawPath(course)
        painter.end()


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a stacked bar: its share (any unit), colour role and name."""

    value: float
    role: str
    name: str


class StackedBar(QWidget):
    """Parts of a whole, side by side. The rest of `total` stays empty."""

    def __init__(self, theme: Theme, name: str, height: int = 12) -> None:
        super().__init__()
        self._theme = theme
        self._name = name
        self._parts: tuple[Part, ...] = ()
        self._total = 0.0
        self._mark: float | None = None
        self.setFixedHeight(height)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(name)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wide enough to be read; the layout stretches it."""
        return QSize(120, self.height())

    def set_parts(self, parts: Sequence[Part], total: float = 0.0, mark: float | None = None) -> None:
        """Shows parts.

        Args:
            parts: left to right.
            total: value of the whole bar; the parts' sum when that is more.
            mark: a value to mark with a line (a limit), if any.
        """
        new = tuple(parts)
        if (new, total, mark) == (self._parts, self._total, self._mark):
            return
        self._parts = new
        self._total = total
        self._mark = mark
        self.setAccessibleDescription(", ".join(p.name for p in new if p.value > 0))
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the empty bar, the parts and the mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        area = QRectF(self.rect())
        radius = min(RADIUS_TINY, area.height() / 2)
        clip = QPainterPath()
        clip.addRoundedRect(area, radius, radius)
        painter.setClipPath(clip)
        painter.fillRect(area, self._theme.color("line"))
        whole = max(self._total, sum(p.value for p in self._parts))
        left = 0.0
        if whole > 0:
            for part in self._parts:
                width = part.value / whole * area.width()
                if width > 0:
                    gap = GAP_PX if left + width < area.width() - GAP_PX and width > 2 * GAP_PX else 0
                    painter.fillRect(QRectF(left, 0, width - gap, area.height()), self._theme.color(part.role))
                    if gap:
                        ground = QRectF(left + width - gap, 0, gap, area.height())
                        painter.fillRect(ground, self._theme.color("surface"))
                    left += width
            if self._mark is not None and 0 < self._mark <= whole:
                x = min(self._mark / whole * area.width(), area.width() - 2)
                painter.fillRect(QRectF(x - 1, 0, 2, area.height()), self._theme.color("text"))
        painter.end()


def _with_alpha(colour: QColor, alpha: int) -> QColor:
    faded = QColor(colour)
    faded.setAlpha(alpha)
    return faded


class Swatch(QWidget):
    """The little square of a legend."""

    def __init__(self, theme: Theme, role: str, side: int = 10) -> None:
        super().__init__()
        self._theme = theme
        self._role = role
        self.setFixedSize(side, side)
        theme.changed.connect(self.update)

    def set_role(self, role: str) -> None:
        """Changes the colour."""
        if role != self._role:
            self._role = role
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the square."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color(self._role))
        painter.drawRoundedRect(QRectF(self.rect()), 2, 2)
        painter.end()


class StateDot(Swatch):
    """The round light of the engine's state; hollow when there is none, so that it is not told by colour alone."""

    def __init__(self, theme: Theme) -> None:
        super().__init__(theme, "muted", 10)
        self._hollow = True

    def set_state(self, role: str, *, hollow: bool) -> None:
        """Colour, and whether only the ring is drawn."""
        self._role = role
        self._hollow = hollow
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws disc or ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colour = self._theme.color(self._role)
        if self._hollow:
            painter.setPen(QPen(colour, 1.5))
            painter.drawEllipse(QRectF(self.rect()).adjusted(1.5, 1.5, -1.5, -1.5))
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            painter.drawEllipse(QRectF(self.rect()).adjusted(1, 1, -1, -1))
        painter.end()
