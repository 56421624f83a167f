"""Which model the shown chat uses: this computer's engine, or one on another machine. The chat remembers it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal

from thimble.remote.connections import chosen
from thimble.ui.chat.chat_part import ChatPart
from thimble.ui.remote_models import NEW_CHATS_KEY, RemoteChoice

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.controller import ChatController


class ModelChoice(ChatPart):
    """The choice of one chat; a new one begins with what was chosen last.

    Args:
        context, chat: see `ChatPart`.

    Signals:
        changed: it is another one now, or its connection is.
    """

    changed = Signal()

    def __init__(self, context: AppContext, chat: ChatController) -> None:
        super().__init__(context, chat)
        chat.opened.connect(lambda _conversation: self.changed.emit())
        context.remotes.changed.connect(self.changed)

    @property
    def key(self) -> str:
        """As the conversation remembers it; "" for this computer's engine."""
        if self._chat.conversation is not None:
            return self._chat.conversation.model
        return self.for_new_chats

    @property
    def for_new_chats(self) -> str:
        """What a new chat begins with."""
        return str(self._context.window_state.get(NEW_CHATS_KEY, ""))

    @property
    def remote(self) -> RemoteChoice | None:
        """The remote model; None for this computer's engine."""
        return self._context.remotes.find(self.key)

    @property
    def is_gone(self) -> bool:
        """Whether the chat uses a connection that was removed."""
        return chosen(self.key) is not None and self.remote is None

    def choose(self, key: str) -> None:
        """Uses another model from the next answer on."""
        self._context.window_state.set(NEW_CHATS_KEY, key)
        if self.key != key:
            self._chat.change(lambda store, conversation: store.set_model(conversation.id, key))
        self.changed.emit()
