"""Copies a model from anywhere on this computer into the models folder."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from thimble.library.copying import (
    Cancelled,
    Progress,
    check_space,
    copy_stream,
    make_folder,
    storage_error,
    temporary_in,
)
from thimble.modelfile import check_model_file
from thimble.modelfile.header import SUFFIX

log = logging.getLogger(__name__)

_ENDING: Final = re.compile(r"(-\d{5}-of-\d{5})?\.gguf$", re.IGNORECASE)
_SAMPLE: Final = 64 * 1024  # bytes
_SAMPLES: Final = 16


def add_file(
    source: Path, folder: Path, *, progress: Progress | None = None, cancelled: Cancelled | None = None
) -> Path:
    """Copies a GGUF file (of a split model: all parts) into the models folder.

    A model that is in the folder already, under its own name, is left as it is. When another model has that name, the
    copy gets the next free one ("name-2.gguf"). The files appear under their names only when they are whole.

    Args:
        source: the file, or any part of a split model.
        folder: the models folder; made when it is not there.
        progress: see `copying.Progress`.
        cancelled: see `copying.Cancelled`.

    Returns:
        The file in the models folder, of a split model the first one.

    Raises:
        ThimbleError: MODEL_* for a bad source; DISK_FULL, FILE_NOT_WRITABLE or CANCELLED, and nothing was added.
    """
    header = check_model_file(source)
    make_folder(folder)
    targets: tuple[Path, ...] = ()
    for targets in _candidates(header.files, folder):
        if all(_same_content(one, other) for one, other in zip(header.files, targets, strict=True)):
            log.info("%s is in the models folder already", targets[0])
            return targets[0]
        if not any(target.exists() or target.is_symlink() for target in targets):
            break
    check_space(folder, header.file_bytes)
    temporary: list[Path] = []
    done = 0
    try:
        for file in header.files:
            temporary.append(temporary_in(folder))
            with file.open("rb") as opened:
                done += copy_stream(
                    opened,
                    temporary[-1],
                    progress=progress,
                    cancelled=cancelled,
                    before=done,
                    total=header.file_bytes,
                )
        # The first part last: it is the one that makes the model appear.
        for part, target in reversed(list(zip(temporary, targets, strict=True))):
            part.replace(target)
    except OSError as error:
        raise storage_error(error, folder) from error
    finally:
        for part in temporary:
            part.unlink(missing_ok=True)
    return targets[0]


def link_file(source: Path, folder: Path, name: str = "") -> Path:
    """Makes a model that lies anywhere on this computer appear in the models folder, without copying it.

    A symbolic link; where those are not allowed (Windows without developer mode) a hard link, on the same disk.

    Args:
        source: the file, or any part of a split model.
        folder: the models folder; made when it is not there.
        name: what a model of one file is called there; its own name when empty.

    Returns:
        The name in the models folder, of a split model the first one.

    Raises:
        ThimbleError: MODEL_* for a bad source; FILE_NOT_WRITABLE, and nothing was added.
    """
    header = check_model_file(source)
    make_folder(folder)
    names = tuple(Path(name or file.name) for file in header.files) if len(header.files) == 1 else header.files
    targets: tuple[Path, ...] = ()
    for targets in _candidates(names, folder):
        if all(target.exists() and target.samefile(file) for file, target in zip(header.files, targets, strict=True)):
            return targets[0]
        if not any(target.exists() or target.is_symlink() for target in targets):
            break
    made: list[Path] = []
    try:
        for file, target in reversed(list(zip(header.files, targets, strict=True))):
            try:
                target.symlink_to(file.absolute())
            except (OSError, NotImplementedError):
                target.hardlink_to(file.resolve())
            made.append(target)
    except OSError as error:
        for target in made:
            target.unlink(missing_ok=True)
        raise storage_error(error, folder) from error
    return targets[0]


def _candidates(files: tuple[Path, ...], folder: Path) -> Iterator[tuple[Path, ...]]:
    """Names for the files in the folder: their own, then numbered ones. Endless."""
    yield tuple(folder / _name(file.name) for file in files)
    for number in itertools.count(2):
        yield tuple(folder / _name(file.name, f"-{number}") for file in files)


def _name(name: str, number: str = "") -> str:
    """The name with a number before its ending, and as the models folder wants it: seen, and ending in `.gguf`.

    A split model's ending "-00001-of-00003.gguf" stays whole, so that the parts are found.
    """
    name = name.lstrip(".")
    ending = _ENDING.search(name)
    stem = name[: ending.start()] if ending else name
    return f"{stem or 'model'}{number}{ending.group() if ending else SUFFIX}"


def _same_content(one: Path, other: Path) -> bool:
    """The same file, or the same size and the same bytes at sixteen places and at both ends."""
    try:
        if one.samefile(other):
            return True
        size = one.stat().st_size
        if other.stat().st_size != size:
            return False
        step = max(1, (size - _SAMPLE) // (_SAMPLES - 1))
        with one.open("rb") as first, other.open("rb") as second:
            for offset in range(0, max(1, size - _SAMPLE + 1), step):
                first.seek(offset)
                second.seek(offset)
                if first.read(_SAMPLE) != second.read(_SAMPLE):
                    return False
            first.seek(max(0, size - _SAMPLE))
            second.seek(max(0, size - _SAMPLE))
            return first.read() == second.read()
    except OSError:
        return False
