"""SQLite's rows as values."""

from __future__ import annotations

import json
import sqlite3
from typing import Any

from thimble.conversations.models import Attachment, Conversation, Message


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
    )


def attachment_of(row: sqlite3.Row) -> Attachment:
    """An attachment's row without its text, with `characters`."""
    return Attachment(row["id"], row["message_id"], row["name"], row["characters"], row["pages"])


def _json_object(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
