"""What stands beside a block: bars of quotes, markers of lists; at the right of a text from right to left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QPainter, QPen

from thimble.ui.chat.blocks import Item
from thimble.ui.chat.rich_blocks import Container, Marker, TextBlock
from thimble.ui.chat.rich_layout import Look
from thimble.ui.theme import ICON, S3
from thimble.ui.theme.icons import draw

ITEM_INDENT: Final = S3
QUOTE_INDENT: Final = 18
QUOTE_BAR: Final = 3
MARKER_GAP: Final = 9
BULLET: Final = 5.0
NUMBER_WIDTH: Final = 100
"""Room for a number, most of it empty."""


def inset_of(path: Sequence[Container]) -> float:
    """How far a block stands from the edge."""
    return sum(QUOTE_INDENT if container.kind == "quote" else ITEM_INDENT for container in path)


def paint_around(painter: QPainter, look: Look, width: int, item: Item, above: Item | None) -> None:
    """Draws what stands beside a block.

    Args:
        painter: in the flow's coordinates.
        look: fonts and colours.
        width: of the flow.
        item: the block.
        above: the block before it: one bar leads through all blocks of a quote.
    """
    path = item.block.path
    for depth, container in enumerate(path):
        if container.kind != "quote":
            continue
        inside = path[: depth + 1]
        top = item.y
        if above is not None and above.block.path[: depth + 1] == inside:
            top = above.y + above.height
        x = inset_of(path[:depth])
        left = width - x - QUOTE_BAR if item.right_to_left else x
        painter.fillRect(QRectF(left, top, QUOTE_BAR, item.y + item.height - top), look.colour("outline"))
    if isinstance(item.block, TextBlock) and item.block.marker is not None:
        inset = inset_of(path)
        edge = width - inset + MARKER_GAP if item.right_to_left else inset - MARKER_GAP
        _paint_marker(painter, look, item, item.block.marker, edge)


def _paint_marker(painter: QPainter, look: Look, item: Item, marker: Marker, edge: float) -> None:
    """Draws a number, a box or a bullet that begins or ends at `edge`."""
    height = item.first_line_height()
    rtl = item.right_to_left
    colour = look.colour("muted")
    if marker.text:
        painter.setPen(colour)
        painter.setFont(look.font("body"))
        side = Qt.AlignmentFlag.AlignLeft if rtl else Qt.AlignmentFlag.AlignRight
        area = QRectF(edge if rtl else edge - NUMBER_WIDTH + 3, item.y, NUMBER_WIDTH, height)
        painter.drawText(area, side | Qt.AlignmentFlag.AlignVCenter, marker.text)
        return
    if marker.done is not None:
        icon = "ph.check-square" if marker.done else "ph.square"
        square = QRect(round(edge if rtl else edge - ICON + 2), round(item.y + (height - ICON) / 2), ICON, ICON)
        draw(painter, square, icon, look.colour("accent" if marker.done else "muted"))
        return
    spot = QRectF(edge if rtl else edge - BULLET - 1, item.y + (height - BULLET) / 2 + 0.5, BULLET, BULLET)
    if marker.depth % 3 == 0:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawEllipse(spot)
    elif marker.depth % 3 == 1:
        painter.setPen(QPen(colour, 1.2))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawEllipse(spot.adjusted(0.3, 0.3, -0.3, -0.3))
    else:
        painter.fillRect(spot.adjusted(0.5, 0.5, -0.5, -0.5), colour)
