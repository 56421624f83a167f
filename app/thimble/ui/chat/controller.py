"""What one chat does, without its widgets: it shows a conversation, stores what is said, and asks for answers.

Everything is stored before anything else happens with it.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from thimble.conversations import (
    Attachment,
    Conversation,
    Message,
    MessageState,
    Role,
    Store,
    is_in_memory,
    path_in,
    title_from,
)
from thimble.errors import Problem, ThimbleError
from thimble.ui.chat.message_acts import MessageActs
from thimble.ui.chat.model_choice import ModelChoice
from thimble.ui.chat.notices import Notices
from thimble.ui.chat.outbox import Outbox
from thimble.ui.chat.searched_folders import SearchedFolders
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.chat.temporary import as_stored
from thimble.ui.chat.token_counter import Countable, TokenCounter
from thimble.ui.chat.tool_choice import ToolChoice

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.answer import Answer
    from thimble.ui.chat.answering import Answering

log = logging.getLogger(__name__)


class ChatController(QObject):
    """The conversation that is shown in one place.

    Args:
        context: the window's shared parts.
        answering: the window's answers, and where its conversations are.
        parent: owner.
        is_first: of two that are shown side by side.

    Attributes:
        conversation: what is shown; None for a new conversation that is not stored yet.
        path: its shown messages, oldest first.
        stores: where the conversations are.
        outbox: what waits to be sent.
        folders: where is looked for passages.
        messages: what can be done with single messages.
        notices: what is said under answers that failed.
        choice: which model answers.
        tools: which tools it may use.

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
        suggested: (id of the last answer, list of questions that could follow).
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
    suggested = Signal(int, object)

    def __init__(
        self, context: AppContext, answering: Answering, parent: QObject | None = None, *, is_first: bool = True
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._answers = answering
        self.stores = answering.stores
        self.conversation: Conversation | None = None
        self.path: list[Message] = []
        self.outbox = Outbox(context, self.stores, self, is_first=is_first)
        self.messages = MessageActs(context, self, answering)
        self.choice = ModelChoice(context, self)
        self.choice.changed.connect(self.count_soon)
        self.tools = ToolChoice(context, self)
        self.tools.changed.connect(self.count_soon)
        self._counter = TokenCounter(context, self._countable, self)
        self._counter.counted.connect(self.tokens_changed)
        self._counter.files_counted.connect(self.file_tokens_changed)
        self.folders = SearchedFolders(context, self.outbox, self.stores, answering.passages.folders, self)
        self.outbox.changed.connect(self._on_outbox)
        self.tokens_changed.connect(self.outbox.fit)
        answering.readers.append(self.shows)
        answering.began.connect(self._on_began)
        answering.text.connect(self._on_text)
        answering.activity.connect(self._on_activity)
        answering.stored_late.connect(self._replace)
        answering.over.connect(self._on_over)
        answering.passages.found.connect(self._on_passages)
        answering.rounds.changed.connect(self._on_steps)
        answering.suggested.connect(self._on_suggested)
        self.notices = Notices(context, self, answering)
        self.stores.temporary_gone.connect(self._on_temporary_gone)

    # --- what is shown ------------------------------------------------------------------------------------------

    @property
    def store(self) -> Store:
        """Where the shown conversation is."""
        return self.stores.of(self.conversation.id if self.conversation is not None else 0)

    @property
    def answering(self) -> bool:
        """Whether the shown conversation is being answered."""
        return self._current_answer() is not None

    @property
    def failed(self) -> bool:
        """Whether the shown conversation ends in an answer that failed."""
        return bool(self.path) and self.path[-1].state == MessageState.FAILED

    @property
    def is_temporary(self) -> bool:
        """Whether what is shown is only in memory."""
        return self.conversation is not None and self.store is self.stores.memory

    def shows(self, message_id: int) -> bool:
        """Whether a message is on the shown path."""
        return any(message.id == message_id for message in self.path)

    def _current_answer(self) -> Answer | None:
        return self._answers.of_conversation(self.conversation.id) if self.conversation is not None else None

    def new_chat(self) -> None:
        """Shows an empty conversation; it is stored with its first message."""
        self.outbox.flush()
        self._turn_to(None)

    def open(self, conversation_id: int) -> None:
        """Shows a stored conversation.

        Raises:
            ThimbleError: it is gone, or the store cannot be read.
        """
        self.outbox.flush()
        answer = self._answers.of_conversation(conversation_id)
        if answer is not None:
            answer.save()
        self._turn_to(self.stores.of(conversation_id).conversation(conversation_id))

    def _turn_to(self, conversation: Conversation | None) -> None:
        self.conversation = conversation
        self.path = []  # `show` reads it
        self.outbox.turn_to(conversation)
        self.folders.turn_to(conversation)
        self.opened.emit(conversation)
        self.show()
        self.outbox.files_changed.emit(list(self.outbox.files))
        self.answering_changed.emit(self.answering)
        self.count_soon()

    def show(self) -> None:
        """Reads the path and shows it anew."""
        versions: dict[int | None, list[Message]] = defaultdict(list)
        files: dict[int, list[Attachment]] = {}
        if self.conversation is not None:
            owner = self.conversation.id
            tree = self.store.messages(owner)  # all of it, once: the path is a part of it
            for message in tree:
                versions[message.parent_id].append(message)
            self.path = path_in(tree, self.store.conversation(owner).leaf_id)
            files = self.store.attachments(owner)
        shown = []
        for message in self.path:
            if message.role == Role.SYSTEM:
                continue
            answer = self._answers.of_message(message.id)
            view = ShownMessage.of(message, versions[message.parent_id], files.get(message.id, ()))
            shown.append(view.by(answer) if answer else view)
        self.shown.emit(shown)
        self.notices.tell_again()
        self._answers.look()

    def refresh(self, conversation_id: int) -> None:
        """A conversation has changed in the store: shown anew if it is this one."""
        if self.conversation is not None and self.conversation.id == conversation_id:
            self.show()
            self.count_soon()
        self.list_changed.emit()

    def read_again(self) -> None:
        """Reads title and settings of the shown conversation again."""
        if self.conversation is None:
            return
        try:
            self.conversation = self.store.conversation(self.conversation.id)
        except ThimbleError as error:
            log.warning("conversation not read again: %s", error.problem.detail)

    def last_user_message_id(self) -> int | None:
        """The last message of the person on the shown path."""
        return next((message.id for message in reversed(self.path) if message.role == Role.USER), None)

    # --- what the person says -----------------------------------------------------------------------------------

    def send(self, text: str) -> bool:
        """Stores the message and asks for an answer; False when it could not be stored (a toast says why).

        While an answer is written, the message is stored behind it and has its turn when the answer is done.
        """
        if not text.strip() and not self.outbox.files:
            return False
        message = self._say(text)
        if message is None:
            return False
        if not self.answering:
            self.begin(message.id)
        return True

    def note(self, text: str, role: Role = Role.USER) -> bool:
        """Stores a message of either side and asks for nothing; False when it could not be stored."""
        return bool(text.strip() or self.outbox.files) and self._say(text, role=role) is not None

    def send_words(self, text: str) -> bool:
        """Sends words that do not come from the composer; what is being written there stays."""
        message = self._say(text, aside=True)
        if message is not None and not self.answering:
            self.begin(message.id)
        return message is not None

    def send_copy(self, original: Message) -> None:
        """Sends the words and files of another conversation's message; what is being written here stays."""
        message = self._say(original.text, aside=True, original=original)
        if message is not None and not self.answering:
            self.begin(message.id)

    def store_new(self) -> None:
        """A new chat becomes a stored one before its first message, without a title."""
        if self.conversation is not None:
            return
        try:
            self._found("")
        except ThimbleError as error:
            self._report(error.problem)

    def take_waiting(self) -> None:
        """What waits for a new chat waits in this one."""
        self.outbox.turn_to(None)
        self.folders.turn_to(None)
        self.outbox.files_changed.emit(list(self.outbox.files))
        self.count_soon()

    def _found(self, title: str) -> Conversation:
        made = self.store.create_conversation(title=title, model=self.choice.for_new_chats)
        self.conversation = made
        self.tools.became_stored()
        made = self.conversation
        self.outbox.became(made)
        self.folders.became(made)
        self.opened.emit(made)
        return made

    def _say(
        self, text: str, *, role: Role = Role.USER, aside: bool = False, original: Message | None = None
    ) -> Message | None:
        """Stores words at the end.

        Args:
            text: the words.
            role: whose they are.
            aside: they do not come from the composer: what waits there stays.
            original: the message whose files go with them.
        """
        try:
            conversation = self.conversation
            if conversation is None:
                files = self.outbox.files
                conversation = self._found(title_from(text) or (files[0].name if files and not aside else ""))
            elif not conversation.title and not self.path:
                self.store.rename(conversation.id, title_from(text), by_person=False)
                self.conversation = conversation = self.store.conversation(conversation.id)
            parent = self.path[-1].id if self.path else None
            message = self.store.add_message(conversation.id, role, text, parent_id=parent)
            files = self._copy_files(original, message) if aside else self.outbox.send(message.id)
        except ThimbleError as error:
            self._report(error.problem)
            return None
        self.path.append(message)
        self.added.emit(ShownMessage.of(message, [message], files))
        if not aside:
            self.outbox.files_changed.emit([])
        self.list_changed.emit()
        return message

    def _copy_files(self, original: Message | None, message: Message) -> list[Attachment]:
        if original is None:
            return []
        source = self.stores.of(original.id)
        if source is self.store:
            self.store.copy_attachments(original.id, message.id)
        elif source.attachments(original.conversation_id).get(original.id):
            self._context.toasts.show(self.tr("The files stay in the other chat: one of the two is stored nowhere."))
        return self.store.attachments(message.conversation_id).get(message.id, [])

    def begin(self, parent_id: int) -> None:
        """Asks for an answer to a message of the shown conversation."""
        assert self.conversation is not None  # noqa: S101 - a message has a conversation
        try:
            self._answers.begin(self.conversation.id, parent_id)
        except ThimbleError as error:
            self._report(error.problem)
            self.show()

    def stop(self) -> None:
        """Ends the answer of the shown conversation with what has come so far."""
        answer = self._current_answer()
        if answer is not None:
            answer.stop()

    # --- the conversation ---------------------------------------------------------------------------------------

    def set_overrides(self, settings: dict[str, Any]) -> None:
        """The stored conversation's own settings, by setting key."""
        self.change(lambda store, conversation: store.set_settings(conversation.id, settings))

    def change(self, change: Callable[[Store, Conversation], object]) -> None:
        """Changes what is stored of the conversation, if it is stored, and reads it again; what went wrong is told."""
        conversation = self.conversation
        if conversation is None:
            return
        try:
            change(self.store, conversation)
            self.conversation = self.store.conversation(conversation.id)
        except ThimbleError as error:
            self._report(error.problem)

    def begin_temporary(self) -> None:
        """Opens a chat that no file knows of, until the window closes or it is discarded."""
        self._answers.discard_temporary()
        self.open(self.stores.begin_temporary().id)
        self.list_changed.emit()

    def keep_temporary(self) -> None:
        """Stores the temporary chat like any other, with what is being typed and the files that wait."""
        chat, store = self.stores.temporary, self.stores.memory
        if store is None or chat is None or self._answers.of_conversation(chat.id) is not None:
            return
        if self.is_temporary:
            self.outbox.flush()
        try:
            kept = as_stored(store, chat.id, self.stores.stored)
        except ThimbleError as error:
            self._report(error.problem)
            return
        self._answers.discard_temporary()
        self.open(kept.id)
        self.list_changed.emit()

    def _on_temporary_gone(self) -> None:
        if self.conversation is not None and is_in_memory(self.conversation.id):
            self.outbox.forget()
            self.new_chat()

    def close(self) -> None:
        """The window closes, or the place: what is being typed is stored."""
        self.outbox.flush()
        self._counter.close()
        if self.shows in self._answers.readers:
            self._answers.readers.remove(self.shows)

    # --- answers --------------------------------------------------------------------------------------------------

    def _on_began(self, message: Message) -> None:
        if self.conversation is None or message.conversation_id != self.conversation.id:
            return
        if self.path and self.path[-1].id == message.parent_id:
            self.path.append(message)
            self.added.emit(ShownMessage.of(message, [message]))
        else:  # another version, or the same message goes on
            self.noticed.emit(message.id, "", [])
            self.show()
        self.answering_changed.emit(True)

    def _on_text(self, message_id: int, text: str) -> None:
        if self.shows(message_id):
            self.text.emit(message_id, text)

    def _on_activity(self, message_id: int, line: str) -> None:
        if self.shows(message_id):
            self.activity.emit(message_id, line)

    def _on_steps(self, answer: Answer) -> None:
        if self.shows(answer.message.id):
            self._replace(answer.message)
            self.activity.emit(answer.message.id, "")
            self.changed.emit(ShownMessage.of(answer.message, self._siblings(answer.message)).by(answer))

    def _on_suggested(self, message_id: int, questions: list[str]) -> None:
        if self.path and self.path[-1].id == message_id:
            self.suggested.emit(message_id, questions)

    def _on_outbox(self) -> None:
        self._answers.give_way()
        self.count_soon()

    def _replace(self, message: Message) -> None:
        self.path = [message if known.id == message.id else known for known in self.path]

    def _on_over(self, answer: Answer) -> None:
        if not self.shows(answer.message.id):
            return
        self._replace(answer.message)
        self.activity.emit(answer.message.id, "")
        self.changed.emit(ShownMessage.of(answer.message, self._siblings(answer.message)).by(answer))
        if answer.is_saved:
            self.notices.about(answer.message)
        self.answering_changed.emit(False)
        timings, context = answer.timings, self._context_length
        if timings is not None and timings.prompt_tokens and context is not None:
            self.tokens_changed.emit(timings.prompt_tokens + timings.generated_tokens, context)
        else:
            self.count_soon()

    def _on_passages(self, question: Message) -> None:
        if self.shows(question.id):
            self._replace(question)
            files = self.store.attachments(question.conversation_id).get(question.id, ())
            self.changed.emit(ShownMessage.of(question, self._siblings(question), files))

    def _siblings(self, message: Message) -> list[Message]:
        try:
            return self.store.siblings(message.id)
        except ThimbleError as error:
            log.warning("versions of a message not read: %s", error.problem.detail)
            return [message]

    def _report(self, problem: Problem) -> None:
        self._context.navigation.report(self._context.toasts, problem)

    # --- tokens -----------------------------------------------------------------------------------------------------

    @property
    def file_tokens(self) -> Mapping[int, int]:
        """Tokens of attached files, by attachment, as far as they were counted."""
        return self._counter.file_tokens

    @property
    def file_tokens_in_all(self) -> int:
        """Tokens of all files in the model's view, as last counted."""
        return self._counter.files

    def count_soon(self) -> None:
        """Counts what the model would have to read, when nothing has changed for a moment.

        Only this computer's model can be asked; of a remote one nothing is known until it has answered.
        """
        if self.choice.key:
            self.tokens_changed.emit(0, 0)
        else:
            self._counter.soon()

    @property
    def _context_length(self) -> int | None:
        """Tokens the model can see; 0 when a remote one does not say, None without a model."""
        remote, model = self.choice.remote, self._context.link.status.model
        if remote is not None:
            return remote.model.context
        return model.context if model is not None else None

    def _countable(self) -> Countable | None:
        """What is to be counted now; None while an answer is written."""
        if self.answering or self.choice.key:
            return None
        tools = [each.to_json() for each in self._context.tools.offered(self.tools.on)]
        return Countable(self.store, self.conversation, self.path, self.outbox.draft, self.outbox.files, tools)
