"""An answer: what the model thought, what it says, what it waits for, how it ended."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QLabel, QWidget

from thimble.conversations import MessageState
from thimble.protocol import StopReason
from thimble.remote.connections import is_remote_author
from thimble.ui import problem_texts
from thimble.ui.chat.context_words import context_words
from thimble.ui.chat.flow import Flow
from thimble.ui.chat.highlight import Highlighter
from thimble.ui.chat.incremental import AnswerText
from thimble.ui.chat.message_editor import EditPanel
from thimble.ui.chat.message_parts import (
    FOOTER_HEIGHT,
    Buttons,
    Footer,
    Notice,
    ThoughtButton,
    figures_parts,
    figures_tooltip,
    tokens_text,
)
from thimble.ui.chat.message_view import EDGE, MessageView
from thimble.ui.chat.rich_layout import Look
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.chat.suggestions import Suggestions
from thimble.ui.chat.tool_steps_view import ToolSteps
from thimble.ui.chat.user_view import plain_blocks
from thimble.ui.theme import S1, S2, S_HALF
from thimble.ui.widgets.basic import label

ACTIVITY_HEIGHT: Final = 22
PIECE: Final = 3_000
"""Letters of a stored answer that are read at once; longer ones come in steps, so that the window stays quick."""
CALM_S: Final = 0.008
"""A picture that took longer than this is followed by a pause three times as long."""


class AnswerView(MessageView):
    """One answer.

    Signals:
        asked: a suggested question was chosen.
        spoken: it is to be read aloud, or no longer (message id, its words).
    """

    asked = Signal(str)
    spoken = Signal(int, str)

    def __init__(self, message: ShownMessage, look: Look, highlighter: Highlighter, parent: QWidget) -> None:
        super().__init__(message, look, parent)
        self._highlighter = highlighter
        self._text = AnswerText()
        self._waiting = ""
        self._not_before = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._take_next)
        self._own_plain: bool | None = None
        self._aloud = False
        self._words = self.make_flow(Flow(look, highlighter, plain=look.plain, parent=self))
        self._thoughts: Flow | None = None
        self._thought_button: ThoughtButton | None = None
        self._activity: QLabel | None = None
        self._steps: ToolSteps | None = None
        self._notice: Notice | None = None
        self._own_notice = False
        self._notice_words: tuple[str, Buttons] = ("", ())
        self._panel: EditPanel | None = None
        self._suggestions: Suggestions | None = None
        self._say_more(message.text)
        self._dress()

    # --- text ---------------------------------------------------------------------------------------------------

    @property
    def flow(self) -> Flow:
        """The blocks of its words."""
        return self._words

    def flows(self) -> list[Flow]:
        """Thoughts, when they are open, and words."""
        return [flow for flow in (self._thoughts, self._words) if flow is not None]

    @property
    def writing(self) -> bool:
        """Whether more text comes."""
        return self.message.state == MessageState.WRITING

    @property
    def complete(self) -> bool:
        """Whether all text that came is shown."""
        return not self._waiting

    def source(self) -> str:
        """Everything that came, thoughts included."""
        return self._text.source + self._waiting

    def append_text(self, text: str) -> None:
        """More text."""
        self.set_activity("")
        self._waiting += text
        self._take_when_calm()

    def _say_more(self, text: str) -> None:
        self._waiting += text
        self._take(self._cut())
        self._take_when_calm()

    def _cut(self) -> str:
        """The next piece of what waits, to the end of a line if there is one."""
        piece = self._waiting[:PIECE]
        if len(self._waiting) > PIECE:
            piece = piece[: piece.rfind("\n") + 1] or piece
        self._waiting = self._waiting[len(piece) :]
        return piece

    def _take_when_calm(self) -> None:
        if not self._waiting or self._timer.isActive():
            return
        pause = self._not_before - time.perf_counter()
        if pause > 0:
            self._timer.start(max(1, round(pause * 1000)))
        else:
            self._take_next()

    def _take_next(self) -> None:
        begun = time.perf_counter()
        self._take(self._cut())
        self.resized.emit()
        spent = time.perf_counter() - begun
        self._not_before = time.perf_counter() + (3 * spent if spent > CALM_S else 0)
        if self._waiting:
            self._timer.start(max(1, round((self._not_before - time.perf_counter()) * 1000)))

    def _take(self, text: str) -> None:
        self._text.append(text)
        if not self.writing and not self._waiting:
            self._text.finish()
        self._show_text()

    def _show_text(self) -> None:
        self.needs_layout = True
        self._words.set_blocks(plain_blocks(self._text.said.strip("\n")) if self.plain else self._text.words.blocks)
        self._words.set_caret(shown=self.writing and not self._words.is_empty)
        if not self._text.has_thoughts:
            return
        if self._thought_button is None:
            self._thought_button = ThoughtButton(self._look.theme, self)
            self._thought_button.toggled.connect(self._fold)
            self._thought_button.show()
        thinking = self._text.thinking and self.writing
        self._thought_button.set_words(self.tr("Thinking…") if thinking else self.tr("Thoughts"))
        if self._thoughts is not None:
            self._thoughts.set_blocks(self._text.thoughts.blocks)
            self._thoughts.set_caret(shown=thinking)

    def reveal(self) -> None:
        """Takes all text, and opens the thoughts."""
        while self._waiting:
            self._take(self._cut())
        if self._thought_button is not None:
            self._thought_button.setChecked(True)
        if self.needs_layout:
            self.resized.emit()

    def _fold(self, opened: bool) -> None:
        if opened and self._thoughts is None:
            self._thoughts = self.make_flow(Flow(self._look, self._highlighter, colour="muted", parent=self))
            self._thoughts.set_live(live=self._live)
        if self._thoughts is not None:
            self._thoughts.setVisible(opened)
        self._show_text()
        self.resized.emit()

    @property
    def plain(self) -> bool:
        """Whether the words are shown as they were written, with all marks."""
        return self._look.plain if self._own_plain is None else self._own_plain

    def show_plain(self, plain: bool) -> None:
        """Shows this answer as it was written, or formatted."""
        self._own_plain = plain
        self.refit()
        self.resized.emit()

    def refit(self) -> None:
        """Takes the size, and the way to show answers, that hold now."""
        super().refit()
        self._words.set_blocks([])
        self._words.refit(plain=self.plain)
        self._show_text()

    def more_entries(self) -> list[tuple[str, Callable[[], None]]]:
        """The other way to show it."""
        words = self.tr("Show formatted") if self.plain else self.tr("Show as plain text")
        aloud = self.tr("Stop reading aloud") if self._aloud else self.tr("Read aloud")
        speak = partial(self.spoken.emit, self.message.id, self.source())
        return [(words, lambda: self.show_plain(not self.plain)), (aloud, speak)]

    def set_aloud(self, *, aloud: bool) -> None:
        """Whether it is being read aloud."""
        if aloud != self._aloud:
            self._aloud = aloud
            self.new_footer()

    # --- state --------------------------------------------------------------------------------------------------

    def set_message(self, message: ShownMessage) -> None:
        """State, text, timings, problem or versions have changed."""
        source = self.source()
        same_row = (message.state, message.timings, message.sibling, message.siblings) == (
            self.message.state,
            self.message.timings,
            self.message.sibling,
            self.message.siblings,
        )
        self.message = message
        if message.text.startswith(source):
            self._say_more(message.text[len(source) :])
        else:  # another text: from the beginning
            self._timer.stop()
            self._text = AnswerText()
            self._waiting = ""
            self._say_more(message.text)
        if not self.writing:
            self.set_activity("")
        self._dress()
        if not same_row:
            self.new_footer()
        self.resized.emit()

    def set_activity(self, text: str) -> None:
        """A quiet line while nothing has come; "" ends it."""
        if self._activity is None:
            if not text:
                return
            self._activity = label(self._look.theme, "", tone="muted")
            self._activity.setParent(self)
        if text == self._activity.text():
            return
        had_text = bool(self._activity.text())
        self._activity.setText(text)
        self._activity.setAccessibleName(text)
        self._activity.setVisible(bool(text))
        if had_text != bool(text):
            self.needs_layout = True
            self.resized.emit()

    @property
    def activity(self) -> str:
        """The quiet line."""
        return self._activity.text() if self._activity is not None else ""

    def set_notice(self, sentence: str, buttons: Buttons) -> None:
        """A calm sentence under the words; "" removes it."""
        self._notice_words = (sentence, buttons)
        self._dress()
        self.new_footer()
        self.resized.emit()

    def suggest(self, questions: Sequence[str]) -> None:
        """Questions that could follow, as buttons; () takes them away."""
        if self._suggestions is None and not questions:
            return
        if self._suggestions is not None:
            self._suggestions.hide()
            self._suggestions.deleteLater()
            self._suggestions = None
        if questions:
            self._suggestions = Suggestions(self._look.theme, questions, self)
            self._suggestions.asked.connect(self.asked)
            self._suggestions.show()
        self.needs_layout = True
        self.resized.emit()

    @property
    def notice(self) -> Notice | None:
        """The notice, while there is one."""
        return self._notice

    def _dress(self) -> None:
        """Calls of tools, notice and names fit the message."""
        self.needs_layout = True
        self._show_steps()
        problem = self.message.problem if self.message.state == MessageState.FAILED else None
        sentence, buttons = self._notice_words
        if not sentence and problem is not None:
            sentence, buttons = problem_texts.words(problem), ()
        if not sentence and not self.writing:
            sentence, buttons = context_words(self.message.timings), ()
        if sentence:
            if self._notice is None:
                self._notice = Notice(self._look.theme, self)
            self._notice.show_notice(sentence, buttons, problem=problem is not None)
            self._notice.show()
        elif self._notice is not None:
            self._notice.hide()
            self._notice.deleteLater()
            self._notice = None
        self._words.set_caret(shown=self.writing and not self._words.is_empty)
        self.setAccessibleName(self.describe())
        self.setAccessibleDescription(self.message.text[:2000])

    @property
    def steps(self) -> ToolSteps | None:
        """The calls of tools, when there are any."""
        return self._steps

    def _show_steps(self) -> None:
        if not self.message.steps:
            return
        if self._steps is None:
            self._steps = ToolSteps(self._look.theme, self)
            self._steps.resized.connect(self._on_panel_size)
            self._steps.allowed.connect(lambda step, always: self.tool_allowed.emit(self.message.id, step, always))
            self._steps.denied.connect(lambda step: self.tool_denied.emit(self.message.id, step))
            self._steps.show()
        self._steps.show_steps(self.message.steps, answering=self.writing)

    def describe(self) -> str:
        """ "Answer by SmolLM2, 41 tokens" """
        name = self.message.model or self.tr("the model")
        parts = [self.tr("Answer by {0}").format(name)]
        if self.message.timings is not None:
            parts.append(tokens_text(self.message.timings.generated_tokens))
        match self.message.state:
            case MessageState.WRITING:
                parts.append(self.tr("being written"))
            case MessageState.STOPPED:
                parts.append(self.tr("stopped"))
            case MessageState.FAILED:
                parts.append(self.tr("failed"))
        return ", ".join(parts)

    @property
    def wants_footer(self) -> bool:
        """Not while it is being written or edited."""
        return not self.writing and self._panel is None

    @property
    def keeps_footer(self) -> bool:
        """That it was stopped or cut off is always said."""
        return self._aloud or (self._live and (self.message.state == MessageState.STOPPED or self._was_cut))

    @property
    def _was_cut(self) -> bool:
        """Whether it ended although the model had more to say."""
        timings = self.message.timings
        return (
            self.message.state == MessageState.DONE
            and timings is not None
            and timings.stop_reason in {StopReason.MAX_TOKENS, StopReason.CONTEXT_FULL}
        )

    def fill_footer(self, footer: Footer) -> None:
        """Copy · regenerate · versions · Stopped, Continue · figures."""
        message = self.message
        self.add_copy_button(footer)
        if self._aloud:
            name = self.tr("Stop reading aloud")
            footer.add_button("ph.speaker-slash", name, lambda: self.spoken.emit(message.id, ""))
        footer.add_button("ph.arrows-clockwise", self.tr("Write another answer"), self._ask_again)
        footer.add_button("ph.pencil-simple", self.tr("Edit answer"), self.edit)
        footer.add_button("ph.trash", self.tr("Delete answer"), lambda: self.removed.emit(message.id))
        if message.siblings > 1:
            footer.add_versions(message.sibling, message.siblings, lambda step: self.sibling.emit(message.id, step))
        stopped = message.state == MessageState.STOPPED
        if stopped:
            footer.add_words(self.tr("Stopped"))
        elif self._was_cut:
            assert message.timings is not None  # noqa: S101 - a cut is known from them
            full = message.timings.stop_reason == StopReason.CONTEXT_FULL
            footer.add_words(self.tr("Context full") if full else self.tr("Longest length reached"))
        failed = message.state == MessageState.FAILED and bool(message.text.strip()) and not self._notice_words[1]
        if stopped or failed or self._was_cut:
            name = self.tr("Continue this answer")
            footer.add_link(self.tr("Continue"), name, lambda: self.go_on.emit(message.id))
        known = message.timings is not None and message.timings.generated_tokens > 0
        parts = figures_parts(message.timings) if message.timings is not None and known else []
        if is_remote_author(message.model):
            # nobody counts another machine's tokens here: what it did not tell is not known
            parts = [*(parts or [self.tr("tokens unknown")]), message.model]
        if parts:
            footer.add_figures(parts, figures_tooltip(message.timings) if message.timings is not None and known else "")

    @property
    def panel(self) -> EditPanel | None:
        """The editor, while there is one."""
        return self._panel

    def edit(self) -> None:
        """Opens the editor in place of the words."""
        if self.writing:
            return
        if self._panel is None:
            name, hint = self.tr("Change the answer"), self.tr("Kept as a version beside this answer.")
            self._panel = EditPanel(self._look.theme, self.source(), name, hint, self)
            self._panel.saved.connect(lambda text: self.edited.emit(self.message.id, text))
            self._panel.closed.connect(self._close_panel)
            self._panel.resized.connect(self._on_panel_size)
            self._words.hide()
            self._panel.show()
            self.show_footer()
            self._on_panel_size()
        self._panel.field.setFocus(Qt.FocusReason.ShortcutFocusReason)

    def _close_panel(self) -> None:
        if self._panel is None:
            return
        panel, self._panel = self._panel, None
        self.setFocus(Qt.FocusReason.OtherFocusReason)
        panel.hide()
        panel.deleteLater()
        self._words.show()
        self.show_footer()
        self._on_panel_size()

    def _on_panel_size(self) -> None:
        self.needs_layout = True
        self.resized.emit()

    def _ask_again(self) -> None:
        self.regenerate.emit(self.message.id)

    def paintEvent(self, event: QPaintEvent) -> None:
        """A thin line beside opened thoughts."""
        super().paintEvent(event)
        if self._thoughts is not None and self._thoughts.isVisible():
            painter = QPainter(self)
            place = self._thoughts.geometry()
            painter.fillRect(place.x() - S2 + 3, place.y(), 2, place.height(), self._look.colour("line"))
            painter.end()

    # --- layout -------------------------------------------------------------------------------------------------

    def lay_out(self, width: int) -> int:
        """Thoughts, words, activity, notice, row of actions."""
        self.needs_layout = False
        inner = width - 2 * EDGE
        y = S_HALF
        if self._thought_button is not None:
            self._thought_button.move(EDGE - S_HALF, y)
            y += self._thought_button.height()
            if self._thoughts is not None and self._thought_button.isChecked():
                height = self._thoughts.lay_out(inner - S2)
                self._thoughts.setGeometry(EDGE + S2, y + S_HALF, inner - S2, height)
                y += height + S_HALF
            if not self._words.is_empty or self.activity:
                y += S2 - S_HALF if self._thought_button.isChecked() else S1
        if self._steps is not None:
            height = self._steps.lay_out(inner)
            self._steps.setGeometry(EDGE, y, inner, height)
            y += height + S1
        if self._panel is not None:
            height = self._panel.lay_out(inner)
            self._panel.setGeometry(EDGE, y, inner, height)
        else:
            height = self._words.lay_out(inner)
            self._words.setGeometry(EDGE, y, inner, height)
        y += height
        if self._activity is not None and self.activity:
            self._activity.setGeometry(EDGE, y, inner, ACTIVITY_HEIGHT)
            y += ACTIVITY_HEIGHT
        elif self.writing and self._words.is_empty:
            y += ACTIVITY_HEIGHT  # the first line will stand here
        if self._notice is not None:
            y += S1 if y > S_HALF else 0
            height = self._notice.lay_out(inner)
            self._notice.setGeometry(EDGE, y, inner, height)
            y += height
        y += S_HALF
        self.place_footer(y)
        y += FOOTER_HEIGHT
        if self._suggestions is not None:
            y += S_HALF
            height = self._suggestions.lay_out(inner)
            self._suggestions.setGeometry(EDGE, y, inner, height)
            y += height
        return y + S2 - S_HALF
