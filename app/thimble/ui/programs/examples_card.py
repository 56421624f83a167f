"""The card with examples to copy."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QFontMetrics, QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QPlainTextEdit, QSizePolicy, QVBoxLayout

from thimble.ui.programs.examples import EXAMPLES
from thimble.ui.theme import S1, S2, S_HALF, Theme
from thimble.ui.widgets.basic import Card, button, label, row


class Code(QPlainTextEdit):
    """Text to read and copy, as high as it is."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setProperty("kind", "paper")
        self.setReadOnly(True)
        self.setFont(theme.font("code"))
        self.setAccessibleName(name)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabChangesFocus(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(S1)

    def show_text(self, text: str) -> None:
        """Shows it; the place of the reader stays when it is the same."""
        if text != self.toPlainText():
            self.setPlainText(text)
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As many lines as there are, and a scroll bar's height."""
        lines = QFontMetrics(self.font()).lineSpacing() * self.blockCount()
        frame = self.height() - self.viewport().height() if self.isVisible() else 2 * S1
        return QSize(super().sizeHint().width(), lines + frame + 2 * S1 + S_HALF)

    def minimumSizeHint(self) -> QSize:
        """The same height: the page scrolls, not the example."""
        return QSize(super().minimumSizeHint().width(), self.sizeHint().height())


class ExamplesCard(Card):
    """Chips choose the program, one button copies.

    Args:
        theme: gives fonts.
        copied: called after something was copied.
    """

    def __init__(self, theme: Theme, copied: Callable[[], None]) -> None:
        title = self.tr("Examples")
        super().__init__(title)
        self._copied = copied
        self._given = ("http://127.0.0.1:8080", "", "default")
        self._group = QButtonGroup(self)
        chips = []
        for number, (name, _make) in enumerate(EXAMPLES):
            chip = button(theme, name, "chip", name=self.tr("Example: {0}").format(name))
            chip.setCheckable(True)
            chip.setChecked(number == 0)
            self._group.addButton(chip, number)
            chips.append(chip)
        self._group.idClicked.connect(lambda _number: self._show())
        self.copy = button(theme, self.tr("Copy"), icon="ph.copy", name=self.tr("Copy the example"))
        self.copy.clicked.connect(self._copy)
        self.code = Code(theme, title)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1)
        layout.addLayout(row(label(theme, title, "strong"), S1, *chips, None, self.copy))
        layout.addWidget(self.code)
        self._show()

    def set_values(self, address: str, key: str, model: str) -> None:
        """Fills them in. Without a key the example says where it belongs."""
        self._given = (address, key, model)
        self._show()

    def choose(self, number: int) -> None:
        """Shows one of them."""
        self._group.button(number).click()

    def text(self) -> str:
        """As it is copied."""
        address, key, model = self._given
        return EXAMPLES[self._group.checkedId()][1](address, key or "KEY", model)

    def _show(self) -> None:
        address, key, model = self._given
        masked = f"{key[:3]}{'•' * 8}" if key else "KEY"
        self.code.show_text(EXAMPLES[self._group.checkedId()][1](address, masked, model))

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text())
        self._copied()
