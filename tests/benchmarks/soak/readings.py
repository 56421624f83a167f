"""What a process and the program's folders hold at a moment, as the system tells it."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Final

import psutil

MIB: Final = 2**20


def of_process(name: str, pid: int) -> dict[str, float]:
    """Memory in MiB, and what it has open, each key beginning with the name. Nothing of a process that is gone.

    - `own`: memory of its own (anonymous, also when swapped out), what a leak would be in;
    - `rss`, `pss`: with files that are mapped, whole and by share.
    """
    found: dict[str, float] = {}
    with contextlib.suppress(OSError, psutil.Error):
        memory = _memory(pid)
        process = psutil.Process(pid)
        found = {
            f"{name} own": memory["Anonymous"] + memory["Swap"],
            f"{name} pss": memory["Pss"],
            f"{name} rss": memory["Rss"],
            f"{name} threads": process.num_threads(),
            f"{name} descriptors": process.num_fds(),
            f"{name} sockets": len(process.net_connections("all")),
            f"{name} children": len(process.children(recursive=True)),
        }
    return found


def _memory(pid: int) -> dict[str, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text("ascii").splitlines()[1:]
    parts = (line.split() for line in lines)
    return {part[0].rstrip(":"): int(part[1]) / 1024 for part in parts if len(part) == 3}


def of_folders(home: Path, temporary: Path) -> dict[str, float]:
    """Files that pile up when something is not tidied: counts, and MiB of the growing ones."""
    files = [path for path in home.rglob("*") if path.is_file() and not path.is_symlink()]
    data = home / "data"
    return {
        "temporary files": sum(1 for path in temporary.rglob("*") if not path.is_dir()),
        "files of the profile": len(files),
        "lock files": sum(path.suffix == ".lock" for path in files),
        "parts of downloads": sum(path.name.endswith(".thimble-part") for path in files),
        "half-written files": sum(path.suffix in {".tmp", ".partial"} for path in files),
        "database": _size(data / "conversations.sqlite3"),
        "database log": _size(data / "conversations.sqlite3-wal"),
        "logs": sum(_size(path) for path in (home / "log").glob("*")),
    }


def _size(path: Path) -> float:
    try:
        return path.stat().st_size / MIB
    except OSError:
        return 0.0
