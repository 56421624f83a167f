"""The engine process's memory, file-backed pages included."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")
_highest = 0


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """Bytes.

    Attributes:
        now: resident at the moment, mapped files included.
        peak: the highest so far in the life of the process.
        mapped: of `now`, pages of files, which the system has in its page cache; 0 where it does not tell.
    """

    now: int
    peak: int
    mapped: int = 0


def memory_use() -> MemoryUse:
    """The process now: `VmRSS` and `VmHWM` on Linux, psutil's figures elsewhere."""
    global _highest  # noqa: PLW0603 - the highest of one process is one fact of the process
    if sys.platform.startswith("linux"):
        values = {"VmRSS:": 0, "VmHWM:": 0, "RssFile:": 0}
        with _STATUS.open(encoding="ascii", errors="replace") as lines:
            for line in lines:
                name, _, rest = line.partition("\t")
                if name in values:
                    values[name] = int(rest.split()[0]) * 1024
        return MemoryUse(values["VmRSS:"], values["VmHWM:"], values["RssFile:"])
    info = psutil.Process().memory_info()
    _highest = max(_highest, info.rss, getattr(info, "peak_wset", 0))
    return MemoryUse(info.rss, _highest)
