"""How many cores other programs leave: compute threads that share a core make all the others wait at every barrier."""

from __future__ import annotations

import math
import os
import statistics
import time
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final, NamedTuple

import psutil

_LOADAVG: Final = Path("/proc/loadavg")
_STAT: Final = Path("/proc/stat")
_LOOKS: Final = 9
_PAUSE_SECONDS: Final = 0.002
_TICKS: Final = 100
"""Of /proc/stat in a second, on every system that has it."""

LOOK_NS: Final = 200_000_000
"""Between two looks within an answer."""
_FEWER_NS: Final = 800_000_000
_MORE_NS: Final = 1_000_000_000
_A_CORE: Final = 0.6
"""So much of a core's time in others' hands counts as a core that is taken; less than the rest as one that is free."""


def usable_cores() -> int:
    """Processors this process may use, hyper-threads counted one by one."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def physical_cores() -> int:
    """Cores this process may use, hyper-threads counted once."""
    return max(1, min(psutil.cpu_count(logical=False) or usable_cores(), usable_cores()))


class CoreTime(NamedTuple):
    """Seconds of work so far.

    Attributes:
        busy: of all programs, on the cores this process may use.
        own: of this process.
    """

    busy: float
    own: float


def core_time(file: Path = _STAT, cores: Iterable[int] | None = None) -> CoreTime | None:
    """Asks the system; takes less than a millisecond. None where it does not tell (it is not Linux).

    Args:
        file: the kernel's; a line "cpuN user nice system idle iowait irq softirq …" for each core.
        cores: numbers that count; those this process may use if not given.
    """
    if cores is None:
        if not hasattr(os, "sched_getaffinity"):
            return None
        cores = os.sched_getaffinity(0)
    names = {f"cpu{number}" for number in cores}
    ticks = 0
    try:
        for line in file.read_text("ascii").splitlines():
            name, *fields = line.split()
            if name in names:
                user, nice, system, _idle, _wait, irq, softirq = (int(field) for field in fields[:7])
                ticks += user + nice + system + irq + softirq
    except (OSError, ValueError):
        return None
    return CoreTime(ticks / _TICKS, time.process_time())


def others_running(file: Path = _LOADAVG, *, looks: int = _LOOKS, pause: Callable[[float], None] = time.sleep) -> int:
    """Threads of other programs that want a core now, the median of a few looks within 20 ms; 0 where the system does
    not tell (it is not Linux). For the beginning of an answer, while this process rests.

    Args:
        file: the kernel's; its fourth field is "running/all", and who looks is running.
        looks: how many.
        pause: waits between two of them, seconds.
    """
    seen = []
    for look in range(looks):
        if look:
            pause(_PAUSE_SECONDS)
        try:
            running = int(file.read_text("ascii").split()[3].split("/")[0])
        except (OSError, ValueError, IndexError):
            return 0
        seen.append(max(0, running - 1))
    return int(statistics.median(seen))


def threads_for(wanted: int, cores: int, others: int) -> int:
    """Compute threads: as many as wanted, but no more than there are cores nobody else uses; at least 1.

    Measured on 2 cores with one busy neighbour: two threads 19 tokens/s, one thread 42; alone 62.
    """
    return max(1, min(wanted, cores - others))


class CoreWatch:
    """Compute threads from token to token: fewer when other programs have taken a core for 0.8 seconds, more again
    when they have let it be for one. What counts is time, not moments: who works now and then takes no core.

    Args:
        wanted: threads when nobody else wants a core.
        cores: that this process may use.
        others: threads of other programs that run, as known when the answer begins.
        look: `core_time`.
    """

    def __init__(self, wanted: int, cores: int, others: int, look: Callable[[], CoreTime | None] = core_time) -> None:
        self._wanted, self._cores, self._look = wanted, cores, look
        self._seen: deque[tuple[int, CoreTime]] = deque()
        self.threads = threads_for(wanted, cores, others)

    def follow(self, now_ns: int) -> int:
        """Threads for the next token or prompt chunk; looks now and then.

        Args:
            now_ns: nanoseconds on a clock that does not go back.
        """
        if self._wanted > 1 and (not self._seen or now_ns - self._seen[-1][0] >= LOOK_NS):
            found = self._look()
            if found is not None:
                self._decide(now_ns, found)
        return self.threads

    def _decide(self, now_ns: int, found: CoreTime) -> None:
        if (others := self._others(now_ns, found, _FEWER_NS)) is not None:
            taken = math.floor(others + 1 - _A_CORE)
            self.threads = min(self.threads, threads_for(self._wanted, self._cores, taken))
        if (others := self._others(now_ns, found, _MORE_NS)) is not None:
            taken = math.floor(others + _A_CORE)
            self.threads = max(self.threads, threads_for(self._wanted, self._cores, taken))
        self._seen.append((now_ns, found))
        while len(self._seen) > 1 and now_ns - self._seen[1][0] >= _MORE_NS:
            self._seen.popleft()

    def _others(self, now_ns: int, found: CoreTime, over_ns: int) -> float | None:
        """Cores that others kept busy since the latest look that is so long ago; None without one."""
        for then_ns, then in reversed(self._seen):
            if now_ns - then_ns >= over_ns:
                return (found.busy - then.busy - (found.own - then.own)) * 1e9 / (now_ns - then_ns)
        return None
