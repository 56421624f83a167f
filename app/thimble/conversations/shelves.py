"""Where conversations lie: folders, the pinned ones, and the trash."""

from __future__ import annotations

import time

from thimble.conversations.database import Database, gone
from thimble.conversations.models import Conversation, Folder
from thimble.conversations.rows import conversation_of


class Shelves(Database):
    """The part of the store that orders conversations."""

    def folders(self) -> list[Folder]:
        """All folders, by name."""
        rows = self._rows("SELECT id, name FROM folder ORDER BY name COLLATE NOCASE, id")
        return [Folder(row["id"], row["name"]) for row in rows]

    def create_folder(self, name: str) -> Folder:
        """A new, empty folder."""
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO folder (name, created) VALUES (?, ?) RETURNING id", (name, time.time())
            ).fetchone()
        return Folder(row["id"], name)

    def rename_folder(self, folder_id: int, name: str) -> None:
        """Calls a folder something else."""
        with self._transaction() as connection:
            if connection.execute("UPDATE folder SET name = ? WHERE id = ?", (name, folder_id)).rowcount != 1:
                raise gone(f"folder {folder_id}")

    def remove_folder(self, folder_id: int) -> list[int]:
        """Takes a folder away; its conversations stay, without one.

        Returns:
            Ids of the conversations that lay in it.
        """
        with self._transaction() as connection:
            inside = connection.execute("SELECT id FROM conversation WHERE folder_id = ?", (folder_id,)).fetchall()
            if connection.execute("DELETE FROM folder WHERE id = ?", (folder_id,)).rowcount != 1:
                raise gone(f"folder {folder_id}")
        return [row["id"] for row in inside]

    def move(self, conversation_id: int, folder_id: int | None) -> None:
        """Puts a conversation into a folder; None takes it out."""
        self._set(conversation_id, "folder_id", folder_id)

    def pin(self, conversation_id: int, *, pinned: bool) -> None:
        """Puts it at the top of the list, or back to where it was."""
        self._set(conversation_id, "pinned_at", time.time() if pinned else None)

    def delete(self, conversation_id: int) -> None:
        """Puts it into the trash: out of lists and searches; `restore` brings it back for 30 days."""
        self._set(conversation_id, "deleted_at", time.time())

    def restore(self, conversation_id: int) -> None:
        """Undoes `delete`."""
        self._set(conversation_id, "deleted_at", None)

    def states(self) -> dict[int, list[object] | None]:
        """What changes with each stored change of a chat, by its id; None while an answer is being written in it."""
        rows = self._rows(
            "SELECT c.id, c.title, c.updated, c.leaf_id,"
            " (SELECT length(text) FROM message WHERE id = c.leaf_id) AS last,"
            " count(m.id) AS messages, coalesce(sum(m.state = 'writing'), 0) AS writing"
            " FROM conversation c LEFT JOIN message m ON m.conversation_id = c.id"
            " WHERE c.deleted_at IS NULL GROUP BY c.id ORDER BY c.id"
        )
        return {
            row["id"]: None
            if row["writing"]
            else [row["title"], row["updated"], row["leaf_id"], row["last"], row["messages"]]
            for row in rows
        }

    def trash(self) -> list[Conversation]:
        """The deleted ones that are still kept, the last deleted first."""
        rows = self._rows("SELECT * FROM conversation WHERE deleted_at IS NOT NULL ORDER BY deleted_at DESC, id DESC")
        return [conversation_of(row) for row in rows]

    def purge(self, conversation_id: int) -> None:
        """Takes one that is in the trash away for good."""
        with self._transaction() as connection:
            done = connection.execute(
                "DELETE FROM conversation WHERE id = ? AND deleted_at IS NOT NULL", (conversation_id,)
            )
            if done.rowcount != 1:
                raise gone(f"conversation {conversation_id} in the trash")
