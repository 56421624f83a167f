"""Blocks one under the other in one widget: painting, selection, links, and the copy buttons of code."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, QUrl, Signal
from PySide6.QtGui import (
    QDesktopServices,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from thimble.ui.chat.blocks import Item, MathItem, RuleItem, TableItem, TextItem, gap
from thimble.ui.chat.code_controls import CodeControls
from thimble.ui.chat.code_item import CodeItem
from thimble.ui.chat.highlight import Highlighter
from thimble.ui.chat.margin import inset_of, paint_around
from thimble.ui.chat.markdown import safe_href
from thimble.ui.chat.rich_blocks import Block, CodeBlock, MathBlock, RuleBlock, TableBlock, TextBlock
from thimble.ui.chat.rich_layout import Look
from thimble.ui.theme import S3, FontRole
from thimble.ui.theme.tokens import FOCUS_RING, RADIUS_TINY
from thimble.ui.visible import tip

CARET_WIDTH: Final = 2

Place = tuple[int, int]
"""A place in the words: (item, letter)."""
Link = tuple[int, int, int, str]
"""A link: (item, first letter, end, target)."""


class Flow(QWidget):
    """Blocks of one message.

    Args:
        look: fonts and colours, shared by the whole conversation.
        highlighter: colours the code; None leaves it plain.
        colour: role of the text's colour.
        role: font of paragraphs, when it is not the usual one.
        plain: the blocks are lines of one text: nothing between them.
        parent: owner.

    Signals:
        selecting: a selection has begun here.
        dragged: the pointer is at this global point while it selects.
    """

    selecting = Signal()
    dragged = Signal(QPoint)

    def __init__(
        self,
        look: Look,
        highlighter: Highlighter | None,
        *,
        colour: str = "text",
        role: FontRole | None = None,
        plain: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._look = look
        self._highlighter = highlighter
        self._colour = colour
        self._role = role
        self._plain = plain
        self._items: list[Item] = []
        self._ends: list[float] = []
        self._width = 0
        self._laid_out = 0
        self._live = False
        self._caret = False
        self._controls: dict[CodeItem, CodeControls] = {}
        self._anchor: Place | None = None
        self._cursor: Place | None = None
        self._pressed_href = ""
        self._link: int | None = None
        self.setMouseTracking(True)
        self.setCursor(Qt.CursorShape.IBeamCursor)

    # --- content ------------------------------------------------------------------------------------------------

    @property
    def items(self) -> Sequence[Item]:
        """The items, top to bottom."""
        return self._items

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to show."""
        return not self._items

    def set_blocks(self, blocks: Sequence[Block]) -> None:
        """Shows these blocks. Those that stay the same keep their layout; call `lay_out` afterwards."""
        same = 0
        for item, block in zip(self._items, blocks, strict=False):
            if item.block is not block and item.block != block:
                break
            same += 1
        if same == len(self._items) == len(blocks):
            return
        if same < len(self._items):
            item = self._items[same]
            more = blocks[same] if same < len(blocks) else None
            if isinstance(item, CodeItem) and isinstance(more, CodeBlock):
                item.update(more)
                self._want_colours(item)
                self._laid_out = min(self._laid_out, same)
                same += 1
            elif isinstance(item, TableItem) and isinstance(more, TableBlock) and item.update(more):
                self._laid_out = min(self._laid_out, same)
                same += 1
        for item in self._items[same:]:
            self._drop_controls(item)
        del self._items[same:]
        self._laid_out = min(self._laid_out, same)
        for block in blocks[same:]:
            made = self._make(block)
            self._items.append(made)
            self._want_colours(made)
        if self._cursor and self._anchor and max(self._cursor, self._anchor) >= (len(self._items), 0):
            self.clear_selection()

    def _make(self, block: Block) -> Item:
        if isinstance(block, CodeBlock):
            return CodeItem(block, self._look)
        if isinstance(block, TableBlock):
            return TableItem(block, self._look, self._colour)
        if isinstance(block, RuleBlock):
            return RuleItem(block, self._look)
        if isinstance(block, MathBlock):
            return MathItem(block, self._look, self._colour)
        quoted = any(container.kind == "quote" for container in block.path)
        return TextItem(block, self._look, "muted" if quoted else self._colour, None if block.level else self._role)

    def _want_colours(self, item: Item) -> None:
        if self._live and self._highlighter is not None and isinstance(item, CodeItem):
            self._highlighter.ask(item)

    def set_caret(self, *, shown: bool) -> None:
        """Shows the bar after the last letter: text is coming."""
        if shown != self._caret:
            self._caret = shown
            self.update()

    def restyle(self) -> None:
        """Fonts or colours are others now."""
        for item in self._items:
            item.release()
            if isinstance(item, CodeItem):
                item.forget_colours()
        self.update()

    def refit(self, *, plain: bool | None = None) -> None:
        """Fonts have other sizes now; all is laid out anew.

        Args:
            plain: whether the blocks are lines of one text from now on; None leaves it.
        """
        blocks = [item.block for item in self._items]
        self._plain = self._plain if plain is None else plain
        self.set_blocks([])
        self.set_blocks(blocks)

    # --- layout -------------------------------------------------------------------------------------------------

    def lay_out(self, width: int) -> int:
        """Places the blocks from the first changed one on; the height."""
        if width != self._width:
            self._width = width
            self._laid_out = 0
        first = self._laid_out
        y = self._items[first - 1].y + self._items[first - 1].height if first else 0.0
        for index in range(first, len(self._items)):
            item = self._items[index]
            if index and not self._plain:
                y += gap(self._items[index - 1].block, item.block)
            inset = inset_of(item.block.path)
            item.lay_out(max(S3, width - inset))
            item.x = 0.0 if item.right_to_left else inset
            item.y = float(round(y))
            y = item.y + item.height
            if not self._live:
                item.release()
        self._laid_out = len(self._items)
        self._ends = [item.y + item.height for item in self._items]
        if self._live:
            self._place_controls(first)
        if first < len(self._items):
            self.update(QRect(0, int(self._items[max(0, first - 1)].y) - 1, width, 1 << 24))
        return round(y) if self._items else 0

    def natural_width(self) -> float:
        """Width of the longest line; after a layout."""
        return max((item.x + item.natural_width() for item in self._items), default=0.0)

    def set_live(self, *, live: bool) -> None:
        """Comes near the visible part, or leaves it: what only painting needs is made or given back."""
        if live == self._live:
            return
        self._live = live
        if live:
            self._place_controls(0)
            for item in self._items:
                self._want_colours(item)
        else:
            for item in self._items:
                item.release()

    def _place_controls(self, first: int) -> None:
        for item in self._items[first:]:
            if isinstance(item, CodeItem):
                if item not in self._controls:
                    self._controls[item] = CodeControls(item, self._look, self, self._paint_item)
                self._controls[item].place()

    def _drop_controls(self, item: Item) -> None:
        controls = self._controls.pop(item, None) if isinstance(item, CodeItem) else None
        if controls is not None:
            controls.drop()

    def _paint_item(self, item: Item) -> None:
        self.update(self._area(item))

    def _area(self, item: Item) -> QRect:
        return QRect(0, int(item.y), self.width(), round(item.height) + 1)

    def item_coloured(self, item: CodeItem) -> None:
        """New colours for one of the items, if it is one of these."""
        if item in self._controls:
            self.update(self._area(item))

    # --- reading position ---------------------------------------------------------------------------------------

    def place_at(self, y: float) -> tuple[int, float]:
        """The item at a height, and how far down in it (0…1)."""
        if not self._items:
            return 0, 0.0
        index = min(bisect_right(self._ends, y), len(self._items) - 1)
        item = self._items[index]
        return index, (y - item.y) / max(1.0, item.height)

    def y_of(self, place: tuple[int, float]) -> float:
        """The height of what `place_at` named, in today's layout."""
        if not self._items:
            return 0.0
        item = self._items[min(place[0], len(self._items) - 1)]
        return item.y + place[1] * item.height

    # --- painting -----------------------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paints what is wanted."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        clip = QRectF(event.rect())
        first = max(0, bisect_right(self._ends, clip.top()))
        for index in range(first, len(self._items)):
            item = self._items[index]
            if item.y > clip.bottom() + S3:
                break
            paint_around(painter, self._look, self._width, item, self._items[index - 1] if index else None)
            painter.save()
            painter.translate(item.x, item.y)
            item.paint(painter, clip.translated(-item.x, -item.y), self._selected_in(index))
            painter.restore()
        if self._caret and self._items and self._laid_out == len(self._items):
            item = self._items[-1]
            place = item.caret().translated(item.x, item.y)
            bar = QRectF(place.x() + 1.5, place.y() + 2.5, CARET_WIDTH, place.height() - 5)
            painter.fillRect(bar, self._look.colour("accent"))
        if self._link is not None and self._link < len(links := self.links()):
            index, start, end, _ = links[self._link]
            painter.setPen(QPen(self._look.colour("accent"), FOCUS_RING))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for rect in self._items[index].rects(start, end):
                ring = rect.translated(self._items[index].x, self._items[index].y).adjusted(-3, 0, 3, 0)
                painter.drawRoundedRect(ring, RADIUS_TINY, RADIUS_TINY)
        painter.end()

    # --- links by key -------------------------------------------------------------------------------------------

    def links(self) -> list[Link]:
        """All links, top to bottom."""
        return [(index, *link) for index, item in enumerate(self._items) for link in item.links()]

    def link_y(self, link: int) -> float:
        """The height of a link."""
        index, start, end, _ = self.links()[link]
        rects = self._items[index].rects(start, end)
        return self._items[index].y + (rects[0].y() if rects else 0.0)

    @property
    def focused_link(self) -> int | None:
        """The link that Enter opens."""
        return self._link

    def focus_link(self, link: int | None) -> None:
        """Draws a ring around a link, or around none."""
        if link != self._link:
            self._link = link
            self.update()

    def open_focused_link(self) -> bool:
        """Opens it; False when there is none."""
        links = self.links()
        if self._link is None or self._link >= len(links):
            return False
        open_link(links[self._link][3])
        return True

    # --- selection ----------------------------------------------------------------------------------------------

    @property
    def has_selection(self) -> bool:
        """Whether words are selected here."""
        return self._anchor is not None and self._cursor is not None and self._anchor != self._cursor

    def selected_text(self) -> str:
        """The selected words."""
        parts: list[str] = []
        for index, item in enumerate(self._items):
            selected = self._selected_in(index)
            if selected is not None and (selected[0] < selected[1] or not item.text()):
                words = item.copied(*selected)
                marker = item.block.marker if isinstance(item.block, TextBlock) else None
                if marker is not None and selected[0] == 0 and parts:
                    words = (marker.text or "•") + " " + words
                parts.append(words)
        return ("\n" if self._plain else "\n\n").join(parts)

    def select_all(self) -> None:
        """Selects every word."""
        if self._items:
            self._anchor = (0, 0)
            self._cursor = (len(self._items) - 1, len(self._items[-1].text()))
            self.selecting.emit()
            self.update()

    def count_words(self, words: str) -> int:
        """How often words occur in the blocks, upper and lower case alike."""
        wanted = words.casefold()
        return sum(item.text().casefold().count(wanted) for item in self._items) if wanted else 0

    def select_words(self, words: str, number: int) -> QRectF | None:
        """Selects one occurrence of words; where it stands, or None when there are not so many."""
        wanted = words.casefold()
        for index, item in enumerate(self._items):
            text = item.text().casefold()
            here = text.count(wanted)
            if number >= here:
                number -= here
                continue
            start = -len(wanted)
            for _ in range(number + 1):
                start = text.find(wanted, start + len(wanted))
            self._anchor, self._cursor = (index, start), (index, start + len(words))
            self.selecting.emit()
            self.update()
            rects = item.rects(start, start + len(words))
            return rects[0].translated(item.x, item.y) if rects else QRectF(0, item.y, 1, item.height)
        return None

    def clear_selection(self) -> None:
        """Selects nothing."""
        if self._anchor is not None:
            self._anchor = self._cursor = None
            self.update()

    def _selected_in(self, index: int) -> tuple[int, int] | None:
        if self._anchor is None or self._cursor is None:
            return None
        first, last = sorted((self._anchor, self._cursor))
        if not first[0] <= index <= last[0]:
            return None
        start = first[1] if index == first[0] else 0
        end = last[1] if index == last[0] else len(self._items[index].text())
        return start, end

    def _place(self, point: QPointF) -> Place | None:
        if not self._items:
            return None
        index = min(bisect_right(self._ends, point.y()), len(self._items) - 1)
        item = self._items[index]
        if point.y() < item.y and index:  # in the space above it
            above = self._items[index - 1]
            if item.y - point.y() > point.y() - above.y - above.height:
                return index - 1, len(above.text())
            return index, 0
        return index, item.position(point.x() - item.x, point.y() - item.y)

    def href_at(self, point: QPointF) -> str:
        """The link under a point."""
        index = bisect_right(self._ends, point.y())
        if index >= len(self._items):
            return ""
        item = self._items[index]
        return item.href(point.x() - item.x, point.y() - item.y)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begins a selection, or presses a link."""
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        place = self._place(event.position())
        self._pressed_href = self.href_at(event.position())
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and self._anchor is not None:
            self._cursor = place
        else:
            self._anchor = self._cursor = place
        self.selecting.emit()
        self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Selects, or shows where a link leads."""
        if event.buttons() & Qt.MouseButton.LeftButton and self._anchor is not None:
            place = self._place(event.position())
            if place != self._cursor:
                self._cursor = place
                self.update()
            self.dragged.emit(event.globalPosition().toPoint())
            return
        href = self.href_at(event.position())
        self.setToolTip(tip(href))
        self.setCursor(Qt.CursorShape.PointingHandCursor if href else Qt.CursorShape.IBeamCursor)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Opens the link that was pressed."""
        href, self._pressed_href = self._pressed_href, ""
        if href and not self.has_selection and href == self.href_at(event.position()):
            open_link(href)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Selects a word."""
        place = self._place(event.position())
        if place is None or event.button() != Qt.MouseButton.LeftButton:
            return
        index, at = place
        words = self._items[index].text()
        start, end = at, at
        while start > 0 and is_letter(words[start - 1]):
            start -= 1
        while end < len(words) and is_letter(words[end]):
            end += 1
        self._anchor, self._cursor = (index, start), (index, end)
        self.selecting.emit()
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Sideways over code moves the code; everything else moves the conversation."""
        sideways = event.angleDelta().x()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier and not sideways:
            sideways = event.angleDelta().y()
        if abs(sideways) > abs(event.angleDelta().y()) or event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            index = bisect_right(self._ends, event.position().y())
            item = self._items[index] if index < len(self._items) else None
            controls = self._controls.get(item) if isinstance(item, CodeItem) else None
            if controls is not None and controls.scroll_by(-sideways):
                event.accept()
                return
        event.ignore()


def is_letter(letter: str) -> bool:
    """Whether a double click takes it as part of a word."""
    return letter.isalnum() or letter == "_"


def open_link(href: str) -> None:
    """Opens a web page in the browser; nothing else is ever opened."""
    if safe_href(href):
        QDesktopServices.openUrl(QUrl(href))
