"""Labels, buttons, combos and cards with the theme's fonts and names for screen readers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from PySide6.QtCore import QEvent, QObject, QRect, QSize, Qt
from PySide6.QtGui import QAction, QFontMetrics, QPainter, QPaintEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLayout,
    QLineEdit,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from thimble.ui.theme import ICON, S1, S2, FontRole, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.theme.tokens import CONTROL_HEIGHT, HEADING_HEIGHT
from thimble.ui.visible import tip
from thimble.ui.widgets.overlay_scroll import OverlayScrollBar

Box = TypeVar("Box", bound=QBoxLayout)

ICON_GAP = 4
"""Between a button's icon and its text."""


def label(theme: Theme, text: str = "", font: FontRole = "body", tone: str = "", *, wrap: bool = False) -> QLabel:
    """A plain-text label.

    Args:
        theme: gives the font.
        text: what it says.
        font: size and weight.
        tone: colour: "" (text), "muted", "accent", "danger", "hit", "chip".
        wrap: whether it may take several lines.
    """
    made = QLabel(text)
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setFont(theme.font(font))
    if tone:
        made.setProperty("tone", tone)
    if wrap:
        made.setWordWrap(True)
        made.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
    return made


def page_title(theme: Theme, text: str) -> QLabel:
    """The title of a page, as high as the fields that stand beside it on some pages."""
    made = label(theme, text, "title")
    made.setMinimumHeight(CONTROL_HEIGHT)
    return made


def card_heading(theme: Theme, text: str) -> QLabel:
    """The title in a card's first line, on one line with those of the cards beside it."""
    made = label(theme, text, "strong")
    made.setFixedHeight(HEADING_HEIGHT)
    return made


def set_tone(widget: QWidget, tone: str) -> None:
    """Changes a label's tone, or another widget's `tone` property."""
    if widget.property("tone") != tone:
        widget.setProperty("tone", tone)
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class ElidedLabel(QLabel):
    """A one-line label that ends in "…" instead of pushing its neighbours, and shows the whole as a tooltip."""

    def __init__(
        self, theme: Theme, text: str = "", font: FontRole = "body", tone: str = "", *, stretch: bool = False
    ) -> None:
        super().__init__()
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(theme.font(font))
        if tone:
            self.setProperty("tone", tone)
        wide = QSizePolicy.Policy.Ignored if stretch else QSizePolicy.Policy.Maximum
        self.setSizePolicy(wide, QSizePolicy.Policy.Preferred)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Sets the whole text."""
        if text == self._whole:
            return
        self._whole = text
        self.updateGeometry()
        self._elide()

    def whole_text(self) -> str:
        """The text before it was shortened."""
        return self._whole

    def sizeHint(self) -> QSize:
        """Room for the whole text."""
        metrics = QFontMetrics(self.font())
        return QSize(metrics.horizontalAdvance(self._whole) + 2, metrics.height())

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        metrics = QFontMetrics(self.font())
        return QSize(
            min(metrics.horizontalAdvance(self._whole) + 2, metrics.horizontalAdvance("Mmmm…")), metrics.height()
        )

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Shortens the text to the new width."""
        super().resizeEvent(event)
        self._elide()

    def _elide(self) -> None:
        shown = QFontMetrics(self.font()).elidedText(self._whole, Qt.TextElideMode.ElideRight, max(self.width(), 8))
        super().setText(shown)
        self.setToolTip(tip(self._whole) if shown != self._whole else "")


def button(theme: Theme, text: str, kind: str = "", icon: str = "", name: str = "") -> QPushButton:
    """A push button.

    Args:
        theme: gives font and icon.
        text: what it says.
        kind: "" (plain), "primary", "quiet", "danger", "link" or "chip".
        icon: Phosphor name, e.g. "ph.plus".
        name: accessible name, when the text alone does not say what it acts on.
    """
    made = QPushButton(text)
    if kind:
        made.setProperty("kind", kind)
    made.setFont(theme.font("small" if kind in {"link", "chip"} else "body"))
    made.setAccessibleName(name or text)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    if icon:
        role = {"primary": "accent_text", "danger": "danger", "link": "accent"}.get(kind, "muted")
        made.setIcon(theme.icon(icon, role))
        made.setIconSize(QSize(ICON + ICON_GAP, ICON))  # the icon stands at the left of a wider place
    return made


def icon_button(theme: Theme, icon: str, name: str, *, checkable: bool = False, size: int = ICON) -> QToolButton:
    """A square button with an icon only; its name is tooltip and accessible name."""
    made = QToolButton()
    made.setIcon(theme.icon(icon))
    made.setIconSize(QSize(size, size))
    made.setToolTip(name)
    made.setAccessibleName(name)
    made.setCheckable(checkable)
    made.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    return made


def dress_search(theme: Theme, field: QLineEdit, name: str) -> None:
    """Makes a field one to search with: a lens before its words, a cross behind them, and its name."""
    field.setPlaceholderText(name)
    field.setAccessibleName(name)
    field.addAction(theme.icon("ph.magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
    add_clear_button(theme, field)


def add_clear_button(theme: Theme, field: QLineEdit) -> None:
    """A cross that empties a field, in the theme's icon instead of the style's."""
    field.setClearButtonEnabled(True)
    made = field.findChild(QAction, "_q_qlineeditclearaction")
    if made is not None:
        made.setIcon(theme.icon("ph.x"))


class Combo(QComboBox):
    """A combo box with the theme's caret; the wheel scrolls the page instead of changing the choice."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self._theme = theme
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.view().setAccessibleName(name)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the box, then the caret."""
        super().paintEvent(event)
        painter = QPainter(self)
        side = ICON - 2
        place = QRect(self.width() - side - S1, (self.height() - side) // 2, side, side)
        draw(painter, place, "ph.caret-down", self._theme.color("muted"))
        painter.end()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Left to the page."""
        event.ignore()


class WheelToPage(QObject):
    """Event filter for spin boxes and sliders: the wheel scrolls the page instead of changing a value by accident."""

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Refuses wheel events of the watched control."""
        if event.type() == QEvent.Type.Wheel:
            event.ignore()
            return True
        return super().eventFilter(watched, event)


class Card(QFrame):
    """A surface with a hairline around it."""

    def __init__(self, name: str = "") -> None:
        super().__init__()
        self.setProperty("kind", "card")
        if name:
            self.setAccessibleName(name)


def line(parent: QWidget | None = None, *, vertical: bool = False) -> QFrame:
    """A hairline between two areas."""
    made = QFrame(parent)
    made.setProperty("kind", "line")
    if vertical:
        made.setFixedWidth(1)
    else:
        made.setFixedHeight(1)
    return made


def row(*items: QWidget | QLayout | int | None, spacing: int = S1) -> QHBoxLayout:
    """A horizontal layout: widgets, layouts, fixed gaps (numbers) and one stretch (None)."""
    return _filled(QHBoxLayout(), items, spacing)


def column(*items: QWidget | QLayout | int | None, spacing: int = S1) -> QVBoxLayout:
    """A vertical layout, like `row`."""
    return _filled(QVBoxLayout(), items, spacing)


def _filled(layout: Box, items: Sequence[QWidget | QLayout | int | None], spacing: int) -> Box:
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(spacing)
    for item in items:
        if item is None:
            layout.addStretch(1)
        elif isinstance(item, int):
            layout.addSpacing(item)
        elif isinstance(item, QLayout):
            layout.addLayout(item)
        else:
            layout.addWidget(item)
    return layout


PAGE_WIDTH: Final = 820
"""Of a page's column, with its margins."""


class _PageContent(QWidget):
    """What a page scrolls: as high as it is in its width.

    A scroll area never makes it lower than its least height, which counts every wrapped label at its narrowest:
    hundreds of empty pixels below the end of a long page.
    """

    def minimumSizeHint(self) -> QSize:
        """The least width; the height follows from the width where there is wrapped text."""
        hint, layout = super().minimumSizeHint(), self.layout()
        return QSize(hint.width(), 0) if layout is not None and layout.hasHeightForWidth() else hint


class PageScroll(QScrollArea):
    """A page that scrolls, with its content in a centred column of bounded width."""

    def __init__(self, name: str, width: int = PAGE_WIDTH) -> None:
        super().__init__()
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self._bar = OverlayScrollBar(self)  # in the margin: the column stays where it is when the bar comes
        outer = _PageContent()
        outer.setProperty("kind", "page")
        self.column = QWidget()
        self.column.setMaximumWidth(width)
        self.body = QVBoxLayout(self.column)
        self.body.setContentsMargins(S2, 0, S2, S2)
        self.body.setSpacing(S2)
        centred = QHBoxLayout(outer)
        centred.setContentsMargins(0, 0, 0, 0)
        centred.addStretch(1)
        centred.addWidget(self.column, 1000)
        centred.addStretch(1)
        self.setWidget(outer)
