"""Brings a database file to the current version, one explicit step at a time, after a copy of it was made."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from thimble.conversations import schema
from thimble.errors import Code, ThimbleError

log = logging.getLogger(__name__)

Migration = Callable[[sqlite3.Connection], None]


def _version_1(connection: sqlite3.Connection) -> None:
    for statement in schema.VERSION_1:
        connection.execute(statement)


def _version_2(connection: sqlite3.Connection) -> None:
    for statement in schema.VERSION_2:
        connection.execute(statement)


def _version_3(connection: sqlite3.Connection) -> None:
    for statement in schema.VERSION_3:
        connection.execute(statement)


def _version_4(connection: sqlite3.Connection) -> None:
    for statement in schema.VERSION_4:
        connection.execute(statement)


# Entry n turns version n into version n + 1; an empty file is version 0.
MIGRATIONS: tuple[Migration, ...] = (_version_1, _version_2, _version_3, _version_4)

BACKUP_SUFFIX: Final = ".before-version-{version}"


def version_of(connection: sqlite3.Connection) -> int:
    """The version an open database says it has; 0 for a fresh one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def migrate(connection: sqlite3.Connection, path: Path) -> Path | None:
    """Runs the steps that are missing, each in its own transaction.

    Args:
        connection: in autocommit mode; nobody else may migrate the same file meanwhile.
        path: the database file, which names the copy.

    Returns:
        The copy made before an existing database was changed, else None.

    Raises:
        ThimbleError: the file was written by a newer Thimble; it is left alone.
        sqlite3.Error: a step failed; the database has the version of the last step that did not.
    """
    found, current = version_of(connection), len(MIGRATIONS)
    if found > current:
        raise ThimbleError(
            Code.DATA_TOO_NEW,
            "The conversations were saved by a newer version of Thimble, so this one leaves them alone.",
            "Update Thimble, or start it with another data folder.",
            f"{path}: version {found}, this program knows {current}",
        )
    copy = None
    if 0 < found < current:
        copy = _back_up(connection, path, found)
    for version in range(found, current):
        connection.execute("BEGIN IMMEDIATE")
        try:
            MIGRATIONS[version](connection)
            connection.execute(f"PRAGMA user_version = {version + 1}")
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        log.info("%s: now version %d", path, version + 1)
    return copy


def _back_up(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copies the database whole, its write-ahead log included."""
    copy = path.with_name(path.name + BACKUP_SUFFIX.format(version=version))
    partial = copy.with_name(copy.name + ".part")
    partial.unlink(missing_ok=True)
    partial.touch(0o600)  # as the database itself: the conversations are nobody else's business
    target = sqlite3.connect(partial)
    try:
        connection.backup(target)
        target.close()
        partial.replace(copy)
    except BaseException:
        target.close()
        partial.unlink(missing_ok=True)
        raise
    return copy
