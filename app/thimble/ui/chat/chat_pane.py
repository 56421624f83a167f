"""One conversation with everything that belongs to it: its title, its messages or what stands in their place, the
composer."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from thimble.conversations import MessageState, Role
from thimble.errors import ThimbleError
from thimble.ui.chat.attaching import Attaching
from thimble.ui.chat.chat_content import ChatContent
from thimble.ui.chat.composer import Composer
from thimble.ui.chat.controller import ChatController
from thimble.ui.chat.pictures import Thumbnails
from thimble.ui.chat.sight import blindness
from thimble.ui.chat.speaker import Speaker
from thimble.ui.chat.title_row import TitleRow
from thimble.ui.theme import CONTENT_WIDTH, S2, S3

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QImage

    from thimble.conversations import Conversation
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.actions import ChatActions
    from thimble.ui.chat.answering import Answering
    from thimble.ui.chat.conversation_view import ConversationView
    from thimble.ui.chat.find_bar import FindBar
    from thimble.ui.chat.models_known import ModelsKnown

log = logging.getLogger(__name__)


class ChatPane(QWidget):
    """Connects title, content and composer with their controller.

    The find bar is made when it is first needed: the window's first picture must not wait for it.

    Args:
        context: the window's shared parts.
        answering: the window's answers.
        actions: what can be done with whole conversations.
        models: whether there is a model.
        is_first: the only one, or the left one of two: the first-run page is shown here.

    Signals:
        left: another conversation will be shown; who edits something of this one stores it.
        opened: `Conversation` or None: what is shown now.
        list_changed: titles or the order of the conversations changed.
        inspector_toggled: whether the settings of this chat are to be seen.
        both_asked: the text is to be sent here and beside.
    """

    left = Signal()
    opened = Signal(object)
    list_changed = Signal()
    inspector_toggled = Signal(bool)
    both_asked = Signal(str)

    def __init__(
        self,
        context: AppContext,
        answering: Answering,
        actions: ChatActions,
        models: ModelsKnown,
        *,
        is_first: bool = True,
    ) -> None:
        super().__init__()
        self._context = context
        self._models = models
        self._is_first = is_first
        self._is_active = is_first
        self.tokens = (0, 0)
        """Tokens of this conversation, and of the context; 0 when unknown."""
        self._pending: dict[str, Any] = {}
        self._find_bar: FindBar | None = None
        self.setAccessibleName(self.tr("Chat"))
        self.controller = ChatController(context, answering, self, is_first=is_first)
        stores = self.controller.stores
        thumbnails = Thumbnails(context.jobs, lambda file: stores.of(file).attachment_text(file), self)
        self._speaker = Speaker(context, self)
        self.attaching = Attaching(context, self)
        self.title_row = TitleRow(context, actions)
        self.content = ChatContent(context, self.controller, models, thumbnails, self._speaker, welcomes=is_first)
        self.composer = Composer(context)
        self.composer.chips.thumbnails = thumbnails
        self.composer.setMaximumWidth(CONTENT_WIDTH)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(S3, 0, S3, S2)
        foot.addStretch(1)
        foot.addWidget(self.composer, 1000)
        foot.addStretch(1)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self._column.addWidget(self.title_row)
        self._column.addWidget(self.content, 1)
        self._column.addWidget(self._foot)
        self._connect()

    def _connect(self) -> None:
        controller, composer, outbox = self.controller, self.composer, self.controller.outbox
        controller.opened.connect(self._on_opened)
        controller.answering_changed.connect(composer.set_answering)
        controller.list_changed.connect(self.list_changed)
        controller.tokens_changed.connect(self._on_tokens)
        controller.file_tokens_changed.connect(self._on_file_tokens)
        outbox.files_changed.connect(composer.set_files)
        controller.folders.changed.connect(composer.set_folders)
        composer.folders.removed.connect(controller.folders.remove)
        composer.folders.updated.connect(controller.folders.updates.update)
        composer.folders.stopped.connect(controller.folders.updates.stop)
        composer.file_searched.connect(outbox.choose_search)
        controller.choice.changed.connect(self._on_choice)
        composer.picker.follow(controller.choice)
        composer.tools.follow(controller.tools)
        self.title_row.inspector_toggled.connect(self.inspector_toggled)
        self.title_row.edited.connect(composer.take_focus)
        self.content.asked.connect(self._send_suggested)
        self.content.writable.connect(self._foot.setVisible)
        self.content.writable.connect(self.title_row.setVisible)
        self.content.first_model.connect(self._on_first_model)
        composer.submitted.connect(self._send)
        composer.noted.connect(self._note)
        composer.answer_noted.connect(self._note_answer)
        composer.both_asked.connect(self.both_asked)
        composer.stop_requested.connect(controller.stop)
        composer.draft_changed.connect(outbox.write)
        composer.edit_last_requested.connect(self._edit_last)
        composer.attach_requested.connect(self.attaching.open_menu)
        composer.files_offered.connect(self.add_files)
        composer.picture_offered.connect(self._attach_picture)
        self._context.link.status_changed.connect(self._show_sight)
        composer.text_offered.connect(self._attach_text)
        composer.file_removed.connect(outbox.detach)
        composer.add_model_requested.connect(lambda: self._context.navigation.go("models"))

    # --- conversations ------------------------------------------------------------------------------------------

    def new_chat(self) -> None:
        """An empty chat, ready to write in."""
        self._leave()
        self.controller.new_chat()
        self.composer.set_draft(self.controller.outbox.draft)

    def new_temporary(self) -> None:
        """A chat that is stored nowhere."""
        self._leave()
        self.controller.begin_temporary()
        self.composer.set_draft("")

    def open_conversation(self, conversation_id: int, message_id: int = 0) -> bool:
        """Shows a conversation, at a message of it if one is named; False when it could not be opened (a toast)."""
        shown = self.controller.conversation
        if shown is not None and shown.id == conversation_id and not message_id:
            return True
        self._leave()
        try:
            if message_id:
                self._bring_to_path(conversation_id, message_id)
            self.controller.open(conversation_id)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return False
        self.composer.set_draft(self.controller.outbox.draft)
        if message_id and self.has_messages:
            self.view.scroll_to(message_id)
        return True

    def _bring_to_path(self, conversation_id: int, message_id: int) -> None:
        """Shows the branch in which a message was found, unless an answer is being written in another one."""
        store = self.controller.stores.of(conversation_id)
        path = store.path(conversation_id)
        if any(message.id == message_id or message.state == MessageState.WRITING for message in path):
            return
        store.set_leaf(conversation_id, store.newest_leaf(message_id))

    def _leave(self) -> None:
        """Takes what was typed a moment ago, before another conversation is shown."""
        self.left.emit()
        self._speaker.stop()
        self._pending = {}

    @property
    def has_messages(self) -> bool:
        """Whether there is anything to read."""
        return self.content.has_messages

    @property
    def view(self) -> ConversationView:
        """The conversation view, made now if it was not yet."""
        return self.content.view

    @property
    def own_settings(self) -> dict[str, Any]:
        """The settings that hold in this chat only, by key."""
        conversation = self.controller.conversation
        return dict(conversation.settings) if conversation is not None else self._pending

    def set_own_settings(self, own: dict[str, Any]) -> None:
        """Stores settings that hold in this chat only; those of a new chat with its first message."""
        if self.controller.conversation is None:
            self._pending = own
        else:
            self.controller.set_overrides(own)

    def read_again(self) -> None:
        """Title or folder of the shown conversation may be another one."""
        self.controller.read_again()
        self.title_row.show_conversation(self.controller.conversation)

    def _on_opened(self, conversation: Conversation | None) -> None:
        if conversation is not None and self._pending:
            pending, self._pending = self._pending, {}
            self.controller.set_overrides(pending)
            conversation = self.controller.conversation
        self.title_row.show_conversation(conversation)
        if self._find_bar is not None:
            self._find_bar.hide()
        self.opened.emit(conversation)

    def _on_choice(self) -> None:
        remote = self.controller.choice.remote
        self._show_sight()
        self.title_row.show_remote(remote)
        if self._is_active:
            self._context.remotes.show(remote)

    def _show_sight(self) -> None:
        self.composer.set_blind(blindness(self._context.link.status.model, self.controller.choice.remote))

    # --- keys and the composer ----------------------------------------------------------------------------------

    def add_files(self, paths: Sequence[Path]) -> None:
        """Attaches files to the next message; folders are looked in."""
        if not self._is_first:
            self.controller.store_new()  # files without a conversation wait in the first pane
        folders = [path for path in paths if path.is_dir()]
        if folders:
            self.controller.folders.add(folders)
        self.controller.outbox.attach([path for path in paths if path not in folders])
        self.take_focus()

    def _attach_text(self, text: str) -> None:
        if not self._is_first:
            self.controller.store_new()
        self.controller.outbox.attach_text(self.tr("Pasted text"), text)

    def _attach_picture(self, image: QImage) -> None:
        if not self._is_first:
            self.controller.store_new()
        self.controller.outbox.attach_picture(image, self.tr("Pasted picture"))

    @property
    def find_bar(self) -> FindBar:
        """The field that looks for words in this chat, made now if it was not yet."""
        if self._find_bar is None:
            from thimble.ui.chat.find_bar import FindBar

            self._find_bar = FindBar(self._context, self.view)
            self._find_bar.closed.connect(self.composer.take_focus)
            self._column.insertWidget(1, self._find_bar)
        return self._find_bar

    def take_focus(self) -> None:
        """The person wants to write."""
        if not self.content.take_focus():
            self.composer.take_focus()

    def stop(self) -> bool:
        """Esc: closes the find bar, ends answer, reading aloud or dictation; False when there was nothing of it."""
        if self._find_bar is not None and self._find_bar.isVisible():
            self._find_bar.close_bar()
        elif self.controller.answering:
            self.controller.stop()
        elif self._speaker.reading:
            self._speaker.stop()
        else:
            return self.composer.dictate.stop()
        return True

    def to_composer(self) -> None:
        """Back to writing, where there is a composer."""
        if not self._foot.isHidden():
            self.composer.take_focus()

    def _send(self, text: str) -> None:
        if self.controller.send(text):
            self.composer.clear()
            self.composer.take_focus()

    def _send_suggested(self, text: str) -> None:
        """What stands in the composer stays there."""
        draft = self.composer.text()
        if self.controller.send_words(text):
            self.composer.set_draft(draft)
            self.composer.take_focus()

    def _note_answer(self, text: str) -> None:
        self._note(text, Role.ASSISTANT)

    def _note(self, text: str, role: Role = Role.USER) -> None:
        if self.controller.note(text, role):
            self.composer.clear()
            self.composer.take_focus()

    def _edit_last(self) -> None:
        message = self.controller.last_user_message_id()
        if message is not None and not self.controller.answering:
            self.view.edit(message)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """F2 edits the title."""
        if event.key() == Qt.Key.Key_F2:
            self.title_row.edit()
        else:
            super().keyPressEvent(event)

    # --- two panes ----------------------------------------------------------------------------------------------

    def set_place(self, *, active: bool, split: bool) -> None:
        """Whether the person is here, and whether there is another pane."""
        self.title_row.set_place(active=active, split=split)
        self._is_active = active
        if active:
            self._context.remotes.show(self.controller.choice.remote)
        self.composer.set_both(both=split)

    def ask_with(self, other: ChatPane, text: str) -> None:
        """Sends the same question, with the files that wait here, to both."""
        sent = self.controller.path[-1].id if self.controller.path else 0
        self._send(text)
        mine = next((m for m in self.controller.path if m.id > sent and m.role == Role.USER), None)
        if mine is not None:
            other.controller.send_copy(mine)

    def close_pane(self) -> None:
        """The window closes: everything unsaved is stored, and nothing is read aloud any more."""
        self._speaker.stop()
        self.composer.dictate.stop()
        self.content.prepare_close()
        self.controller.close()

    def put_away(self) -> None:
        """The pane closes; words typed for a new chat are kept as a chat."""
        self.left.emit()
        if self.controller.outbox.draft.strip() and self.controller.conversation is None:
            self.controller.store_new()
        self.close_pane()

    def become_first(self) -> None:
        """It is the only one now."""
        was, self._is_first = self._is_first, True
        try:
            self.controller.outbox.become_first()
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
        if not was and self.controller.conversation is None:  # what waits for a new chat waits here now
            self.controller.take_waiting()
            self.composer.set_draft(self.controller.outbox.draft)
        self.list_changed.emit()
        self.content.welcomes = True
        self.content.choose()

    # --- figures ------------------------------------------------------------------------------------------------

    def _on_tokens(self, used: int, capacity: int) -> None:
        self.tokens = (used, capacity)
        self.composer.set_tokens(used, capacity)

    def _on_file_tokens(self, _tokens: int) -> None:
        self.composer.set_file_tokens(self.controller.file_tokens)

    def _on_first_model(self, path: str, prompt: str) -> None:
        waited = self.content.currentWidget() is self.content.first_run
        self._context.link.load(path)
        self._models.set(True)
        self.content.choose()
        if not waited:  # the person went on to something else
            self._context.toasts.show(self.tr("The model is ready."))
        elif prompt:
            self._send(prompt)
        else:
            self.take_focus()
