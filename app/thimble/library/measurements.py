"""What was measured of each model on this computer, kept in one JSON file."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from thimble.errors import ThimbleError, storage_code
from thimble.probe import Machine
from thimble.protocol import LoadOptions, Measurement
from thimble.settings import write_atomically

log = logging.getLogger(__name__)

_VERSION: Final = 1
MOST: Final = 8
"""Kept of one model; the oldest go."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A measurement with what had been expected.

    Attributes:
        model: what the settings call it, see `Settings.model_key`.
        file_bytes: size of its files: another file of the same name is another model.
        found: what was measured.
        expected_tps: tokens a second that the forecast had told; 0 for none.
        expected_bytes: memory that it had told.
    """

    model: str
    file_bytes: int
    found: Measurement
    expected_tps: float = 0.0
    expected_bytes: int = 0

    def is_of(self, machine: Machine) -> bool:
        """Whether it was measured on a computer like this one."""
        return (self.found.cpu, self.found.cores) == (machine.cpu_name, machine.physical_cores)

    @property
    def undisturbed(self) -> bool:
        """Whether no other program wanted a core: only then it says what the model can do."""
        return self.found.others_busy < 1

    def is_with(self, options: LoadOptions) -> bool:
        """Whether the model was loaded as it would be now."""
        return _options(self.found) == _options(options)


def read_measurements(path: Path) -> list[Kept]:
    """All of them, the newest first; what cannot be read is left out."""
    try:
        entries = json.loads(path.read_text("utf-8"))["measurements"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the measurements cannot be read: %s", error)
        return []
    found = [_kept(entry) for entry in entries] if isinstance(entries, list) else []
    return sorted((kept for kept in found if kept is not None), key=lambda kept: -kept.found.time)


def keep_measurement(path: Path, new: Kept) -> None:
    """Adds one in place of an earlier one with the same options.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE or DISK_FULL.
    """
    others = [kept for kept in read_measurements(path) if not _replaces(new, kept)]
    mine = [kept for kept in others if kept.model == new.model][MOST - 1 :]
    _write(path, [new, *(kept for kept in others if kept not in mine)])


def _replaces(new: Kept, old: Kept) -> bool:
    def what(kept: Kept) -> tuple[object, ...]:
        return kept.model, kept.file_bytes, kept.found.cpu, kept.found.cores, _options(kept.found)

    return what(new) == what(old)


def _options(of: Measurement | LoadOptions) -> tuple[int, int, int, int, str, str, bool]:
    cache = str(of.cache_k), str(of.cache_v)
    return of.memory_limit, of.expert_cache, of.context, of.threads, *cache, of.approximate_head


def _write(path: Path, kept: Sequence[Kept]) -> None:
    entries = [
        {
            "model": one.model,
            "file_bytes": one.file_bytes,
            "expected_tps": one.expected_tps,
            "expected_bytes": one.expected_bytes,
            "found": one.found.to_json(),
        }
        for one in kept
    ]
    try:
        write_atomically(path, json.dumps({"version": _VERSION, "measurements": entries}, indent=1) + "\n")
    except OSError as error:
        raise ThimbleError(
            storage_code(error),
            "The measurement could not be kept.",
            "Check that the disk is not full and the folder may be written.",
            f"{path}: {error}",
        ) from error


def _kept(entry: Any) -> Kept | None:
    try:
        found = Measurement.from_json(entry["found"])
        sound = replace(
            found,
            time=float(found.time),
            memory_limit=int(found.memory_limit),
            expert_cache=int(found.expert_cache),
            context=int(found.context),
            decode_tps=float(found.decode_tps),
            prefill_tps=float(found.prefill_tps),
            peak_bytes=int(found.peak_bytes),
            hit_rate=None if found.hit_rate is None else float(found.hit_rate),
        )
        return Kept(
            str(entry["model"]),
            int(entry["file_bytes"]),
            sound,
            float(entry.get("expected_tps", 0)),
            int(entry.get("expected_bytes", 0)),
        )
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
