"""Deleting a model so that it can be taken back: its files are put aside under hidden names, and go later."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thimble.errors import Code, ThimbleError
from thimble.library.copying import TEMPORARY_PREFIX, storage_error
from thimble.library.hub_cache import TRASH_SUFFIX
from thimble.modelfile import split_files
from thimble.modelfile.header import SUFFIX
from thimble.modelfile.places import LEVELS, REPOSITORY_PREFIX, hub_place
from thimble.modelfile.projectors import is_projector_name

log = logging.getLogger(__name__)

TRASH_PREFIX: Final = f"{TEMPORARY_PREFIX}trash-"
LEFTOVER_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Removed:
    """A model that was put aside.

    Attributes:
        moved: (where it was, where it is) of each file, link or blob.
        links: (name, target) of names that were taken away.
        freed: bytes that will be free; 0 when other names lead to the files.
    """

    moved: tuple[tuple[Path, Path], ...]
    links: tuple[tuple[Path, str], ...]
    freed: int


def remove_model(path: Path, *, damaged: bool = False) -> Removed:
    """Takes a model (all parts) away from the list. Of a link only the link goes, never what it leads to; in the shared
    cache the bytes go when no other name leads to them, and with the last model of a snapshot its projectors.

    Args:
        path: the model's file.
        damaged: its bytes are wrong: in the shared cache they go with every name that leads to them, so that the next
            download does not take them for whole.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE; nothing was changed then.
    """
    files = [file for file in split_files(path) if os.path.lexists(file)]
    place = hub_place(path)
    if place is not None:
        files += _projectors_left(place.folder / "snapshots" / place.commit, files)
    moved: list[tuple[Path, Path]] = []
    links: list[tuple[Path, str]] = []
    freed = 0
    try:
        for file in files:
            if place is not None and file.is_symlink():
                blob = file.resolve()
                for name in [file, *(_names_of(place.folder, blob) if damaged else ())]:
                    if name.is_symlink():
                        links.append((name, os.readlink(name)))  # noqa: PTH115 - the text, not a path
                        name.unlink()
                if blob.parent == place.folder / "blobs" and not _names_of(place.folder, blob):
                    freed += blob.stat().st_size
                    aside = blob.with_name(blob.name + TRASH_SUFFIX)
                    blob.replace(aside)
                    os.utime(aside)  # its age is counted from now
                    moved.append((blob, aside))
            else:
                if not file.is_symlink():
                    freed += file.stat().st_size
                folder = file.parent / f"{TRASH_PREFIX}{secrets.token_hex(4)}"
                folder.mkdir()
                moved.append((file, folder / file.name))
                file.replace(folder / file.name)
    except OSError as error:
        undone = Removed(tuple(moved), tuple(links), 0)
        with contextlib.suppress(ThimbleError):
            take_back(undone)
        raise storage_error(error, path.parent) from error
    return Removed(tuple(moved), tuple(links), freed)


def take_back(removed: Removed) -> None:
    """Undoes `remove_model`; what came to its place meanwhile is never replaced.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE: something is at its place again (nothing was changed then), or gone.
    """
    moved = [(was, aside) for was, aside in removed.moved if os.path.lexists(aside)]
    links = [(name, target) for name, target in removed.links if not _leads_to(name, target)]
    for place in (*(was for was, _ in moved), *(name for name, _ in links)):
        if os.path.lexists(place):
            raise ThimbleError(
                Code.FILE_NOT_WRITABLE,
                f"“{place.name}” was not brought back: there is another file of that name now.",
                "The other file was left as it is.",
                str(place),
            )
    try:
        for was, aside in moved:
            aside.replace(was)
        for _, aside in removed.moved:
            if aside.parent.name.startswith(TRASH_PREFIX):
                aside.parent.rmdir()
        for name, target in reversed(links):
            name.parent.mkdir(parents=True, exist_ok=True)
            name.symlink_to(target)
    except OSError as error:
        raise storage_error(error, removed.moved[0][0].parent if removed.moved else Path()) from error


def finish(removed: Removed) -> None:
    """Deletes for good what was put aside."""
    for was, aside in removed.moved:
        with contextlib.suppress(OSError):
            aside.unlink(missing_ok=True)
        if aside.parent.name.startswith(TRASH_PREFIX):
            shutil.rmtree(aside.parent, ignore_errors=True)
        _prune(was)
    for name, _ in removed.links:
        _prune(name)


def sweep_trash(folder: Path, *, older_than_s: float = LEFTOVER_S) -> None:
    """Deletes what a killed window had put aside in the models folder; the shared cache has `hub_cache.sweep`."""
    limit = time.time() - older_than_s
    for aside in [found for level in range(LEVELS + 1) for found in folder.glob(f"{'*/' * level}{TRASH_PREFIX}*")]:
        with contextlib.suppress(OSError):
            if aside.stat().st_mtime <= limit:
                shutil.rmtree(aside, ignore_errors=True)
                log.info("deleted for good: %s", aside)


def _leads_to(name: Path, target: str) -> bool:
    """Whether a name is a link with this text."""
    try:
        return os.readlink(name) == target  # noqa: PTH115 - the text, not a path
    except OSError:
        return False


def _projectors_left(snapshot: Path, going: Sequence[Path]) -> list[Path]:
    """Projectors of a snapshot in which no model stays."""
    there = [path for path in snapshot.rglob("*") if path.name.lower().endswith(SUFFIX)]
    projectors = [path for path in there if is_projector_name(path.name)]
    return [] if set(there) - set(projectors) - set(going) else projectors


def _names_of(repository: Path, blob: Path) -> list[Path]:
    """Names in the snapshots that lead to the blob."""
    found = []
    for root, _, names in os.walk(repository / "snapshots"):
        for name in names:
            with contextlib.suppress(OSError):
                if Path(root, name).resolve() == blob:
                    found.append(Path(root, name))
    return found


def _prune(path: Path) -> None:
    """Removes folders in the shared cache that are empty now."""
    place = hub_place(path)
    folder = path.parent
    if place is None:
        if path.parent.name != "blobs" or not path.parent.parent.name.startswith(REPOSITORY_PREFIX):
            return  # a folder of the user's own
        place_folder = path.parent.parent
    else:
        place_folder = place.folder
    while folder != place_folder.parent:
        if folder == place_folder:
            if not any((folder / name).exists() for name in ("blobs", "snapshots")):
                shutil.rmtree(folder / "refs", ignore_errors=True)
            else:
                return
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
