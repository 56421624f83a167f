"""How long another process is waited for: not by the clock alone, because a busy computer makes everything slow."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from typing import Final

import psutil

STILL_SECONDS: Final = 15.0
"""A process that did nothing at all for so long hangs."""
MOST_SECONDS: Final = 180.0
"""A process that works and never gets there: somebody has to be told at last."""


def work_done(pid: int) -> float:
    """A number that grows while a process works or reads; -1 when there is none."""
    try:
        process = psutil.Process(pid)
        times = process.cpu_times()
        done = times.user + times.system
        with contextlib.suppress(AttributeError, psutil.AccessDenied, NotImplementedError):  # macOS, hardened systems
            done += process.io_counters().read_count
    except psutil.Error:
        return -1.0
    return done


class Patience:
    """Whether waiting for a process is still worth it: it lives, and has done something lately.

    Args:
        pid: whom it is about.
        clock: seconds.
        work: see `work_done`.
    """

    def __init__(
        self, pid: int, clock: Callable[[], float] = time.monotonic, work: Callable[[int], float] = work_done
    ) -> None:
        self._pid = pid
        self._clock = clock
        self._work = work
        self._begun = self._moved = clock()
        self._done = work(pid)

    @property
    def over(self) -> bool:
        """Whether to give up."""
        now, done = self._clock(), self._work(self._pid)
        if done < 0 or now - self._begun >= MOST_SECONDS:
            return True
        if done != self._done:
            self._done, self._moved = done, now
        return now - self._moved >= STILL_SECONDS
