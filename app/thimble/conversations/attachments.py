"""Texts of files that were given to messages, or wait in a composer."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Final

from thimble.characters import whole
from thimble.conversations.database import Database, gone
from thimble.conversations.models import PICTURE_ADDRESS, AttachedFile, Attachment
from thimble.conversations.rows import attachment_of
from thimble.errors import Code, ThimbleError

_COLUMNS: Final = (
    "id, message_id, name, pages, searched, length(text) AS characters,"
    f" substr(text, 1, {len(PICTURE_ADDRESS)}) = '{PICTURE_ADDRESS}' AS picture"
)


class Attachments(Database):
    """The part of the store that keeps attached files' texts."""

    def attach(
        self,
        conversation_id: int | None,
        name: str,
        text: str,
        pages: int = 0,
        *,
        searched: bool = False,
        picture: bool = False,
    ) -> Attachment:
        """Keeps a file's text for the next message.

        Args:
            conversation_id: whose composer it waits in; None for the conversation that is not stored yet.
            name: the file's name.
            text: what the model will read; a picture's `data:` address.
            pages: of a document that has pages.
            searched: passages of it are given to the model, not all of it.
            picture: it is a picture.
        """
        if text.startswith(PICTURE_ADDRESS) and not picture:
            text = "\n" + text  # words that look like a picture's
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO attachment (conversation_id, name, text, pages, searched, created)"  # noqa: S608
                " VALUES (?, ?, ?, ?, ?, ?)"
                f" RETURNING {_COLUMNS}",
                (conversation_id, whole(name), whole(text), pages, searched, time.time()),
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

    def set_searched(self, attachment_id: int, *, searched: bool) -> None:
        """Whether passages of it are given to the model, or all of it."""
        with self._transaction() as connection:
            done = connection.execute("UPDATE attachment SET searched = ? WHERE id = ?", (searched, attachment_id))
            if done.rowcount != 1:
                raise gone(f"attachment {attachment_id}")

    def files_of(self, conversation_id: int, *, searched_too: bool = True) -> dict[int, list[AttachedFile]]:
        """What is attached to a conversation's messages, with the texts, by message.

        Args:
            conversation_id: whose.
            searched_too: whether the texts of files in which passages are looked for are wanted, too; "" if not.
        """
        found: dict[int, list[AttachedFile]] = {}
        for message, attached in self.attachments(conversation_id).items():
            found[message] = [
                AttachedFile(
                    file.name,
                    self.attachment_text(file.id) if searched_too or not file.searched else "",
                    file.pages,
                    file.searched,
                )
                for file in attached
            ]
        return found

    def searched_texts(self) -> Iterator[str]:
        """The texts of all files in which passages are looked for, one at a time; the trash's, too."""
        for row in self._rows("SELECT id FROM attachment WHERE searched ORDER BY id"):
            for found in self._rows("SELECT text FROM attachment WHERE id = ?", (row["id"],)):
                yield str(found["text"])

    # Folders

    def searched_folders(self, conversation_id: int | None) -> list[str]:
        """Paths of the folders in which a conversation looks for passages; None for the one that is not stored yet."""
        rows = self._rows("SELECT path FROM searched_folder WHERE conversation_id IS ? ORDER BY id", (conversation_id,))
        return [str(row["path"]) for row in rows]

    def all_searched_folders(self) -> list[str]:
        """Those of all conversations, the one added last first."""
        return [
            str(row["path"])
            for row in self._rows("SELECT path FROM searched_folder GROUP BY path ORDER BY max(id) DESC")
        ]

    def set_searched_folders(self, conversation_id: int | None, paths: Sequence[str]) -> None:
        """The folders in which a conversation looks, instead of those it had.

        Raises:
            ThimbleError: also BAD_REQUEST: a name that is no text, as disks of old systems have them.
        """
        for path in paths:
            _check_name(path)
        with self._transaction() as connection:
            connection.execute("DELETE FROM searched_folder WHERE conversation_id IS ?", (conversation_id,))
            connection.executemany(
                "INSERT INTO searched_folder (conversation_id, path) VALUES (?, ?)",
                [(conversation_id, path) for path in dict.fromkeys(paths)],
            )

    def move_waiting(self, attachment_ids: Sequence[int], conversation_id: int) -> None:
        """Those that waited for a new chat wait in the composer of its conversation from now on."""
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE attachment SET conversation_id = ? WHERE id = ? AND message_id IS NULL",
                [(conversation_id, attachment_id) for attachment_id in attachment_ids],
            )

    def give_attachments(self, attachment_ids: Sequence[int], conversation_id: int, message_id: int) -> None:
        """Those that waited belong to a message from now on."""
        with self._transaction() as connection:
            connection.executemany(
                "UPDATE attachment SET conversation_id = ?, message_id = ? WHERE id = ?",
                [(conversation_id, message_id, attachment_id) for attachment_id in attachment_ids],
            )

    def copy_attachments(self, from_message: int, to_message: int) -> None:
        """Gives a message the files of another one: another version, or the same question in another chat."""
        with self._transaction() as connection:
            connection.execute(
                "INSERT INTO attachment (conversation_id, message_id, name, text, pages, searched, created)"
                " SELECT (SELECT conversation_id FROM message WHERE id = ?), ?, name, text, pages, searched, created"
                " FROM attachment WHERE message_id = ? ORDER BY id",
                (to_message, to_message, from_message),
            )

    def detach(self, attachment_id: int) -> None:
        """Takes one out of the composer."""
        with self._transaction() as connection:
            connection.execute("DELETE FROM attachment WHERE id = ? AND message_id IS NULL", (attachment_id,))


def _check_name(path: str) -> None:
    """Raises `ThimbleError` for a path that is no text: neither an index nor an answer's sources could name it."""
    if whole(path) != path:
        raise ThimbleError(
            Code.BAD_REQUEST,
            "This folder cannot be searched, because its name is not written in Unicode.",
            "Give it, and the folders above it, names that your file manager shows without a question mark.",
            ascii(path),
        )
