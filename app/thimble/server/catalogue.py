"""The models the engine can answer with: every GGUF in the models folder and in the shared cache."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from thimble import loading, paths
from thimble.errors import ThimbleError
from thimble.modelfile import read_header, split_files
from thimble.modelfile.places import hub_model_files, model_files, unique_ids
from thimble.modelfile.projectors import beside, is_projector_name
from thimble.modelfile.vectors import makes_vectors
from thimble.protocol import LoadOptions
from thimble.settings import Settings

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model file.

    Attributes:
        id: its name in `/v1/models`.
        path: the file, of a split model the first part.
        created: time of its last change, unix seconds.
        pictures: whether a projector lies beside it.
        embeds: whether it turns texts into embeddings, and does not write.
    """

    id: str
    path: Path
    created: int
    pictures: bool = False
    embeds: bool = False


def list_models(folder: Path, hub_cache: Path | None = None) -> list[ModelEntry]:
    """All models of the folder, two levels below, and the shared cache, by name. What cannot be read is left out."""
    found: dict[Path, tuple[int, bool]] = {}
    for path in (*model_files(folder), *(hub_model_files(hub_cache) if hub_cache is not None else ())):
        if is_projector_name(path.name) or split_files(path)[0] != path or not path.is_file():
            continue
        try:
            status = path.stat()
            found[path] = int(status.st_mtime), _embeds(path, status.st_size, status.st_mtime_ns)
        except OSError as error:
            log.warning("model left out: %s", error)
    ids = unique_ids(found, folder)
    entries = [
        ModelEntry(ids[path], path, created, not embeds and bool(beside(path)), embeds)
        for path, (created, embeds) in found.items()
    ]
    return sorted(entries, key=lambda entry: entry.id.lower())


@lru_cache(maxsize=4096)
def _embeds(path: Path, _size: int, _changed: int) -> bool:
    """By the header, which is read once and again when the file has changed: some milliseconds each."""
    try:
        return makes_vectors(read_header(path))
    except ThimbleError:
        return False  # whoever wants to use it is told what is wrong with it


def models_folder() -> Path:
    """Where models are kept, by the settings as they are now."""
    return Settings.load(paths.settings_file()).models_folder()


def model_folders() -> tuple[Path, Path]:
    """The models folder and the download folder, by the settings as they are now."""
    return Settings.load(paths.settings_file()).model_folders()


def load_options(path: Path) -> LoadOptions:
    """How to load a model nobody gave options for, by the settings as they are now."""
    return loading.load_options(Settings.load(paths.settings_file()), path)


def unload_after(path: Path) -> int:
    """Minutes without a question after which this model is unloaded, by the settings as they are now; 0 for never."""
    settings = Settings.load(paths.settings_file())
    return settings.integer("engine.unload_after", model=settings.model_key(path))
