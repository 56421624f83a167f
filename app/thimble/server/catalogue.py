"""The models the engine can answer with: every GGUF in the models folder."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thimble import paths
from thimble.modelfile import split_files
from thimble.protocol import LoadOptions
from thimble.settings import Settings

log = logging.getLogger(__name__)

DEPTH: Final = 2
"""Folders below the models folder that are looked into."""
_NO_MODEL: Final = ("mmproj",)  # image encoders lie beside their model


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model file.

    Attributes:
        id: its name in `/v1/models`.
        path: the file, of a split model the first part.
        created: time of its last change, unix seconds.
    """

    id: str
    path: Path
    created: int


def list_models(folder: Path) -> list[ModelEntry]:
    """All models of the folder and two levels below, by name. What cannot be read is left out."""
    entries: dict[str, ModelEntry] = {}
    for path in sorted(_files(folder, DEPTH), key=lambda file: (len(file.parts), file.name.lower(), str(file))):
        if path.name.lower().startswith(_NO_MODEL) or split_files(path)[0] != path:
            continue
        try:
            created = int(path.stat().st_mtime)
        except OSError as error:
            log.warning("model left out: %s", error)
            continue
        name = path.name[: -len(".gguf")]
        if name in entries:  # the same file name in two folders
            name = str(path.relative_to(folder).with_suffix("")).replace("\\", "/")
        entries[name] = ModelEntry(name, path, created)
    return sorted(entries.values(), key=lambda entry: entry.id.lower())


def models_folder() -> Path:
    """Where models are kept, by the settings as they are now."""
    return Settings.load(paths.settings_file()).models_folder()


def load_options(model: str) -> LoadOptions:
    """How to load a model nobody gave options for, by the settings as they are now."""
    settings = Settings.load(paths.settings_file())
    return LoadOptions(
        context=settings.integer("engine.context", model=model),
        threads=settings.integer("engine.threads", model=model),
        memory_limit=settings.integer("engine.memory_limit", model=model),
        cache_k=settings.text("engine.cache_k", model=model),
        cache_v=settings.text("engine.cache_v", model=model),
        approximate_head=settings.switch("engine.approximate_head", model=model),
    )


def _files(folder: Path, depth: int) -> list[Path]:
    found: list[Path] = []
    try:
        children = list(folder.iterdir())
    except OSError as error:
        log.warning("models folder: %s", error)
        return found
    for child in children:
        if child.name.startswith("."):
            continue
        if child.suffix.lower() == ".gguf" and child.is_file():
            found.append(child)
        elif depth > 0 and child.is_dir():
            found += _files(child, depth - 1)
    return found
