"""Copies what can still be read of a damaged database into a new one."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from thimble.conversations.titles import title_from

log = logging.getLogger(__name__)

_ROWS: Final = {
    "conversation": "SELECT * FROM conversation WHERE id >= ? ORDER BY id",
    "message": "SELECT * FROM message WHERE id >= ? ORDER BY id",
    "folder": "SELECT * FROM folder WHERE id >= ? ORDER BY id",
    "attachment": "SELECT * FROM attachment WHERE id >= ? ORDER BY id",
    "searched_folder": "SELECT * FROM searched_folder WHERE id >= ? ORDER BY id",
}
_HIGHEST: Final = "SELECT seq FROM sqlite_sequence WHERE name = ?"
_MOST_FAILURES: Final = 20_000  # reads in a row; a lost page hides some dozens of rows, a lost branch some thousands

_ADD_CONVERSATION: Final = """
    INSERT INTO conversation
        (id, title, created, updated, draft, settings, model, deleted_at, folder_id, pinned_at, named, tools)
    VALUES (:id, :title, :created, :updated, :draft, :settings, :model, :deleted_at,
        (SELECT id FROM folder WHERE id = :folder_id), :pinned_at, :named, :tools)
"""
_ADD_FOLDER: Final = "INSERT INTO folder (id, name, created) VALUES (:id, :name, :created)"
_ADD_ATTACHMENT: Final = """
    INSERT INTO attachment (id, conversation_id, message_id, name, text, pages, searched, created)
    VALUES (:id, :conversation_id, :message_id, :name, :text, :pages, :searched, :created)
"""
_ADD_SEARCHED: Final = "INSERT INTO searched_folder (id, conversation_id, path) VALUES (:id, :conversation_id, :path)"
_ADD_MESSAGE: Final = """
    INSERT INTO message
        (id, conversation_id, parent_id, role, text, state, model, created, timings, problem, passages, tool_steps)
    VALUES (:id, :conversation_id, :parent_id, :role, :text, :state, :model, :created, :timings, :problem, :passages,
        :tool_steps)
"""


def rescue(damaged: Path, connection: sqlite3.Connection) -> int:
    """Reads the damaged file row by row, steps over what cannot be read, and keeps ids and branches.

    Args:
        damaged: the file that was set aside; it is only read.
        connection: a new, empty database in autocommit mode.

    Returns:
        How many conversations the new database has now, deleted ones left out.

    Raises:
        sqlite3.Error: the new database could not be written; it is still empty.
    """
    # Without a write-ahead log beside it the file is all there is; "immutable" then keeps SQLite from making one.
    log_file = damaged.with_name(damaged.name + "-wal")
    options = "mode=ro" if log_file.exists() else "mode=ro&immutable=1"
    try:
        source = sqlite3.connect(f"{damaged.absolute().as_uri()}?{options}", uri=True)
    except sqlite3.Error as error:
        log.warning("nothing can be read from %s: %s", damaged, error)
        return 0
    source.row_factory = sqlite3.Row
    source.text_factory = _decoded
    connection.execute("BEGIN IMMEDIATE")
    try:
        _copy(source, connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    finally:
        source.close()
    return int(connection.execute("SELECT count(*) FROM conversation WHERE deleted_at IS NULL").fetchone()[0])


def _copy(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    leaves: dict[int, int | None] = {}
    newest: dict[int, int] = {}
    owner: dict[int, int] = {}
    for row in _rows(source, "folder"):
        _add(target, _ADD_FOLDER, row)
    for row in _rows(source, "conversation"):
        if _add(target, _ADD_CONVERSATION, row):
            leaves[row["id"]] = row.get("leaf_id")
    for row in _rows(source, "message"):
        conversation = row.get("conversation_id")
        if not isinstance(conversation, int):
            continue
        if conversation not in leaves:  # its own row is lost
            made = {"id": conversation, "title": title_from(str(row["text"]))}
            made |= {"created": row["created"], "updated": row["created"]}
            if not _add(target, _ADD_CONVERSATION, made):
                continue
            leaves[conversation] = None
        if owner.get(row.get("parent_id") or 0) != conversation:
            row["parent_id"] = None
        if _add(target, _ADD_MESSAGE, row):
            owner[row["id"]] = conversation
            newest[conversation] = row["id"]
    for row in _rows(source, "attachment"):
        if row.get("message_id") is None or owner.get(row["message_id"]) == row.get("conversation_id"):
            _add(target, _ADD_ATTACHMENT, row)
    for row in _rows(source, "searched_folder"):
        if row.get("conversation_id") is None or row["conversation_id"] in leaves:
            _add(target, _ADD_SEARCHED, row)
    for conversation, leaf in leaves.items():
        kept = leaf if leaf is not None and owner.get(leaf) == conversation else newest.get(conversation)
        target.execute("UPDATE conversation SET leaf_id = ? WHERE id = ?", (kept, conversation))


def _rows(source: sqlite3.Connection, table: str) -> Iterator[dict[str, Any]]:
    """The table's readable rows by column name."""
    following, failures = 0, 0
    try:
        highest = source.execute(_HIGHEST, (table,)).fetchone()
    except sqlite3.Error as error:
        log.warning("table %s cannot be read: %s", table, error)
        return
    while highest is not None and following <= highest[0] and failures < _MOST_FAILURES:
        try:
            for row in source.execute(_ROWS[table], (following,)):
                following, failures = row["id"] + 1, 0
                yield dict(row)
        except (sqlite3.Error, OverflowError):
            following += 1
            failures += 1
        else:
            return


def _add(target: sqlite3.Connection, statement: str, row: dict[str, Any]) -> bool:
    """Whether the new database took the row; nonsense from a broken page breaks its rules and is left out."""
    usual: dict[str, Any] = {"draft": "", "settings": "{}", "model": "", "deleted_at": None}
    usual |= {"folder_id": None, "pinned_at": None, "named": 1}
    usual |= {"timings": None, "problem": None, "parent_id": None, "passages": None, "searched": 0}
    usual |= {"tools": None, "tool_steps": None}  # what a tool may do without asking is asked for again
    try:
        target.execute(statement, usual | row)
    except (sqlite3.IntegrityError, sqlite3.ProgrammingError, sqlite3.InterfaceError) as error:
        log.warning("a damaged row was left out: %s", error)
        return False
    return True


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
