"""Conversations: trees of messages in one SQLite file, with search and export."""

from thimble.conversations.export import as_json, as_markdown
from thimble.conversations.models import (
    AttachedFile,
    Attachment,
    Conversation,
    Folder,
    Message,
    MessageState,
    Removed,
    Role,
    SearchHit,
)
from thimble.conversations.opening import is_in_memory
from thimble.conversations.rows import path_in
from thimble.conversations.store import Store
from thimble.conversations.titles import title_from
from thimble.conversations.tool_steps import StepState, ToolStep

__all__ = [
    "AttachedFile",
    "Attachment",
    "Conversation",
    "Folder",
    "Message",
    "MessageState",
    "Removed",
    "Role",
    "SearchHit",
    "StepState",
    "Store",
    "ToolStep",
    "as_json",
    "as_markdown",
    "is_in_memory",
    "path_in",
    "title_from",
]
