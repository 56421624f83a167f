"""Under a question: which passages of files the model read with it, to be opened and read."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import QRect, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QLabel, QWidget

from thimble.retrieval.choosing import Found
from thimble.ui.chat.message_parts import ThoughtButton
from thimble.ui.chat.passage_words import heading, note_words, summary
from thimble.ui.theme import RADIUS, S1, S2, S_HALF, Theme
from thimble.ui.visible import tip
from thimble.ui.widgets.basic import label

_RULE: Final = 2
_INDENT: Final = S1 + S_HALF


class PassagesView(QWidget):
    """A line that says what was found, and the passages when it is opened.

    Args:
        theme: fonts and colours.
        parent: owner.

    Signals:
        resized: it was opened or closed; the owner lays it out.
    """

    resized = Signal()

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._found = Found()
        self._parts: list[tuple[QLabel, QLabel]] = []
        self._rules: list[QRect] = []
        self.button = ThoughtButton(theme, self)
        self.button.toggled.connect(self._on_toggled)
        self._notes = label(theme, "", "small", "muted", wrap=True)
        self._notes.setParent(self)

    def set_found(self, found: Found) -> None:
        """Shows what was found."""
        if found == self._found and self.button.text():
            return
        self._found = found
        self.button.set_words(summary(found))
        self.button.setAccessibleDescription(self.tr("Shows what the model read of the files for this question"))
        self.button.setVisible(bool(found.passages))
        self._notes.setText(" ".join(words for note in found.notes if (words := note_words(note))))
        self._notes.setVisible(bool(self._notes.text()))
        self._drop_parts()
        if self.button.isChecked():
            self._make_parts()

    def _on_toggled(self, opened: bool) -> None:
        if opened:
            self._make_parts()
        else:
            self._drop_parts()
        self.resized.emit()

    def _drop_parts(self) -> None:
        for part in [one for pair in self._parts for one in pair]:
            part.hide()
            part.deleteLater()
        self._parts, self._rules = [], []

    def _make_parts(self) -> None:
        for passage in self._found.passages:
            head = label(self._theme, heading(passage), "small", "muted", wrap=True)
            text = label(self._theme, passage.text.replace("\f", "\n"), "small", wrap=True)
            text.setTextInteractionFlags(
                Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
            )
            text.setAccessibleName(heading(passage))
            for part in (head, text):
                part.setParent(self)
                part.show()
            self._parts.append((head, text))

    def lay_out(self, width: int) -> int:
        """Places everything at a width; the height."""
        y = 0
        self._rules = []
        if self._found.passages:
            wanted = min(width, self.button.sizeHint().width())
            x = 0 if self._parts else width - wanted  # under the bubble's edge while it is one line
            self.button.setGeometry(x, y, wanted, self.button.height())
            self.button.setToolTip(tip(self.button.text()) if wanted < self.button.sizeHint().width() else "")
            y += self.button.height()
        for head, text in self._parts:
            y += S1 if not self._rules else S2
            top = y
            for part in (head, text):
                height = part.heightForWidth(width - _INDENT - S_HALF)
                part.setGeometry(_INDENT + S_HALF, y, width - _INDENT - S_HALF, height)
                y += height + (S_HALF if part is head else 0)
            self._rules.append(QRect(S_HALF, top, _RULE, y - top))
        if not self._notes.isHidden():
            aligned = Qt.AlignmentFlag.AlignLeft if self._parts else Qt.AlignmentFlag.AlignRight
            self._notes.setAlignment(aligned | Qt.AlignmentFlag.AlignVCenter)
            y += S_HALF
            height = self._notes.heightForWidth(width - 2 * S_HALF)
            self._notes.setGeometry(S_HALF, y, width - 2 * S_HALF, height)
            y += height
        return y + (S2 if self._parts else S_HALF)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """A rule at the left of each passage."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(Qt.PenStyle.NoPen))
        painter.setBrush(self._theme.color("line"))
        for rule in self._rules:
            painter.drawRoundedRect(rule, min(RADIUS, _RULE / 2), min(RADIUS, _RULE / 2))
        painter.end()
