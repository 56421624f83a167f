"""What was worth keeping of a model's experts, from one run to the next: then the first answer finds them in memory.

Experts' numbers and values, nothing of what was said. One small file for each model in the cache folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from thimble import paths
from thimble.engine.experts import HotExpert

log = logging.getLogger(__name__)

KEPT: Final = 32
"""Files; the oldest go."""

_VERSION: Final = 1
_MOST_BYTES: Final = 4 * 2**20


def list_path(files: Sequence[Path]) -> Path:
    """Where the list of a model is: another path, size or time of change is another model."""
    facts = [(str(file.absolute()), (stat := file.stat()).st_size, stat.st_mtime_ns) for file in files]
    name = hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24]
    return paths.cache_dir() / "hot-experts" / f"{name}.json"


def load(files: Sequence[Path]) -> list[HotExpert]:
    """The model's list; empty when there is none, or it cannot be read."""
    try:
        path = list_path(files)
        if path.stat().st_size > _MOST_BYTES:
            return []
        found = json.loads(path.read_text("utf-8"))
        if found["version"] != _VERSION:
            return []
        experts = [HotExpert(int(layer), int(expert), float(value)) for layer, expert, value in found["experts"]]
    except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
        return []
    return [it for it in experts if 0 <= it.layer < 2**32 and 0 <= it.expert < 2**32 and math.isfinite(it.value)]


def save(files: Sequence[Path], experts: Sequence[HotExpert]) -> None:
    """Keeps a list in place of the earlier one; a full disk is no error."""
    if not experts:
        return
    body = {"version": _VERSION, "experts": [(it.layer, it.expert, round(it.value, 2)) for it in experts]}
    try:
        path = list_path(files)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_text(json.dumps(body, separators=(",", ":")), "utf-8")
        part.replace(path)
    except OSError as error:
        log.info("the list of hot experts was not kept: %s", error)
        return
    oldest = sorted(path.parent.glob("*.json"), key=_changed)[:-KEPT]
    for old in oldest:
        with contextlib.suppress(OSError):
            old.unlink()


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0
