"""Layers × experts as a picture: the shade says how often an expert is used, green that it is in memory.

One byte for each expert and a table of colours make an image, which Qt scales: 128 × 160 experts take two milliseconds.
"""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetrics,
    QHelpEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from thimble.insight.expert_map import ABSENT, LEVELS, Cell, ExpertMap
from thimble.ui import figures
from thimble.ui.theme import S1, S_HALF, Theme
from thimble.ui.theme.tokens import mix

FAINTEST: Final = 0.10
_GAP_FROM: Final = 5.0
"""Cells at least so wide and high stand apart and have a hole where their expert is on disk: not by colour alone."""
_STRIP: Final = 44
_LEAST_ROW: Final = 2


class HeatMap(QWidget):
    """The picture, with a cell under the pointer or moved by the arrow keys.

    Signals:
        chosen: text about the cell that is looked at; "" for none.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, *, strip: bool = True) -> None:
        super().__init__()
        self._theme = theme
        self._strip = strip
        self._map = ExpertMap()
        self._image = QImage()
        self._at: tuple[int, int] | None = None
        self._holes = QImage()
        self.setAccessibleName(self.tr("Layers and experts"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        theme.changed.connect(self._colour)

    def sizeHint(self) -> QSize:
        """Room for rows that can be told apart."""
        return QSize(320, 160)

    def minimumSizeHint(self) -> QSize:
        """Every layer can be seen."""
        return QSize(160, max(96, len(self._map.rows) * _LEAST_ROW + 20))

    def set_map(self, found: ExpertMap) -> None:
        """Shows experts."""
        new_shape = (len(found.rows), found.columns) != (len(self._map.rows), self._map.columns)
        self._map = found
        if not found.rows or not found.columns:
            self._image = self._holes = QImage()
        else:
            self._image = _image(found.shades(_aligned(found.columns)), found.columns, len(found.rows))
            big = found.shades_with_holes(_aligned(3 * found.columns))
            self._holes = _image(big, 3 * found.columns, 3 * len(found.rows))
        if new_shape:
            self._at = None
            self.updateGeometry()
        self._colour()
        self._tell()

    def cell(self) -> Cell | None:
        """The expert that is looked at."""
        return self._map.cell(*self._at) if self._at is not None else None

    def colour_at(self, row: int, expert: int) -> QColor:
        """The colour of a cell's centre as it is drawn."""
        return QColor(self._image.pixelColor(expert, row))

    def place_of(self, row: int, expert: int) -> QPoint:
        """The middle of a cell in the widget."""
        return self._rect(row, expert).center().toPoint()

    # --- Qt -----------------------------------------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the image, its axes, the strip of neurons and the cell that is looked at."""
        painter = QPainter(self)
        area = self.area
        if self._image.isNull():
            painter.setPen(self._theme.color("muted"))
            painter.setFont(self._theme.font("small"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.tr("No experts are kept on disk."))
            painter.end()
            return
        if self._is_big(area):
            painter.drawImage(area, self._holes)
            self._draw_cells(painter, area)
        else:
            painter.drawImage(area, self._image)
        self._draw_axes(painter, area)
        if self._at is not None:
            painter.setPen(QPen(self._theme.color("text"), 1.5))
            painter.drawRect(self._rect(*self._at).adjusted(-1, -1, 1, 1))
        if self.hasFocus():
            painter.setPen(QPen(self._theme.color("accent"), 2))
            painter.drawRect(self.rect().adjusted(1, 1, -1, -1))
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Looks at the cell under the pointer."""
        self._look(self._place(event.position()))

    def leaveEvent(self, event: QEvent) -> None:
        """Looks at nothing."""
        if not self.hasFocus():
            self._look(None)
        super().leaveEvent(event)

    def event(self, event: QEvent) -> bool:
        """Tells about the cell in a tooltip."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            place = self._place(QPointF(event.pos()))
            cell = self._map.cell(*place) if place else None
            if cell is not None:
                QToolTip.showText(event.globalPos(), self.text_of(cell), self)
            else:
                QToolTip.hideText()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """The arrow keys move the cell; Home and End go to the ends of its layer."""
        row, expert = self._at or (0, 0)
        steps = {Qt.Key.Key_Left: (0, -1), Qt.Key.Key_Right: (0, 1), Qt.Key.Key_Up: (-1, 0), Qt.Key.Key_Down: (1, 0)}
        key = Qt.Key(event.key())
        if self._image.isNull() or (key not in steps and key not in {Qt.Key.Key_Home, Qt.Key.Key_End}):
            super().keyPressEvent(event)
            return
        if key in steps:
            down, right = steps[key] if self._at is not None else (0, 0)
            row, expert = row + down, expert + right
        else:
            expert = 0 if key == Qt.Key.Key_Home else self._map.columns - 1
        row = min(max(row, 0), len(self._map.rows) - 1)
        self._look((row, min(max(expert, 0), self._map.rows[row].experts - 1)))

    def text_of(self, cell: Cell) -> str:
        """A cell in words."""
        where = self.tr("in memory") if cell.resident else self.tr("on disk")
        text = self.tr("Layer {0}, expert {1}: {2} of its layer's uses, missing {3} of {4} times, {5}").format(
            cell.layer,
            cell.expert,
            figures.percent(cell.share, 1),
            figures.count(cell.misses),
            figures.count(cell.uses),
            where,
        )
        return str(text)

    # --- inside -------------------------------------------------------------------------------------------------

    def _colour(self) -> None:
        colours = self._theme.colours
        table: list[int] = []
        for here in (colours.miss, colours.hit):
            for level in range(LEVELS):
                share = FAINTEST + (1 - FAINTEST) * level / (LEVELS - 1)
                table.append(QColor(mix(colours.surface, here, share)).rgb())
        table.append(QColor(colours.surface).rgb())
        assert len(table) == ABSENT + 1  # noqa: S101 - the two modules have to agree
        for image in (self._image, self._holes):
            if not image.isNull():
                image.setColorTable(table)
        self.update()

    @property
    def area(self) -> QRectF:
        """Where the cells are."""
        left = QFontMetrics(self._theme.font("tiny")).horizontalAdvance("000") + S1
        below = QFontMetrics(self._theme.font("tiny")).height() + 2
        right = _STRIP + S1 if self._strip and any(row.active is not None for row in self._map.rows) else 2
        return QRectF(left, 2, max(1, self.width() - left - right), max(1, self.height() - below - 4))

    def _rect(self, row: int, expert: int) -> QRectF:
        area = self.area
        width, height = area.width() / max(1, self._map.columns), area.height() / max(1, len(self._map.rows))
        return QRectF(area.left() + expert * width, area.top() + row * height, width, height)

    def _place(self, at: QPointF) -> tuple[int, int] | None:
        area = self.area
        if not area.contains(at) or not self._map.rows:
            return None
        row = int((at.y() - area.top()) / area.height() * len(self._map.rows))
        expert = int((at.x() - area.left()) / area.width() * self._map.columns)
        return (row, expert) if self._map.cell(row, expert) is not None else None

    def _look(self, place: tuple[int, int] | None) -> None:
        if place != self._at:
            self._at = place
            self.update()
            self._tell()

    def _tell(self) -> None:
        cell = self.cell()
        text = self.text_of(cell) if cell is not None else ""
        self.setAccessibleDescription(text)
        self.chosen.emit(text)

    def _draw_cells(self, painter: QPainter, area: QRectF) -> None:
        """Big cells stand apart."""
        rows, columns = len(self._map.rows), self._map.columns
        width, height = area.width() / columns, area.height() / rows
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._theme.color("surface"))
        lines = [QRectF(area.left() + n * width - 0.5, area.top(), 1, area.height()) for n in range(columns)]
        lines += [QRectF(area.left(), area.top() + n * height - 0.5, area.width(), 1) for n in range(rows)]
        painter.drawRects(lines)

    def _is_big(self, area: QRectF) -> bool:
        rows, columns = len(self._map.rows), self._map.columns
        return min(area.width() / max(1, columns), area.height() / max(1, rows)) >= _GAP_FROM

    def _draw_axes(self, painter: QPainter, area: QRectF) -> None:
        font = self._theme.font("tiny")
        metrics = QFontMetrics(font)
        painter.setFont(font)
        painter.setPen(self._theme.color("muted"))
        rows, height = len(self._map.rows), area.height() / len(self._map.rows)
        every = max(1, -(-int(metrics.height() + 2) // max(1, int(height))))
        for number in range(0, rows, every):
            top = area.top() + number * height
            place = QRect(0, int(top), int(area.left()) - S_HALF, max(int(height), metrics.height()))
            painter.drawText(
                place, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignTop, str(self._map.rows[number].layer)
            )
        below = QRect(int(area.left()), int(area.bottom()) + 2, int(area.width()), metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignLeft, self.tr("expert 0"))
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, str(self._map.columns - 1))
        if area.right() + _STRIP > self.width():
            return
        left = area.right() + S1
        painter.setPen(Qt.PenStyle.NoPen)
        for number, row in enumerate(self._map.rows):
            top = area.top() + number * height
            thick = max(1.0, height - (1 if height > 3 else 0))
            painter.fillRect(QRectF(left, top, _STRIP, thick), self._theme.color("line"))
            if row.active is not None:
                painter.fillRect(QRectF(left, top, _STRIP * row.active, thick), self._theme.color("compute"))
        painter.setPen(self._theme.color("muted"))
        name = metrics.elidedText(self.tr("neurons"), Qt.TextElideMode.ElideRight, _STRIP + S1)
        below = QRect(int(left) - S1, int(area.bottom()) + 2, _STRIP + S1, metrics.height())
        painter.drawText(below, Qt.AlignmentFlag.AlignRight, name)


def _aligned(width: int) -> int:
    """QImage wants lines of whole 32-bit words."""
    return (width + 3) // 4 * 4


def _image(data: bytes, width: int, height: int) -> QImage:
    return QImage(data, width, height, _aligned(width), QImage.Format.Format_Indexed8).copy()  # the bytes are Python's
