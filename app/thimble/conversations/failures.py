"""SQLite's failures as sentences."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from thimble.errors import Code, ThimbleError

# SQLite reports a full disk as a plain I/O error when its shared memory cannot grow; below these bytes it is believed.
_LITTLE_SPACE: Final = 2**20

_DAMAGED: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def primary_code(error: sqlite3.Error) -> int:
    """SQLite's result code without its extension; 0 when there is none."""
    return int(getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def is_damage(error: sqlite3.Error) -> bool:
    """Whether the file is no sound database."""
    return primary_code(error) in _DAMAGED


def to_thimble_error(error: sqlite3.Error, path: Path) -> ThimbleError:
    """The sentence for a failed read or write."""
    detail = f"{path}: {getattr(error, 'sqlite_errorname', '') or type(error).__name__}: {error}"
    code = primary_code(error)
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _free_bytes(path) < _LITTLE_SPACE):
        return ThimbleError(
            Code.DISK_FULL,
            "The disk is full, so this could not be saved; everything saved before is still there.",
            "Free some space and try again.",
            detail,
        )
    if code in _DAMAGED:
        return ThimbleError(
            Code.DATA_DAMAGED,
            "The file with your conversations is damaged, so this could not be read or saved.",
            "Restart Thimble: it sets the damaged file aside and begins a new one.",
            detail,
        )
    if code in _BUSY:
        return ThimbleError(
            Code.FILE_NOT_WRITABLE,
            "Another Thimble window kept the conversations busy, so this could not be saved.",
            "Try again in a moment.",
            detail,
        )
    if code == sqlite3.SQLITE_CONSTRAINT:
        return ThimbleError(Code.NOT_FOUND, "This conversation or message no longer exists.", "", detail)
    if isinstance(error, sqlite3.ProgrammingError):
        return ThimbleError(Code.INTERNAL, "The conversations are closed already.", "Restart Thimble.", detail)
    return not_writable(detail)


def not_writable(detail: str) -> ThimbleError:
    """The sentence for a folder or file that cannot be written."""
    return ThimbleError(
        Code.FILE_NOT_WRITABLE,
        "The conversations cannot be saved, because their file or folder cannot be written.",
        "Check the permissions of Thimble's data folder.",
        detail,
    )


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """Turns SQLite's exceptions inside into `ThimbleError`."""
    try:
        yield
    except sqlite3.Error as error:
        raise to_thimble_error(error, path) from error


def _free_bytes(path: Path) -> int:
    try:
        return shutil.disk_usage(path.parent).free
    except OSError:
        return _LITTLE_SPACE
