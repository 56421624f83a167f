"""The calls of tools within an answer: a folded line for each, and a question before one is made."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from thimble.conversations import StepState, ToolStep
from thimble.tools.calls import arguments_of
from thimble.ui import figures
from thimble.ui.theme import S1, S2, S_HALF, Theme
from thimble.ui.visible import visible
from thimble.ui.widgets.basic import button, icon_button, label, set_tone

translate = QCoreApplication.translate
GAP: Final = 6
MOST_SHOWN: Final = 6000
"""Characters of arguments or of a result that are shown; the model gets all of it."""


class ToolSteps(QWidget):
    """All calls of one answer.

    Args:
        theme: fonts and colours.
        parent: the answer.

    Signals:
        resized: it needs another height.
        allowed: (call id, whether from now on always in this chat).
        denied: call id.
    """

    resized = Signal()
    allowed = Signal(str, bool)
    denied = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self.cards: dict[str, StepCard] = {}
        self.setAccessibleName(translate("ToolSteps", "Tools"))

    def show_steps(self, steps: Sequence[ToolStep], *, answering: bool) -> None:
        """Shows the calls as they are now; only of an answer that is being written one can be allowed."""
        for step in steps:
            card = self.cards.get(step.id)
            if card is None:
                card = self.cards[step.id] = StepCard(self._theme, self)
                card.resized.connect(self.resized)
                card.allowed.connect(self.allowed)
                card.denied.connect(self.denied)
                card.show()
            card.show_step(step, answering=answering)

    def lay_out(self, width: int) -> int:
        """Places the cards one below the other; the height of all."""
        y = 0
        for card in self.cards.values():
            height = card.needed_height(width)
            card.setGeometry(0, y, width, height)
            y += height + GAP
        return max(0, y - GAP)


class StepCard(QFrame):
    """One call.

    Signals:
        resized, allowed, denied: as those of `ToolSteps`.
    """

    resized = Signal()
    allowed = Signal(str, bool)
    denied = Signal(str)

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme
        self._step = ToolStep("", "")
        self._opened = False
        self.setProperty("kind", "card")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        self.words = label(theme, "", "small")
        self.state = label(theme, "", "small", "muted")
        self.fold = icon_button(theme, "ph.caret-right", translate("ToolSteps", "Show what was said to the tool"))
        self.fold.clicked.connect(self._on_fold)
        head = QHBoxLayout()
        head.setSpacing(S1)
        mark = icon_button(theme, "ph.wrench", translate("ToolSteps", "Tool"))
        mark.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        mark.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        head.addWidget(mark)
        head.addWidget(self.words)
        head.addWidget(self.state, 1)
        head.addWidget(self.fold)
        self.question = label(theme, "", "body", wrap=True)
        self.arguments = self._text()
        self.result_title = label(theme, translate("ToolSteps", "What came back"), "small", "muted")
        self.result = self._text()
        self._buttons = QWidget()
        row = QHBoxLayout(self._buttons)
        row.setContentsMargins(0, S_HALF, 0, 0)
        row.setSpacing(S1)
        self.once = button(theme, translate("ToolSteps", "Allow once"), "primary")
        self.always = button(theme, translate("ToolSteps", "Always in this chat"))
        self.deny = button(theme, translate("ToolSteps", "Don't allow"))
        self.once.clicked.connect(lambda: self.allowed.emit(self._step.id, False))
        self.always.clicked.connect(lambda: self.allowed.emit(self._step.id, True))
        self.deny.clicked.connect(lambda: self.denied.emit(self._step.id))
        for each in (self.once, self.always, self.deny):
            row.addWidget(each)
        row.addStretch(1)
        layout = self._column = QVBoxLayout(self)
        layout.setContentsMargins(S1, 2, S_HALF, 2)
        layout.setSpacing(S_HALF)
        layout.addLayout(head)
        inside = QVBoxLayout()
        inside.setContentsMargins(S1 + S2 + S_HALF, 0, S1, 0)
        inside.setSpacing(S_HALF)
        for widget in (self.question, self.arguments, self.result_title, self.result, self._buttons):
            inside.addWidget(widget)
        layout.addLayout(inside)
        self._inside = inside

    def _text(self) -> QLabel:
        made = label(self._theme, "", "code", wrap=True)
        made.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        return made

    def show_step(self, step: ToolStep, *, answering: bool) -> None:
        """Shows how far the call has come."""
        self._step = step
        tool = visible(step.tool or step.function)
        self.words.setText(f"{tool} · {step.server}" if step.server else tool)
        asked = step.state == StepState.ASKED and answering
        words, tone = _state_words(step, answering=answering)
        self.state.setText("" if asked else words)
        set_tone(self.state, tone)
        question = translate("ToolSteps", "The model wants to use this tool of “{0}” with:")
        self.question.setText(question.format(step.server))
        self.arguments.setText(_shown(readable(step.arguments)))
        self.result.setText(_shown(step.result))
        self.setAccessibleName(f"{self.words.text()}: {words}")
        self.setAccessibleDescription(self.arguments.text())
        self._dress(asked=asked)

    def needed_height(self, width: int) -> int:
        """Its height at a width, with what is shown and hidden now."""
        self._column.activate()  # what was shown or hidden a moment ago is counted only then
        if self._column.hasHeightForWidth():  # only while words that wrap are shown
            return self._column.totalHeightForWidth(width)
        return self._column.totalSizeHint().height()

    def _dress(self, *, asked: bool) -> None:
        opened = self._opened
        self.fold.setVisible(not asked)
        self.fold.setIcon(self._theme.icon("ph.caret-down" if opened else "ph.caret-right"))
        self.question.setVisible(asked)
        self._buttons.setVisible(asked)
        self.arguments.setVisible(asked or opened)
        has_result = opened and bool(self._step.result)
        self.result_title.setVisible(has_result)
        self.result.setVisible(has_result)
        self._inside.setContentsMargins(S1 + S2 + S_HALF, 0, S1, S1 if asked or opened else 0)

    def _on_fold(self) -> None:
        self._opened = not self._opened
        self._dress(asked=False)
        self.resized.emit()


def readable(arguments: str) -> str:
    """Arguments as one reads them: `name: value`, one on each line; as they came where they are no object."""
    values = arguments_of(arguments)
    if values is None:
        return arguments
    if not values:
        return translate("ToolSteps", "nothing else")
    # lines of a value are set off, or one could look like another argument
    return "\n".join(
        f"{name}: {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}".replace("\n", "\n    ")
        for name, value in values.items()
    )


def _shown(text: str) -> str:
    """Whoever allows a call has to know that there is more of it."""
    if len(text) <= MOST_SHOWN:
        return visible(text)
    more = translate("ToolSteps", "… and {0} more characters that are not shown")
    return visible(text[:MOST_SHOWN]) + "\n" + more.format(figures.count(len(text) - MOST_SHOWN))


def _state_words(step: ToolStep, *, answering: bool) -> tuple[str, str]:
    match step.state:
        case StepState.DONE:
            return translate("ToolSteps", "done"), "muted"
        case StepState.FAILED:
            return translate("ToolSteps", "failed"), "danger"
        case StepState.DENIED:
            return translate("ToolSteps", "not allowed"), "muted"
        case StepState.RUNNING if answering:
            return translate("ToolSteps", "at work…"), "accent"
        case StepState.ASKED if answering:
            return translate("ToolSteps", "waits for your word"), "accent"
    return translate("ToolSteps", "not finished"), "muted"
