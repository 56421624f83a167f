"""What models there are, with what each takes and how fast it would be here. Runs in a job; no Qt."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from thimble import paths, speeds
from thimble.errors import ThimbleError
from thimble.library import InstalledModel, guide, installed_models, starter, with_names
from thimble.library.away import known_disk_of, with_those_away
from thimble.library.measurements import Kept, read_measurements
from thimble.loading import load_options
from thimble.modelfile import read_header
from thimble.modelfile.authors import has_predictor
from thimble.modelfile.forecast import Facts, Forecast, Place, facts_of, forecast
from thimble.modelfile.header import ModelHeader
from thimble.modelfile.places import HubPlace, hub_place
from thimble.probe import Machine, left_free, probe_machine
from thimble.settings import Settings


@dataclass(frozen=True, slots=True)
class Here:
    """This computer at one moment, as far as a model's speed depends on it.

    Attributes:
        machine: its memory and cores.
        speeds: of memory and disk.
        engine_memory: bytes that the engine holds now and would free for another model.
        pages: whether experts can stay on disk here.
    """

    machine: Machine
    speeds: speeds.Speeds
    engine_memory: int
    pages: bool

    def place(self, limit: int, expert_cache: int = 0) -> Place:
        """Where a model with this limit and so much for its experts (0: not chosen) would run."""
        free = max(2**20, self.machine.memory_available + self.engine_memory - left_free(self.machine))
        return Place(
            limit or free,
            bool(limit),
            self.speeds.memory,
            self.speeds.disk,
            self.pages,
            self.machine.physical_cores,
            expert_cache,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """One model.

    Attributes:
        model: what the registry says.
        forecast: what to expect with its settings; None for a damaged file.
        licence: of the header; empty when it says none.
        target: the file that it is a link to; empty for a file of its own.
        hub: where it came from, for models of the shared cache.
        layers: of the header.
        predictor: whether it brings a predictor for the approximate head.
        file_name: what its header calls it; `model.name` is what a person does.
        share: of the bytes of all models in its folder, 0…1; 0 for a link.
        disk_share: of its disk.
        measured: what was measured of it on this computer, the newest first.
        current: the measurement of it as it would be loaded now, if no other program disturbed that.
    """

    model: InstalledModel
    forecast: Forecast | None
    licence: str = ""
    target: str = ""
    hub: HubPlace | None = None
    layers: int = 0
    predictor: bool = False
    file_name: str = ""
    share: float = 0.0
    disk_share: float = 0.0
    measured: tuple[Kept, ...] = ()
    current: Kept | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """The models of this computer at one moment.

    Attributes:
        entries: all models.
        starter_missing: whether the starter model is not there.
        guide_missing: whether the Thimble guide could be had and is not there.
        here: this computer.
        limit, context, cache: of the settings, for models that are not here yet.
    """

    entries: tuple[Entry, ...]
    starter_missing: bool
    guide_missing: bool
    here: Here
    limit: int
    context: int
    cache: tuple[str, str]

    def expect(self, facts: Facts) -> Forecast:
        """What to expect of a model that is not here yet."""
        return forecast(facts, self.here.place(self.limit))


def take(engine_memory: int = 0, *, measure: bool = True) -> Inventory:
    """Looks into the folders of the settings file.

    Args:
        engine_memory: bytes that the engine holds.
        measure: whether the machine's speeds may be measured now; else what is known or assumed holds.
    """
    settings = Settings.load(paths.settings_file())
    folder, cache = settings.model_folders()
    known_disk_of(cache)  # remembers it while it is there
    models = with_those_away(installed_models(folder, cache), paths.other_disks_file(), paths.data_dir())
    of_files = {model.path: model.name for model in models}
    models = with_names(models, settings)
    here = _here([Path(model.path) for model in models], engine_memory, measure=measure)
    kept = [one for one in read_measurements(paths.measurements_file()) if one.is_of(here.machine)]
    found = [replace(_entry(model, settings, here, kept), file_name=of_files[model.path]) for model in models]
    entries = _with_shares(found)
    entries.sort(key=lambda entry: entry.model.problem is not None)  # damaged files last, else the registry's order
    return Inventory(
        tuple(entries),
        not starter.installed(folder),
        guide.bundled() is not None and not guide.installed(folder),
        here,
        settings.integer("engine.memory_limit"),
        settings.integer("engine.context"),
        (settings.text("engine.cache_k"), settings.text("engine.cache_v")),
    )


def _here(files: list[Path], engine_memory: int, *, measure: bool) -> Here:
    machine = probe_machine()
    if measure:
        known = speeds.remembered(paths.cache_dir() / "speeds.json", machine.physical_cores, files)
    else:
        known = speeds.Speeds()
    # "Windows loads models in memory only" (docs/engine.md)
    return Here(_calm(machine), known, _calm_size(engine_memory), os.name == "posix")


def _calm(machine: Machine) -> Machine:
    """Free memory in steps, so that a card does not change each time somebody looks."""
    return replace(machine, memory_available=_calm_size(machine.memory_available))


def _calm_size(size: int) -> int:
    step = 64 * 2**20
    return size // step * step


def _entry(model: InstalledModel, settings: Settings, here: Here, kept: Sequence[Kept]) -> Entry:
    path = Path(model.path)
    target = str(path.resolve()) if path.is_symlink() and hub_place(path) is None else ""
    try:
        header = header_of(path) if model.problem is None else None
    except (ThimbleError, OSError):
        header = None
    if header is None:
        return Entry(model, None, target=target, hub=hub_place(path))
    options = load_options(settings, path)
    cache = (options.cache_k, options.cache_v)
    facts = facts_of(header, options.context, cache, approximate_head=options.approximate_head)
    found = forecast(facts, here.place(options.memory_limit, options.expert_cache))
    key = settings.model_key(path)
    measured = tuple(one for one in kept if one.model == key and one.file_bytes == model.file_bytes)
    return Entry(
        model,
        found,
        licence=_text(header, "general.license"),
        target=target,
        hub=hub_place(path),
        layers=header.block_count,
        predictor=has_predictor(header),
        measured=measured,
        current=next((one for one in measured if one.is_with(options) and one.undisturbed), None),
    )


def _with_shares(entries: Sequence[Entry]) -> list[Entry]:
    """The entries with their share of the bytes that all models on their disk take, and of the disk."""
    disks: dict[int, tuple[int, int]] = {}  # by device: bytes of models, of the whole
    devices: list[int | None] = []
    for entry in entries:
        path = Path(entry.model.path)
        try:
            device = path.stat().st_dev if not entry.target else None
            if device is not None:
                used, whole = disks.get(device) or (0, shutil.disk_usage(path).total)
                disks[device] = used + entry.model.file_bytes, whole
        except OSError:
            device = None
        devices.append(device)
    return [
        entry
        if device is None
        else replace(
            entry,
            share=entry.model.file_bytes / max(1, disks[device][0]),
            disk_share=entry.model.file_bytes / max(1, disks[device][1]),
        )
        for entry, device in zip(entries, devices, strict=True)
    ]


_headers: dict[Path, tuple[tuple[int, int], ModelHeader]] = {}
"""By path, with size and time: a header takes some 50 ms, and the page is shown often."""


def header_of(path: Path) -> ModelHeader:
    """A model's header, read once for each state of its file; from any thread.

    Raises:
        ThimbleError: as `read_header`.
        OSError: it is not there.
    """
    status = path.stat()
    signature = (status.st_size, status.st_mtime_ns)
    known = _headers.get(path)
    if known is None or known[0] != signature:
        known = (signature, read_header(path))
        _headers[path] = known
    return known[1]


def _text(header: ModelHeader, key: str) -> str:
    value = header.metadata.get(key)
    return value if isinstance(value, str) else ""
