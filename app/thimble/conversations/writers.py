"""Who writes an answer: lets a start tell the half-written answers of dead processes from those of living ones."""

from __future__ import annotations

import itertools
import os
from typing import Final

import psutil

_CLOCK_SLACK_S: Final = 5.0  # a process's start time is computed from the wall clock, which may be set meanwhile

_numbers = itertools.count(1)
_open_here: set[str] = set()


def begin() -> str:
    """A name for one open store: process, its start, and a number."""
    name = f"{os.getpid()}:{psutil.Process().create_time():.2f}:{next(_numbers)}"
    _open_here.add(name)
    return name


def end(name: str) -> None:
    """That store is closed; what it left half-written stays so."""
    _open_here.discard(name)


def is_alive(name: str) -> bool:
    """Whether the store of this name may still write."""
    if name in _open_here:
        return True
    pid, _, rest = name.partition(":")
    started, _, _ = rest.partition(":")
    if not pid.isdecimal() or int(pid) == os.getpid():
        return False
    try:
        return abs(psutil.Process(int(pid)).create_time() - float(started)) < _CLOCK_SLACK_S
    except (psutil.Error, ValueError, OverflowError):
        return False
