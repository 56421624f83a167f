"""Follow-up questions as buttons under an answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QPushButton, QWidget

from thimble.ui.theme import ICON, S1, S2, S_HALF
from thimble.ui.visible import tip
from thimble.ui.widgets.basic import button

if TYPE_CHECKING:
    from thimble.ui.theme import Theme

HEIGHT: Final = 32


class Suggestions(QWidget):
    """One under the other, each as wide as its words; what does not fit is shortened and told by a tooltip.

    Signals:
        asked: the question that was chosen.
    """

    asked = Signal(str)

    def __init__(self, theme: Theme, questions: Sequence[str], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAccessibleName(QCoreApplication.translate("Suggestions", "Suggested questions"))
        self._buttons: list[tuple[str, QPushButton]] = []
        for question in questions:
            name = QCoreApplication.translate("Suggestions", "Ask: {0}").format(question)
            made = button(theme, "", "chip", "ph.arrow-bend-down-right", name)
            made.setParent(self)
            made.setIconSize(QSize(ICON - 2, ICON - 2))
            made.clicked.connect(lambda _checked=False, question=question: self.asked.emit(question))
            self._buttons.append((question, made))

    def lay_out(self, width: int) -> int:
        """Places the buttons; the height."""
        y = 0
        for question, made in self._buttons:
            made.setText("")
            room = width - made.sizeHint().width() - S1
            shown = QFontMetrics(made.font()).elidedText(question, Qt.TextElideMode.ElideRight, room)
            made.setText(shown.replace("&", "&&"))
            made.setToolTip(tip(question) if shown != question else "")
            made.setGeometry(0, y, min(width, made.sizeHint().width() + S_HALF), HEIGHT)
            y += HEIGHT + S_HALF
        return y - S_HALF + S2 if self._buttons else 0
