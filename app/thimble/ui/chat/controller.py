"""What the chat page does, without its widgets: it stores what is said, asks the engine, and tells the view.

Everything is stored before anything else happens with it. An answer belongs to its conversation: it goes on, and is
stored, while another conversation is shown.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from thimble.conversations import Conversation, Message, MessageState, Role, title_from
from thimble.errors import Problem, ThimbleError
from thimble.ui import figures
from thimble.ui.chat.answer import Answer
from thimble.ui.chat.model_wait import ModelWait
from thimble.ui.chat.prompt import as_prompt, chat_request
from thimble.ui.chat.remedies import Button, remedies
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext

log = logging.getLogger(__name__)

DRAFT_MS: Final = 400
COUNT_MS: Final = 350
SAVE_AGAIN_MS: Final = 5000


class ChatController(QObject):
    """The state of one chat page.

    Args:
        context: the window's shared parts.
        parent: owner.

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

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._store = context.store
        self._link = context.link
        self._answers: dict[int, Answer] = {}
        self._unsaved: dict[int, Answer] = {}
        self._save_again_soon = Debounce(SAVE_AGAIN_MS, self._save_unsaved, self)
        self._path: list[Message] = []
        self._new_draft = ""
        self._draft = ""
        self._save_draft = Debounce(DRAFT_MS, self._store_draft, self)
        self._count_soon = Debounce(COUNT_MS, self._count, self)
        self._model = ModelWait(context, self)
        self.conversation: Conversation | None = None
        """What is shown; None for a new conversation that is not stored yet."""
        self._model.ready.connect(self._ask_waiting)
        self._model.line.connect(self._tell_waiting)
        self._model.failed.connect(self._fail_waiting)
        self._model.given_up.connect(self._stop_waiting)
        self._link.started.connect(self._engine_back)
        self._link.busy_changed.connect(self._count_soon.__call__)  # another model counts otherwise

    # --- what is shown ------------------------------------------------------------------------------------------

    @property
    def answering(self) -> bool:
        """Whether the shown conversation is being answered."""
        return self._current_answer() is not None

    @property
    def failed(self) -> bool:
        """Whether the shown conversation ends in an answer that failed."""
        return bool(self._path) and self._path[-1].state == MessageState.FAILED

    def new_chat(self) -> None:
        """Shows an empty conversation; it is stored with its first message."""
        self._leave()
        self.conversation = None
        self._path = []
        self._draft = self._new_draft
        self._announce()

    def open(self, conversation_id: int) -> None:
        """Shows a stored conversation.

        Raises:
            ThimbleError: it is gone, or the store cannot be read.
        """
        self._leave()
        answer = next((a for a in self._answers.values() if a.message.conversation_id == conversation_id), None)
        if answer is not None:
            answer.save()
        self.conversation = self._store.conversation(conversation_id)
        self._path = self._store.path(conversation_id)
        self._draft = self.conversation.draft
        self._announce()

    def _leave(self) -> None:
        if self._save_draft.pending:
            self._save_draft.flush()

    def _announce(self) -> None:
        self.opened.emit(self.conversation)
        self._show()
        self.answering_changed.emit(self.answering)
        self._count_soon()

    def _show(self) -> None:
        if self.conversation is not None:
            self._path = self._store.path(self.conversation.id)
        versions: dict[int | None, list[Message]] = defaultdict(list)
        for message in self._store.messages(self.conversation.id) if self.conversation else ():
            versions[message.parent_id].append(message)
        shown = []
        for message in self._path:
            if message.role == Role.SYSTEM:
                continue
            answer = self._answers.get(message.id) or self._unsaved.get(message.id)
            view = ShownMessage.of(message, versions[message.parent_id])
            shown.append(view.by(answer) if answer else view)
        self.shown.emit(shown)
        if self._path:
            self._notice_about(self._path[-1])
        for answer in self._unsaved.values():
            if answer.problem_of_saving is not None:
                self._on_unsaved(answer, answer.problem_of_saving)
        self._model.look()

    def last_user_message_id(self) -> int | None:
        """The last message of the person on the shown path."""
        return next((message.id for message in reversed(self._path) if message.role == Role.USER), None)

    # --- what the person does -----------------------------------------------------------------------------------

    def send(self, text: str) -> bool:
        """Stores the message and asks for an answer; False when it could not be stored (a toast says why)."""
        if not text.strip() or self.answering:
            return False
        try:
            conversation = self.conversation
            if conversation is None:
                conversation = self._store.create_conversation(title=title_from(text))
                self.conversation = conversation
                self._new_draft = ""
                self._context.window_state.set("chat.draft", "")
                self.opened.emit(conversation)
            parent = self._path[-1].id if self._path else None
            message = self._store.add_message(conversation.id, Role.USER, text, parent_id=parent)
            self._draft = ""
            self._save_draft.cancel()
            self._store.set_draft(conversation.id, "")
        except ThimbleError as error:
            self._report(error.problem)
            return False
        self._path.append(message)
        self.added.emit(ShownMessage.of(message, [message]))
        self.list_changed.emit()
        self._begin(message.id)
        return True

    def stop(self) -> None:
        """Ends the answer of the shown conversation with what has come so far."""
        answer = self._current_answer()
        if answer is not None:
            answer.stop()

    def regenerate(self, message_id: int) -> None:
        """Writes another version of an answer beside it."""
        if self.answering:
            return
        try:
            parent = self._store.message(message_id).parent_id
            if parent is not None and self.conversation is not None:
                self._store.set_leaf(self.conversation.id, parent)
                self._begin(parent, anew=True)
        except ThimbleError as error:
            self._report(error.problem)

    def continue_answer(self, message_id: int) -> None:
        """Goes on where an answer was cut off; one without text is written anew."""
        if self.answering:
            return
        try:
            message = self._store.message(message_id)
            if not message.text.strip():
                self.regenerate(message_id)
                return
            message = self._store.update_message(message_id, state=MessageState.WRITING, problem={})
        except ThimbleError as error:
            self._report(error.problem)
            return
        self.noticed.emit(message_id, "", [])
        self._write(message)
        self._show()

    def edit(self, message_id: int, text: str) -> None:
        """Says something else instead: a version beside the person's message, and a new answer to it."""
        if self.answering or not text.strip() or self.conversation is None:
            return
        try:
            parent = self._store.message(message_id).parent_id
            message = self._store.add_message(self.conversation.id, Role.USER, text, parent_id=parent)
        except ThimbleError as error:
            self._report(error.problem)
            return
        self._begin(message.id, anew=True)

    def show_sibling(self, message_id: int, step: int) -> None:
        """Shows the previous (-1) or next (+1) version of a message, with what followed it last."""
        if self.answering or self.conversation is None:
            return
        try:
            siblings = [message.id for message in self._store.siblings(message_id)]
            place = siblings.index(message_id) + step
            if 0 <= place < len(siblings):
                self._store.set_leaf(self.conversation.id, self._store.newest_leaf(siblings[place]))
                self._show()
                self._count_soon()
        except ThimbleError as error:
            self._report(error.problem)

    def rename(self, title: str) -> None:
        """Gives the shown conversation another title."""
        if self.conversation is None or not title.strip():
            return
        try:
            self._store.rename(self.conversation.id, title.strip())
            self.conversation = self._store.conversation(self.conversation.id)
        except ThimbleError as error:
            self._report(error.problem)
        self.list_changed.emit()

    def set_overrides(self, settings: dict[str, Any]) -> None:
        """The stored conversation's own settings, by setting key."""
        if self.conversation is None:
            return
        try:
            self._store.set_settings(self.conversation.id, settings)
            self.conversation = self._store.conversation(self.conversation.id)
        except ThimbleError as error:
            self._report(error.problem)

    def draft(self) -> str:
        """What was being typed in the shown conversation."""
        return self._draft

    def set_draft(self, text: str) -> None:
        """Remembers what is being typed; stored when the typing pauses."""
        if text != self._draft:
            self._draft = text
            self._save_draft()
            self._count_soon()

    def close(self) -> None:
        """The window closes: everything unsaved is stored."""
        self._leave()
        self._count_soon.cancel()
        self._model.close()
        self._save_again_soon.cancel()
        for answer in tuple(self._answers.values()):
            answer.close()
        self._save_unsaved()
        self._save_again_soon.cancel()

    def _store_draft(self) -> None:
        if self.conversation is None:
            self._new_draft = self._draft
            self._context.window_state.set("chat.draft", self._draft)
            return
        try:
            self._store.set_draft(self.conversation.id, self._draft)
        except ThimbleError as error:
            log.warning("draft not stored: %s", error.problem.detail)

    def restore_new_draft(self) -> None:
        """Takes up the text that was typed for a new conversation when the window closed."""
        self._new_draft = str(self._context.window_state.get("chat.draft", ""))

    # --- answers ------------------------------------------------------------------------------------------------

    def _current_answer(self) -> Answer | None:
        if self.conversation is None:
            return None
        return next((a for a in self._answers.values() if a.message.conversation_id == self.conversation.id), None)

    def _begin(self, parent_id: int, *, anew: bool = False) -> None:
        """Makes the message that will hold the answer to `parent_id`, and asks for it."""
        assert self.conversation is not None  # noqa: S101 - every caller has one
        try:
            message = self._store.add_message(
                self.conversation.id,
                Role.ASSISTANT,
                "",
                parent_id=parent_id,
                state=MessageState.WRITING,
                model=self._model_id(),
            )
        except ThimbleError as error:
            self._report(error.problem)
            self._show()
            return
        self._path.append(message)
        if not anew:
            self.added.emit(ShownMessage.of(message, [message]))
        self._write(message)
        if anew:
            self._show()

    def _write(self, message: Message) -> None:
        answer = Answer(self._store, message, self)
        self._answers[message.id] = answer
        answer.text.connect(lambda text: self._on_text(answer, text))
        answer.queued.connect(lambda ahead: self._on_queued(answer, ahead))
        answer.reading.connect(lambda read, total: self._on_reading(answer, read, total))
        answer.unsaved.connect(lambda problem: self._on_unsaved(answer, problem))
        answer.saved.connect(lambda: self.noticed.emit(answer.message.id, "", []))
        answer.over.connect(lambda: self._on_over(answer))
        self.answering_changed.emit(True)
        self._model.want()

    def _waiting(self) -> list[Answer]:
        return [answer for answer in self._answers.values() if answer.waiting]

    def _ask_waiting(self) -> None:
        for answer in self._waiting():
            self._tell(answer, "")
            try:
                request = chat_request(
                    self._store, self._context.settings, answer.message, answer.written, self._model_id()
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
        self._tell(answer, self.tr("Reading… {0} of {1} tokens").format(figures.count(read), figures.count(total)))

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

    def _siblings(self, message: Message) -> list[Message]:
        try:
            return self._store.siblings(message.id)
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

    def _count(self) -> None:
        model = self._link.status.model
        if model is None or self.answering:
            return
        own = self.conversation.settings if self.conversation else {}
        system = str(self._context.settings.value("answers.system_prompt", model=model.id, conversation=own))
        messages = as_prompt(self._path, system)
        if self._draft.strip():
            messages.append({"role": str(Role.USER), "content": self._draft})
        if not messages or messages[-1]["role"] == Role.SYSTEM:
            self.tokens_changed.emit(0, model.context)
            return
        capacity = model.context
        self._link.count_tokens(messages, lambda count: self.tokens_changed.emit(count, capacity))
