"""What one block of an answer looks like: text, table, rule. Code has a module of its own.

Items are no widgets: a conversation of five hundred messages has ten thousand of them. `Flow` places and paints them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_right
from itertools import takewhile
from typing import Final

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from thimble.ui.chat.formulas import Formula
from thimble.ui.chat.rich_blocks import LINE_BREAK, Block, MathBlock, Rich, RuleBlock, TableBlock, TextBlock, plain
from thimble.ui.chat.rich_layout import WIDE, Look, RichLayout
from thimble.ui.theme import S1, S2, S_HALF, FontRole

Selected = tuple[int, int] | None
_HEADINGS: Final[dict[int, FontRole]] = {1: "title", 2: "heading"}
CELL_X: Final = 12
CELL_Y: Final = S1 - 1
WIDEST_WORD: Final = 160
"""Longer words of a table may be broken."""
RULE_HEIGHT: Final = 1
SMALLEST_FORMULA: Final = 0.5
"""A formula that would have to be drawn smaller than this is shown as its source."""
MATH_Y: Final = S_HALF
"""Air above and below a formula."""


class Item(ABC):
    """One block, placed by its `Flow`.

    Attributes:
        block: what it shows.
        x, y, height: its place in the flow, in pixels.
    """

    block: Block

    def __init__(self) -> None:
        self.x = 0.0
        self.y = 0.0
        self.height = 0.0
        self.right_to_left = False

    @abstractmethod
    def lay_out(self, width: float) -> float:
        """Takes a width; the height it needs."""

    @abstractmethod
    def paint(self, painter: QPainter, clip: QRectF, selected: Selected) -> None:
        """Draws what lies in `clip`; the origin is the item's corner."""

    @abstractmethod
    def text(self) -> str:
        """All its words; selections count its letters."""

    def copied(self, start: int, end: int) -> str:
        """A part of its words as they are copied."""
        return self.text()[start:end]

    def position(self, x: float, y: float) -> int:  # noqa: ARG002 - an item without words has one place only
        """The place between two letters nearest to a point."""
        return 0

    def href(self, x: float, y: float) -> str:  # noqa: ARG002 - as above
        """The link under a point, or ""."""
        return ""

    def links(self) -> list[tuple[int, int, str]]:
        """Its links: (first letter, end, target)."""
        return []

    def rects(self, start: int, end: int) -> list[QRectF]:  # noqa: ARG002 - as above
        """Where a run of letters stands, one rectangle a line."""
        return []

    def caret(self) -> QRectF:
        """Where the next letter will stand."""
        return QRectF(0, 0, 0, self.height)

    def natural_width(self) -> float:
        """Width it takes of what it was given; after a layout."""
        return WIDE

    def first_line_height(self) -> float:
        """Height of the line beside which a list's marker stands."""
        return self.height

    def release(self) -> None:  # noqa: B027 - some items have nothing to give
        """Gives back what only painting needs."""


def text_role(block: TextBlock) -> FontRole:
    """The font of a paragraph or heading."""
    return _HEADINGS.get(block.level, "strong") if block.level else "body"


class TextItem(Item):
    """A paragraph or heading.

    Args:
        block: its words.
        look: fonts and colours.
        colour: role of its colour.
        role: font, when it is not the block's own.
    """

    def __init__(self, block: TextBlock, look: Look, colour: str = "text", role: FontRole | None = None) -> None:
        super().__init__()
        self.block: TextBlock = block
        self._look = look
        self._colour = colour
        self._role: FontRole = role or text_role(block)
        self._width = 0.0
        self._natural = 0.0
        self._made: RichLayout | None = RichLayout(block.rich, look, self._role, colour)
        self.right_to_left = self._made.right_to_left

    @property
    def _layout(self) -> RichLayout:
        if self._made is None:
            self._made = RichLayout(self.block.rich, self._look, self._role, self._colour)
            self._made.lay_out(self._width)
        return self._made

    def lay_out(self, width: float) -> float:
        """Takes a width."""
        self._width = width
        self.height = self._layout.lay_out(width)
        self._natural = self._layout.natural_width
        return self.height

    def paint(self, painter: QPainter, clip: QRectF, selected: Selected) -> None:  # noqa: ARG002 - it is small
        """Draws the text."""
        self._layout.draw(painter, QPointF(0, 0), selected)

    def text(self) -> str:
        """Its words."""
        return self._layout.text(0, len(self.block.rich.text))

    def copied(self, start: int, end: int) -> str:
        """Formulas as TeX."""
        return self.block.rich.copied(start, end)

    def position(self, x: float, y: float) -> int:
        """The place between two letters nearest to a point."""
        return self._layout.position(x, y)

    def href(self, x: float, y: float) -> str:
        """The link under a point."""
        return self._layout.href(x, y)

    def links(self) -> list[tuple[int, int, str]]:
        """Its links."""
        return [(span.start, span.end, span.href) for span in self.block.rich.spans if span.href]

    def rects(self, start: int, end: int) -> list[QRectF]:
        """Where a run of letters stands."""
        return self._layout.rects(start, end)

    def caret(self) -> QRectF:
        """After the last letter."""
        return self._layout.place(len(self.block.rich.text))

    def natural_width(self) -> float:
        """Width of the longest line."""
        return self._natural

    def first_line_height(self) -> float:
        """One line."""
        return self._look.line_height(self._role)

    def release(self) -> None:
        """Forgets the layout, keeps the height."""
        self._made = None


class TableItem(Item):
    """A table: a bold head, hairlines between rows, columns as wide as their words want."""

    def __init__(self, block: TableBlock, look: Look, colour: str = "text") -> None:
        super().__init__()
        self.block: TableBlock = block
        self._look = look
        self._colour = colour
        self._width = 0.0
        self._columns: list[float] = []
        self._rows: list[float] = []
        self._made: list[list[RichLayout]] | None = None
        self._starts: list[int] = []
        self._count()

    def _count(self) -> None:
        self._starts = [0]
        for row in self.block.rows:
            for cell in row:
                self._starts.append(self._starts[-1] + len(cell.text) + 1)

    def update(self, block: TableBlock) -> bool:
        """Takes more rows of the same table; False when it is another one. Rows that stay keep their layout."""
        if block.alignments != self.block.alignments or block.path != self.block.path:
            return False
        if self._made is not None:
            same = sum(
                1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(self.block.rows, block.rows, strict=False))
            )
            del self._made[same:]
            for index in range(same, len(block.rows)):
                self._made.append(self._make_row(block, index))
        self.block = block
        self._count()
        return True

    def _make_row(self, block: TableBlock, index: int) -> list[RichLayout]:
        return [
            RichLayout(cell, self._look, "body" if index else "strong", self._colour, alignment)
            for cell, alignment in zip(block.rows[index], block.alignments, strict=True)
        ]

    @property
    def _cells(self) -> list[list[RichLayout]]:
        if self._made is None:
            self._made = [self._make_row(self.block, index) for index in range(len(self.block.rows))]
            if self._columns:
                self._place_cells()
        return self._made

    def lay_out(self, width: float) -> float:
        """Shares the width among the columns."""
        cells = self._cells
        wanted: list[float] = []
        least: list[float] = []
        for index, column in enumerate(zip(*cells, strict=True)):
            padding = self._padding(index) + CELL_X + 1
            sizes = [cell.measure() for cell in column]
            wanted.append(max(size[0] for size in sizes) + padding)
            least.append(min(wanted[-1], max(size[1] for size in sizes) + padding, WIDEST_WORD + padding))
        self._columns = share(width, wanted, least)
        self._width = sum(self._columns)
        self._place_cells()
        return self.height

    def _padding(self, column: int) -> float:
        """Left of a cell's words; the first column is flush with the text around the table."""
        return CELL_X if column else 0.0

    def _place_cells(self) -> None:
        assert self._made is not None  # noqa: S101 - called where it has just been made
        self._rows = [
            max(
                cell.lay_out(width - self._padding(index) - CELL_X)
                for index, (cell, width) in enumerate(zip(row, self._columns, strict=True))
            )
            + 2 * CELL_Y
            for row in self._made
        ]
        self.height = sum(self._rows) + 1

    def paint(self, painter: QPainter, clip: QRectF, selected: Selected) -> None:
        """Draws head, cells and hairlines."""
        line = QPen(self._look.colour("line"), 1)
        strong = QPen(self._look.colour("outline"), 1)
        y = 0.0
        index = 0
        for number, (row, height) in enumerate(zip(self._cells, self._rows, strict=True)):
            shown = y <= clip.bottom() and y + height >= clip.top()
            x = 0.0
            for column, (cell, width) in enumerate(zip(row, self._columns, strict=True)):
                if shown:
                    start = self._starts[index]
                    part = None
                    if selected:
                        part = (max(0, selected[0] - start), min(len(cell.rich.text), selected[1] - start))
                    cell.draw(painter, QPointF(x + self._padding(column), y + CELL_Y), part)
                x += width
                index += 1
            y += height
            if shown and number < len(self._rows) - 1:
                painter.setPen(line if number else strong)
                painter.drawLine(QPointF(0, y + 0.5), QPointF(self._width, y + 0.5))

    def text(self) -> str:
        """Cells parted by tabs, rows by line breaks: what a spreadsheet reads."""
        return "\n".join("\t".join(cell.text for cell in row) for row in self.block.rows)

    def position(self, x: float, y: float) -> int:
        """The place between two letters nearest to a point."""
        row, top = 0, 0.0
        while row < len(self._rows) - 1 and y >= top + self._rows[row]:
            top += self._rows[row]
            row += 1
        column, left = 0, 0.0
        while column < len(self._columns) - 1 and x >= left + self._columns[column]:
            left += self._columns[column]
            column += 1
        inside = self._cells[row][column].position(x - left - self._padding(column), y - top - CELL_Y)
        return self._starts[row * len(self._columns) + column] + inside

    def href(self, x: float, y: float) -> str:
        """The link under a point."""
        top = 0.0
        for row, height in zip(self._cells, self._rows, strict=True):
            left = 0.0
            for column, (cell, width) in enumerate(zip(row, self._columns, strict=True)):
                if left <= x < left + width and top <= y < top + height:
                    return cell.href(x - left - self._padding(column), y - top - CELL_Y)
                left += width
            top += height
        return ""

    def links(self) -> list[tuple[int, int, str]]:
        """The links of all cells."""
        cells = [cell for row in self.block.rows for cell in row]
        return [
            (start + span.start, start + span.end, span.href)
            for start, cell in zip(self._starts, cells, strict=False)
            for span in cell.spans
            if span.href
        ]

    def rects(self, start: int, end: int) -> list[QRectF]:
        """Where a run of letters of one cell stands."""
        row, column = divmod(bisect_right(self._starts, start) - 1, len(self._columns))
        first = self._starts[row * len(self._columns) + column]
        x = sum(self._columns[:column]) + self._padding(column)
        y = sum(self._rows[:row]) + CELL_Y
        return [rect.translated(x, y) for rect in self._cells[row][column].rects(start - first, end - first)]

    def caret(self) -> QRectF:
        """After the last letter of the last cell that has words."""
        last = self._cells[-1]
        column = max((i for i, cell in enumerate(last) if cell.rich.text), default=0)
        at = last[column].place(len(last[column].rich.text))
        return at.translated(sum(self._columns[:column]) + self._padding(column), sum(self._rows[:-1]) + CELL_Y)

    def release(self) -> None:
        """Forgets the cells' layouts."""
        self._made = None


def share(width: float, wanted: list[float], least: list[float]) -> list[float]:
    """Shares a width among columns: what they want if it fits, else their least width and an equal part of the rest."""
    if sum(wanted) <= width:
        return wanted
    if sum(least) >= width:
        return [max(8.0, entry * width / sum(least)) for entry in least]
    made = list(least)
    spare = width - sum(least)
    by_need = sorted(range(len(wanted)), key=lambda index: wanted[index] - least[index])
    for left, index in zip(range(len(by_need), 0, -1), by_need, strict=True):  # who needs little gets all of it
        more = min(wanted[index] - least[index], spare / left)
        made[index] += more
        spare -= more
    return made


class RuleItem(Item):
    """A hairline across."""

    def __init__(self, block: RuleBlock, look: Look) -> None:
        super().__init__()
        self.block: RuleBlock = block
        self._look = look
        self._width = 0.0

    def lay_out(self, width: float) -> float:
        """As wide as it is told."""
        self._width = width
        self.height = RULE_HEIGHT
        return self.height

    def paint(self, painter: QPainter, clip: QRectF, selected: Selected) -> None:  # noqa: ARG002 - no words
        """Draws the line."""
        painter.fillRect(QRectF(0, 0, self._width, RULE_HEIGHT), self._look.colour("line"))

    def text(self) -> str:
        """No words."""
        return ""


class MathItem(Item):
    """A formula on its own, in the middle.

    One that is too wide is drawn smaller; what cannot be drawn, or not so that it can be read, is shown as its source.
    """

    def __init__(self, block: MathBlock, look: Look, colour: str = "text") -> None:
        super().__init__()
        self.block: MathBlock = block
        self._look = look
        self._colour = colour
        self._width = 0.0
        self._source: RichLayout | None = None

    @property
    def formula(self) -> Formula:
        """The picture."""
        return self._look.formula(self.block.tex, "body", self._colour, display=True)

    @property
    def _scale(self) -> float:
        width = self.formula.width
        return min(1.0, self._width / width) if width else 1.0

    def lay_out(self, width: float) -> float:
        """As high as the formula."""
        self._width = width
        self._source = None
        if self.formula.is_drawn and self._scale >= SMALLEST_FORMULA:
            self.height = round(self.formula.height * self._scale) + 2 * MATH_Y
            return self.height
        text = self.block.tex.replace("\n", LINE_BREAK)
        self._source = RichLayout(Rich(text), self._look, "code", self._colour)
        self.height = self._source.lay_out(width) + 2 * MATH_Y
        return self.height

    def paint(self, painter: QPainter, clip: QRectF, selected: Selected) -> None:  # noqa: ARG002 - it is small
        """Draws the formula."""
        if self._source is not None:
            self._source.draw(painter, QPointF(0, MATH_Y), selected)
            return
        formula, scale = self.formula, self._scale
        left = (self._width - formula.width * scale) / 2
        if selected and selected[0] < selected[1]:
            ground = QRectF(left, 0, formula.width * scale, self.height)
            painter.fillRect(ground.adjusted(-S_HALF, 0, S_HALF, 0), self._look.selection())
        formula.draw(painter, QPointF(left, MATH_Y), scale)

    def text(self) -> str:
        """Its source."""
        return self.block.tex

    def copied(self, start: int, end: int) -> str:
        """All of its source, whatever part is selected."""
        return plain(self.block) if start < end else ""

    def position(self, x: float, y: float) -> int:
        """Before it or behind it."""
        if self._source is not None:
            return self._source.position(x, y - MATH_Y)
        return len(self.block.tex) if x > self._width / 2 else 0

    def rects(self, start: int, end: int) -> list[QRectF]:  # noqa: ARG002 - it is one thing
        """The whole formula."""
        return [QRectF(0, 0, self._width, self.height)]


def gap(above: Block, below: Block) -> float:
    """The space between two blocks: what belongs together stands close."""
    if isinstance(below, TextBlock) and below.level:
        return S2 + S_HALF if below.level <= 2 else S2
    if isinstance(above, TextBlock) and above.level:
        return S1
    if isinstance(above, RuleBlock) or isinstance(below, RuleBlock):
        return S2 + S_HALF
    if not isinstance(above, TextBlock) or not isinstance(below, TextBlock):
        return CELL_X
    inner = below.path[-1] if below.path else None
    if below.marker is not None and inner is not None and above.path:
        if below.marker.first and len(above.path) >= len(below.path):
            return CELL_X  # another list
        return S_HALF if inner.tight else S1
    return S1 if inner is not None and inner.kind == "item" else CELL_X
