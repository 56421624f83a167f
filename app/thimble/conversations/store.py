"""The conversations' SQLite file: every change is one short transaction, and a failed one changes nothing."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from thimble.characters import whole
from thimble.conversations import searching, writers
from thimble.conversations.attachments import Attachments
from thimble.conversations.database import Database, gone
from thimble.conversations.importing.values import ImportedConversation
from thimble.conversations.models import AttachedFile, Conversation, Message, MessageState, Removed, Role, SearchHit
from thimble.conversations.rows import conversation_of, message_of
from thimble.conversations.shelves import Shelves
from thimble.conversations.titles import title_from
from thimble.conversations.tool_steps import ToolStep
from thimble.errors import Code, ThimbleError

log = logging.getLogger(__name__)

KEEP_DELETED_S: Final = 30 * 24 * 3600.0
MOST_HITS: Final = 200


class Store(Shelves, Attachments, Database):
    """The conversations of one user.

    Thread-safe by a lock of its own; several processes may have the same file open (a write waits up to 5 s for the
    other's). Single-row writes take well under a millisecond, so the GUI thread may make them; `search`, `recover`
    and `messages` of long conversations belong in a job.

    Without a path it lives in memory only, until it is closed.

    Every method raises `ThimbleError`: DISK_FULL, FILE_NOT_WRITABLE, DATA_DAMAGED, or NOT_FOUND for an id that is
    not there. Nothing is half-written then.

    Attributes:
        warning: what was wrong with the file when it was opened, as a sentence; empty when nothing was.
    """

    # Conversations

    def create_conversation(
        self, title: str = "", model: str = "", *, named: bool = False, folder_id: int | None = None
    ) -> Conversation:
        """A new, empty conversation; `named` when a person gave the title."""
        now = time.time()
        with self._transaction() as connection:
            row = connection.execute(
                "INSERT INTO conversation (title, created, updated, model, named, folder_id) VALUES (?, ?, ?, ?, ?, ?)"
                " RETURNING *",
                (title, now, now, model, named, folder_id),
            ).fetchone()
        return conversation_of(row)

    def conversation(self, conversation_id: int) -> Conversation:
        """One conversation, also when it is deleted but not yet purged."""
        rows = self._rows("SELECT * FROM conversation WHERE id = ?", (conversation_id,))
        if not rows:
            raise gone(f"conversation {conversation_id}")
        return conversation_of(rows[0])

    def conversations(self) -> list[Conversation]:
        """Those not deleted, the most recently changed first."""
        return [
            conversation_of(row)
            for row in self._rows("SELECT * FROM conversation WHERE deleted_at IS NULL ORDER BY updated DESC, id DESC")
        ]

    def rename(self, conversation_id: int, title: str, *, by_person: bool = True) -> None:
        """Gives it a title; its place in the list stays. One that a person gave is not replaced by another's."""
        with self._transaction() as connection:
            done = connection.execute(
                "UPDATE conversation SET title = CASE WHEN ?2 OR NOT named THEN ?1 ELSE title END, named = named OR ?2"
                " WHERE id = ?3",
                (title, by_person, conversation_id),
            )
            if done.rowcount != 1:
                raise gone(f"conversation {conversation_id}")

    def set_draft(self, conversation_id: int, text: str) -> None:
        """Keeps what the person is typing."""
        self._set(conversation_id, "draft", whole(text))

    def set_model(self, conversation_id: int, model: str) -> None:
        """Remembers the model used here."""
        self._set(conversation_id, "model", model)

    def set_tools(self, conversation_id: int, tools: Sequence[str], allowed: Sequence[str]) -> None:
        """Switches tools on, and says which of them may be called without asking; both by key."""
        with self._transaction() as connection:
            done = connection.execute(
                "UPDATE conversation SET tools = ?, allowed_tools = ? WHERE id = ?",
                (json.dumps(list(tools)), json.dumps(list(allowed)), conversation_id),
            )
            if done.rowcount != 1:
                raise gone(f"conversation {conversation_id}")

    def set_settings(self, conversation_id: int, settings: Mapping[str, Any]) -> None:
        """Replaces the conversation's own settings."""
        self._set(conversation_id, "settings", _json(dict(settings)))

    def set_leaf(self, conversation_id: int, message_id: int | None) -> None:
        """Shows the path that ends in this message of this conversation; None for an empty path."""
        with self._transaction() as connection:
            done = connection.execute(
                "UPDATE conversation SET leaf_id = ?1 WHERE id = ?2"
                " AND (?1 IS NULL OR EXISTS (SELECT 1 FROM message WHERE id = ?1 AND conversation_id = ?2))",
                (message_id, conversation_id),
            )
            if done.rowcount != 1:
                raise gone(f"message {message_id} of conversation {conversation_id}")

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
                (conversation_id, parent_id, str(role), whole(text), str(state), model, now, writer),
            ).fetchone()
            connection.execute(
                "UPDATE conversation SET leaf_id = ?, updated = ? WHERE id = ?", (row["id"], now, conversation_id)
            )
        return message_of(row)

    def update_message(
        self,
        message_id: int,
        *,
        role: str | None = None,
        text: str | None = None,
        state: str | None = None,
        timings: Mapping[str, Any] | None = None,
        problem: Mapping[str, Any] | None = None,
        passages: Mapping[str, Any] | None = None,
        steps: Sequence[ToolStep] | None = None,
    ) -> Message:
        """Changes what is not None. An answer that is written again belongs to this store from then on."""
        columns: dict[str, str] = {}
        if role is not None:
            columns["role"] = str(role)
        if text is not None:
            columns["text"] = whole(text)
        if state is not None:
            columns["state"] = str(state)
            columns["writer"] = self._writer if state == MessageState.WRITING else ""
        if timings is not None:
            columns["timings"] = _json(dict(timings))
        if problem is not None:
            columns["problem"] = _json(dict(problem))
        if passages is not None:
            columns["passages"] = _json(dict(passages))
        if steps is not None:
            columns["tool_steps"] = _steps_json(steps)
        if not columns:
            return self.message(message_id)
        assignments = ", ".join(f"{column} = ?" for column in columns)  # names from above, never from outside
        with self._transaction() as connection:
            row = connection.execute(
                f"UPDATE message SET {assignments} WHERE id = ? RETURNING *",  # noqa: S608
                (*columns.values(), message_id),
            ).fetchone()
            if row is None:
                raise gone(f"message {message_id}")
        return message_of(row)

    def message(self, message_id: int) -> Message:
        """One message."""
        rows = self._rows("SELECT * FROM message WHERE id = ?", (message_id,))
        if not rows:
            raise gone(f"message {message_id}")
        return message_of(rows[0])

    def remove_message(self, message_id: int) -> Removed:
        """Takes one message out; what followed it now follows what stood before it. `put_back` undoes it."""
        with self._transaction() as connection:
            row = connection.execute("SELECT * FROM message WHERE id = ?", (message_id,)).fetchone()
            if row is None:
                raise gone(f"message {message_id}")
            owner, parent = row["conversation_id"], row["parent_id"]
            of_owner = "conversation_id = ? AND parent_id = ?"
            children = tuple(
                child["id"]
                for child in connection.execute(f"SELECT id FROM message WHERE {of_owner}", (owner, message_id))  # noqa: S608
            )
            attachments = connection.execute("SELECT * FROM attachment WHERE message_id = ?", (message_id,)).fetchall()
            leaf = connection.execute("SELECT leaf_id FROM conversation WHERE id = ?", (owner,)).fetchone()["leaf_id"]
            connection.execute(
                f"UPDATE message SET parent_id = ? WHERE {of_owner}",  # noqa: S608
                (parent, owner, message_id),
            )
            if leaf == message_id:
                connection.execute("UPDATE conversation SET leaf_id = ? WHERE id = ?", (parent, owner))
            parents = _parents(connection, owner) | self._followed
            connection.execute("DELETE FROM message WHERE id = ?", (message_id,))
        self._followed[message_id] = parents[message_id]
        for child in children:
            self._followed.setdefault(child, message_id)
        ancestors = tuple(_up(message_id, parents))
        return Removed(dict(row), children, tuple(dict(one) for one in attachments), leaf, ancestors)

    def put_back(self, removed: Removed) -> None:
        """Undoes `remove_message`, in any order with others; what has been written since stays."""
        row = dict(removed.row)
        with self._transaction() as connection:
            alive = _parents(connection, row["conversation_id"])
            place = row["parent_id"] = next((one for one in removed.ancestors if one in alive), None)
            alive[row["id"]] = place
            followers = [
                child
                for child, parent in alive.items()
                if parent == place
                and row["id"] == next((one for one in _up(child, self._followed) if one in alive), None)
            ]
            _insert(connection, "message", row)
            for attachment in removed.attachments:
                _insert(connection, "attachment", attachment)
            connection.executemany(
                "UPDATE message SET parent_id = ? WHERE id = ?", [(row["id"], child) for child in followers]
            )
            shown = removed.leaf_id is not None and row["id"] in {
                removed.leaf_id,
                *_up(removed.leaf_id, alive | self._followed),
            }
            if shown and (removed.leaf_id == row["id"] or removed.leaf_id not in alive):
                connection.execute(  # unless the conversation has gone on meanwhile
                    "UPDATE conversation SET leaf_id = ?1 WHERE id = ?2 AND leaf_id IS ?3",
                    (row["id"], row["conversation_id"], place),
                )

    def add_imported(
        self, imported: ImportedConversation, *, draft: str = "", waiting: Iterable[AttachedFile] = ()
    ) -> Conversation:
        """Stores a conversation that came from elsewhere, all of it or nothing.

        Args:
            imported: title, settings and messages.
            draft: what was being typed.
            waiting: the files in its composer.
        """
        now = time.time()
        title = imported.title or next((title_from(m.text) for m in imported.messages if m.role == Role.USER), "")
        created = imported.created or now
        with self._transaction() as connection:
            owner = connection.execute(
                "INSERT INTO conversation (title, created, updated, settings, named, draft) VALUES (?, ?, ?, ?, ?, ?)"
                " RETURNING id",
                (
                    title,
                    created,
                    max(imported.updated, created),
                    _json(imported.settings),
                    imported.named and bool(imported.title),
                    draft,
                ),
            ).fetchone()["id"]
            connection.executemany(
                "INSERT INTO attachment (conversation_id, name, text, pages, searched, created)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                [(owner, *file, now) for file in waiting],
            )
            ids: list[int] = []
            for message in imported.messages:
                parent = ids[message.parent] if message.parent is not None else None
                when = message.created or created
                row = connection.execute(
                    "INSERT INTO message (conversation_id, parent_id, role, text, state, model, created, timings,"
                    " passages, tool_steps) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                    (
                        owner,
                        parent,
                        message.role,
                        message.text,
                        message.state,
                        message.model,
                        when,
                        _json(message.timings) if message.timings else None,
                        _json(message.passages) if message.passages else None,
                        _steps_json(message.steps) if message.steps else None,
                    ),
                ).fetchone()
                ids.append(row["id"])
                connection.executemany(
                    "INSERT INTO attachment (conversation_id, message_id, name, text, pages, searched, created)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?)",
                    [(owner, ids[-1], *file, when) for file in message.files],
                )
            if ids:
                leaf = ids[imported.leaf] if imported.leaf is not None else ids[-1]
                connection.execute("UPDATE conversation SET leaf_id = ? WHERE id = ?", (leaf, owner))
        return self.conversation(owner)

    def messages(self, conversation_id: int) -> list[Message]:
        """All messages of the tree, the oldest first."""
        return [
            message_of(row)
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
        return [message_of(row) for row in rows]

    def siblings(self, message_id: int) -> list[Message]:
        """The message and the others that follow the same parent, the oldest first."""
        rows = self._rows(
            "SELECT s.* FROM message m JOIN message s"
            " ON s.conversation_id = m.conversation_id AND s.parent_id IS m.parent_id WHERE m.id = ? ORDER BY s.id",
            (message_id,),
        )
        if not rows:
            raise gone(f"message {message_id}")
        return [message_of(row) for row in rows]

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


def _parents(connection: sqlite3.Connection, conversation_id: int) -> dict[int, int | None]:
    """What each message of a conversation follows."""
    rows = connection.execute("SELECT id, parent_id FROM message WHERE conversation_id = ?", (conversation_id,))
    return {row["id"]: row["parent_id"] for row in rows}


def _up(message_id: int, parents: Mapping[int, int | None]) -> Iterator[int]:
    """What a message follows, the nearest first."""
    parent = parents.get(message_id)
    while parent is not None:
        yield parent
        parent = parents.get(parent)


def _insert(connection: sqlite3.Connection, table: str, row: Mapping[str, Any]) -> None:
    """Puts a row back as it was; table and columns are the database's own."""
    marks = ", ".join("?" * len(row))
    connection.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", tuple(row.values()))  # noqa: S608


def _steps_json(steps: Sequence[ToolStep]) -> str:
    return _json([step.to_json() for step in steps])


def _json(value: object) -> str:
    return whole(json.dumps(value, ensure_ascii=False))
