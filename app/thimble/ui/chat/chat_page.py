"""The chat page: the list of chats, the conversation or what stands in its place, the composer, the inspector."""

from __future__ import annotations

import logging
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from thimble.conversations import MessageState
from thimble.errors import ThimbleError
from thimble.ui.chat.actions import ChatActions
from thimble.ui.chat.chat_list import ChatListPanel
from thimble.ui.chat.composer import Composer
from thimble.ui.chat.controller import ChatController
from thimble.ui.chat.empty_page import EmptyPage
from thimble.ui.chat.side_panel import SidePanel
from thimble.ui.chat.title_row import TitleRow
from thimble.ui.theme import CONTENT_WIDTH, S2, S3

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thimble.conversations import Conversation
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.conversation_view import ConversationView
    from thimble.ui.chat.find_bar import FindBar
    from thimble.ui.chat.first_run import FirstRunPage
    from thimble.ui.chat.inspector import Inspector
    from thimble.ui.chat.shown import ShownMessage
    from thimble.ui.jobs import JobHandle

log = logging.getLogger(__name__)

CONVERSATION_KEY: Final = "chat.conversation"
INSPECTOR_KEY: Final = "chat.inspector"
MODELS_KEY: Final = "chat.has_models"
NEW_DRAFT_KEY: Final = "chat.draft"
FOLDER_KEY: Final = "chat.attach_folder"


class ChatPage(QWidget):
    """Assembles the page and connects view and controller.

    The conversation view, the first-run page and the inspector are made when they are first needed: the window's
    first picture must not wait for them.

    Args:
        context: the window's shared parts.
        parent: owner.

    Attributes:
        list_panel: content of the window's list column.

    Signals:
        title_changed: the shown conversation's title; "" for a new chat.
    """

    title_changed = Signal(str)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._messages = 0
        self._pending: dict[str, Any] = {}
        self._was_open_at_deletion = 0
        self._has_model = self._assume_model()
        self._view: ConversationView | None = None
        self._first_run: FirstRunPage | None = None
        self._find_bar: FindBar | None = None
        self.setAccessibleName(self.tr("Chat"))

        self.controller = ChatController(context, self)
        self.actions_on_chats = ChatActions(context, self.controller, self)
        self.list_panel = ChatListPanel(context, self.actions_on_chats)
        self.title_row = TitleRow(context, self.actions_on_chats)
        self.empty = EmptyPage(context)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.empty)
        self.composer = Composer(context)
        self.composer.setMaximumWidth(CONTENT_WIDTH)
        context.toasts.stay_above(self.composer)
        self._foot = QWidget()
        foot = QHBoxLayout(self._foot)
        foot.setContentsMargins(S3, 0, S3, S2)
        foot.addStretch(1)
        foot.addWidget(self.composer, 1000)
        foot.addStretch(1)
        self._main = QWidget(self)
        column = QVBoxLayout(self._main)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.title_row)
        column.addWidget(self.stack, 1)
        column.addWidget(self._foot)

        self.side = SidePanel(context, self, self._main)
        self._connect()
        self._restore()

    def _connect(self) -> None:
        context, controller, panel = self._context, self.controller, self.list_panel
        controller.opened.connect(self._on_opened)
        controller.shown.connect(self._on_shown)
        controller.added.connect(self._on_added)
        controller.changed.connect(self._on_changed)
        controller.text.connect(self._on_text)
        controller.activity.connect(self._on_activity)
        controller.noticed.connect(self._on_noticed)
        controller.answering_changed.connect(self.composer.set_answering)
        controller.list_changed.connect(self._on_list_changed)
        controller.tokens_changed.connect(self.composer.set_tokens)
        controller.file_tokens_changed.connect(self._on_file_tokens)
        controller.files_changed.connect(self.composer.set_files)
        panel.chosen.connect(self.open_conversation)
        panel.new_wanted.connect(self.new_chat)
        panel.temporary_wanted.connect(self.new_temporary)
        panel.left.connect(self.composer.take_focus)
        panel.loaded.connect(self._on_list_loaded)
        self.actions_on_chats.deleted.connect(self._on_deleted)
        self.actions_on_chats.restored.connect(self._on_restored)
        self.title_row.inspector_toggled.connect(self.show_inspector)
        self.side.changed.connect(self._on_overrides)
        self.side.close_wanted.connect(lambda: self.show_inspector(False))
        self.side.focus_freed.connect(self.composer.take_focus)
        controller.tokens_changed.connect(self.side.set_tokens)
        controller.file_tokens_changed.connect(self.side.set_file_tokens)
        self.title_row.edited.connect(self.composer.take_focus)
        self.empty.prompt_chosen.connect(self._send)
        self.composer.submitted.connect(self._send)
        self.composer.noted.connect(self._note)
        self.composer.stop_requested.connect(controller.stop)
        self.composer.draft_changed.connect(controller.set_draft)
        self.composer.edit_last_requested.connect(self._edit_last)
        self.composer.attach_requested.connect(self.choose_files)
        self.composer.files_offered.connect(self.add_files)
        self.composer.text_offered.connect(lambda text: controller.attach_text(self.tr("Pasted text"), text))
        self.composer.file_removed.connect(controller.detach)
        self.composer.add_model_requested.connect(lambda: context.navigation.go("models"))
        context.navigation.models_changed.connect(self._look_for_models)
        context.link.status_changed.connect(lambda _status: self._on_status())
        unsubscribe = context.settings.subscribe(self._on_setting)
        self.destroyed.connect(unsubscribe)

    # --- what the window calls ----------------------------------------------------------------------------------

    def new_chat(self) -> None:
        """Ctrl+N: an empty chat, ready to write in."""
        self._leave()
        self._pending = {}
        self._context.window_state.set(CONVERSATION_KEY, None)
        self.controller.new_chat()
        self.composer.set_draft(self.controller.draft())
        self.focus_page()

    def new_temporary(self) -> None:
        """A chat that is stored nowhere."""
        self._leave()
        self._pending = {}
        self._context.window_state.set(CONVERSATION_KEY, None)
        self.controller.begin_temporary()
        self.composer.set_draft("")
        self.focus_page()

    def open_conversation(self, conversation_id: int, message_id: int = 0) -> None:
        """Shows a conversation, at a message of it if one is named."""
        shown = self.controller.conversation
        if shown is None or shown.id != conversation_id or message_id:
            self._leave()
            self._pending = {}
            if not self._open(conversation_id, message_id):
                return
        self.focus_page()

    def focus_search(self) -> None:
        """Ctrl+F: in this chat if it has words, else in all."""
        if self._messages:
            self.find_bar.open()
        else:
            self.list_panel.focus_search()

    def search_all(self) -> None:
        """Ctrl+Shift+F: in all chats."""
        self.list_panel.focus_search()

    def add_files(self, paths: Sequence[Path]) -> None:
        """Attaches files to the next message."""
        self.controller.attach(paths)
        self.focus_page()

    def choose_files(self) -> None:
        """Lets the person choose files to attach."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self, self.tr("Attach files"), self._context.window_state.get(FOLDER_KEY, "")
        )
        if chosen:
            self._context.window_state.set(FOLDER_KEY, str(Path(chosen[0]).parent))
            self.add_files([Path(path) for path in chosen])

    @property
    def find_bar(self) -> FindBar:
        """The field that looks for words in this chat, made now if it was not yet."""
        if self._find_bar is None:
            from thimble.ui.chat.find_bar import FindBar

            made = FindBar(self._context, self.view)
            made.closed.connect(self.composer.take_focus)
            column = self._main.layout()
            assert isinstance(column, QVBoxLayout)  # noqa: S101 - made above
            column.insertWidget(1, made)
            self._find_bar = made
        return self._find_bar

    def focus_page(self) -> None:
        """The page was shown: the person wants to write."""
        if self._foot.isHidden() and self._first_run is not None:
            self._first_run.take_focus()
        else:
            self.composer.take_focus()

    def stop(self) -> None:
        """Esc: ends the answer; else takes away what covers the conversation, and goes back to the composer."""
        if self._find_bar is not None and self._find_bar.isVisible():
            self._find_bar.close_bar()
        elif self.controller.answering:
            self.controller.stop()
        elif self.side.covers:
            self.show_inspector(False)
        elif not self._foot.isHidden():
            self.composer.take_focus()

    def tells_of_engine(self) -> bool:
        """Whether the shown conversation says by itself that the engine is gone."""
        return self.controller.answering or self.controller.failed

    def prepare_close(self) -> None:
        """The window closes: everything unsaved is stored."""
        self._leave()
        self.controller.close()

    # --- conversations ------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        self.controller.restore_new_draft()
        last = self._context.window_state.get(CONVERSATION_KEY, 0)
        if not (last and self._open(last)):
            self.controller.new_chat()
            self.composer.set_draft(self.controller.draft())
        if self._context.window_state.get(INSPECTOR_KEY, False):
            self.show_inspector(True)

    def _leave(self) -> None:
        """Takes what was typed a moment ago, before another conversation is shown."""
        self.side.flush()

    def _open(self, conversation_id: int, message_id: int = 0) -> bool:
        try:
            if message_id:
                self._bring_to_path(conversation_id, message_id)
            self.controller.open(conversation_id)
        except ThimbleError as error:
            log.warning("conversation %d not opened: %s", conversation_id, error.problem.detail)
            self._context.navigation.report(self._context.toasts, error.problem)
            return False
        self._context.window_state.set(CONVERSATION_KEY, None if self.controller.is_temporary else conversation_id)
        self.composer.set_draft(self.controller.draft())
        if message_id and self._messages:
            self.view.scroll_to(message_id)
        return True

    def _bring_to_path(self, conversation_id: int, message_id: int) -> None:
        """Shows the branch in which a message was found, unless an answer is being written in another one."""
        store = self.controller.store_of(conversation_id)
        path = store.path(conversation_id)
        if any(message.id == message_id or message.state == MessageState.WRITING for message in path):
            return
        store.set_leaf(conversation_id, store.newest_leaf(message_id))

    def _on_opened(self, conversation: Conversation | None) -> None:
        if conversation is not None and self._pending:
            pending, self._pending = self._pending, {}
            self.controller.set_overrides(pending)
            conversation = self.controller.conversation
        self._show_title(conversation)
        if self._find_bar is not None:
            self._find_bar.hide()
        self.list_panel.set_open(conversation.id if conversation is not None else 0)
        if conversation is not None and not self.controller.is_temporary:
            self._context.window_state.set(CONVERSATION_KEY, conversation.id)
        self.side.show_overrides(conversation.settings if conversation is not None else {})

    def _show_title(self, conversation: Conversation | None) -> None:
        self.title_row.show_conversation(conversation)
        self.title_changed.emit(conversation.title if conversation is not None else "")

    def _on_list_changed(self) -> None:
        self._show_title(self.controller.conversation)
        self.list_panel.reload()

    def _on_list_loaded(self, ids: set[int]) -> None:
        """Leaves a conversation that another window has deleted: what is written there would be lost."""
        shown = self.controller.conversation
        if shown is None or shown.id in ids or self.controller.answering or self.controller.is_temporary:
            return
        with suppress(ThimbleError):  # the list may be older than the conversation
            if all(known.id != shown.id for known in self._context.store.conversations()):
                self.new_chat()

    def _on_deleted(self, conversation_id: int) -> None:
        shown = self.controller.conversation
        if shown is not None and shown.id == conversation_id:
            self._was_open_at_deletion = conversation_id
            self.controller.stop()
            self.new_chat()

    def _on_restored(self, conversation_id: int) -> None:
        shown = self.controller.conversation
        if conversation_id == self._was_open_at_deletion and shown is None:
            self.open_conversation(conversation_id)

    def _send(self, text: str) -> None:
        if self.controller.send(text):
            self.composer.clear()
            self._context.window_state.set(NEW_DRAFT_KEY, None)
            self.composer.take_focus()

    def _note(self, text: str) -> None:
        if self.controller.note(text):
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

    # --- the conversation view ----------------------------------------------------------------------------------

    @property
    def view(self) -> ConversationView:
        """The conversation view, made now if it was not yet."""
        if self._view is None:
            from thimble.ui.chat.conversation_view import ConversationView

            view = ConversationView(self._context)
            view.regenerate_requested.connect(self.controller.regenerate)
            view.continue_requested.connect(self.controller.continue_answer)
            view.edit_submitted.connect(self.controller.edit)
            view.sibling_requested.connect(self.controller.show_sibling)
            view.remove_requested.connect(self.controller.remove)
            view.answer_requested.connect(self.controller.answer)
            view.fork_requested.connect(self.controller.fork)
            self.controller.answering_changed.connect(view.set_busy)
            view.set_busy(self.controller.answering)
            self._view = view
            self.stack.addWidget(view)
        return self._view

    def _on_shown(self, messages: Sequence[ShownMessage]) -> None:
        self._messages = len(messages)
        if messages:
            self.view.show_messages(messages)
        elif self._view is not None:
            self._view.clear()
        self._choose_content()

    def _on_added(self, message: ShownMessage) -> None:
        if not self._messages:
            self.view.clear()
        self._messages += 1
        self._choose_content()
        self.view.append_message(message)

    def _on_changed(self, message: ShownMessage) -> None:
        self.view.update_message(message)

    def _on_text(self, message: int, text: str) -> None:
        self.view.append_text(message, text)

    def _on_activity(self, message: int, line: str) -> None:
        if self._messages:
            self.view.set_activity(message, line)

    def _on_noticed(self, message: int, sentence: str, buttons: list[tuple[str, Callable[[], None]]]) -> None:
        if self._messages:
            self.view.set_notice(message, sentence, buttons)

    def _on_file_tokens(self, _tokens: int) -> None:
        self.composer.set_file_tokens(self.controller.file_tokens)

    # --- what stands in the middle ------------------------------------------------------------------------------

    def _choose_content(self) -> None:
        """Conversation, empty page, or first-run page."""
        first_run = not self._messages and not self._has_model
        if self._messages:
            self.stack.setCurrentWidget(self.view)
        elif first_run:
            self.stack.setCurrentWidget(self.first_run)
        else:
            self.stack.setCurrentWidget(self.empty)
        self._foot.setVisible(not first_run)
        self.title_row.setVisible(not first_run)

    @property
    def first_run(self) -> FirstRunPage:
        """The first-run page, made now if it was not yet."""
        if self._first_run is None:
            from thimble.ui.chat.first_run import FirstRunPage

            self._first_run = FirstRunPage(self._context)
            self._first_run.ready.connect(self._on_first_model)
            self.stack.addWidget(self._first_run)
        return self._first_run

    def _on_first_model(self, path: str, prompt: str) -> None:
        waited = self.stack.currentWidget() is self._first_run
        self._context.link.load(path)
        self._set_has_model(True)
        if not waited:  # the person went on to something else
            self._context.toasts.show(self.tr("The model is ready."))
        elif prompt:
            self._send(prompt)
        else:
            self.focus_page()

    def _assume_model(self) -> bool:
        """Whether there is probably a model: what was known last, until the folder has been looked into."""
        state = self._context.window_state
        known = state.get(MODELS_KEY)
        if isinstance(known, bool):
            return known
        return bool(state.get("last_model", "")) or any(self._context.settings.models_folder().glob("*.gguf"))

    def _look_for_models(self) -> None:
        folders = self._context.settings.model_folders()

        def look(_handle: JobHandle) -> bool:
            from thimble.library import installed_models

            return any(model.problem is None for model in installed_models(*folders))

        self._context.jobs.run(look, done=self._on_looked, name="look for models")

    def _on_looked(self, found: bool) -> None:
        link = self._context.link
        self._set_has_model(found or link.status.model is not None or Path(link.model_path or ".").is_file())

    def _on_status(self) -> None:
        if self._context.link.status.model is not None:
            self._set_has_model(True)

    def _on_setting(self, key: str) -> None:
        if key in {"files.models_folder", "files.hub_cache"}:
            self._look_for_models()

    def _set_has_model(self, has_model: bool) -> None:
        self._context.window_state.set(MODELS_KEY, has_model)
        busy = self._first_run is not None and self._first_run.busy
        if has_model != self._has_model and not busy:
            self._has_model = has_model
            self._choose_content()

    # --- the inspector ------------------------------------------------------------------------------------------

    @property
    def inspector_shown(self) -> bool:
        """Whether the inspector can be seen."""
        return self.side.shown

    @property
    def inspector(self) -> Inspector:
        """The inspector, made now if it was not yet."""
        return self.side.inspector

    def show_inspector(self, shown: bool) -> None:
        """Shows or hides the inspector, and remembers it."""
        self._context.window_state.set(INSPECTOR_KEY, shown)
        self.title_row.set_inspector(shown)
        if shown == self.side.shown:
            return
        if shown:
            conversation = self.controller.conversation
            self.side.show(conversation.settings if conversation is not None else self._pending)
        else:
            self.side.hide()

    def _on_overrides(self, own: dict[str, Any]) -> None:
        if self.controller.conversation is None:
            self._pending = own  # stored with the first message
        else:
            self.controller.set_overrides(own)

    def showEvent(self, event: QShowEvent) -> None:
        """Models may have come or gone meanwhile."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self._look_for_models)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Places the two parts."""
        super().resizeEvent(event)
        self.side.place()
