"""What is in the models folder, with the memory each model needs. Runs in a job; no Qt."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from thimble.errors import ThimbleError
from thimble.library import InstalledModel, installed_models, starter
from thimble.modelfile import F16_CACHE, MemoryEstimate, estimate_memory, read_header
from thimble.probe import probe_machine


@dataclass(frozen=True, slots=True)
class Entry:
    """One model.

    Attributes:
        model: what the registry says.
        needs: its memory at the settings' context; None for a damaged file.
    """

    model: InstalledModel
    needs: MemoryEstimate | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """The models folder at one moment.

    Attributes:
        entries: all models.
        starter_missing: whether the starter model is not there.
        available: bytes that programs can get on this computer now.
    """

    entries: tuple[Entry, ...]
    starter_missing: bool
    available: int


def take(folder: Path, context: int, cache: tuple[str, str] = F16_CACHE) -> Inventory:
    """Looks into the folder.

    Args:
        folder: the models folder.
        context: context length for which memory is estimated.
        cache: types of keys and values, likewise.
    """
    entries = []
    for model in installed_models(folder):
        needs = None
        if model.problem is None:
            try:
                bounded = min(context, model.context_trained) if model.context_trained else context
                needs = estimate_memory(read_header(model.path), bounded, cache=cache)
            except ThimbleError:
                needs = None
        entries.append(Entry(model, needs))
    entries.sort(key=lambda entry: entry.model.problem is not None)  # damaged files last, else the registry's order
    return Inventory(tuple(entries), not starter.installed(folder), probe_machine().memory_available)
