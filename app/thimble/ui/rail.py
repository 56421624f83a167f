"""The rail at the left edge: one button per page, icon with a small name below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QEnterEvent, QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QAbstractButton, QButtonGroup, QVBoxLayout, QWidget

from thimble.ui.shortcuts import with_keys
from thimble.ui.theme import ICON_LARGE, RADIUS, RAIL_WIDTH, S1, S_HALF, Theme
from thimble.ui.theme.icons import draw
from thimble.ui.theme.tokens import FOCUS_RING

BUTTON_HEIGHT = 54
PILL_WIDTH = 40
PILL_HEIGHT = 30


@dataclass(frozen=True, slots=True)
class RailItem:
    """One page: id, name, Phosphor icon, and whether it stands at the bottom."""

    id: str
    name: str
    icon: str
    bottom: bool = False


class RailButton(QAbstractButton):
    """Icon and name; the current page's lies on a pill of the accent."""

    def __init__(self, theme: Theme, item: RailItem, shortcut: str) -> None:
        super().__init__()
        self.item = item
        self._theme = theme
        self.setCheckable(True)
        self.setText(item.name)
        self.setAccessibleName(item.name)
        self.setToolTip(with_keys(item.name, shortcut) if shortcut else item.name)
        self.setFixedSize(RAIL_WIDTH, BUTTON_HEIGHT)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        theme.changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """The rail's width."""
        return QSize(RAIL_WIDTH, BUTTON_HEIGHT)

    def enterEvent(self, event: QEnterEvent) -> None:
        """Repaints with the hover ground."""
        self.update()
        super().enterEvent(event)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws pill, icon, name and focus ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pill = QRectF((self.width() - PILL_WIDTH) / 2, S_HALF, PILL_WIDTH, PILL_HEIGHT)
        ground = "accent_soft" if self.isChecked() else "hover" if self.underMouse() else ""
        if ground:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(self._theme.color(ground))
            painter.drawRoundedRect(pill, RADIUS, RADIUS)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(self._theme.color("accent"), FOCUS_RING))
            painter.drawRoundedRect(pill.adjusted(-1, -1, 1, 1), RADIUS, RADIUS)
        role = "accent" if self.isChecked() else "muted"
        icon = self.item.icon + ("-fill" if self.isChecked() else "")
        place = QRect(0, 0, ICON_LARGE + 2, ICON_LARGE + 2)
        place.moveCenter(pill.center().toPoint())
        draw(painter, place, icon, self._theme.color(role))
        name = QRect(0, S_HALF + PILL_HEIGHT + 2, self.width(), self.height() - PILL_HEIGHT - S_HALF - 2)
        painter.setFont(self._fitting_font())
        painter.setPen(self._theme.color("text" if self.isChecked() else "muted"))
        painter.drawText(name, Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop, self.text())
        painter.end()

    def _fitting_font(self) -> QFont:
        """10 px, condensed as far as the longest name in this language and font needs."""
        font = self._theme.font("tiny")
        room = self.width() - 4
        width = QFontMetrics(font).horizontalAdvance(self.text())
        if width > room:
            font.setPixelSize(font.pixelSize() - 1)
            width = QFontMetrics(font).horizontalAdvance(self.text())
        if width > room:
            font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, max(-0.6, (room - width) / len(self.text())))
        return font


class Rail(QWidget):
    """All page buttons.

    Signals:
        chosen: id of the page somebody wants.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, items: Sequence[RailItem]) -> None:
        super().__init__()
        self.setProperty("kind", "sunken")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(RAIL_WIDTH)
        self.setAccessibleName(self.tr("Pages"))
        self.buttons: dict[str, RailButton] = {}
        self._group = QButtonGroup(self)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, S1, 0, S1)
        layout.setSpacing(2)
        for bottom in (False, True):
            if bottom:
                layout.addStretch(1)
            for number, item in enumerate(items, 1):
                if item.bottom == bottom:
                    button = RailButton(theme, item, f"Ctrl+{number}")
                    button.clicked.connect(lambda _checked=False, page=item.id: self.chosen.emit(page))
                    self._group.addButton(button)
                    self.buttons[item.id] = button
                    layout.addWidget(button)

    def set_current(self, page: str) -> None:
        """Marks the page that is shown."""
        button = self.buttons.get(page)
        if button is not None:
            button.setChecked(True)
