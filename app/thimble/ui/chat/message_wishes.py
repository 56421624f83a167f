"""What a person wants done with a message, passed on from its view."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.message_view import MessageView


class MessageWishes(QWidget):
    """A widget with messages in it.

    Signals:
        regenerate_requested, continue_requested: id of an answer.
        edit_submitted: (message id, its new text).
        sibling_requested: (message id, -1 or +1).
        remove_requested, answer_requested, fork_requested: id of a message.
        turn_requested: id of a message that is to become the other side's.
        spoken: a message is to be read aloud, or no longer (message id, its words).
        asked: a suggested question that is to be sent.
    """

    regenerate_requested = Signal(int)
    continue_requested = Signal(int)
    edit_submitted = Signal(int, str)
    sibling_requested = Signal(int, int)
    remove_requested = Signal(int)
    answer_requested = Signal(int)
    fork_requested = Signal(int)
    tool_allowed = Signal(int, str, bool)
    tool_denied = Signal(int, str)
    turn_requested = Signal(int)
    asked = Signal(str)
    spoken = Signal(int, str)

    def pass_on(self, view: MessageView) -> None:
        """Passes on what is wanted of one more message."""
        if isinstance(view, AnswerView):
            view.asked.connect(self.asked)
            view.spoken.connect(self.spoken)
        view.regenerate.connect(self.regenerate_requested)
        view.go_on.connect(self.continue_requested)
        view.edited.connect(self.edit_submitted)
        view.sibling.connect(self.sibling_requested)
        view.removed.connect(self.remove_requested)
        view.answer.connect(self.answer_requested)
        view.forked.connect(self.fork_requested)
        view.tool_allowed.connect(self.tool_allowed)
        view.tool_denied.connect(self.tool_denied)
        view.turned.connect(self.turn_requested)
