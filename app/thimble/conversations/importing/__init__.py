"""Reads conversations that other programs have exported, or keep on the disk."""

from thimble.conversations.importing.reading import read_conversations
from thimble.conversations.importing.values import ImportedConversation, ImportedMessage

__all__ = ["ImportedConversation", "ImportedMessage", "read_conversations"]
