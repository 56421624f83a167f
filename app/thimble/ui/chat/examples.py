"""Example prompts as cards: what a small model does well, and a way to begin with one click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFontMetrics, QPainter, QPaintEvent, QPen, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QGridLayout, QSizePolicy, QWidget

from thimble.settings_table import QT_TRANSLATE_NOOP
from thimble.ui.theme import ICON_LARGE, RADIUS, S1, S2, S_HALF, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.theme.tokens import FOCUS_RING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtCore import QEvent

_C: Final = "Examples"
BESIDE: Final = 560
"""From this width on the cards stand beside each other."""
TALL: Final = 112
LOW: Final = 56
MOST_BESIDE: Final = 3
"""More cards stand in two columns, and low."""


@dataclass(frozen=True, slots=True)
class Example:
    """One example: its Phosphor icon, what it is, the prompt (English source texts), and whether that is translated."""

    icon: str
    kind: str
    prompt: str
    translated: bool = True


EXAMPLES: Final = (
    Example(
        "ph.lightbulb",
        QT_TRANSLATE_NOOP("Examples", "A question"),
        QT_TRANSLATE_NOOP("Examples", "Why is the sky blue?"),
    ),
    Example(
        "ph.list-bullets",
        QT_TRANSLATE_NOOP("Examples", "A list"),
        QT_TRANSLATE_NOOP("Examples", "Three tips for better sleep"),
    ),
    Example(
        "ph.code",
        QT_TRANSLATE_NOOP("Examples", "Some code"),
        QT_TRANSLATE_NOOP("Examples", "Write a Python function that reverses a string"),
    ),
)

GUIDE_EXAMPLES: Final = (
    Example("ph.paperclip", QT_TRANSLATE_NOOP("Examples", "How to"), "How do I attach a PDF?", translated=False),
    Example("ph.gauge", QT_TRANSLATE_NOOP("Examples", "Speed"), "Why is it slow?", translated=False),
    Example("ph.circles-four", QT_TRANSLATE_NOOP("Examples", "A word"), "What is an expert?", translated=False),
    Example("ph.book-open", QT_TRANSLATE_NOOP("Examples", "A story"), "Tell me a story", translated=False),
)
"""What the Thimble guide does well; it speaks only English."""


class ExampleCard(QAbstractButton):
    """One example, drawn by hand: tall beside others, low below others."""

    def __init__(self, theme: Theme, example: Example, *, choice: bool) -> None:
        super().__init__()
        self._theme = theme
        self._icon = example.icon
        self._kind = QCoreApplication.translate(_C, example.kind)
        self.prompt = QCoreApplication.translate(_C, example.prompt) if example.translated else example.prompt
        self.tall = True
        self.setText(self.prompt)
        self.setAccessibleName(self.prompt)
        self.setAccessibleDescription(self._kind)
        self.setCheckable(choice)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Equal widths; the layout stretches them."""
        return QSize(160, TALL if self.tall else LOW)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A prompt that is cut off can be read in the tooltip."""
        super().resizeEvent(event)
        room = self.width() - 3 * S2 - ICON_LARGE
        cut = not self.tall and QFontMetrics(self._theme.font("body")).horizontalAdvance(self.prompt) > room
        self.setToolTip(self.prompt if cut else "")

    def enterEvent(self, event: QEnterEvent) -> None:
        """Under the pointer it is lighter."""
        super().enterEvent(event)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """And as before without it."""
        super().leaveEvent(event)
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws ground, edge, icon and words."""
        theme = self._theme
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        chosen = self.isChecked()
        live = self.isEnabled()
        ground = "pressed" if self.isDown() else "hover" if live and self.underMouse() and not chosen else "surface"
        thick = FOCUS_RING if self.hasFocus() or chosen else 1
        edge = "accent" if self.hasFocus() or chosen else "line"
        painter.setBrush(theme.color(ground))
        painter.setPen(QPen(theme.color(edge), thick))
        inset = thick / 2
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), RADIUS, RADIUS)
        text, muted = theme.color("text" if live else "muted"), theme.color("muted")
        kind_font, font = theme.font("small"), theme.font("body")
        kind_height = QFontMetrics(kind_font).height()
        area = self.rect().adjusted(S2, S2 - 2, -S2, -S2 + 2)
        if self.tall:
            draw(painter, QRect(area.left(), area.top(), ICON_LARGE, ICON_LARGE), self._icon, theme.color("accent"))
            top = area.top() + ICON_LARGE + S1 + S_HALF
            words = QRect(area.left(), top + kind_height + S_HALF, area.width(), area.bottom() - top - kind_height + S1)
        else:
            middle = self.rect().center().y()
            icon = QRect(area.left(), middle - ICON_LARGE // 2, ICON_LARGE, ICON_LARGE)
            draw(painter, icon, self._icon, theme.color("accent"))
            both = kind_height + QFontMetrics(font).height()
            top = middle - both // 2
            left = area.left() + ICON_LARGE + S2
            words = QRect(left, top + kind_height, area.right() - left, QFontMetrics(font).height())
        painter.setFont(kind_font)
        painter.setPen(muted)
        painter.drawText(QRect(words.left(), top, words.width(), kind_height), Qt.AlignmentFlag.AlignLeft, self._kind)
        painter.setFont(font)
        painter.setPen(text)
        if self.tall:
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap, self.prompt)
        else:
            shown = QFontMetrics(font).elidedText(self.prompt, Qt.TextElideMode.ElideRight, words.width())
            painter.drawText(words, Qt.AlignmentFlag.AlignLeft, shown)
        painter.end()


class ExampleCards(QWidget):
    """The cards, beside each other where there is room; four in two rows.

    Args:
        theme: colours and fonts.
        choice: one of them is chosen (first-run page) instead of pressed (empty page).
        examples: what they say.

    Signals:
        pressed: the prompt of the card that was pressed.
    """

    pressed = Signal(str)

    def __init__(self, theme: Theme, *, choice: bool, examples: Sequence[Example] = EXAMPLES) -> None:
        super().__init__()
        self._theme = theme
        self.cards = [ExampleCard(theme, example, choice=choice) for example in examples]
        self._columns = len(examples) if len(examples) <= MOST_BESIDE else 2
        self._wide = True
        self._group = QButtonGroup(self)
        self._group.setExclusive(choice)
        self._layout = QGridLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        for card in self.cards:
            self._group.addButton(card)
            card.clicked.connect(lambda _checked=False, card=card: self.pressed.emit(card.prompt))
        self._arrange()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        if choice:
            self.cards[0].setChecked(True)

    @property
    def chosen(self) -> str:
        """The prompt of the chosen card; the first one's when none is."""
        return next((card.prompt for card in self.cards if card.isChecked()), self.cards[0].prompt)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Beside each other, or below."""
        super().resizeEvent(event)
        wide = self.width() >= BESIDE and self._has_room_beside()
        if wide != self._wide:
            self._wide = wide
            self._arrange()
            self.updateGeometry()

    def _has_room_beside(self) -> bool:
        """Whether each prompt takes two lines at most: a tall card has room for no more."""
        if len(self.cards) > MOST_BESIDE:
            return True
        gaps = (self._columns - 1) * (S1 + S_HALF)
        room = QRect(0, 0, (self.width() - gaps) // self._columns - 2 * S2, 10 * TALL)
        metrics = QFontMetrics(self._theme.font("body"))
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        return all(
            metrics.boundingRect(room, flags, card.prompt).height() < 3 * metrics.lineSpacing() for card in self.cards
        )

    def _arrange(self) -> None:
        columns = self._columns if self._wide else 1
        for number, card in enumerate(self.cards):
            card.tall = self._wide and len(self.cards) <= MOST_BESIDE
            card.updateGeometry()
            self._layout.removeWidget(card)
            self._layout.addWidget(card, number // columns, number % columns)
        for column in range(self._columns):
            self._layout.setColumnStretch(column, 1 if column < columns else 0)
        self._layout.setSpacing(S1 + S_HALF if self._wide else S1)
