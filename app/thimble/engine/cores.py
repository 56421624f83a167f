"""How many cores other programs leave: compute threads that share a core make all the others wait at every barrier."""

from __future__ import annotations

import contextlib
import statistics
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Final

_LOADAVG: Final = Path("/proc/loadavg")
_TASKS: Final = Path("/proc/self/task")
_LOOKS: Final = 9
_PAUSE_SECONDS: Final = 0.002

LOOK_NS: Final = 200_000_000
"""Between two looks within an answer."""
_FEWER_AFTER: Final = 3
_MORE_AFTER: Final = 10


def others_now(file: Path = _LOADAVG, tasks: Path = _TASKS) -> int:
    """Threads of other programs that want a core at this moment; 0 where the system does not tell (it is not Linux).

    Args:
        file: the kernel's; its fourth field is "running/all".
        tasks: a folder for each thread of this process; the one that asks is running.
    """
    try:
        running = int(file.read_text("ascii").split()[3].split("/")[0])
    except (OSError, ValueError, IndexError):
        return 0
    return max(0, running - _own_running(tasks)) if running > 1 else 0


def _own_running(tasks: Path) -> int:
    running = 0
    with contextlib.suppress(OSError):
        for task in tasks.iterdir():
            with contextlib.suppress(OSError):  # a thread that has ended in between
                # "number (name) state …", where a name may hold anything
                running += (task / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[:1] == ["R"]
    return max(1, running)


def others_running(
    look: Callable[[], int] = others_now, *, looks: int = _LOOKS, pause: Callable[[float], None] = time.sleep
) -> int:
    """The median of a few looks within 20 ms.

    Args:
        look: counts once.
        looks: how many.
        pause: waits between two of them, seconds.
    """
    seen = [look()]
    for _ in range(looks - 1):
        pause(_PAUSE_SECONDS)
        seen.append(look())
    return int(statistics.median(seen))


def threads_for(wanted: int, cores: int, others: int) -> int:
    """Compute threads: as many as wanted, but no more than there are cores nobody else uses; at least 1.

    Measured on 2 cores with one busy neighbour: two threads 19 tokens/s, one thread 42; alone 62.
    """
    return max(1, min(wanted, cores - others))


class CoreWatch:
    """Compute threads from token to token: fewer soon after another program takes a core, more again when cores have
    been free for two seconds.

    Args:
        wanted: threads when nobody else wants a core.
        cores: that this process may use.
        others: threads of other programs that run, as known when the answer begins.
        look: counts them once; takes less than a millisecond.
    """

    def __init__(self, wanted: int, cores: int, others: int, look: Callable[[], int]) -> None:
        self._wanted, self._cores, self._look = wanted, cores, look
        self._seen: deque[int] = deque(maxlen=_MORE_AFTER)
        self._looked_ns = 0
        self.threads = threads_for(wanted, cores, others)

    def follow(self, now_ns: int) -> int:
        """Threads for the next token; looks now and then.

        Args:
            now_ns: nanoseconds on a clock that does not go back.
        """
        if self._wanted > 1 and now_ns - self._looked_ns >= LOOK_NS:
            self._looked_ns = now_ns
            self._seen.append(self._look())
            self._decide()
        return self.threads

    def _decide(self) -> None:
        seen = list(self._seen)
        if len(seen) >= _FEWER_AFTER:
            usual = int(statistics.median(seen[-_FEWER_AFTER:]))
            self.threads = min(self.threads, threads_for(self._wanted, self._cores, usual))
        if len(seen) == _MORE_AFTER:
            self.threads = max(self.threads, threads_for(self._wanted, self._cores, max(seen)))
