"""What a person can do with single messages of the shown conversation: everything makes a version or can be undone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thimble.conversations import MessageState, Role
from thimble.conversations.importing import ImportedConversation, ImportedMessage
from thimble.errors import Code, Problem, ThimbleError
from thimble.ui.chat.chat_part import AnswersPart

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thimble.conversations import Message


class MessageActs(AnswersPart):
    """Writes anew, continues, edits, copies, turns and removes messages; nothing of it while an answer is written.

    Args:
        context, chat, answering: see `AnswersPart`.
    """

    def regenerate(self, message_id: int) -> None:
        """Writes another version of an answer beside it."""
        chat = self._chat
        if chat.answering:
            return
        try:
            parent = chat.store.message(message_id).parent_id
            if parent is None or chat.conversation is None:
                return
            after = [m for m in chat.path if m.id > message_id]
            chat.store.set_leaf(chat.conversation.id, parent)
            chat.begin(parent)
            if after and all(m.role == Role.USER for m in after) and chat.answering:
                self._queue_again(after)
        except ThimbleError as error:
            self._report(error.problem)

    def _queue_again(self, messages: Sequence[Message]) -> None:
        """What waited for an answer behind one that is written anew waits behind the new one."""
        chat = self._chat
        for old in messages:
            made = chat.store.add_message(old.conversation_id, old.role, old.text, parent_id=chat.path[-1].id)
            chat.store.copy_attachments(old.id, made.id)
            chat.path.append(made)
        chat.show()

    def answer(self, message_id: int) -> None:
        """Asks for an answer to a message of the person that has none."""
        chat = self._chat
        if not chat.answering and chat.path and chat.path[-1].id == message_id:
            chat.begin(message_id)

    def continue_answer(self, message_id: int) -> None:
        """Goes on where an answer was cut off; one without text is written anew."""
        chat = self._chat
        if chat.answering:
            return
        try:
            message = chat.store.message(message_id)
            if not message.text.strip() and not message.steps:
                self.regenerate(message_id)
                return
            message = chat.store.update_message(message_id, state=MessageState.WRITING, problem={})
        except ThimbleError as error:
            self._report(error.problem)
            return
        self._answers.write(message)

    def has_whole_files(self) -> bool:
        """Whether files on the shown path are read whole."""
        return bool(self._whole_files())

    def _whole_files(self) -> list[int]:
        chat = self._chat
        if chat.conversation is None:
            return []
        try:
            attached = chat.store.attachments(chat.conversation.id)
        except ThimbleError:
            return []
        return [
            file.id
            for message in chat.path
            for file in attached.get(message.id, ())
            if not (file.searched or file.picture)
        ]

    def search_in_files(self, message_id: int) -> None:
        """Of the files on the shown path only passages are read from now on; the answer is written anew."""
        try:
            for file in self._whole_files():
                self._chat.store.set_searched(file, searched=True)
        except ThimbleError as error:
            self._report(error.problem)
            return
        self.regenerate(message_id)

    def edit(self, message_id: int, text: str) -> None:
        """Other words instead: a version beside the message; one of the person's gets a new answer."""
        chat = self._chat
        if chat.answering or not text.strip() or chat.conversation is None:
            return
        try:
            old = chat.store.message(message_id)
            if text == old.text:
                return
            owner = chat.conversation.id
            message = chat.store.add_message(owner, old.role, text, parent_id=old.parent_id, model=old.model)
            chat.store.copy_attachments(old.id, message.id)
        except ThimbleError as error:
            self._report(error.problem)
            return
        if old.role == Role.USER:
            chat.begin(message.id)
        else:
            chat.show()
            chat.count_soon()

    def fork(self, message_id: int) -> None:
        """Copies the stored chat up to a message into a new one and shows that; a temporary one is never stored so."""
        chat = self._chat
        places = {message.id: place for place, message in enumerate(chat.path)}
        if chat.conversation is None or chat.is_temporary or chat.answering or message_id not in places:
            return
        store, old = chat.store, chat.conversation
        imported = ImportedConversation(old.title, settings=dict(old.settings), named=old.named)
        try:
            files = store.files_of(old.id)
            for m in chat.path[: places[message_id] + 1]:
                parent = len(imported.messages) - 1 if imported.messages else None
                attached = tuple(files.get(m.id, ()))
                imported.messages.append(
                    ImportedMessage(
                        m.role, m.text, parent, m.created, m.model, m.state, m.timings, attached, m.passages, m.steps
                    )
                )
            made = self._context.store.add_imported(imported)
            self._context.store.set_searched_folders(made.id, store.searched_folders(old.id))
            self._context.store.set_model(made.id, old.model)
            self._context.store.set_tools(made.id, old.tools, old.allowed)
        except ThimbleError as error:
            self._report(error.problem)
            return
        chat.open(made.id)
        chat.list_changed.emit()

    def remove(self, message_id: int) -> None:
        """Takes a message out of the conversation; a toast offers to put it back."""
        chat = self._chat
        if chat.answering or chat.conversation is None:
            return
        store, owner = chat.store, chat.conversation.id
        try:
            removed = store.remove_message(message_id)
        except ThimbleError as error:
            self._report(error.problem)
            return
        chat.refresh(owner)

        def put_back() -> bool:
            try:
                store.put_back(removed)
            except ThimbleError as error:
                self._report(error.problem)
                return error.problem.code == Code.NOT_FOUND  # the whole chat is gone: trying again is of no use
            chat.refresh(owner)
            return True

        self._context.undo.done(self.tr("Message deleted."), put_back)

    def switch_role(self, message_id: int) -> None:
        """The person's words become the model's, or the other way round; a toast offers to take it back."""
        chat = self._chat
        if chat.answering or chat.conversation is None:
            return
        store, owner = chat.store, chat.conversation.id

        def give(role: str) -> bool:
            try:
                store.update_message(message_id, role=role)
            except ThimbleError as error:
                self._report(error.problem)
                return error.problem.code == Code.NOT_FOUND
            chat.refresh(owner)
            return True

        try:
            old = store.message(message_id).role
        except ThimbleError as error:
            self._report(error.problem)
            return
        if old in {Role.USER, Role.ASSISTANT} and give(Role.USER if old == Role.ASSISTANT else Role.ASSISTANT):
            mine = self.tr("Now it is the model's answer.") if old == Role.USER else self.tr("Now it is your message.")
            self._context.undo.done(mine, lambda: give(old))

    def show_sibling(self, message_id: int, step: int) -> None:
        """Shows the previous (-1) or next (+1) version of a message, with what followed it last."""
        chat = self._chat
        if chat.answering or chat.conversation is None:
            return
        try:
            siblings = [message.id for message in chat.store.siblings(message_id)]
            place = siblings.index(message_id) + step
            if 0 <= place < len(siblings):
                chat.store.set_leaf(chat.conversation.id, chat.store.newest_leaf(siblings[place]))
                chat.show()
                chat.count_soon()
        except ThimbleError as error:
            self._report(error.problem)

    def allow_tool(self, message_id: int, step_id: str, always: bool) -> None:
        """Makes a call that the model of an answer wants; `always` also every later one of this tool here."""
        answer = self._answers.of_message(message_id)
        if answer is not None:
            self._answers.rounds.allow(answer, step_id, always=always)
            self._chat.read_again()

    def deny_tool(self, message_id: int, step_id: str) -> None:
        """Does not make it; the model is told."""
        answer = self._answers.of_message(message_id)
        if answer is not None:
            self._answers.rounds.deny(answer, step_id)

    def _report(self, problem: Problem) -> None:
        self._context.navigation.report(self._context.toasts, problem)
