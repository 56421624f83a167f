"""The chat page: the list of chats, the conversation with its composer, the inspector."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from thimble.errors import ThimbleError
from thimble.ui.chat.actions import ChatActions
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.chat_list import ChatListPanel
from thimble.ui.chat.chat_pane import ChatPane
from thimble.ui.chat.models_known import ModelsKnown
from thimble.ui.chat.side_panel import SidePanel
from thimble.ui.chat.stores import Stores

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thimble.conversations import Conversation
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.inspector import Inspector

CONVERSATION_KEY: Final = "chat.conversation"
INSPECTOR_KEY: Final = "chat.inspector"


class ChatPage(QWidget):
    """Assembles the page.

    Args:
        context: the window's shared parts.
        parent: owner.

    Attributes:
        list_panel: content of the window's list column.
        pane: the conversation that the person is in.

    Signals:
        title_changed: the shown conversation's title; "" for a new chat.
    """

    title_changed = Signal(str)

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._was_open_at_deletion = 0
        self.setAccessibleName(self.tr("Chat"))
        self.models = ModelsKnown(context, self)
        self.answering = Answering(context, Stores(context.store, self), self)
        self.actions_on_chats = ChatActions(context, self.answering, self)
        self.list_panel = ChatListPanel(context, self.actions_on_chats)
        self._main = QWidget(self)
        column = QVBoxLayout(self._main)
        column.setContentsMargins(0, 0, 0, 0)
        self.pane = ChatPane(context, self.answering, self.actions_on_chats, self.models)
        column.addWidget(self.pane)
        context.toasts.stay_above(self.pane.composer)
        self.side = SidePanel(context, self, self._main)
        self._connect()
        self._restore()

    def _connect(self) -> None:
        panel, actions, pane = self.list_panel, self.actions_on_chats, self.pane
        self.answering.list_changed.connect(self._on_list_changed)
        panel.chosen.connect(self.open_conversation)
        panel.new_wanted.connect(self.new_chat)
        panel.temporary_wanted.connect(self.new_temporary)
        panel.left.connect(self._to_composer)
        panel.loaded.connect(self._on_list_loaded)
        actions.changed.connect(self._on_chats_changed)
        actions.deleted.connect(self._on_deleted)
        actions.restored.connect(self._on_restored)
        actions.keep_wanted.connect(self._keep_temporary)
        pane.left.connect(self.side.flush)
        pane.opened.connect(self._on_opened)
        pane.list_changed.connect(self._on_list_changed)
        pane.inspector_toggled.connect(self.show_inspector)
        pane.controller.tokens_changed.connect(self.side.set_tokens)
        pane.controller.file_tokens_changed.connect(self.side.set_file_tokens)
        self.side.changed.connect(self._on_overrides)
        self.side.close_wanted.connect(lambda: self.show_inspector(False))
        self.side.focus_freed.connect(self._to_composer)

    # --- what the window calls ----------------------------------------------------------------------------------

    def new_chat(self) -> None:
        """Ctrl+N: an empty chat, ready to write in."""
        self._context.window_state.set(CONVERSATION_KEY, None)
        self.pane.new_chat()
        self.focus_page()

    def new_temporary(self) -> None:
        """A chat that is stored nowhere."""
        self._context.window_state.set(CONVERSATION_KEY, None)
        self.pane.new_temporary()
        self.focus_page()

    def open_conversation(self, conversation_id: int, message_id: int = 0) -> None:
        """Shows a conversation, at a message of it if one is named."""
        if self.pane.open_conversation(conversation_id, message_id):
            self.focus_page()

    def focus_search(self) -> None:
        """Ctrl+F: in this chat if it has words, else in all."""
        if self.pane.has_messages:
            self.pane.find_bar.open()
        else:
            self.list_panel.focus_search()

    def search_all(self) -> None:
        """Ctrl+Shift+F: in all chats."""
        self.list_panel.focus_search()

    def add_files(self, paths: Sequence[Path]) -> None:
        """Attaches files to the next message."""
        self.pane.add_files(paths)

    def focus_page(self) -> None:
        """The page was shown: the person wants to write."""
        self.pane.take_focus()

    def stop(self) -> None:
        """Esc: ends the answer; else takes away what covers the conversation, and goes back to the composer."""
        if self.pane.stop():
            return
        if self.side.covers:
            self.show_inspector(False)
        else:
            self.pane.to_composer()

    def tells_of_engine(self) -> bool:
        """Whether the shown conversation says by itself that the engine is gone."""
        return self.pane.controller.answering or self.pane.controller.failed

    def prepare_close(self) -> None:
        """The window closes: everything unsaved is stored."""
        self.side.flush()
        self.pane.controller.close()
        self.answering.close()

    # --- conversations ------------------------------------------------------------------------------------------

    def _restore(self) -> None:
        self.pane.controller.outbox.restore_new_draft()
        last = self._context.window_state.get(CONVERSATION_KEY, 0)
        if not (last and self.pane.open_conversation(last)):
            self.pane.new_chat()
        if self._context.window_state.get(INSPECTOR_KEY, False):
            self.show_inspector(True)

    def _on_opened(self, conversation: Conversation | None) -> None:
        self.title_changed.emit(conversation.title if conversation is not None else "")
        self.list_panel.set_open(conversation.id if conversation is not None else 0)
        if conversation is not None:
            kept = None if self.pane.controller.is_temporary else conversation.id
            self._context.window_state.set(CONVERSATION_KEY, kept)
        self.side.show_overrides(conversation.settings if conversation is not None else {})

    def _on_list_changed(self) -> None:
        self._on_chats_changed()
        self.list_panel.reload()

    def _on_chats_changed(self) -> None:
        self.pane.read_again()
        conversation = self.pane.controller.conversation
        self.title_changed.emit(conversation.title if conversation is not None else "")

    def _on_list_loaded(self, ids: set[int]) -> None:
        """Leaves a conversation that another window has deleted: what is written there would be lost."""
        controller = self.pane.controller
        shown = controller.conversation
        if shown is None or shown.id in ids or controller.answering or controller.is_temporary:
            return
        with suppress(ThimbleError):  # the list may be older than the conversation
            if all(known.id != shown.id for known in self._context.store.conversations()):
                self.new_chat()

    def _on_deleted(self, conversation_id: int) -> None:
        shown = self.pane.controller.conversation
        if shown is not None and shown.id == conversation_id:
            self._was_open_at_deletion = conversation_id
            self.pane.controller.stop()
            self.new_chat()

    def _on_restored(self, conversation_id: int) -> None:
        if conversation_id == self._was_open_at_deletion and self.pane.controller.conversation is None:
            self.open_conversation(conversation_id)

    def _keep_temporary(self) -> None:
        self.pane.controller.keep_temporary()

    def _to_composer(self) -> None:
        self.pane.composer.take_focus()

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
        self.pane.title_row.set_inspector(shown)
        if shown == self.side.shown:
            return
        if shown:
            self.side.show(self.pane.own_settings)
        else:
            self.side.hide()

    def _on_overrides(self, own: dict[str, Any]) -> None:
        self.pane.set_own_settings(own)

    def showEvent(self, event: QShowEvent) -> None:
        """Models may have come or gone meanwhile."""
        super().showEvent(event)
        QTimer.singleShot(0, self, self.models.look)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Places the two parts."""
        super().resizeEvent(event)
        self.side.place()
