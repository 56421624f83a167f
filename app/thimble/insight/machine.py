"""What this machine is busy with: cores, disk, memory, and whether other programs starve the engine. Reads `/proc`."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psutil

from thimble import probe
from thimble.protocol import Sample, State

STARVED_CORES: Final = 0.6
"""So much of a core, wanted by other programs while an answer is written, is worth a hint (as in `engine/cores.py`)."""
_PROC: Final = Path("/proc")
_SYS: Final = Path("/sys")


@dataclass(frozen=True, slots=True)
class Load:
    """The machine between two readings.

    Attributes:
        cores: percent busy of each processor; empty at the first reading.
        disk_read, disk_written: bytes a second of all disks; None where nobody counts (some containers).
        memory_total, memory_available: bytes.
        page_cache: bytes of memory that hold pages of files.
        pressure: percent of the last ten seconds in which some program waited for memory; None where nobody tells.
        pressure_of_group: whether that is of this control group only, or of the whole machine.
        engine_cores, window_cores: cores' worth of time that engine and this process used.
    """

    cores: tuple[float, ...] = ()
    disk_read: float | None = None
    disk_written: float | None = None
    memory_total: int = 0
    memory_available: int = 0
    page_cache: int = 0
    pressure: float | None = None
    pressure_of_group: bool = False
    engine_cores: float = 0.0
    window_cores: float = 0.0

    @property
    def other_cores(self) -> float:
        """Cores' worth of time that all other programs used."""
        return max(0.0, sum(self.cores) / 100 - self.engine_cores - self.window_cores)

    @property
    def starved(self) -> bool:
        """Whether other programs want cores and hardly any is left over."""
        idle = len(self.cores) - sum(self.cores) / 100
        return bool(self.cores) and self.other_cores > STARVED_CORES and idle < 0.5 * len(self.cores)


@dataclass(slots=True)
class MachineMeter:
    """Reads the load; one for each reader, a millisecond or two each time."""

    proc: Path = _PROC
    system: Path = _SYS
    clock: Callable[[], float] = time.monotonic
    _disk: tuple[float, int, int] | None = None
    _own: tuple[float, float] | None = None
    _begun: bool = False
    _groups: list[Path] = field(default_factory=list)

    def read(self, sample: Sample | None) -> Load:
        """The load since the previous reading.

        Args:
            sample: the engine's newest; None without an engine.
        """
        cores = tuple(psutil.cpu_percent(None, percpu=True))
        memory = psutil.virtual_memory()
        read, written = self._disks()
        pressure, of_group = self._pressure()
        now, own = self.clock(), time.process_time()
        window = (own - self._own[1]) / (now - self._own[0]) if self._own and now > self._own[0] else 0.0
        self._own = now, own
        first, self._begun = not self._begun, True
        return Load(
            () if first else cores,
            read,
            written,
            memory.total,
            memory.available,
            int(getattr(memory, "cached", 0) + getattr(memory, "buffers", 0)),
            pressure,
            of_group,
            sample.cpu_percent / 100 if sample is not None and sample.state == State.ANSWERING else 0.0,
            window,
        )

    def _disks(self) -> tuple[float | None, float | None]:
        try:
            found = psutil.disk_io_counters()
        except (OSError, RuntimeError, NotImplementedError):
            found = None
        if found is None:
            self._disk = None
            return None, None
        now, before = self.clock(), self._disk
        self._disk = now, found.read_bytes, found.write_bytes
        if before is None or now <= before[0] or found.read_bytes < before[1] or found.write_bytes < before[2]:
            return None, None  # the first reading, or a disk has gone
        seconds = now - before[0]
        return (found.read_bytes - before[1]) / seconds, (found.write_bytes - before[2]) / seconds

    def _pressure(self) -> tuple[float | None, bool]:
        """The control group's own pressure where there is one, else the machine's."""
        if not self._begun:
            self._groups = [
                folder / "memory.pressure"
                for folder in probe.cgroup_folders(self.proc, self.system, "memory")
                if folder != self.system / "fs" / "cgroup"
            ]
        for file, of_group in [*((group, True) for group in self._groups), (self.proc / "pressure" / "memory", False)]:
            share = _some_avg10(file)
            if share is not None:
                return share, of_group
        return None, False


def busiest_other(own: set[int], seconds: float = 0.5) -> str:
    """Name of the program that uses most processor time beside the given processes; "" when none stands out. Blocks."""
    before: dict[int, tuple[psutil.Process, float]] = {}
    for process in psutil.process_iter():
        if process.pid in own:
            continue
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            before[process.pid] = process, times.user + times.system
    time.sleep(seconds)
    best, name = 0.2 * seconds, ""
    for process, used in before.values():
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            grown = times.user + times.system - used
            if grown > best:
                best, name = grown, process.name()
    return name


def _some_avg10(file: Path) -> float | None:
    with contextlib.suppress(OSError, ValueError):
        for line in file.read_text("ascii").splitlines():
            kind, *rest = line.split()
            values = dict(part.split("=", 1) for part in rest)
            if kind == "some" and "avg10" in values:
                return float(values["avg10"])
    return None
