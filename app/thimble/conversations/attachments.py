"""Texts of files that were given to messages, or wait in a composer."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from thimble.conversations.database import Database, gone
from thimble.conversations.models import Attachment
from thimble.conversations.rows import attachment_of

_COLUMNS: Final = "id, message_id, name, pages, length(text) AS characters"


class Attachments(Database):
    """The part of the store that keeps attached files' texts."""

    def attach(self, conversation_id: int | None, name: str, text: str, pages: int = 0) -> Attachment:
        """Keeps a file's text for the next message.

        Args:
            conversation_id: whose composer it waits in; None for the conversation that is not stored yet.
            name: the file's name.
            text: what the model will read.
            pages: of a document that has pages.
        """
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO attachment (conversation_id, name, text, pages, created) VALUES (?, ?, ?, ?, ?)"  # noqa: S608
                f" RETURNING {_COLUMNS}",
                (conversation_id, name, text, pages, time.time()),
            ).fetchone()
        return attachment_of(row)

    def waiting_attachments(self, conversation_id: int | None) -> list[Attachment]:
        """Those that wait in a composer, the first given first."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM attachment WHERE conversation_id IS ? AND message_id IS NULL ORDER BY id",  # noqa: S608
            (conversation_id,),
        )
        return [attachment_of(row) for row in rows]

    def attachments(self, conversation_id: int) -> dict[int, list[Attachment]]:
        """Those of a conversation's messages, by message."""
        rows = self._rows(
            f"SELECT {_COLUMNS} FROM attachment"  # noqa: S608
            " WHERE conversation_id = ? AND message_id IS NOT NULL ORDER BY id",
            (conversation_id,),
        )
        found: dict[int, list[Attachment]] = {}
        for row in rows:
            found.setdefault(row["message_id"], []).append(attachment_of(row))
        return found

    def attachment_text(self, attachment_id: int) -> str:
        """The text of one."""
        rows = self._rows("SELECT text FROM attachment WHERE id = ?", (attachment_id,))
        if not rows:
            raise gone(f"attachment {attachment_id}")
        return str(rows[0]["text"])

    def give_attachments(self, attachment_ids: Sequence[int], conversation_id: int, message_id: int) -> None:
        """Those that waited belong to a message from now on."""
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE attachment SET conversation_id = ?, message_id = ? WHERE id = ?",
                [(conversation_id, message_id, attachment_id) for attachment_id in attachment_ids],
            )

    def copy_attachments(self, from_message: int, to_message: int) -> None:
        """Another version of a message keeps the files of the first."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO attachment (conversation_id, message_id, name, text, pages, created)"
                " SELECT conversation_id, ?, name, text, pages, created FROM attachment"
                " WHERE message_id = ? ORDER BY id",
                (to_message, from_message),
            )

    def detach(self, attachment_id: int) -> None:
        """Takes one out of the composer."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM attachment WHERE id = ? AND message_id IS NULL", (attachment_id,))
