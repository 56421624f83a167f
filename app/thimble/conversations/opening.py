"""Opens the database file: one opener at a time, damage set aside, migrations run."""

from __future__ import annotations

import logging
import os
import secrets
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import filelock

from thimble.conversations import failures, migrations
from thimble.conversations.rescue import rescue
from thimble.errors import Code, ThimbleError, to_translate

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MS: Final = 5000
_OPEN_TIMEOUT_S: Final = 20.0  # another window may be migrating a big file
_CHECK_WHOLE_BELOW: Final = 16 * 2**20  # bytes; bigger files are checked page by page as they are used
_SIDE_FILES: Final = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class Opened:
    """An open database, and what a person should be told about it (empty for nothing)."""

    connection: sqlite3.Connection
    warning: str


def open_database(path: Path) -> Opened:
    """Opens or creates the file at the current version.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE, DISK_FULL or DATA_TOO_NEW.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(path.with_name(path.name + ".lock"), timeout=_OPEN_TIMEOUT_S), failures.translated(path):
            try:
                return Opened(_connect(path), "")
            except sqlite3.Error as error:
                if not failures.is_damage(error):
                    raise
                log.warning("%s is damaged: %s", path, error)
            aside = _set_aside(path)
            connection = _connect(path)
            try:
                count = rescue(aside, connection)
            except BaseException:
                connection.close()
                raise
            return Opened(connection, _warning(aside, count))
    except filelock.Timeout as error:
        raise ThimbleError(
            Code.FILE_NOT_WRITABLE,
            "Another Thimble window is still opening the conversations.",
            "Wait for it, or close it, and try again.",
            f"{path}: {error}",
        ) from error
    except OSError as error:
        raise failures.not_writable(f"{path}: {error}") from error


FIRST_IN_MEMORY: Final = 2**30
"""Ids of a database in memory begin here, so that they never name something in the file. (Qt's signals end at 2^31.)"""


def is_in_memory(an_id: int) -> bool:
    """Whether a conversation or message of this number is in a database in memory."""
    return an_id > FIRST_IN_MEMORY


def open_in_memory() -> Opened:
    """A database that nothing on the disk knows of."""
    path = Path(":memory:")
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA temp_store = MEMORY")
    migrations.migrate(connection, path)
    connection.executemany(
        "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)",
        [(table, FIRST_IN_MEMORY) for table in ("conversation", "message", "attachment", "folder")],
    )
    return Opened(connection, "")


def identity_of(connection: sqlite3.Connection) -> int:
    """A number that a file gets when it is made and that a rescued or new one does not share; 0 in memory."""
    return int(connection.execute("PRAGMA application_id").fetchone()[0])


def _warning(aside: Path, rescued: int) -> str:
    found = "no conversation could be read from it"
    if rescued:
        found = (
            "1 conversation was rescued from it" if rescued == 1 else f"{rescued} conversations were rescued from it"
        )
    return to_translate(f"The file with your conversations was damaged. It was set aside as {aside.name}, and {found}.")


def _connect(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=BUSY_TIMEOUT_MS / 1000, isolation_level=None, check_same_thread=False, cached_statements=128
    )
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        if path.stat().st_size <= _CHECK_WHOLE_BELOW:
            found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                damage = sqlite3.DatabaseError(found)
                damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
                raise damage
        migrations.migrate(connection, path)
        if not identity_of(connection):
            connection.execute(f"PRAGMA application_id = {1 + secrets.randbelow(2**31 - 1)}")
        if os.name == "posix":
            path.chmod(0o600)
    except BaseException:
        connection.close()
        raise
    return connection


def _set_aside(path: Path) -> Path:
    """Renames the file and its side files; returns the new name. Nothing is overwritten."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    number = 1
    while aside.exists():
        number += 1
        aside = path.with_name(f"{path.name}.damaged-{stamp}-{number}")
    for suffix in _SIDE_FILES:
        side = path.with_name(path.name + suffix)
        if side.exists():
            side.replace(aside.with_name(aside.name + suffix))
    return aside
