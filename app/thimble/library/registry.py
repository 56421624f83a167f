"""Which models are on this computer: in the models folder, and in the cache that programs share."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from thimble.errors import Code, Problem, ThimbleError
from thimble.modelfile import ModelHeader, check_model_file, split_files
from thimble.modelfile.header import SUFFIX
from thimble.modelfile.places import hub_model_files, model_files, unique_ids
from thimble.modelfile.projectors import is_projector_name
from thimble.modelfile.vectors import makes_vectors
from thimble.settings import Settings

_NOT_OURS: Final = frozenset({Code.MODEL_UNSUPPORTED, Code.MODEL_NOT_GGUF})
"""What a file of another program in the shared cache may be without being worth a word."""


@dataclass(frozen=True, slots=True)
class InstalledModel:
    """A model file (or a split model's files) in the models folder or the shared cache.

    Attributes:
        id: its name in `/v1/models`, see `modelfile.places.unique_ids`.
        path: the file, of a split model the first one.
        name: what the file calls itself, else the id.
        architecture: e.g. "smallthinker"; empty when the file is bad.
        quantization: e.g. "Q4_K_M".
        parameters_text: e.g. "135M".
        file_bytes: size of all files.
        expert_count, expert_used_count: experts per layer and per token; 0 for a dense model.
        context_trained: tokens.
        embeds: whether it turns texts into embeddings, and does not write.
        problem: why it cannot be used; None when it can.
    """

    id: str
    path: str
    name: str
    architecture: str = ""
    quantization: str = ""
    parameters_text: str = ""
    file_bytes: int = 0
    expert_count: int = 0
    expert_used_count: int = 0
    context_trained: int = 0
    embeds: bool = False
    problem: Problem | None = None

    @property
    def writes(self) -> bool:
        """Whether one can chat with it."""
        return self.problem is None and not self.embeds


_Signature = tuple[tuple[int, int], ...]
_cache: dict[Path, tuple[_Signature, InstalledModel]] = {}
_cache_lock = threading.Lock()


def installed_models(folder: Path, hub_cache: Path | None = None) -> list[InstalledModel]:
    """The models in a folder and two levels below, and those in the shared cache; by name, a split model once, and no
    projectors.

    Headers are read once and again only when a file's size or time has changed. May take some milliseconds per new
    file: call it in a job. A bad file is in the list, with its `problem`, unless it lies in the shared cache, where
    other programs keep what is no language model. A folder that is not there holds none.
    """
    found: dict[Path, InstalledModel] = {}
    for path in model_files(Path(folder)):
        if is_projector_name(path.name):
            continue
        first = split_files(path)[0]
        shown = first if first.exists() else path
        if shown not in found:
            found[shown] = _described(shown)
    for path in hub_model_files(hub_cache) if hub_cache is not None else ():
        first = split_files(path)[0]
        if first not in found and first.exists():
            model = _described(first)
            if model.problem is None or model.problem.code not in _NOT_OURS:
                found[first] = model
    ids = unique_ids(found, Path(folder))
    models = [replace(model, id=ids[path]) for path, model in found.items()]
    return sorted(models, key=lambda model: (model.name.casefold(), model.id, model.path))


def with_names(models: Sequence[InstalledModel], settings: Settings) -> list[InstalledModel]:
    """The models by the names a person gave them; in the settings' thread."""
    return [replace(model, name=settings.name_of(model.path) or model.name) for model in models]


def parameters_text(count: int) -> str:
    """A number of weights as people name models: 135M, 1.7B, 21.5B."""
    for unit, letter in ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "K")):
        # The next smaller unit rounds up to this one, so that 999 999 999 is 1B and not 1000M.
        if count >= unit - unit // 2000:
            amount = count / unit
            return f"{amount:.1f}".removesuffix(".0") + letter if amount < 99.95 else f"{amount:.0f}{letter}"
    return str(count)


def _described(path: Path) -> InstalledModel:
    signature = tuple(_size_and_time(file) for file in split_files(path))
    with _cache_lock:
        cached = _cache.get(path)
    if cached is not None and cached[0] == signature:
        return cached[1]
    try:
        model = _from_header(check_model_file(path))
    except ThimbleError as error:
        identity = path.name[: -len(SUFFIX)]
        size = sum(max(0, size) for size, _ in signature)
        model = InstalledModel(identity, str(path), identity, file_bytes=size, problem=error.problem)
    with _cache_lock:
        _cache[path] = (signature, model)
    return model


def _from_header(header: ModelHeader) -> InstalledModel:
    return InstalledModel(
        id=header.id,
        path=str(header.path),
        name=header.name,
        architecture=header.architecture,
        quantization=header.quantization,
        parameters_text=parameters_text(header.parameters),
        file_bytes=header.file_bytes,
        expert_count=header.expert_count,
        expert_used_count=header.expert_used_count,
        context_trained=header.context_trained,
        embeds=makes_vectors(header),
    )


def _size_and_time(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return (-1, 0)
    return (status.st_size, status.st_mtime_ns)
