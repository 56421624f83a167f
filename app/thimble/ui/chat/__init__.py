"""The chat page."""

from thimble.ui.chat.chat_page import ChatPage

__all__ = ["ChatPage"]
