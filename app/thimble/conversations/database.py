"""How the parts of the store reach the SQLite file: one lock, short transactions, failures as sentences."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from thimble.conversations import failures, writers
from thimble.conversations.opening import identity_of, open_database, open_in_memory
from thimble.errors import Code, ThimbleError


class Database:
    """One open file, or one in memory that is gone when it is closed (`path` None)."""

    def __init__(self, path: Path | None) -> None:
        self._path = path or Path("in memory")
        self._lock = threading.RLock()
        opened = open_database(path) if path is not None else open_in_memory()
        self._connection = opened.connection
        self.warning = opened.warning
        """What was wrong with the file when it was opened, as a sentence; empty when nothing was."""
        self._writer = writers.begin()
        self._followed: dict[int, int | None] = {}
        """What messages followed before something was taken out there; parents have the lower id, so no cycles."""

    @property
    def identity(self) -> int:
        """Tells this file from one made later in its place, and from another computer's; 0 in memory."""
        with self._lock, failures.translated(self._path):
            return identity_of(self._connection)

    def close(self) -> None:
        """Closes the file; calling it again does nothing."""
        with self._lock:
            writers.end(self._writer)
            self._connection.close()

    def _set(self, conversation_id: int, column: str, value: str | float | None) -> None:
        with self._transaction() as connection:
            done = connection.execute(
                f"UPDATE conversation SET {column} = ? WHERE id = ?",  # noqa: S608 - a name from this module
                (value, conversation_id),
            )
            if done.rowcount != 1:
                raise gone(f"conversation {conversation_id}")

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


def gone(detail: str) -> ThimbleError:
    """The error for an id that is not there."""
    return ThimbleError(Code.NOT_FOUND, "This conversation or message no longer exists.", "", detail)
