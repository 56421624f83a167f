"""How the chat page's answers come about: asked for, written, stored, and told to the view.

An answer belongs to its conversation: it goes on, and is stored, while another conversation is shown.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from thimble.conversations import Conversation, Message, MessageState, Role, Store, is_in_memory
from thimble.errors import Problem, ThimbleError
from thimble.ui import figures
from thimble.ui.chat.answer import Answer
from thimble.ui.chat.model_wait import ModelWait
from thimble.ui.chat.prompt import chat_request
from thimble.ui.chat.remedies import Button, remedies
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.chat.title_writer import TitleWriter
from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext

log = logging.getLogger(__name__)

SAVE_AGAIN_MS: Final = 5000


class Answering(QObject):
    """The part of the chat page's controller that has to do with answers; `ChatController` is the whole.

    Signals:
        opened: `Conversation`, or None for a new one that is not stored yet; `shown` follows.
        shown: list of `ShownMessage`: the whole path, anew.
        added: `ShownMessage` at the end of the path.
        changed: `ShownMessage`.
        text: (message id, more text).
        activity: (message id, what goes on before the first text); "" ends it.
        noticed: (message id, sentence, list of (label, callback)); "" and [] remove it.
        answering_changed: whether the shown conversation is being answered.
        list_changed: titles or the order of the conversations changed.
        tokens_changed: (tokens used, context length); 0, 0 when unknown.
        file_tokens_changed: how many of them are attached files.
        files_changed: list of `Attachment` that wait for the next message.
    """

    opened = Signal(object)
    shown = Signal(object)
    added = Signal(object)
    changed = Signal(object)
    text = Signal(int, str)
    activity = Signal(int, str)
    noticed = Signal(int, str, object)
    answering_changed = Signal(bool)
    list_changed = Signal()
    tokens_changed = Signal(int, int)
    file_tokens_changed = Signal(int)
    files_changed = Signal(object)

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._link = context.link
        self._temporary: Store | None = None
        self._answers: dict[int, Answer] = {}
        self._unsaved: dict[int, Answer] = {}
        self._save_again_soon = Debounce(SAVE_AGAIN_MS, self._save_unsaved, self)
        self._path: list[Message] = []
        self._model = ModelWait(context, self)
        self._titles = TitleWriter(context, self)
        self._titles.written.connect(self.list_changed)
        self.conversation: Conversation | None = None
        """What is shown; None for a new conversation that is not stored yet."""
        self._model.ready.connect(self._ask_waiting)
        self._model.line.connect(self._tell_waiting)
        self._model.failed.connect(self._fail_waiting)
        self._model.given_up.connect(self._stop_waiting)
        self._link.started.connect(self._engine_back)

    # --- for the whole controller ---------------------------------------------------------------------------------

    def store_of(self, an_id: int) -> Store:
        """Where the conversation or message of this number is: the file, or the memory of a temporary chat."""
        return self._temporary if self._temporary is not None and is_in_memory(an_id) else self._context.store

    @property
    def _store(self) -> Store:
        return self.store_of(self.conversation.id) if self.conversation is not None else self._context.store

    @property
    def answering(self) -> bool:
        """Whether the shown conversation is being answered."""
        return self._current_answer() is not None

    def regenerate(self, message_id: int) -> None:
        """Writes another version of an answer beside it."""
        raise NotImplementedError

    def continue_answer(self, message_id: int) -> None:
        """Goes on where an answer was cut off."""
        raise NotImplementedError

    def _show(self) -> None:
        raise NotImplementedError

    def _count_soon(self) -> None:
        raise NotImplementedError

    # --- answers ------------------------------------------------------------------------------------------------

    def _current_answer(self) -> Answer | None:
        if self.conversation is None:
            return None
        return next((a for a in self._answers.values() if a.message.conversation_id == self.conversation.id), None)

    def _begin(self, conversation_id: int, parent_id: int, *, anew: bool = False) -> None:
        """Makes the message that will hold the answer to `parent_id`, and asks for it."""
        self._titles.give_way()
        try:
            message = self.store_of(conversation_id).add_message(
                conversation_id,
                Role.ASSISTANT,
                "",
                parent_id=parent_id,
                state=MessageState.WRITING,
                model=self._model_id(),
            )
        except ThimbleError as error:
            self._report(error.problem)
            if anew:
                self._show()
            return
        if self.conversation is None or self.conversation.id != conversation_id:
            self._write(message)
            return
        self._path.append(message)
        if not anew:
            self.added.emit(ShownMessage.of(message, [message]))
        self._write(message)
        if anew:
            self._show()

    def _write(self, message: Message) -> None:
        answer = Answer(self.store_of(message.id), message, self)
        self._answers[message.id] = answer
        answer.text.connect(lambda text: self._on_text(answer, text))
        answer.queued.connect(lambda ahead: self._on_queued(answer, ahead))
        answer.reading.connect(lambda read, total: self._on_reading(answer, read, total))
        answer.unsaved.connect(lambda problem: self._on_unsaved(answer, problem))
        answer.saved.connect(lambda: self.noticed.emit(answer.message.id, "", []))
        answer.over.connect(lambda: self._on_over(answer))
        if self._is_shown(answer):
            self.answering_changed.emit(True)
        self._model.want()

    def _waiting(self) -> list[Answer]:
        return [answer for answer in self._answers.values() if answer.waiting]

    def _ask_waiting(self) -> None:
        for answer in self._waiting():
            self._tell(answer, "")
            try:
                request = chat_request(
                    answer.store, self._context.settings, answer.message, answer.written, self._link.model_key
                )
            except ThimbleError as error:
                answer.fail(error.problem)
                continue
            answer.follow(self._link.chat(request))

    def _tell_waiting(self, line: str) -> None:
        for answer in self._waiting():
            self._tell(answer, line)

    def _stop_waiting(self) -> None:
        for answer in self._waiting():
            answer.stop()

    def _on_text(self, answer: Answer, text: str) -> None:
        if self._is_shown(answer):
            self.text.emit(answer.message.id, text)

    def _on_queued(self, answer: Answer, ahead: int) -> None:
        if ahead > 0:
            self._tell(answer, self.tr("Waiting; requests before this one: {0}").format(ahead))
        else:
            self._tell(answer, "")

    def _on_reading(self, answer: Answer, read: int, total: int) -> None:
        line = self.tr("Reading… {0} of {1} tokens").format(figures.count(read), figures.count(total))
        left_s = answer.reading_left_s(read, total, time.monotonic())
        if left_s is not None:
            line += " · " + self.tr("about {0} left").format(figures.rough_duration(left_s))
        self._tell(answer, line)

    def _on_unsaved(self, answer: Answer, problem: Problem) -> None:
        log.error("answer %d not stored: %s", answer.message.id, problem.detail)
        if self._is_shown(answer):
            again: list[Button] = [(self.tr("Try again"), lambda: self._save_now(answer))]
            self.noticed.emit(answer.message.id, str(problem), again)
        else:
            self._report(problem)

    def _save_unsaved(self) -> None:
        """Stores what could not be stored before; asked again every few seconds while that fails."""
        for answer in tuple(self._unsaved.values()):
            if answer.save():
                self._unsaved.pop(answer.message.id)
                self._path = [answer.message if m.id == answer.message.id else m for m in self._path]
                answer.deleteLater()
        if self._unsaved:
            self._save_again_soon()

    def _save_now(self, answer: Answer) -> None:
        answer.save()
        self._save_unsaved()

    def _on_over(self, answer: Answer) -> None:
        self._answers.pop(answer.message.id)
        self.list_changed.emit()
        saved = answer.message.state == answer.state
        if saved:
            answer.deleteLater()
        else:
            self._unsaved[answer.message.id] = answer
            self._save_again_soon()
        if not self._is_shown(answer):
            self._after(answer)
            return
        self._path = [answer.message if message.id == answer.message.id else message for message in self._path]
        self.activity.emit(answer.message.id, "")
        self.changed.emit(ShownMessage.of(answer.message, self._siblings(answer.message)).by(answer))
        if saved:
            self._notice_about(answer.message)
        self.answering_changed.emit(False)
        timings, model = answer.timings, self._link.status.model
        if timings is not None and timings.prompt_tokens and model is not None:
            self.tokens_changed.emit(timings.prompt_tokens + timings.generated_tokens, model.context)
        else:
            self._count_soon()
        self._after(answer)

    def _after(self, answer: Answer) -> None:
        """What was said meanwhile is answered next; after a stop or a failure the person decides."""
        if answer.state != MessageState.DONE:
            return
        owner = answer.message.conversation_id
        try:
            path = answer.store.path(owner)
        except ThimbleError as error:
            log.warning("what follows an answer was not read: %s", error.problem.detail)
            return
        if path and path[-1].role == Role.USER and any(message.id == answer.message.id for message in path):
            self._begin(owner, path[-1].id)
        else:
            self._titles.consider(answer.store, owner, path)

    def _siblings(self, message: Message) -> list[Message]:
        try:
            return self.store_of(message.id).siblings(message.id)
        except ThimbleError as error:
            log.warning("versions of a message not read: %s", error.problem.detail)
            return [message]

    # --- problems and the engine ----------------------------------------------------------------------------------

    def _notice_about(self, message: Message) -> None:
        """Says under a failed answer what happened, and offers what can be done now."""
        if message.state != MessageState.FAILED or not message.problem:
            return
        problem = Problem.from_json(message.problem)
        # A sentence is enough where a button does what the action says.
        self.noticed.emit(message.id, problem.sentence, remedies(self, self._context, message, problem))

    def restart_engine(self) -> None:
        """Starts the engine again with the model it had."""
        if self._path:
            self.noticed.emit(self._path[-1].id, self.tr("Restarting the engine…"), [])
        self._link.restart()

    def _engine_back(self) -> None:
        if self._path:
            self._notice_about(self._path[-1])

    def _fail_waiting(self, problem: Problem) -> None:
        for answer in self._waiting():
            answer.fail(problem)
        if self._path and not self.answering:
            self._notice_about(self._path[-1])

    def _report(self, problem: Problem) -> None:
        log.error("%s (%s)", problem, problem.detail)
        self._context.navigation.report(self._context.toasts, problem)

    # --- small things -------------------------------------------------------------------------------------------

    def _is_shown(self, answer: Answer) -> bool:
        return any(message.id == answer.message.id for message in self._path)

    def _tell(self, answer: Answer, line: str) -> None:
        if self._is_shown(answer):
            self.activity.emit(answer.message.id, line)

    def _model_id(self) -> str:
        model = self._link.status.model
        return model.id if model else Path(self._link.model_path).stem
