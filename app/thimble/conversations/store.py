"""The conversations' SQLite file: every change is one short transaction, and a failed one changes nothing."""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from thimble.conversations import failures, searching, writers
from thimble.conversations.models import Conversation, Message, MessageState, SearchHit
from thimble.conversations.opening import open_database
from thimble.errors import Code, ThimbleError

log = logging.getLogger(__name__)

KEEP_DELETED_S: Final = 30 * 24 * 3600.0
MOST_HITS: Final = 200


class Store:
    """The conversations of one user.

    Thread-safe by a lock of its own; several processes may have the same file open (a write waits up to 5 s for the
    other's). Single-row writes take well under a millisecond, so the GUI thread may make them; `search`, `recover`
    and `messages` of long conversations belong in a job.

    Every method raises `ThimbleError`: DISK_FULL, FILE_NOT_WRITABLE, DATA_DAMAGED, or NOT_FOUND for an id that is
    not there. Nothing is half-written then.

    Attributes:
        warning: what was wrong with the file when it was opened, as a sentence; empty when nothing was.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        opened = open_database(path)
        self._connection = opened.connection
        self.warning = opened.warning
        self._writer = writers.begin()

    def close(self) -> None:
        """Closes the file; calling it again does nothing."""
        with self._lock:
            writers.end(self._writer)
            self._connection.close()

    # Conversations

    def create_conversation(self, title: str = "", model: str = "") -> Conversation:
        """A new, empty conversation."""
        now = time.time()
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO conversation (title, created, updated, model) VALUES (?, ?, ?, ?) RETURNING *",
                (title, now, now, model),
            ).fetchone()
        return _conversation(row)

    def conversation(self, conversation_id: int) -> Conversation:
        """One conversation, also when it is deleted but not yet purged."""
        rows = self._rows("SELECT * FROM conversation WHERE id = ?", (conversation_id,))
        if not rows:
            raise _gone(f"conversation {conversation_id}")
        return _conversation(rows[0])

    def conversations(self) -> list[Conversation]:
        """Those not deleted, the most recently changed first."""
        return [
            _conversation(row)
            for row in self._rows("SELECT * FROM conversation WHERE deleted_at IS NULL ORDER BY updated DESC, id DESC")
        ]

    def rename(self, conversation_id: int, title: str) -> None:
        """Gives it a title; its place in the list stays."""
        self._set(conversation_id, "title", title)

    def delete(self, conversation_id: int) -> None:
        """Takes it out of lists and searches; `restore` brings it back for 30 days."""
        self._set(conversation_id, "deleted_at", time.time())

    def restore(self, conversation_id: int) -> None:
        """Undoes `delete`."""
        self._set(conversation_id, "deleted_at", None)

    def set_draft(self, conversation_id: int, text: str) -> None:
        """Keeps what the person is typing."""
        self._set(conversation_id, "draft", text)

    def set_model(self, conversation_id: int, model: str) -> None:
        """Remembers the model used here."""
        self._set(conversation_id, "model", model)

    def set_settings(self, conversation_id: int, settings: Mapping[str, Any]) -> None:
        """Replaces the conversation's own settings."""
        self._set(conversation_id, "settings", json.dumps(dict(settings), ensure_ascii=False))

    def set_leaf(self, conversation_id: int, message_id: int | None) -> None:
        """Shows the path that ends in this message of this conversation; None for an empty path."""
        with self._transaction() as connection:
            done = connection.execute(
                "UPDATE conversation SET leaf_id = ?1 WHERE id = ?2"
                " AND (?1 IS NULL OR EXISTS (SELECT 1 FROM message WHERE id = ?1 AND conversation_id = ?2))",
                (message_id, conversation_id),
            )
            if done.rowcount != 1:
                raise _gone(f"message {message_id} of conversation {conversation_id}")

    # Messages

    def add_message(
        self,
        conversation_id: int,
        role: str,
        text: str,
        *,
        parent_id: int | None,
        state: str = MessageState.DONE,
        model: str = "",
    ) -> Message:
        """Adds a message after `parent_id`; the shown path then ends in it."""
        now = time.time()
        writer = self._writer if state == MessageState.WRITING else ""
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO message (conversation_id, parent_id, role, text, state, model, created, writer)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (conversation_id, parent_id, str(role), text, str(state), model, now, writer),
            ).fetchone()
            connection.execute(
                "UPDATE conversation SET leaf_id = ?, updated = ? WHERE id = ?", (row["id"], now, conversation_id)
            )
        return _message(row)

    def update_message(
        self,
        message_id: int,
        *,
        text: str | None = None,
        state: str | None = None,
        timings: Mapping[str, Any] | None = None,
        problem: Mapping[str, Any] | None = None,
    ) -> Message:
        """Changes what is not None. An answer that is written again belongs to this store from then on."""
        columns: dict[str, str] = {}
        if text is not None:
            columns["text"] = text
        if state is not None:
            columns["state"] = str(state)
            columns["writer"] = self._writer if state == MessageState.WRITING else ""
        if timings is not None:
            columns["timings"] = json.dumps(dict(timings), ensure_ascii=False)
        if problem is not None:
            columns["problem"] = json.dumps(dict(problem), ensure_ascii=False)
        if not columns:
            return self.message(message_id)
        assignments = ", ".join(f"{column} = ?" for column in columns)  # names from above, never from outside
        with self._transaction() as connection:
            row = connection.execute(
                f"UPDATE message SET {assignments} WHERE id = ? RETURNING *",  # noqa: S608
                (*columns.values(), message_id),
            ).fetchone()
            if row is None:
                raise _gone(f"message {message_id}")
        return _message(row)

    def message(self, message_id: int) -> Message:
        """One message."""
        rows = self._rows("SELECT * FROM message WHERE id = ?", (message_id,))
        if not rows:
            raise _gone(f"message {message_id}")
        return _message(rows[0])

    def messages(self, conversation_id: int) -> list[Message]:
        """All messages of the tree, the oldest first."""
        return [
            _message(row)
            for row in self._rows("SELECT * FROM message WHERE conversation_id = ? ORDER BY id", (conversation_id,))
        ]

    def path(self, conversation_id: int) -> list[Message]:
        """The messages shown: from the first to the leaf."""
        rows = self._rows(
            "WITH RECURSIVE up (id, parent_id) AS ("
            " SELECT m.id, m.parent_id FROM message m JOIN conversation c ON m.id = c.leaf_id WHERE c.id = ?1"
            " UNION SELECT m.id, m.parent_id FROM message m JOIN up ON m.id = up.parent_id)"
            " SELECT m.* FROM message m JOIN up USING (id) ORDER BY m.id",  # a parent has the lower id
            (conversation_id,),
        )
        if not rows:
            self.conversation(conversation_id)
        return [_message(row) for row in rows]

    def siblings(self, message_id: int) -> list[Message]:
        """The message and the others that follow the same parent, the oldest first."""
        rows = self._rows(
            "SELECT s.* FROM message m JOIN message s"
            " ON s.conversation_id = m.conversation_id AND s.parent_id IS m.parent_id WHERE m.id = ? ORDER BY s.id",
            (message_id,),
        )
        if not rows:
            raise _gone(f"message {message_id}")
        return [_message(row) for row in rows]

    def newest_leaf(self, message_id: int) -> int:
        """Where the path goes on below a message when each time the newest child is taken; for switching branches."""
        rows = self._rows(
            "WITH RECURSIVE down (id) AS (SELECT ?1 UNION"
            " SELECT (SELECT max(c.id) FROM message c"
            "  WHERE c.parent_id = down.id AND c.conversation_id = (SELECT conversation_id FROM message WHERE id = ?1))"
            " FROM down WHERE down.id IS NOT NULL)"
            " SELECT max(id) FROM down",
            (message_id,),
        )
        return int(rows[0][0])

    # The whole file

    def search(self, text: str, limit: int = MOST_HITS) -> list[SearchHit]:
        """Titles, then messages in which every word of the text occurs (the last may be a beginning), newest first."""
        if not text.strip():
            return []
        hits = self._search_titles(text, limit)
        query = searching.index_query(text)
        if query is not None:
            rows = self._indexed_rows(
                "SELECT m.conversation_id, c.title, m.id, m.role, m.created,"
                " snippet(message_index, 0, ?1, ?2, '…', 14) AS marked"
                " FROM message_index JOIN message m ON m.id = message_index.rowid"
                " JOIN conversation c ON c.id = m.conversation_id"
                " WHERE message_index MATCH ?3 AND c.deleted_at IS NULL ORDER BY message_index.rowid DESC LIMIT ?4",
                (searching.OPEN_MARK, searching.CLOSE_MARK, query, limit),
            )
            found = [(row, searching.split_marks(row["marked"])) for row in rows]
        else:
            rows = self._rows(
                "SELECT m.conversation_id, c.title, m.id, m.role, m.created, m.text"
                " FROM message m JOIN conversation c ON c.id = m.conversation_id"
                " WHERE m.text LIKE ? ESCAPE '\\' AND c.deleted_at IS NULL AND m.state <> 'writing'"
                " ORDER BY m.id DESC LIMIT ?",
                (searching.like_pattern(text), limit),
            )
            found = [(row, searching.snippet_around(row["text"], text)) for row in rows]
        hits += [
            SearchHit(row["conversation_id"], row["title"], row["id"], row["role"], snippet, marks, row["created"])
            for row, (snippet, marks) in found
        ]
        return hits[:limit]

    def _indexed_rows(self, query: str, arguments: tuple[object, ...]) -> list[sqlite3.Row]:
        """`_rows`; a damaged index is made anew from the messages first."""
        try:
            return self._rows(query, arguments)
        except ThimbleError as error:
            if error.problem.code != Code.DATA_DAMAGED:
                raise
        log.warning("%s: the search index is damaged and is made anew", self._path)
        with self._transaction() as connection:
            connection.execute("INSERT INTO message_index (message_index) VALUES ('rebuild')")
        return self._rows(query, arguments)

    def _search_titles(self, text: str, limit: int) -> list[SearchHit]:
        rows = self._rows(
            "SELECT id, title, updated FROM conversation WHERE deleted_at IS NULL AND title LIKE ? ESCAPE '\\'"
            " ORDER BY updated DESC LIMIT ?",
            (searching.like_pattern(text), limit),
        )
        return [
            SearchHit(
                row["id"], row["title"], None, "", *searching.snippet_around(row["title"], text), created=row["updated"]
            )
            for row in rows
        ]

    def recover(self) -> int:
        """For the start: answers whose process is gone become STOPPED with the text they had; old deletions are purged.

        Returns:
            How many answers were recovered.
        """
        with self._transaction() as connection:
            writing = connection.execute("SELECT id, writer FROM message WHERE state = 'writing'").fetchall()
            dead = [(row["id"],) for row in writing if not writers.is_alive(row["writer"])]
            connection.executemany("UPDATE message SET state = 'stopped', writer = '' WHERE id = ?", dead)
            connection.execute("DELETE FROM conversation WHERE deleted_at < ?", (time.time() - KEEP_DELETED_S,))
        return len(dead)

    def change_token(self) -> int:
        """A number that changes when another process or store has changed the file; own writes leave it as it is."""
        return int(self._rows("PRAGMA data_version")[0][0])

    # Below: how all of them reach the file

    def _set(self, conversation_id: int, column: str, value: str | float | None) -> None:
        with self._transaction() as connection:
            done = connection.execute(
                f"UPDATE conversation SET {column} = ? WHERE id = ?",  # noqa: S608 - a name from this module
                (value, conversation_id),
            )
            if done.rowcount != 1:
                raise _gone(f"conversation {conversation_id}")

    def _rows(self, query: str, arguments: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with self._lock, failures.translated(self._path):
            return self._connection.execute(query, arguments).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, failures.translated(self._path):
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite has ended it by itself after some failures
                    connection.execute("ROLLBACK")
                raise


def _gone(detail: str) -> ThimbleError:
    return ThimbleError(Code.NOT_FOUND, "This conversation or message no longer exists.", "", detail)


def _conversation(row: sqlite3.Row) -> Conversation:
    return Conversation(
        row["id"],
        row["title"],
        row["created"],
        row["updated"],
        row["leaf_id"],
        row["draft"],
        _json_object(row["settings"]) or {},
        row["model"],
    )


def _message(row: sqlite3.Row) -> Message:
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


def _json_object(text: str | None) -> dict[str, Any] | None:
    if not text:
        return None
    try:
        value = json.loads(text)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None
