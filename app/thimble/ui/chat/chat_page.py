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
from thimble.ui.chat.models_known import ModelsKnown
from thimble.ui.chat.panes import Panes
from thimble.ui.chat.readable_copies import ReadableCopies
from thimble.ui.chat.side_panel import SidePanel
from thimble.ui.chat.stores import Stores

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.chat_pane import ChatPane
    from thimble.ui.chat.inspector import Inspector

INSPECTOR_KEY: Final = "chat.inspector"


class ChatPage(QWidget):
    """Assembles the page.

    Args:
        context: the window's shared parts.
        parent: owner.

    Attributes:
        list_panel: content of the window's list column.
        panes: the conversation, or two side by side.

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
        self._copies = ReadableCopies(context, self.actions_on_chats.words, self)
        self.list_panel = ChatListPanel(context, self.actions_on_chats)
        self._main = QWidget(self)
        column = QVBoxLayout(self._main)
        column.setContentsMargins(0, 0, 0, 0)
        self.panes = Panes(context, self.answering, self.actions_on_chats, self.models)
        column.addWidget(self.panes)
        self.side = SidePanel(context, self, self._main)
        self._connect()
        self.panes.restore()
        self._on_activated()
        if context.window_state.get(INSPECTOR_KEY, False):
            self.show_inspector(True)

    def _connect(self) -> None:
        panel, actions, panes = self.list_panel, self.actions_on_chats, self.panes
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
        actions.beside_wanted.connect(panes.split)
        panes.made.connect(self._connect_pane)
        panes.leaving.connect(self.side.flush)
        panes.activated.connect(self._on_activated)
        self.side.changed.connect(self._on_overrides)
        self.side.close_wanted.connect(lambda: self.show_inspector(False))
        self.side.focus_freed.connect(self._to_composer)

    def _connect_pane(self, pane: ChatPane) -> None:
        def if_active(tell: Callable[..., None]) -> Callable[..., None]:
            """The inspector tells of the chat in which the person is."""
            return lambda *values: tell(*values) if pane is self.pane else None

        pane.left.connect(if_active(self.side.flush))
        pane.opened.connect(lambda _conversation: self._on_opened(pane))
        pane.list_changed.connect(self._on_list_changed)
        pane.controller.shown.connect(self._copies.look)
        pane.inspector_toggled.connect(lambda shown: self._toggle_inspector(pane, shown))
        pane.controller.tokens_changed.connect(if_active(self.side.set_tokens))
        pane.controller.file_tokens_changed.connect(if_active(self.side.set_file_tokens))

    @property
    def pane(self) -> ChatPane:
        """The conversation in which the person is."""
        return self.panes.active

    # --- what the window calls ----------------------------------------------------------------------------------

    def new_chat(self) -> None:
        """Ctrl+N: an empty chat, ready to write in."""
        self.pane.new_chat()
        self.focus_page()

    def new_temporary(self) -> None:
        """A chat that is stored nowhere."""
        self.pane.new_temporary()
        self.focus_page()

    def open_conversation(self, conversation_id: int, message_id: int = 0) -> None:
        """Shows a conversation, at a message of it if one is named."""
        self.panes.show_in(self.pane, conversation_id, message_id)

    def toggle_split(self) -> None:
        """Two chats side by side, or one."""
        self.panes.toggle()

    def go_to_other(self) -> None:
        """F6: to the other one of two chats."""
        self.panes.go_to_other()

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
        """Whether a shown conversation says by itself that the engine is gone."""
        return any(pane.controller.answering or pane.controller.failed for pane in self.panes.panes)

    def prepare_close(self) -> None:
        """The window closes: everything unsaved is stored."""
        self.side.flush()
        self._copies.close()
        for pane in self.panes.panes:
            pane.close_pane()
        self.answering.close()

    # --- conversations ------------------------------------------------------------------------------------------

    def _on_activated(self) -> None:
        """What stands beside the conversations is about the one in which the person is."""
        pane = self.pane
        self._context.toasts.stay_above(pane.composer)
        for one in self.panes.panes:
            one.title_row.set_inspector(self.side.shown and one is pane)
        self._tell_of(pane)
        self.side.set_tokens(*pane.tokens)
        self.side.set_file_tokens(pane.controller.file_tokens_in_all)

    def _tell_of(self, pane: ChatPane) -> None:
        conversation = pane.controller.conversation
        self.title_changed.emit(conversation.title if conversation is not None else "")
        self.list_panel.set_open(conversation.id if conversation is not None else 0)
        self.side.show_overrides(pane.own_settings)

    def _on_opened(self, pane: ChatPane) -> None:
        self.panes.remember(pane)
        if pane is self.pane:
            self._tell_of(pane)

    def _on_list_changed(self) -> None:
        self._on_chats_changed()
        self.list_panel.reload()

    def _on_chats_changed(self) -> None:
        self._copies.look()
        for pane in self.panes.panes:
            pane.read_again()
        conversation = self.pane.controller.conversation
        self.title_changed.emit(conversation.title if conversation is not None else "")

    def _on_list_loaded(self, ids: set[int]) -> None:
        """Leaves a conversation that another window has deleted: what is written there would be lost."""
        for pane in self.panes.panes:
            controller = pane.controller
            shown = controller.conversation
            if shown is None or shown.id in ids or controller.answering or controller.is_temporary:
                continue
            with suppress(ThimbleError):  # the list may be older than the conversation
                if all(known.id != shown.id for known in self._context.store.conversations()):
                    pane.new_chat()

    def _on_deleted(self, conversation_id: int) -> None:
        pane = self.panes.showing(conversation_id)
        if pane is not None:
            self._was_open_at_deletion = conversation_id
            pane.controller.stop()
            pane.new_chat()
            if pane is self.pane:
                self.focus_page()

    def _on_restored(self, conversation_id: int) -> None:
        if conversation_id == self._was_open_at_deletion and self.pane.controller.conversation is None:
            self.open_conversation(conversation_id)

    def _keep_temporary(self) -> None:
        chat = self.answering.stores.temporary
        pane = self.panes.showing(chat.id) if chat is not None else None
        (pane or self.pane).controller.keep_temporary()

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
        for pane in self.panes.panes:
            pane.title_row.set_inspector(shown and pane is self.pane)
        if shown == self.side.shown:
            return
        if shown:
            self.side.show(self.pane.own_settings)
        else:
            self.side.hide()

    def _toggle_inspector(self, pane: ChatPane, shown: bool) -> None:
        self.panes.activate(pane)
        self.show_inspector(shown)

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
