"""What the chat page does, without its widgets: it stores what is said, asks the engine, and tells the view.

Everything is stored before anything else happens with it.
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject

from thimble.conversations import Attachment, Message, MessageState, Role, Store, as_json, path_in, title_from
from thimble.conversations.importing import ImportedConversation, ImportedMessage
from thimble.errors import Code, ThimbleError
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.prompt import files_of
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.chat.token_counter import Countable, TokenCounter
from thimble.ui.throttle import Debounce

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from thimble.conversations import Conversation
    from thimble.conversations.documents import Document
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

log = logging.getLogger(__name__)

DRAFT_MS: Final = 400


class ChatController(Answering):
    """The state of one chat page.

    Args:
        context: the window's shared parts.
        parent: owner.
    """

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(context, parent)
        self._new_draft = ""
        self._draft = ""
        self._files: list[Attachment] = []
        self._save_draft = Debounce(DRAFT_MS, self._store_draft, self)
        self._counter = TokenCounter(context, self._countable, self)
        self._counter.counted.connect(self.tokens_changed)
        self._counter.files_counted.connect(self.file_tokens_changed)

    # --- what is shown ------------------------------------------------------------------------------------------

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
        self._take_files()
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
        store = self.store_of(conversation_id)
        self.conversation = store.conversation(conversation_id)
        self._path = []  # `_show` reads it
        self._draft = self.conversation.draft
        self._take_files()
        self._announce()

    def _leave(self) -> None:
        if self._save_draft.pending:
            self._save_draft.flush()

    def _announce(self) -> None:
        self.opened.emit(self.conversation)
        self._show()
        self.files_changed.emit(list(self._files))
        self.answering_changed.emit(self.answering)
        self._count_soon()

    def _show(self) -> None:
        versions: dict[int | None, list[Message]] = defaultdict(list)
        files: dict[int, list[Attachment]] = {}
        if self.conversation is not None:
            owner = self.conversation.id
            tree = self._store.messages(owner)  # all of it, once: the path is a part of it
            for message in tree:
                versions[message.parent_id].append(message)
            self._path = path_in(tree, self._store.conversation(owner).leaf_id)
            files = self._store.attachments(owner)
        shown = []
        for message in self._path:
            if message.role == Role.SYSTEM:
                continue
            answer = self._answers.get(message.id) or self._unsaved.get(message.id)
            view = ShownMessage.of(message, versions[message.parent_id], files.get(message.id, ()))
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
        """Stores the message and asks for an answer; False when it could not be stored (a toast says why).

        While an answer is written, the message is stored behind it and has its turn when the answer is done.
        """
        if not text.strip() and not self._files:
            return False
        message = self._say(text)
        if message is None:
            return False
        if not self.answering:
            self._begin(message.conversation_id, message.id)
        return True

    def note(self, text: str) -> bool:
        """Stores the message and asks for nothing; False when it could not be stored."""
        return bool(text.strip() or self._files) and self._say(text) is not None

    def _say(self, text: str) -> Message | None:
        try:
            conversation = self.conversation
            if conversation is None:
                title = title_from(text) or (self._files[0].name if self._files else "")
                conversation = self._store.create_conversation(title=title)
                self.conversation = conversation
                self._new_draft = ""
                self._context.window_state.set("chat.draft", "")
                self.opened.emit(conversation)
            elif not conversation.title and not self._path:
                self._store.rename(conversation.id, title_from(text), by_person=False)
                self.conversation = conversation = self._store.conversation(conversation.id)
            parent = self._path[-1].id if self._path else None
            message = self._store.add_message(conversation.id, Role.USER, text, parent_id=parent)
            if self._files:
                self._store.give_attachments([file.id for file in self._files], conversation.id, message.id)
            self._draft = ""
            self._save_draft.cancel()
            self._store.set_draft(conversation.id, "")
        except ThimbleError as error:
            self._report(error.problem)
            return None
        files, self._files = self._files, []
        self._path.append(message)
        self.added.emit(ShownMessage.of(message, [message], files))
        self.files_changed.emit([])
        self.list_changed.emit()
        return message

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
            if parent is None or self.conversation is None:
                return
            after = [m for m in self._path if m.id > message_id]
            self._store.set_leaf(self.conversation.id, parent)
            self._begin(self.conversation.id, parent, anew=True)
            if after and all(m.role == Role.USER for m in after) and self.answering:
                self._queue_again(after)
        except ThimbleError as error:
            self._report(error.problem)

    def _queue_again(self, messages: Sequence[Message]) -> None:
        """What waited for an answer behind one that is written anew waits behind the new one."""
        for old in messages:
            made = self._store.add_message(old.conversation_id, old.role, old.text, parent_id=self._path[-1].id)
            self._store.copy_attachments(old.id, made.id)
            self._path.append(made)
        self._show()

    def answer(self, message_id: int) -> None:
        """Asks for an answer to a message of the person that has none."""
        if not self.answering and self.conversation is not None and self._path and self._path[-1].id == message_id:
            self._begin(self.conversation.id, message_id)

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
        """Other words instead: a version beside the message; one of the person's gets a new answer."""
        if self.answering or not text.strip() or self.conversation is None:
            return
        try:
            old = self._store.message(message_id)
            if text == old.text:
                return
            owner = self.conversation.id
            message = self._store.add_message(owner, old.role, text, parent_id=old.parent_id, model=old.model)
            self._store.copy_attachments(old.id, message.id)
        except ThimbleError as error:
            self._report(error.problem)
            return
        if old.role == Role.USER:
            self._begin(owner, message.id, anew=True)
        else:
            self._show()
            self._count_soon()

    def fork(self, message_id: int) -> None:
        """Copies the stored chat up to a message into a new one and shows that; a temporary one is never stored so."""
        places = {message.id: place for place, message in enumerate(self._path)}
        if self.conversation is None or self.is_temporary or self.answering or message_id not in places:
            return
        store, old = self._store, self.conversation
        imported = ImportedConversation(old.title, settings=dict(old.settings), named=old.named)
        try:
            files = files_of(store, old.id)
            for m in self._path[: places[message_id] + 1]:
                parent = len(imported.messages) - 1 if imported.messages else None
                attached = tuple(files.get(m.id, ()))
                imported.messages.append(
                    ImportedMessage(m.role, m.text, parent, m.created, m.model, m.state, m.timings, attached)
                )
            made = self._context.store.add_imported(imported)
        except ThimbleError as error:
            self._report(error.problem)
            return
        self.open(made.id)
        self.list_changed.emit()

    def remove(self, message_id: int) -> None:
        """Takes a message out of the conversation; a toast offers to put it back."""
        if self.answering or self.conversation is None:
            return
        store, owner = self._store, self.conversation.id
        try:
            removed = store.remove_message(message_id)
        except ThimbleError as error:
            self._report(error.problem)
            return
        self._refresh(owner)

        def put_back() -> bool:
            try:
                store.put_back(removed)
            except ThimbleError as error:
                self._report(error.problem)
                return error.problem.code == Code.NOT_FOUND  # the whole chat is gone: trying again is of no use
            self._refresh(owner)
            return True

        self._context.undo.done(self.tr("Message deleted."), put_back)

    def _refresh(self, conversation_id: int) -> None:
        if self.conversation is not None and self.conversation.id == conversation_id:
            self._show()
            self._count_soon()
        self.list_changed.emit()

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
        self._counter.close()
        self._titles.give_way()
        self._model.close()
        self._save_again_soon.cancel()
        for answer in tuple(self._answers.values()):
            answer.close()
        self._save_unsaved()
        self._save_again_soon.cancel()
        if self._temporary is not None:
            self._temporary.close()

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

    # --- files ----------------------------------------------------------------------------------------------------

    def attach(self, paths: Sequence[Path]) -> None:
        """Reads files in jobs and lets them wait for the next message; what cannot be read is said in a toast."""
        for path in paths:

            def read(handle: JobHandle, path: Path = path) -> Document:
                from thimble.conversations.documents import read_document

                return read_document(path, handle.is_cancelled)

            self._attach(read, path.name)

    def attach_text(self, name: str, text: str) -> None:
        """Lets a long text wait for the next message like a file."""
        from thimble.conversations.documents import Document

        self._attach(lambda _handle: Document(name, text), name)

    def _attach(self, read: Callable[[JobHandle], Document], name: str) -> None:
        owner = self.conversation.id if self.conversation is not None else None
        store = self._store

        def keep(handle: JobHandle) -> Attachment:
            document = read(handle)
            return store.attach(owner, document.name, document.text, document.pages)

        def done(made: Attachment) -> None:
            if owner == (self.conversation.id if self.conversation is not None else None):
                self._files.append(made)
                self.files_changed.emit(list(self._files))
                self._count_soon()

        self._context.jobs.run(keep, done=done, failed=self._report, name=f"read {name}")

    def detach(self, attachment_id: int) -> None:
        """Takes a file out of the composer."""
        try:
            self.store_of(attachment_id).detach(attachment_id)
        except ThimbleError as error:
            self._report(error.problem)
            return
        self._files = [file for file in self._files if file.id != attachment_id]
        self.files_changed.emit(list(self._files))
        self._count_soon()

    def _take_files(self) -> None:
        owner = self.conversation.id if self.conversation is not None else None
        try:
            self._files = self._store.waiting_attachments(owner)
        except ThimbleError as error:
            self._files = []
            log.warning("waiting files not read: %s", error.problem.detail)

    # --- a temporary chat -----------------------------------------------------------------------------------------

    @property
    def temporary(self) -> Conversation | None:
        """The chat that is only in memory; None while there is none."""
        found = self._temporary.conversations() if self._temporary is not None else []
        return found[0] if found else None

    @property
    def is_temporary(self) -> bool:
        """Whether what is shown is only in memory."""
        shown = self.conversation
        return shown is not None and self.store_of(shown.id) is self._temporary

    def begin_temporary(self) -> None:
        """Opens a chat that no file knows of, until the window closes or it is discarded."""
        self.discard_temporary()
        self._temporary = Store(None)
        self.open(self._temporary.create_conversation().id)
        self.list_changed.emit()

    def discard_temporary(self) -> None:
        """Forgets the temporary chat, and what is being written in it."""
        store = self._temporary
        if store is None:
            return
        for answer in [a for a in self._answers.values() if a.store is store]:
            answer.close()
        if self.is_temporary:
            self.conversation = None
            self._path = []
            self._files = []
            self._save_draft.cancel()
        self._unsaved = {key: a for key, a in self._unsaved.items() if a.store is not store}
        self._temporary = None
        store.close()

    def keep_temporary(self) -> None:
        """Stores the temporary chat like any other, with what is being typed and the files that wait."""
        from thimble.conversations.importing.formats import from_thimble

        store, chat = self._temporary, self.temporary
        if store is None or chat is None or self.answering:
            return
        try:
            document = as_json(chat, store.messages(chat.id), files_of(store, chat.id))
            imported = from_thimble(json.loads(document))
            if imported is None:
                return
            draft = self._draft if self.is_temporary else chat.draft
            waiting = [(a.name, store.attachment_text(a.id), a.pages) for a in store.waiting_attachments(chat.id)]
            kept = self._context.store.add_imported(imported, draft=draft, waiting=waiting)
        except ThimbleError as error:
            self._report(error.problem)
            return
        self.discard_temporary()
        self.open(kept.id)
        self.list_changed.emit()

    @property
    def file_tokens(self) -> Mapping[int, int]:
        """Tokens of attached files, by attachment, as far as they were counted."""
        return self._counter.file_tokens

    # --- tokens -----------------------------------------------------------------------------------------------------

    def _count_soon(self) -> None:
        self._counter.soon()

    def _countable(self) -> Countable | None:
        """What is to be counted now; None while an answer is written."""
        if self.answering:
            return None
        return Countable(self._store, self.conversation, self._path, self._draft, self._files)
