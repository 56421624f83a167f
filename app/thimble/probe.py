"""Facts of this machine: processor, memory, limits of the container, free disk space."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

_PROC: Final = Path("/proc")
_SYS: Final = Path("/sys")
_NO_LIMIT: Final = 2**60  # cgroup v1 writes a huge number for "no limit"


@dataclass(frozen=True, slots=True)
class Machine:
    """What this process may use of the machine it runs on.

    Attributes:
        cpu_name: as the processor names itself.
        cpu_flags: instruction sets, in lower case ("avx2", "asimd"); empty where the system does not tell.
        physical_cores, logical_cores: what this process may use, after its affinity and its cgroup's quota.
        memory_total: bytes of the machine.
        memory_available: bytes that programs can get without swapping, within the cgroup's limit.
        cgroup_limit: most bytes that this process and its siblings may use; None without a limit.
    """

    cpu_name: str
    cpu_flags: frozenset[str]
    physical_cores: int
    logical_cores: int
    memory_total: int
    memory_available: int
    cgroup_limit: int | None

    @property
    def memory_usable(self) -> int:
        """The smaller of the machine's memory and the cgroup's limit, bytes."""
        return self.memory_total if self.cgroup_limit is None else min(self.memory_total, self.cgroup_limit)

    @staticmethod
    def disk_free(path: Path) -> int:
        """See `disk_free`."""
        return disk_free(path)


LEFT_FREE: Final = 2**30
_LEFT_FREE_SHARE: Final = 10


def left_free(machine: Machine) -> int:
    """What a model without a limit leaves to other programs: 1 GiB, or a tenth of the memory if that is more. Bytes."""
    return max(LEFT_FREE, machine.memory_usable // _LEFT_FREE_SHARE)


def probe_machine() -> Machine:
    """Asks the system; takes a few milliseconds."""
    name, flags = _cpu(_PROC)
    logical, physical = _cores(_SYS)
    quota = cgroup_cpu_quota(_PROC, _SYS)
    if quota is not None:
        most = max(1, int(quota + 0.5))
        logical, physical = min(logical, most), min(physical, most)
    memory = psutil.virtual_memory()
    limit, used = cgroup_memory(_PROC, _SYS)
    available = memory.available if limit is None else min(memory.available, max(0, limit - used))
    return Machine(name, flags, physical, logical, memory.total, available, limit)


def disk_free(path: Path) -> int:
    """Bytes a user may still write where `path` is or would be; 0 when the system does not tell."""
    for place in (path, *path.absolute().parents):
        try:
            return shutil.disk_usage(place).free
        except FileNotFoundError:
            continue
        except OSError:
            return 0
    return 0


def _cpu(proc: Path) -> tuple[str, frozenset[str]]:
    """Name and flags from `/proc/cpuinfo`, else from what other systems offer."""
    facts: dict[str, str] = {}
    for line in _lines(proc / "cpuinfo"):
        key, _, value = line.partition(":")
        facts.setdefault(key.strip().lower(), value.strip())
    flags = facts.get("flags") or facts.get("features") or ""
    name = facts.get("model name") or facts.get("hardware") or _brand() or platform.processor() or platform.machine()
    return " ".join(name.split()), frozenset(flags.lower().split())


def _brand() -> str:
    """The processor's name on macOS."""
    if platform.system() != "Darwin":
        return ""
    try:
        done = subprocess.run(
            ["/usr/sbin/sysctl", "-n", "machdep.cpu.brand_string"],
            capture_output=True,
            text=True,
            timeout=2,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _cores(system: Path) -> tuple[int, int]:
    """(logical, physical) processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        usable = os.sched_getaffinity(0)
        return len(usable), _physical_among(usable, system)
    logical = os.cpu_count() or 1
    return logical, min(logical, psutil.cpu_count(logical=False) or logical)


def _physical_among(processors: set[int], system: Path) -> int:
    """Cores behind these logical processors: those that share a core have the same list of siblings."""
    cores: set[str] = set()
    for number in processors:
        topology = system / "devices" / "system" / "cpu" / f"cpu{number}" / "topology"
        siblings = _lines(topology / "thread_siblings_list") or _lines(topology / "core_cpus_list")
        cores.add(siblings[0] if siblings else f"alone {number}")
    return max(1, len(cores))


def cgroup_memory(proc: Path, system: Path) -> tuple[int | None, int]:
    """(limit, use) in bytes of the tightest memory limit above this process; (None, 0) without one.

    Args:
        proc: where the kernel's process files are.
        system: where its system files are.
    """
    tightest: tuple[int, int] | None = None
    for folder in cgroup_folders(proc, system, "memory"):
        for limit_name, use_name in (
            ("memory.max", "memory.current"),
            ("memory.limit_in_bytes", "memory.usage_in_bytes"),
        ):
            limit = _number(folder / limit_name)
            if limit is not None and limit < _NO_LIMIT and (tightest is None or limit < tightest[0]):
                tightest = (limit, _number(folder / use_name) or 0)
    return tightest or (None, 0)


def cgroup_room(proc: Path = _PROC, system: Path = _SYS) -> tuple[int, int] | None:
    """(limit, room) in bytes of the memory limit above this process with the least room, cached files counted as room;
    None without a limit.

    Args:
        proc: where the kernel's process files are.
        system: where its system files are.
    """
    rooms: list[tuple[int, int]] = []
    for folder in cgroup_folders(proc, system, "memory"):
        for limit_name, use_name, prefix in (
            ("memory.max", "memory.current", ""),
            ("memory.limit_in_bytes", "memory.usage_in_bytes", "total_"),
        ):
            limit, used = _number(folder / limit_name), _number(folder / use_name)
            if limit is None or used is None or limit >= _NO_LIMIT:
                continue
            fields = dict(line.split(" ", 1) for line in _lines(folder / "memory.stat") if " " in line)
            cached = sum(int(fields.get(f"{prefix}{name}_file", 0)) for name in ("inactive", "active"))
            rooms.append((limit, max(0, limit - used + cached)))
    return min(rooms, key=lambda found: found[1], default=None)


def cgroup_cpu_quota(proc: Path, system: Path) -> float | None:
    """Processors' worth of time that the tightest quota above this process allows; None without one.

    Args:
        proc: where the kernel's process files are.
        system: where its system files are.
    """
    quotas: list[float] = []
    for folder in cgroup_folders(proc, system, "cpu"):
        first = next(iter(_lines(folder / "cpu.max")), "").split()
        if len(first) == 2 and first[0].isdecimal() and first[1].isdecimal() and int(first[1]):
            quotas.append(int(first[0]) / int(first[1]))
        quota, period = _number(folder / "cpu.cfs_quota_us"), _number(folder / "cpu.cfs_period_us")
        if quota and period and quota > 0:
            quotas.append(quota / period)
    return min(quotas, default=None)


def cgroup_folders(proc: Path, system: Path, controller: str) -> list[Path]:
    """The folders of this process's control group and of all above it, for version 2 and version 1.

    In a container the group's path may be the host's, which is not there: then the mount's root speaks.
    """
    mount = system / "fs" / "cgroup"
    folders: list[Path] = []
    for line in _lines(proc / "self" / "cgroup"):
        _, controllers, path = [*line.split(":", 2), "", ""][:3]
        if not controllers:
            root = mount
        elif controller in controllers.split(","):
            root = mount / controller if (mount / controller).is_dir() else mount / controllers
        else:
            continue
        below = [part for part in path.split("/") if part and part != ".."]
        folders += [root.joinpath(*below[:length]) for length in range(len(below), -1, -1)]
    return folders


def _number(path: Path) -> int | None:
    text = next(iter(_lines(path)), "").strip()
    return int(text) if text.lstrip("-").isdecimal() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
