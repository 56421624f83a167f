"""What is said under answers of the shown conversation that failed or could not be stored."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thimble.conversations import MessageState
from thimble.errors import Problem
from thimble.ui import problem_texts
from thimble.ui.chat.chat_part import AnswersPart
from thimble.ui.chat.remedies import Button, remedies

if TYPE_CHECKING:
    from thimble.conversations import Message
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.answer import Answer
    from thimble.ui.chat.answering import Answering
    from thimble.ui.chat.controller import ChatController


class Notices(AnswersPart):
    """Tells them by the chat's signal `noticed`.

    Args:
        context, chat, answering: see `AnswersPart`.
    """

    def __init__(self, context: AppContext, chat: ChatController, answering: Answering) -> None:
        super().__init__(context, chat, answering)
        answering.unsaved.connect(self._on_unsaved)
        answering.saved.connect(self._on_saved)
        answering.engine_changed.connect(self._on_engine)

    def about(self, message: Message) -> None:
        """Says under a failed answer what happened, and offers what can be done now."""
        if message.state != MessageState.FAILED or not message.problem:
            return
        problem = Problem.from_json(message.problem)
        # A sentence is enough where a button does what the action says.
        buttons = remedies(self._chat, self._context, message, problem)
        self._chat.noticed.emit(message.id, problem_texts.sentence(problem), buttons)

    def tell_again(self) -> None:
        """The path is shown anew."""
        if self._chat.path:
            self.about(self._chat.path[-1])
        for message in self._chat.path:
            answer = self._answers.of_message(message.id)
            if answer is not None:
                self._on_unsaved(answer)

    def restart_engine(self) -> None:
        """Starts the engine again with the model it had."""
        if self._chat.path:
            self._chat.noticed.emit(self._chat.path[-1].id, self.tr("Restarting the engine…"), [])
        self._context.link.restart()

    def _on_unsaved(self, answer: Answer) -> None:
        problem = answer.problem_of_saving
        if problem is not None and self._chat.shows(answer.message.id):
            again: list[Button] = [(self.tr("Try again"), lambda: self._answers.save_now(answer))]
            self._chat.noticed.emit(answer.message.id, problem_texts.words(problem), again)

    def _on_saved(self, message_id: int) -> None:
        if self._chat.shows(message_id):
            self._chat.noticed.emit(message_id, "", [])

    def _on_engine(self) -> None:
        if self._chat.path and not self._chat.answering:
            self.about(self._chat.path[-1])
