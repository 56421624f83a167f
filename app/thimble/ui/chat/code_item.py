"""A block of code: a rounded ground, a head with the language, lines that are never broken.

Height is a multiplication and only visible lines are laid out, so ten thousand lines cost what one screen of them
costs.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

from PySide6.QtCore import QCoreApplication, QPointF, QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QPen, QTextCharFormat, QTextLayout, QTextOption

from thimble.ui.chat.blocks import Item, Selected
from thimble.ui.chat.rich_blocks import CodeBlock
from thimble.ui.chat.rich_layout import WIDE, Look, selection_range
from thimble.ui.theme import RADIUS, S1, S2, S4
from thimble.ui.theme.tokens import SCROLLBAR

HEAD: Final = S4
PADDING_X: Final = S2 - 2
PADDING_Y: Final = S1 + 2
TAB_LETTERS: Final = 4
KEPT_LINES: Final = 400
"""Laid-out lines that are kept."""
_NAMES: Final = {
    "py": "Python", "python": "Python", "js": "JavaScript", "javascript": "JavaScript", "ts": "TypeScript",
    "typescript": "TypeScript", "sh": "Shell", "bash": "Shell", "zsh": "Shell", "shell": "Shell", "console": "Console",
    "c": "C", "cpp": "C++", "c++": "C++", "cs": "C#", "csharp": "C#", "html": "HTML", "css": "CSS", "json": "JSON",
    "yaml": "YAML", "yml": "YAML", "toml": "TOML", "sql": "SQL", "xml": "XML", "md": "Markdown", "rs": "Rust",
    "go": "Go", "php": "PHP", "java": "Java", "kt": "Kotlin", "rb": "Ruby", "diff": "Diff",
}  # fmt: skip

Colours = list[tuple[int, int, str]]
"""Coloured runs of a text: (start, end, colour role), in order."""


def language_name(language: str) -> str:
    """A language as people write it; what is not known stays as it came."""
    return _NAMES.get(language.lower(), language[:24])


class CodeItem(Item):
    """One block of code."""

    def __init__(self, block: CodeBlock, look: Look) -> None:
        super().__init__()
        self._look = look
        self.width = 0.0
        self.scroll = 0.0
        """How far the code is moved to the left, in pixels."""
        self.colours: Colours = []
        self.coloured = -1
        """Length of the text that `colours` speak of; -1 for never."""
        self._lines: list[str] = []
        self._starts: list[int] = []
        self._layouts: dict[int, QTextLayout] = {}
        self._longest = 0.0
        self._measured = 0
        self.block: CodeBlock = block
        self._take(0)

    def update(self, block: CodeBlock) -> None:
        """Takes the code as it is now: more of it, or without the backticks that turned out to be its end."""
        old = self.block.code
        same = len(old) if block.code.startswith(old) else (old.rfind("\n") + 1)
        if not block.code.startswith(old[:same]):
            same = 0
        if block.language != self.block.language:
            self.colours, self.coloured = [], -1
            same = 0
        self.block = block
        self._take(max(0, bisect_right(self._starts, same) - 1))

    def _take(self, first: int) -> None:
        """Reads the lines from the `first` on."""
        start = self._starts[first] if first < len(self._starts) else 0
        del self._lines[first:]
        del self._starts[first:]
        for line in self.block.code[start:].split("\n"):
            self._lines.append(line)
            self._starts.append(start)
            start += len(line) + 1
        for number in [number for number in self._layouts if number >= first]:
            del self._layouts[number]
        if first < self._measured:  # the longest line may be gone
            self._measured = 0
            self._longest = 0.0

    def set_colours(self, colours: Colours, length: int) -> None:
        """Takes the colours of the first `length` letters."""
        self.colours = colours
        self.coloured = length
        self._layouts.clear()

    def forget_colours(self) -> None:
        """The theme has changed: the lines are made anew."""
        self._layouts.clear()
        self._measured = 0
        self._longest = 0.0

    @property
    def content_width(self) -> float:
        """Width of the longest line."""
        advance = self._look.metrics("code").horizontalAdvance
        for line in self._lines[self._measured :]:
            self._longest = max(self._longest, advance(line.replace("\t", " " * TAB_LETTERS)))
        self._measured = len(self._lines)
        return self._longest

    @property
    def overflow(self) -> float:
        """How far it can be scrolled."""
        return max(0.0, self.content_width + 2 * PADDING_X - self.width)

    def lay_out(self, width: float) -> float:
        """As high as its lines."""
        self.width = width
        self.height = HEAD + 2 * PADDING_Y + len(self._lines) * self._look.line_height("code")
        if self.overflow > 0:
            self.height += SCROLLBAR - 4
        self.scroll = min(self.scroll, self.overflow)
        return self.height

    def paint(self, painter: QPainter, clip: QRectF, selected: Selected) -> None:
        """Draws ground, head and the visible lines."""
        look = self._look
        area = QRectF(0.5, 0.5, self.width - 1, self.height - 1)
        painter.setPen(QPen(look.colour("line"), 1))
        painter.setBrush(look.colour("code"))
        painter.drawRoundedRect(area, RADIUS, RADIUS)
        painter.drawLine(QPointF(1, HEAD - 0.5), QPointF(self.width - 1, HEAD - 0.5))
        painter.setPen(look.colour("muted"))
        painter.setFont(look.font("small"))
        head = QRectF(PADDING_X, 0, self.width - 2 * PADDING_X, HEAD)
        name = language_name(self.block.language) or QCoreApplication.translate("CodeItem", "Code")
        painter.drawText(head, Qt.AlignmentFlag.AlignVCenter, name)
        height = look.line_height("code")
        top = HEAD + PADDING_Y
        first = max(0, int((clip.top() - top) // height))
        last = min(len(self._lines) - 1, int((clip.bottom() - top) // height))
        painter.save()
        inside = QPainterPath()
        inside.addRoundedRect(area.adjusted(1, HEAD, -1, -1), RADIUS - 1, RADIUS - 1)
        painter.setClipPath(inside, Qt.ClipOperation.IntersectClip)
        for number in range(first, last + 1):
            ranges = []
            if selected:
                start = max(0, selected[0] - self._starts[number])
                end = min(len(self._lines[number]), selected[1] - self._starts[number])
                if start < end:
                    ranges = [selection_range(look, start, end)]
            painter.setPen(look.colour("text"))
            self._line(number).draw(painter, QPointF(PADDING_X - self.scroll, top + number * height), ranges)
        painter.restore()

    def _line(self, number: int) -> QTextLayout:
        if number in self._layouts:
            return self._layouts[number]
        if len(self._layouts) >= KEPT_LINES:
            self._layouts.clear()
        look = self._look
        layout = QTextLayout(self._lines[number], look.font("code"))
        layout.setCacheEnabled(True)
        option = QTextOption()
        option.setWrapMode(QTextOption.WrapMode.NoWrap)
        option.setTextDirection(Qt.LayoutDirection.LeftToRight)
        option.setTabStopDistance(TAB_LETTERS * look.metrics("code").horizontalAdvance(" "))
        layout.setTextOption(option)
        layout.setFormats(self._formats(number))
        layout.beginLayout()
        line = layout.createLine()
        line.setLineWidth(WIDE)
        line.setPosition(QPointF(0, (look.line_height("code") - line.height()) / 2))
        layout.endLayout()
        self._layouts[number] = layout
        return layout

    def _formats(self, number: int) -> list[QTextLayout.FormatRange]:
        start = self._starts[number]
        end = start + len(self._lines[number])
        made = []
        index = max(0, bisect_right(self.colours, (start, 0, "")) - 1)
        for first, last, role in self.colours[index:]:
            if first >= end:
                break
            if last > start:
                entry = QTextLayout.FormatRange()
                entry.start = max(first, start) - start
                entry.length = min(last, end) - start - entry.start
                entry.format = QTextCharFormat()
                entry.format.setForeground(self._look.colour(role))
                made.append(entry)
        return made

    def text(self) -> str:
        """The code."""
        return self.block.code

    def position(self, x: float, y: float) -> int:
        """The place between two letters nearest to a point."""
        number = int((y - HEAD - PADDING_Y) // self._look.line_height("code"))
        if number < 0:
            return 0
        if number >= len(self._lines):
            return len(self.block.code)
        return self._starts[number] + int(self._line(number).lineAt(0).xToCursor(x - PADDING_X + self.scroll))

    def caret(self) -> QRectF:
        """After the last letter."""
        height = self._look.line_height("code")
        number = len(self._lines) - 1
        width = self._look.metrics("code").horizontalAdvance(self._lines[number])
        x = min(PADDING_X + width - self.scroll, self.width - S1)
        return QRectF(x, HEAD + PADDING_Y + number * height, 0, height)

    def natural_width(self) -> float:
        """All it was given."""
        return self.width

    def first_line_height(self) -> float:
        """The head."""
        return HEAD

    def release(self) -> None:
        """Forgets the lines' layouts."""
        self._layouts.clear()
