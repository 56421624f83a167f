"""Disks that are not there now: their models and folders are remembered, so that these are not simply gone."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from thimble import paths
from thimble.disks import is_there, mount_of
from thimble.errors import Code, Problem
from thimble.library.registry import InstalledModel
from thimble.settings import write_atomically

log = logging.getLogger(__name__)

_VERSION: Final = 1
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class _Seen:
    path: str
    name: str
    id: str
    file_bytes: int
    mount: str


def with_those_away(models: Sequence[InstalledModel], file: Path, home: Path) -> list[InstalledModel]:
    """The models that are there, then those seen earlier whose disk is not; and remembers what is there.

    Args:
        models: found now.
        file: where it is remembered.
        home: a folder on the disk that is always there: its models are not remembered.
    """
    own = mount_of(home)
    here = {model.path: model for model in models}
    seen = {entry.path: entry for entry in _read(file)}
    away = [entry for entry in seen.values() if not is_there(entry.mount)]
    lost = {entry.path for entry in away}
    now: dict[str, _Seen] = {}
    for model in models:
        mount = _mount(model.path)
        if mount != own and model.problem is None:
            now[model.path] = _Seen(model.path, model.name, model.id, model.file_bytes, mount)
    remembered = [*now.values(), *(entry for entry in away if entry.path not in now)][:_MOST]
    if sorted(remembered, key=lambda entry: entry.path) != sorted(seen.values(), key=lambda entry: entry.path):
        _write(file, remembered, _folders(file))
    found = [replace(model, problem=_not_there(seen[path])) if path in lost else model for path, model in here.items()]
    gone = [entry for entry in away if entry.path not in here]
    return [
        *found,
        *(
            InstalledModel(entry.id, entry.path, entry.name, file_bytes=entry.file_bytes, problem=_not_there(entry))
            for entry in gone
        ),
    ]


def forget(file: Path, path: str) -> None:
    """Takes a model off the list of those remembered; its disk may never come back."""
    entries = _read(file)
    left = [entry for entry in entries if entry.path != path]
    if len(left) < len(entries):
        _write(file, left, _folders(file))


def disk_of(folder: Path, file: Path, home: Path) -> str:
    """The mount point of the disk that a folder belongs to, remembered while that disk is not there: what the system
    says of a path on an unplugged disk is the disk that its mount point lies on.

    Args:
        folder: need not be there.
        file: where it is remembered.
        home: a folder on the disk that is always there.
    """
    mount, folders = mount_of(folder), _folders(file)
    known = folders.get(str(folder), "")
    if not is_there(known):
        return known
    if known != mount and mount != mount_of(home):
        _write(file, _read(file), {**folders, str(folder): mount})
    return mount


def known_disk_of(folder: Path) -> str:
    """`disk_of` with this user's list."""
    return disk_of(folder, paths.other_disks_file(), paths.data_dir())


def _folders(file: Path) -> dict[str, str]:
    """The folders that are remembered, each with its disk's mount point."""
    return {str(path): str(mount) for path, mount in _content(file).get("folders", {}).items()}


def _mount(path: str) -> str:
    try:
        return mount_of(Path(path).resolve())
    except OSError:
        return mount_of(Path(path))


def _not_there(entry: _Seen) -> Problem:
    return Problem(
        Code.DISK_MISSING,
        f"Its disk ({entry.mount}) is not there.",
        "Plug it in; the model comes back by itself.",
        entry.path,
    )


def _read(file: Path) -> list[_Seen]:
    return [entry for entry in map(_entry, _content(file).get("seen", [])) if entry is not None]


def _content(file: Path) -> dict[str, Any]:
    """What is in the file; what is not as it should be is left out."""
    try:
        content = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("the list of models on other disks cannot be read: %s", error)
        return {}
    if not isinstance(content, dict):
        return {}
    kinds = {"seen": list, "folders": dict}
    return {key: content[key] for key, kind in kinds.items() if isinstance(content.get(key), kind)}


def _entry(entry: Any) -> _Seen | None:
    try:
        return _Seen(
            str(entry["path"]), str(entry["name"]), str(entry["id"]), int(entry["file_bytes"]), str(entry["mount"])
        )
    except (KeyError, TypeError, ValueError):
        return None


def _write(file: Path, entries: Sequence[_Seen], folders: Mapping[str, str]) -> None:
    content = {"version": _VERSION, "seen": [asdict(entry) for entry in entries], "folders": dict(folders)}
    try:
        write_atomically(file, json.dumps(content, indent=1) + "\n")
    except OSError as error:  # the list is a help, nothing depends on it
        log.warning("the list of models on other disks cannot be written: %s", error)
