"""SQLite's rows as values."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import Any

from thimble.conversations.models import Attachment, Conversation, Message
from thimble.conversations.tool_steps import steps_of


def path_in(tree: Iterable[Message], leaf_id: int | None) -> list[Message]:
    """The messages from the first to a leaf.

    Args:
        tree: all messages of a conversation.
        leaf_id: the last one; None for an empty path.
    """
    by_id = {message.id: message for message in tree}
    path: list[Message] = []
    at = leaf_id
    while at is not None and at in by_id:
        path.append(by_id[at])
        at = by_id[at].parent_id
    path.reverse()
    return path


def conversation_of(row: sqlite3.Row) -> Conversation:
    """A conversation's row."""
    return Conversation(
        row["id"],
        row["title"],
        row["created"],
        row["updated"],
        row["leaf_id"],
        row["draft"],
        _json_object(row["settings"]) or {},
        row["model"],
        row["folder_id"],
        row["pinned_at"] is not None,
        bool(row["named"]),
        row["deleted_at"],
        tuple(str(key) for key in _json_list(row["tools"])),
        tuple(str(key) for key in _json_list(row["allowed_tools"])),
    )


def message_of(row: sqlite3.Row) -> Message:
    """A message's row."""
    return Message(
        row["id"],
        row["conversation_id"],
        row["parent_id"],
        row["role"],
        row["text"],
        row["state"],
        row["model"],
        row["created"],
        _json_object(row["timings"]),
        _json_object(row["problem"]),
        _json_object(row["passages"]),
        steps_of(_json_list(row["tool_steps"])),
    )


def attachment_of(row: sqlite3.Row) -> Attachment:
    """An attachment's row without its text, with `characters`."""
    return Attachment(
        row["id"],
        row["message_id"],
        row["name"],
        row["characters"],
        row["pages"],
        bool(row["searched"]),
        bool(row["picture"]),
    )


def _json_list(text: str | None) -> list[Any]:
    try:
        value = json.loads(text or "[]")
    except ValueError:
        return []
    return value if isinstance(value, list) else []


def _json_object(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
