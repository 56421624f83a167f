"""Where model files lie: the models folder, and the cache that programs around Hugging Face's hub share."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeVar

from thimble.modelfile.header import SUFFIX, split_files

log = logging.getLogger(__name__)

LEVELS: Final = 2
"""Folders below the models folder that are looked into: author/model/file is the usual layout."""
REPOSITORY_PREFIX: Final = "models--"
HUB_KEY: Final = "hub:"
GUIDE_FILE: Final = "thimble-guide.gguf"
"""The tiny model that comes with Thimble; without the ending it is the key of its settings."""
_SNAPSHOT_LEVELS: Final = 4
_MOST_SNAPSHOTS: Final = 64


@dataclass(frozen=True, slots=True)
class HubPlace:
    """What a path in the shared cache says about its model.

    Attributes:
        repository: "author/name".
        commit: hash of the snapshot.
        file: path in the repository.
        folder: the repository's folder in the cache.
    """

    repository: str
    commit: str
    file: str
    folder: Path


class HasPath(Protocol):
    """A model, as far as its place matters."""

    @property
    def path(self) -> str | Path:
        """Its file."""
        ...


M = TypeVar("M", bound=HasPath)


def is_guide(path: str | Path) -> bool:
    """Whether a model's file is the Thimble guide, by its name."""
    return bool(str(path)) and Path(path).name == GUIDE_FILE


def preferred(models: Iterable[M]) -> list[M]:
    """The models that may be taken for somebody who named none: the guide only where there is no other."""
    every = list(models)
    return [model for model in every if not is_guide(model.path)] or every


def model_files(folder: Path) -> Iterator[Path]:
    """GGUF files in a folder and two levels below, hidden ones left out; a split model's parts one by one."""
    return _files(Path(folder), LEVELS)


def hub_model_files(cache: Path) -> Iterator[Path]:
    """GGUF files in the shared cache, by the names they have there: one path for each file, in its newest snapshot.

    A snapshot is what "main" points to, else the one that changed last. Unfinished downloads have no name there.
    """
    for repository in sorted(_folders(cache)):
        if not repository.name.startswith(REPOSITORY_PREFIX):
            continue
        seen: set[tuple[int, int]] = set()
        for snapshot in _snapshots(repository):
            for path in _files(snapshot, _SNAPSHOT_LEVELS):
                try:
                    status = path.stat()
                except OSError:
                    continue  # its blob is gone
                identity = (status.st_dev, status.st_ino)
                if identity not in seen:
                    seen.add(identity)
                    yield path


def hub_place(path: Path) -> HubPlace | None:
    """What a path in the shared cache says; None for a path elsewhere. Only names are read."""
    parts = path.parts
    for index in range(len(parts) - 3, 0, -1):
        name = parts[index - 1]
        if parts[index] == "snapshots" and name.startswith(REPOSITORY_PREFIX):
            author, dashes, rest = name.removeprefix(REPOSITORY_PREFIX).partition("--")
            repository = f"{author}/{rest}" if dashes else author
            return HubPlace(repository, parts[index + 1], "/".join(parts[index + 2 :]), Path(*parts[:index]))
    return None


def model_key(path: Path, folder: Path) -> str:
    """What a model is called where something is kept about it (its settings, its measurements).

    It follows from the place alone, so that two files of one name are two models, and what other files there are does
    not matter: the path in the models folder, the repository and the path in it, or the whole path; without `.gguf`.
    """
    first = split_files(path)[0]
    place = hub_place(first)
    if place is not None:
        name = f"{HUB_KEY}{place.repository}/{place.file}"
    elif first.is_relative_to(folder):
        name = first.relative_to(folder).as_posix()
    else:
        name = first.as_posix()
    return name[: -len(SUFFIX)] if name.lower().endswith(SUFFIX) else name


def unique_ids(paths: Iterable[Path], folder: Path) -> dict[Path, str]:
    """What models are called in `/v1/models`, by path: the file's name without `.gguf`.

    Of files with one name that of the models folder keeps it, the least deep first; the others are named by their path
    in the folder, or by repository and path.
    """
    named: dict[Path, str] = {}
    taken: set[str] = set()
    for path in sorted(paths, key=lambda file: (hub_place(file) is not None, len(file.parts), file.name.lower(), file)):
        name = path.name[: -len(SUFFIX)] if path.name.lower().endswith(SUFFIX) else path.name
        place = hub_place(path)
        if name in taken:
            below = path.relative_to(folder) if path.is_relative_to(folder) else Path(path.name)
            inside = f"{place.repository}/{place.file}" if place else below.as_posix()
            name = inside[: -len(SUFFIX)] if inside.lower().endswith(SUFFIX) else inside
        if name in taken and place is not None:
            name = f"{name}@{place.commit[:8]}"
        taken.add(name)
        named[path] = name
    return named


def _snapshots(repository: Path) -> list[Path]:
    """Snapshots of a repository, the one to be used first."""
    found = _folders(repository / "snapshots")[:_MOST_SNAPSHOTS]
    try:
        current = (repository / "refs" / "main").read_text("utf-8").strip()
    except (OSError, ValueError):
        current = ""
    return sorted(found, key=lambda folder: (folder.name != current, -_changed(folder), folder.name))


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if not entry.name.startswith(".") and entry.is_dir()]
    except OSError:
        return []


def _files(folder: Path, levels: int) -> Iterator[Path]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        log.info("%s cannot be listed: %s", folder, error)
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        try:
            is_folder = entry.is_dir()
        except OSError:
            continue
        if is_folder:
            if levels > 0:
                yield from _files(folder / entry.name, levels - 1)
        elif entry.name.lower().endswith(SUFFIX):
            yield folder / entry.name
