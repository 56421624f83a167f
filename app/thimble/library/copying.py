"""Putting a big file into the models folder: progress, cancelling, a full disk, and nothing half-done."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import IO, Final

from thimble.errors import Code, ThimbleError, storage_code

Progress = Callable[[int, int], None]
"""Called with (bytes done, bytes in all), often."""
Cancelled = Callable[[], bool]
"""Asked often; True ends the work with `Code.CANCELLED`."""

MIB: Final = 2**20
SPACE_LEFT_OVER: Final = 64 * MIB  # bytes that a copy must leave free: a disk filled to the brim breaks other programs
_CHUNK: Final = 4 * MIB
TEMPORARY_PREFIX: Final = ".thimble-"


def check_cancelled(cancelled: Cancelled | None) -> None:
    """Raises `ThimbleError` CANCELLED when somebody wants the work to end."""
    if cancelled is not None and cancelled():
        raise ThimbleError(Code.CANCELLED, "Stopped; nothing was kept of the unfinished file.")


def check_space(folder: Path, needed: int) -> None:
    """Raises `ThimbleError` DISK_FULL when the folder's disk has no room for `needed` bytes."""
    free = shutil.disk_usage(folder).free
    if free < needed + SPACE_LEFT_OVER:
        raise ThimbleError(
            Code.DISK_FULL,
            f"The models folder's disk has {free / 2**30:.2f} GiB free,"
            f" and {(needed + SPACE_LEFT_OVER) / 2**30:.2f} GiB are needed.",
            "Free some space or choose another models folder.",
            str(folder),
        )


def storage_error(error: OSError, folder: Path) -> ThimbleError:
    """The sentence for a failed write into the models folder."""
    code = storage_code(error)
    if code is Code.DISK_FULL:
        return ThimbleError(
            code,
            "The disk became full, so the model was not added; the unfinished file was removed.",
            "Free some space or choose another models folder.",
            f"{folder}: {error}",
        )
    return ThimbleError(
        code,
        "The models folder cannot be written.",
        "Check its permissions or choose another models folder.",
        f"{folder}: {error}",
    )


def make_folder(folder: Path) -> None:
    """Makes the models folder when it is not there.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE or DISK_FULL.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise storage_error(error, folder) from error


def temporary_in(folder: Path) -> Path:
    """A new empty file in the folder, hidden and not named like a model, to be renamed when it is whole."""
    path = folder / f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}.part"
    path.open("xb").close()  # with the user's usual permissions, which tempfile would narrow
    return path


def copy_stream(
    source: IO[bytes],
    target: Path,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    before: int = 0,
    total: int = 0,
) -> int:
    """Copies an open file to `target` and makes sure that it is on the disk.

    Args:
        source: read to its end.
        target: overwritten; the caller renames or removes it.
        progress: gets `before` plus what was copied, and `total`.
        cancelled: asked at each chunk.
        before, total: bytes, for `progress`.

    Returns:
        Bytes copied.

    Raises:
        OSError: writing failed.
        ThimbleError: CANCELLED, or MODEL_UNREADABLE when reading failed.
    """
    done = 0
    with target.open("wb") as file:
        while True:
            check_cancelled(cancelled)
            try:
                chunk = source.read(_CHUNK)
            except OSError as error:
                raise ThimbleError(
                    Code.MODEL_UNREADABLE,
                    "The model file could not be read to its end, so nothing was added.",
                    "Check that its disk is connected and sound.",
                    str(error),
                ) from error
            if not chunk:
                break
            file.write(chunk)
            done += len(chunk)
            if progress is not None:
                progress(before + done, total)
        file.flush()
        os.fsync(file.fileno())
    return done
