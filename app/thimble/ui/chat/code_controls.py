"""The real widgets of blocks of code, which take the focus and have names: a copy button, a scrollbar when needed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QScrollBar, QToolButton, QWidget

from thimble.ui.chat.code_item import HEAD, CodeItem, language_name
from thimble.ui.chat.rich_layout import Look
from thimble.ui.theme import S3, S_HALF
from thimble.ui.theme.tokens import SCROLLBAR
from thimble.ui.widgets.basic import icon_button

COPIED_MS: Final = 1500
translate = QCoreApplication.translate


class CodeControls:
    """Copy button and scrollbar of one block.

    Args:
        item: the block.
        look: icons.
        parent: the flow it stands in.
        scrolled: called when the code was moved sideways.
    """

    def __init__(self, item: CodeItem, look: Look, parent: QWidget, scrolled: Callable[[CodeItem], None]) -> None:
        self._item = item
        self._look = look
        self._parent = parent
        self._scrolled = scrolled
        self._copy = icon_button(look.theme, "ph.copy", translate("Flow", "Copy code"))
        self._copy.setParent(parent)
        self._copy.setCursor(Qt.CursorShape.ArrowCursor)
        self._copy.setFixedSize(HEAD - S_HALF, HEAD - S_HALF)
        self._copy.clicked.connect(self._copy_code)
        self._bar: QScrollBar | None = None

    def place(self) -> None:
        """Goes to where the block is now."""
        item = self._item
        name = language_name(item.block.language)
        self._copy.setAccessibleName(
            translate("Flow", "Copy {0} code").format(name) if name else translate("Flow", "Copy code")
        )
        x, y, width = round(item.x), round(item.y), round(item.width)
        self._copy.move(x + width - self._copy.width() - S_HALF // 2, y + S_HALF // 2)
        self._copy.show()
        overflow = round(item.overflow)
        if overflow > 0 and self._bar is None:
            self._bar = self._make_bar()
        if self._bar is not None:
            self._bar.setRange(0, overflow)
            self._bar.setPageStep(width)
            bottom = y + round(item.height) - SCROLLBAR - 1
            self._bar.setGeometry(x + S_HALF, bottom, width - 2 * S_HALF, SCROLLBAR)
            self._bar.setVisible(overflow > 0)

    def _make_bar(self) -> QScrollBar:
        bar = QScrollBar(Qt.Orientation.Horizontal, self._parent)
        bar.setAccessibleName(translate("Flow", "Scroll code sideways"))
        bar.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        bar.setCursor(Qt.CursorShape.ArrowCursor)
        bar.setSingleStep(S3)
        bar.valueChanged.connect(self._scroll)
        return bar

    def scroll_by(self, pixels: int) -> bool:
        """Moves the code; False when it fits."""
        if self._bar is None or self._bar.maximum() == 0:
            return False
        self._bar.setValue(self._bar.value() + pixels)
        return True

    def drop(self) -> None:
        """The block is gone."""
        for widget in (self._copy, self._bar):
            if widget is not None:
                widget.hide()
                widget.deleteLater()

    def _scroll(self, value: int) -> None:
        self._item.scroll = value
        self._scrolled(self._item)

    def _copy_code(self) -> None:
        QGuiApplication.clipboard().setText(self._item.block.code)
        show_copied(self._look, self._copy)


def show_copied(look: Look, button: QToolButton) -> None:
    """The button says for a moment that it has copied."""
    button.setIcon(look.theme.icon("ph.check", "hit"))
    back = QTimer(button)  # ends with the button
    back.setSingleShot(True)
    back.timeout.connect(lambda: button.setIcon(look.theme.icon("ph.copy")))
    back.timeout.connect(back.deleteLater)
    back.start(COPIED_MS)
