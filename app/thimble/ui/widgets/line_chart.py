"""Courses over time with axes: scroll, zoom, pause, and a cross-hair with figures.

Drawn by QPainter and not by a chart library: the four things needed here are below, look like the rest of the window
and speak to a screen reader; `docs/dashboard.md` has what pyqtgraph would have cost.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from thimble.ui.theme import S1, S2, S_HALF, Theme

LEAST_SPAN: Final = 15.0
MOST_SPAN: Final = 1800.0
ZOOM: Final = 1.25
MARK: Final = 14
"""Length of the piece of line before its name."""


@dataclass(frozen=True, slots=True)
class Line:
    """One course: its name, colour role, and pieces of (seconds, value) with gaps between them."""

    name: str
    role: str
    pieces: Sequence[Sequence[tuple[float, float]]]
    dashed: bool = False


class LineChart(QWidget):
    """Lines over the time that is looked at.

    Args:
        theme: colours and fonts.
        name: accessible name.
        write: a value with its unit.

    Signals:
        paused_changed: whether it stands still.
        view_changed: the time that is looked at is another: (seconds shown, seconds before now).
    """

    paused_changed = Signal(bool)
    view_changed = Signal(float, float)

    def __init__(self, theme: Theme, name: str, write: Callable[[float], str]) -> None:
        super().__init__()
        self._theme = theme
        self._write = write
        self._empty_top = 1.0
        self._lines: Sequence[Line] = ()
        self._now = 0.0
        self._end: float | None = None  # None: follows now
        self._span = 120.0
        self._pointer: float | None = None
        self._dragged: tuple[float, float] | None = None
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Wide and not very high."""
        return QSize(420, 110)

    def minimumSizeHint(self) -> QSize:
        """Axis and line can still be read."""
        return QSize(180, 96)

    @property
    def paused(self) -> bool:
        """Whether it stands still while time goes on."""
        return self._end is not None

    @property
    def span(self) -> float:
        """Seconds from the left edge to the right one."""
        return self._span

    @property
    def looked_at(self) -> tuple[float, float]:
        """The time that is looked at: from, to."""
        end = self._now if self._end is None else self._end
        return end - self._span, end

    def set_lines(self, lines: Sequence[Line], now: float) -> None:
        """Shows courses; `now` is the right edge unless it is paused."""
        self._lines, self._now = lines, now
        self._describe()
        self.update()

    def set_writer(self, write: Callable[[float], str], empty_top: float = 1.0) -> None:
        """Another unit; `empty_top` is the axis's end while there is nothing to show."""
        self._write, self._empty_top = write, empty_top
        self.update()

    def set_paused(self, paused: bool) -> None:
        """Holds the picture, or goes on with the newest."""
        if paused != self.paused:
            self._end = self._now if paused else None
            self._changed()
            self.paused_changed.emit(paused)

    def set_span(self, seconds: float) -> None:
        """Shows so many seconds."""
        self._span = min(MOST_SPAN, max(LEAST_SPAN, seconds))
        self._changed()

    def set_view(self, span: float, end: float | None) -> None:
        """Looks at the same time as another chart, without telling of it."""
        self._span, self._end = span, end
        self.update()

    @property
    def end(self) -> float | None:
        """The right edge when paused."""
        return self._end

    def scroll_time(self, seconds: float) -> None:
        """Looks at a later (or earlier) time; reaching now follows it again."""
        end = (self._now if self._end is None else self._end) + seconds
        was = self.paused
        self._end = None if end >= self._now else max(self._now - MOST_SPAN + self._span, end)
        self._changed()
        if was != self.paused:
            self.paused_changed.emit(self.paused)

    # --- Qt -----------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws grid, courses, cross-hair and focus."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        first, last = self.looked_at
        shown = [
            (line, [[(t, v) for t, v in piece if first - 2 <= t <= last] for piece in line.pieces])
            for line in self._lines
        ]
        highest = max((v for _, pieces in shown for piece in pieces for _, v in piece), default=None)
        top = self._empty_top if highest is None else nice_top(highest)
        area = self._area(top)
        self._draw_grid(painter, area, top)
        if highest is None:
            painter.setFont(self._theme.font("small"))
            painter.setPen(self._theme.color("muted"))
            above = area.adjusted(0, 0, 0, -area.height() / 2)  # the line in the middle would go through the words
            painter.drawText(above, Qt.AlignmentFlag.AlignCenter, self.tr("Nothing in this time"))
        painter.setClipRect(area.adjusted(-1, -2, 1, 2))
        for line, pieces in shown:
            pen = QPen(self._theme.color(line.role), 1.6)
            pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
            if line.dashed:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            for piece in pieces:
                places = [self._place(area, t, v, top) for t, v in piece]
                if len(places) == 1:
                    painter.drawEllipse(places[0], 1, 1)
                elif places:
                    painter.drawPolyline(QPolygonF(places))
        painter.setClipping(False)
        if len(self._lines) > 1:
            self._draw_names(painter, area)
        if self._pointer is not None:
            self._draw_cross(painter, area, top)
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRoundedRect(QRectF(self.rect()).adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """With Ctrl zooms, sideways or with Shift scrolls in time; else the page scrolls."""
        turned = event.angleDelta()
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self.set_span(self._span * ZOOM ** (-turned.y() / 120))
        elif turned.x() or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.scroll_time(-(turned.x() or turned.y()) / 120 * self._span / 10)
        else:
            event.ignore()
            return
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Left and right scroll, plus and minus zoom, Space pauses, End goes to now."""
        key = event.key()
        if key in {Qt.Key.Key_Left, Qt.Key.Key_Right}:
            self.scroll_time(self._span / 5 * (1 if key == Qt.Key.Key_Right else -1))
        elif key in {Qt.Key.Key_Plus, Qt.Key.Key_Equal}:
            self.set_span(self._span / ZOOM)
        elif key == Qt.Key.Key_Minus:
            self.set_span(self._span * ZOOM)
        elif key == Qt.Key.Key_Space:
            self.set_paused(not self.paused)
        elif key == Qt.Key.Key_End:
            self.set_paused(False)
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins to drag the time."""
        if event.button() == Qt.MouseButton.LeftButton:
            self._dragged = event.position().x(), self.looked_at[1]

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Moves the cross-hair, or the time while dragged."""
        if self._dragged is not None:
            moved = (event.position().x() - self._dragged[0]) / max(1.0, self._area(1).width()) * self._span
            self.scroll_time(self._dragged[1] - moved - self.looked_at[1])
        self._pointer = event.position().x()
        self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Ends dragging."""
        self._dragged = None
        super().mouseReleaseEvent(event)

    def leaveEvent(self, event: QEvent) -> None:
        """No cross-hair."""
        self._pointer = None
        self.update()
        super().leaveEvent(event)

    # --- inside -------------------------------------------------------------------------------------------------

    def _changed(self) -> None:
        self._describe()
        self.update()
        self.view_changed.emit(self._span, self._now - self.looked_at[1])

    def _describe(self) -> None:
        parts = [f"{line.name} {self._write(line.pieces[-1][-1][1])}" for line in self._lines if line.pieces]
        self.setAccessibleDescription(", ".join(parts))

    def _area(self, top: float) -> QRectF:
        metrics = QFontMetrics(self._theme.font("tiny"))
        left = max(metrics.horizontalAdvance(self._write(top)), metrics.horizontalAdvance("0000")) + S1
        return QRectF(
            left,
            S_HALF + metrics.height() / 2,
            max(1, self.width() - left - S_HALF),
            max(1, self.height() - 2 * metrics.height() - S_HALF),
        )

    def _place(self, area: QRectF, time: float, value: float, top: float) -> QPointF:
        return QPointF(
            area.right() - (self.looked_at[1] - time) / self._span * area.width(),
            area.bottom() - min(value, top) / top * area.height(),
        )

    def _draw_grid(self, painter: QPainter, area: QRectF, top: float) -> None:
        font = self._theme.font("tiny")
        metrics = QFontMetrics(font)
        painter.setFont(font)
        for part in (0.0, 0.5, 1.0):
            y = area.bottom() - part * area.height()
            painter.setPen(QPen(self._theme.color("line"), 1))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(self._theme.color("muted"))
            place = QRectF(0, y - metrics.height() / 2, area.left() - S_HALF, metrics.height())
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._write(part * top)
            )
        below = QRectF(area.left(), area.bottom() + 2, area.width(), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self._ago(self._now - self.looked_at[0]))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, self._ago(self._now - self.looked_at[1]))

    def _draw_names(self, painter: QPainter, area: QRectF) -> None:
        """Which line is which, in the line of the time below the axis."""
        font = self._theme.font("tiny")
        metrics = QFontMetrics(font)
        painter.setFont(font)
        widths = [metrics.horizontalAdvance(line.name) + MARK + S_HALF for line in self._lines]
        x = area.center().x() - (sum(widths) + S2 * (len(widths) - 1)) / 2
        y = area.bottom() + 2 + metrics.height() / 2
        for line, width in zip(self._lines, widths, strict=True):
            pen = QPen(self._theme.color(line.role), 2)
            if line.dashed:
                pen.setStyle(Qt.PenStyle.DashLine)
            painter.setPen(pen)
            painter.drawLine(QPointF(x, y), QPointF(x + MARK, y))
            painter.setPen(self._theme.color("muted"))
            place = QRectF(x + MARK + S_HALF, y - metrics.height() / 2, width, metrics.height())
            painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line.name)
            x += width + S2

    def _ago(self, seconds: float) -> str:
        if seconds < 1:
            return self.tr("now")
        if seconds < 120:
            return self.tr("{0} s ago").format(round(seconds))
        return self.tr("{0} min ago").format(round(seconds / 60))

    def _draw_cross(self, painter: QPainter, area: QRectF, top: float) -> None:
        x = min(max(self._pointer or 0.0, area.left()), area.right())
        time = self.looked_at[1] - (area.right() - x) / area.width() * self._span
        painter.setPen(QPen(self._theme.color("outline"), 1))
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        texts = []
        for line in self._lines:
            near = nearest(line.pieces, time, self._span / 60)
            if near is not None:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(self._theme.color(line.role))
                painter.drawEllipse(self._place(area, *near, top), 3, 3)
                texts.append(f"{line.name} {self._write(near[1])}")
        if not texts:
            return
        text = " · ".join(texts)
        font = self._theme.font("tiny")
        metrics = QFontMetrics(font)
        width = metrics.horizontalAdvance(text) + 2 * S1
        left = min(max(0.0, x - width / 2), self.width() - width)
        box = QRectF(left, 0, width, metrics.height() + S_HALF)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("hint"))
        painter.drawRoundedRect(box, 4, 4)
        painter.setFont(font)
        painter.setPen(self._theme.color("hint_text"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def nice_top(value: float) -> float:
    """The smallest of 1, 2, 2.5, 5 × 10ⁿ that is not below the value; 1 for nothing."""
    if not math.isfinite(value) or value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 2.5, 5.0, 10.0, 20.0) if step * power >= value * 0.999)


def nearest(pieces: Sequence[Sequence[tuple[float, float]]], time: float, within: float) -> tuple[float, float] | None:
    """The point nearest to a time, at most `within` seconds (and two) away."""
    best = min((point for piece in pieces for point in piece), key=lambda point: abs(point[0] - time), default=None)
    return best if best is not None and abs(best[0] - time) <= max(2.0, within) else None
