"""A memory cgroup for one child process: a limit, and the kernel's own account of the peak. Versions 1 and 2."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_NAMES: Final = {
    1: ("memory.limit_in_bytes", "memory.max_usage_in_bytes", "memory.failcnt"),
    2: ("memory.max", "memory.peak", "memory.events"),
}
_REMOVE_TRIES: Final = 50


@dataclass(frozen=True, slots=True)
class MemoryGroup:
    """A cgroup that exists.

    Attributes:
        folder: in the cgroup file system.
        version: 1 or 2.
    """

    folder: Path
    version: int

    @property
    def members(self) -> Path:
        """Where a process writes its number to come under the group."""
        return self.folder / "cgroup.procs"

    def peak(self) -> int | None:
        """The most bytes that were charged at once, page cache included; None where the kernel does not say."""
        return _number(self.folder / _NAMES[self.version][1])

    def killed(self) -> bool:
        """Whether the kernel killed a member for want of memory."""
        name = "memory.oom_control" if self.version == 1 else "memory.events"
        for line in _lines(self.folder / name):
            word, _, count = line.partition(" ")
            if word == "oom_kill" and count.strip() != "0":
                return True
        return False

    def remove(self) -> None:
        """Removes it when its members have gone; the kernel may need a moment for that."""
        for _ in range(_REMOVE_TRIES):
            with contextlib.suppress(OSError):
                self.folder.rmdir()
                return
            time.sleep(0.02)


def memory_group(name: str, limit: int, root: Path = Path("/sys/fs/cgroup")) -> MemoryGroup | str:
    """Makes a group.

    Args:
        name: of its folder.
        limit: bytes; 0 for an account without a limit.
        root: where the cgroup file systems are mounted.

    Returns:
        the group, or a sentence that says why there is none.
    """
    version, parent = (1, root / "memory") if (root / "memory").is_dir() else (2, root)
    if version == 2 and "memory" not in " ".join(_lines(root / "cgroup.controllers")).split():
        return "This system has no memory cgroup; peaks are the process's own account, and nothing enforces the limit."
    folder = parent / name
    try:
        if version == 2:
            (root / "cgroup.subtree_control").write_text("+memory")
        folder.mkdir()
        if limit:
            (folder / _NAMES[version][0]).write_text(str(limit))
            with contextlib.suppress(OSError):  # swapping would make memory out of disk
                (folder / ("memory.swappiness" if version == 1 else "memory.swap.max")).write_text("0")
    except OSError as error:
        with contextlib.suppress(OSError):
            folder.rmdir()
        why = "only root may make one" if os.geteuid() != 0 else str(error)
        return f"No memory cgroup ({why}); peaks are the process's own account, and nothing enforces the limit."
    return MemoryGroup(folder, version)


def _number(path: Path) -> int | None:
    text = next(iter(_lines(path)), "").strip()
    return int(text) if text.isdecimal() else None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8").splitlines()
    except OSError:
        return []
