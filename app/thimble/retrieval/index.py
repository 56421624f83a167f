"""The index: passages of texts and of folders' files in one SQLite file, found by BM25 (FTS5).

It holds nothing that cannot be made again: a damaged or outdated file is thrown away, and whoever asks fills it anew.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from thimble.errors import Code, ThimbleError
from thimble.retrieval import words
from thimble.retrieval.splitting import split

log = logging.getLogger(__name__)

T = TypeVar("T")

VERSION: Final = 1
_BUSY_MS: Final = 5000
_FULL: Final = frozenset({sqlite3.SQLITE_FULL})
_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_EXTRA_WEIGHT: Final = 0.6
"""Of a word in a file's name, or in a part of a camelCase word, against one in the text."""

_SCHEMA: Final = (
    """
    CREATE TABLE document (
        id INTEGER PRIMARY KEY,
        source TEXT NOT NULL,
        key TEXT NOT NULL,
        name TEXT NOT NULL,
        changed_ns INTEGER NOT NULL,
        size INTEGER NOT NULL,
        problem TEXT NOT NULL DEFAULT '',
        UNIQUE (source, key)
    )
    """,
    """
    CREATE TABLE passage (
        id INTEGER PRIMARY KEY,
        document_id INTEGER NOT NULL REFERENCES document (id) ON DELETE CASCADE,
        start INTEGER NOT NULL,
        first_page INTEGER NOT NULL,
        last_page INTEGER NOT NULL,
        text TEXT NOT NULL,
        extra TEXT NOT NULL
    )
    """,
    "CREATE INDEX passage_by_document ON passage (document_id, start)",
    """
    CREATE VIRTUAL TABLE passage_index USING fts5 (
        text, extra, content = 'passage', content_rowid = 'id', tokenize = 'porter unicode61 remove_diacritics 2'
    )
    """,
    """
    CREATE TRIGGER passage_added AFTER INSERT ON passage BEGIN
        INSERT INTO passage_index (rowid, text, extra) VALUES (new.id, new.text, new.extra);
    END
    """,
    """
    CREATE TRIGGER passage_removed AFTER DELETE ON passage BEGIN
        INSERT INTO passage_index (passage_index, rowid, text, extra) VALUES ('delete', old.id, old.text, old.extra);
    END
    """,
)


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that fits a question.

    Attributes:
        source: where its file belongs to (`text_source`, `folder_source`).
        key: the file within the source; "" for a text.
        name: what the file is called.
        start: where the passage begins in the file's text.
        text: the passage.
        pages: first and last, from 1; (0, 0) without pages.
        score: the better it fits the higher.
    """

    source: str
    key: str
    name: str
    start: int
    text: str
    pages: tuple[int, int]
    score: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the index knows it.

    Attributes:
        name: what it is called.
        text: all its text; "" with a problem.
        changed_ns, size: of the file when it was read.
        problem: why it could not be read, as a sentence; "" when it could.
    """

    name: str
    text: str = ""
    changed_ns: int = 0
    size: int = 0
    problem: str = ""


def text_source(text: str) -> str:
    """The source of one text: the same text is indexed once."""
    return "text:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def folder_source(path: Path | str) -> str:
    """The source of a folder's files, shared by all conversations that look in it."""
    return f"folder:{path}"


class Index:
    """Passages of many sources. Thread-safe; several processes may have the same file open.

    Args:
        path: the file; None for one in memory.

    Every method raises `ThimbleError`: DISK_FULL, FILE_NOT_WRITABLE, or DATA_DAMAGED after the file was found damaged
    and an empty one was made; what is asked for has to be indexed again then.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection = self._open()

    def close(self) -> None:
        """Closes the file; calling it again does nothing."""
        with self._lock:
            self._connection.close()

    # --- filling --------------------------------------------------------------------------------------------------

    def put(self, source: str, entries: Mapping[str, Entry]) -> None:
        """Indexes files of a source, instead of what was known of them; all or none.

        Args:
            source: whose.
            entries: by key.
        """
        prepared = [(key, entry, _rows(entry)) for key, entry in entries.items()]  # outside the lock: it takes long
        with self._transaction() as connection:
            for key, entry, rows in prepared:
                _remove(connection, source, key)
                document = connection.execute(
                    "INSERT INTO document (source, key, name, changed_ns, size, problem) VALUES (?, ?, ?, ?, ?, ?)",
                    (source, key, entry.name, entry.changed_ns, entry.size, entry.problem),
                ).lastrowid
                connection.executemany(
                    "INSERT INTO passage (document_id, start, first_page, last_page, text, extra)"
                    " VALUES (?, ?, ?, ?, ?, ?)",
                    [(document, *row) for row in rows],
                )

    def ensure_text(self, name: str, text: str) -> str:
        """Indexes a text unless it is there already; its source."""
        source = text_source(text)
        if not self.known(source):
            self.put(source, {"": Entry(name, text)})
        return source

    def remove(self, source: str, keys: Iterable[str]) -> None:
        """Forgets files of a source."""
        with self._transaction() as connection:
            for key in keys:
                _remove(connection, source, key)

    def drop(self, sources: Iterable[str]) -> None:
        """Forgets whole sources."""
        for source in sources:
            self.remove(source, list(self.known(source)))

    def keep_only(self, sources: Iterable[str]) -> None:
        """Forgets all other sources."""
        kept = set(sources)
        self.drop([source for source in self.sources() if source not in kept])

    # --- asking ---------------------------------------------------------------------------------------------------

    def sources(self) -> list[str]:
        """All sources of which something is known."""
        return [row["source"] for row in self._rows("SELECT DISTINCT source FROM document ORDER BY source")]

    def known(self, source: str) -> dict[str, tuple[int, int]]:
        """(changed_ns, size) of a source's files when they were read, by key."""
        rows = self._rows("SELECT key, changed_ns, size FROM document WHERE source = ?", (source,))
        return {row["key"]: (row["changed_ns"], row["size"]) for row in rows}

    def problems(self, source: str) -> list[tuple[str, str]]:
        """(name, sentence) of a source's files that could not be read."""
        rows = self._rows(
            "SELECT name, problem FROM document WHERE source = ? AND problem <> '' ORDER BY name", (source,)
        )
        return [(row["name"], row["problem"]) for row in rows]

    def counts(self, source: str) -> tuple[int, int]:
        """How many files of a source are indexed, and how many could not be read."""
        row = self._rows(
            "SELECT count(*) FILTER (WHERE problem = ''), count(*) FILTER (WHERE problem <> '') FROM document"
            " WHERE source = ?",
            (source,),
        )[0]
        return int(row[0]), int(row[1])

    def search(self, sources: Iterable[str], text: str, limit: int) -> list[Hit]:
        """The passages that fit a text best by BM25, the best first.

        Args:
            sources: where.
            text: words; passages with any of them are found.
            limit: at most so many.
        """
        query, among = words.query_of(text), list(sources)
        if not query or not among:
            return []
        marks = ", ".join("?" * len(among))
        rows = self._rows(
            "SELECT d.source, d.key, d.name, p.start, p.text, p.first_page, p.last_page,"  # noqa: S608 - only "?"
            " -bm25(passage_index, 1.0, ?) AS score FROM passage_index"
            " JOIN passage p ON p.id = passage_index.rowid JOIN document d ON d.id = p.document_id"
            f" WHERE passage_index MATCH ? AND d.source IN ({marks}) ORDER BY score DESC, p.id LIMIT ?",
            (_EXTRA_WEIGHT, query, *among, limit),
        )
        return [_hit(row) for row in rows]

    def beginnings(self, sources: Iterable[str], limit: int) -> list[Hit]:
        """The first passages of each source's files: for a question whose words occur nowhere."""
        found: list[Hit] = []
        for source in sources:
            rows = self._rows(
                "SELECT d.source, d.key, d.name, p.start, p.text, p.first_page, p.last_page, 0.0 AS score"
                " FROM document d JOIN passage p ON p.document_id = d.id WHERE d.source = ?"
                " ORDER BY d.name, p.start LIMIT ?",
                (source, limit),
            )
            found += [_hit(row) for row in rows]
        return found[:limit]

    # --- the file -------------------------------------------------------------------------------------------------

    def _open(self) -> sqlite3.Connection:
        try:
            try:
                return self._connect()
            except sqlite3.Error as error:
                if self._path is None or _code(error) not in _DAMAGED:
                    raise self._error(error) from error
                log.warning("%s is damaged and is made anew: %s", self._path, error)
            self._delete()
            try:
                return self._connect()
            except sqlite3.Error as error:
                raise self._error(error) from error
        except OSError as error:
            raise _not_writable(f"{self._path}: {error}") from error

    def _connect(self) -> sqlite3.Connection:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path or ":memory:", timeout=_BUSY_MS / 1000, isolation_level=None, check_same_thread=False
        )
        try:
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            version = int(connection.execute("PRAGMA user_version").fetchone()[0])
            if version not in {0, VERSION}:
                outdated = sqlite3.DatabaseError(f"version {version}")
                outdated.sqlite_errorcode = sqlite3.SQLITE_NOTADB  # treated like damage: it can be made again
                raise outdated
            if version == 0:
                connection.execute("BEGIN IMMEDIATE")
                if int(connection.execute("PRAGMA user_version").fetchone()[0]) == 0:  # nobody else was faster
                    for statement in _SCHEMA:
                        connection.execute(statement)
                    connection.execute(f"PRAGMA user_version = {VERSION}")
                connection.execute("COMMIT")
            if self._path is not None and os.name == "posix":
                self._path.chmod(0o600)
        except BaseException:
            connection.close()
            raise
        return connection

    def _delete(self) -> None:
        assert self._path is not None  # noqa: S101 - the caller has looked
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _rows(self, query: str, arguments: tuple[object, ...] = ()) -> list[sqlite3.Row]:
        with self._lock, self._translated():
            return self._connection.execute(query, arguments).fetchall()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._translated():
            connection = self._connection
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if _code(error) in _DAMAGED and self._path is not None:
                log.warning("%s is damaged and is made anew: %s", self._path, error)
                self._connection.close()
                self._delete()
                self._connection = self._open()
            raise self._error(error) from error

    def _error(self, error: sqlite3.Error) -> ThimbleError:
        detail = f"{self._path}: {getattr(error, 'sqlite_errorname', '') or type(error).__name__}: {error}"
        code = _code(error)
        if code in _FULL:
            return ThimbleError(
                Code.DISK_FULL,
                "The disk is full, so the files could not be indexed; nothing else was changed.",
                "Free some space and ask again.",
                detail,
            )
        if code in _DAMAGED:
            return ThimbleError(
                Code.DATA_DAMAGED, "The index of your files was damaged and is being made anew.", "Ask again.", detail
            )
        return _not_writable(detail)


def mended(work: Callable[[], T]) -> T:
    """Does it, and once more if the index was found damaged: there is an empty one then."""
    try:
        return work()
    except ThimbleError as error:
        if error.problem.code != Code.DATA_DAMAGED:
            raise
    return work()


def _rows(entry: Entry) -> list[tuple[int, int, int, str, str]]:
    """The columns of a file's passages."""
    rows = []
    for number, piece in enumerate(split(entry.text)):
        text = entry.text[piece.start : piece.end]
        extra = words.extra_words(text)
        if number == 0:  # the file's name stands with its beginning only: in every passage it would outweigh the words
            extra = f"{entry.name} {words.extra_words(entry.name)} {extra}"
        rows.append((piece.start, piece.first_page, piece.last_page, text, extra))
    return rows


def _remove(connection: sqlite3.Connection, source: str, key: str) -> None:
    row = connection.execute("SELECT id FROM document WHERE source = ? AND key = ?", (source, key)).fetchone()
    if row is not None:
        connection.execute("DELETE FROM passage WHERE document_id = ?", (row["id"],))
        connection.execute("DELETE FROM document WHERE id = ?", (row["id"],))


def _hit(row: sqlite3.Row) -> Hit:
    pages = (row["first_page"], row["last_page"])
    return Hit(row["source"], row["key"], row["name"], row["start"], row["text"], pages, row["score"])


def _code(error: sqlite3.Error) -> int:
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _not_writable(detail: str) -> ThimbleError:
    return ThimbleError(
        Code.FILE_NOT_WRITABLE,
        "The index of your files cannot be written.",
        "Check the permissions of Thimble's data folder.",
        detail,
    )
