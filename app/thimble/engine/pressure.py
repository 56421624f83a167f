"""Memory pressure: how much the experts may take while other programs need memory, too.

The governor gives back at once and takes again slowly. It looks at what is available to the computer, at the room left
in the control group, and at how long programs had to wait for memory (Linux's pressure stall information, PSI).
"""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from thimble.engine.fit import MIB
from thimble.engine.memory import memory_use
from thimble.probe import cgroup_room

_PSI: Final = Path("/proc/pressure/memory")

LOW_SHARE: Final = 0.03
"""Of the computer's memory, or `LOW_LEAST`: with less available than this the cache gives back."""
LOW_LEAST: Final = 256 * MIB
LOW_LEAST_IN_GROUP: Final = 64 * MIB
CALM_FACTOR: Final = 2.0
"""So many times that is available again afterwards, and left when the cache grows."""
STALLED: Final = 10.0
"""Percent of the last ten seconds in which some program waited for memory: then twice as much is left."""
CALM_SECONDS: Final = 10.0
GROW_SECONDS: Final = 2.0
GROW_SHARE: Final = 8
_SLACK: Final = 32 * MIB
_SLACK_SHARE: Final = 64


@dataclass(frozen=True, slots=True)
class Pressure:
    """The state of the computer's memory.

    Attributes:
        total: bytes of the computer.
        available: bytes that programs can get without swapping.
        group_limit: most bytes of the control group; None without a limit.
        group_room: bytes left of it, cached files counted as room.
        stalled: percent of the last ten seconds in which some program waited for memory; 0 where nobody tells.
        own: bytes this process has.
    """

    total: int
    available: int
    group_limit: int | None
    group_room: int
    stalled: float
    own: int


def read_pressure() -> Pressure:
    """Asks the system; takes less than a millisecond."""
    memory = psutil.virtual_memory()
    limit, room = cgroup_room() or (None, 0)
    return Pressure(memory.total, memory.available, limit, room, stalled_share(_PSI), memory_use().now)


def stalled_share(file: Path) -> float:
    """`some avg10` of a PSI file; 0 when there is none."""
    with contextlib.suppress(OSError, ValueError):
        for line in file.read_text("ascii").splitlines():
            kind, *fields = line.split()
            values = dict(field.split("=", 1) for field in fields)
            if kind == "some":
                return float(values.get("avg10", 0.0))
    return 0.0


class Governor:
    """Decides how many bytes the experts may have.

    Args:
        full: what they were given when memory was divided.
        least: what the model does not work without.
        others: what the process needs besides.
    """

    def __init__(self, full: int, least: int, others: int) -> None:
        self.full, self.least, self.others = full, min(least, full), others
        self.now = full
        self._slack = max(_SLACK, full // _SLACK_SHARE)
        self._calm_since: float | None = None
        self._grown_at = 0.0

    def change(self, full: int, others: int) -> None:
        """What the experts may have was changed, because the process needs more or less besides.

        Args:
            full: what they may have now.
            others: what the process needs besides now.
        """
        self.now = full if self.now == self.full else min(self.now, full)
        self.full, self.others, self.least = full, others, min(self.least, full)

    def decide(self, pressure: Pressure, time: float, held: int | None = None) -> int:
        """What the experts may have from now on, bytes; `least` ≤ result ≤ `full`.

        Args:
            pressure: now.
            time: seconds on a clock that does not go back.
            held: bytes the experts take at this moment; None for all that the process has beyond `others`.
        """
        if held is None:
            held = pressure.own - self.others
        if self._room(pressure, 1.0, held) < self.now - self._slack:
            self._calm_since = None
            self.now = min(self.now, max(self.least, self._room(pressure, CALM_FACTOR, held)))
            return self.now
        if self._calm_since is None:
            self._calm_since = time
        room = min(self.full, self._room(pressure, CALM_FACTOR, held))
        calm = time - self._calm_since >= CALM_SECONDS and time - self._grown_at >= GROW_SECONDS
        if self.now < self.full and calm and (room > self.now + self._slack or room == self.full):
            self._grown_at = time
            self.now = min(room, self.now + self.full // GROW_SHARE)
        return self.now

    def _room(self, pressure: Pressure, factor: float, held: int) -> int:
        """For the experts, when so many times the low mark stays available. What they hold counts as room: it is
        divided anew. What the process will still need besides, its buffers for instance, does not."""
        if pressure.stalled > STALLED:
            factor *= 2
        room = pressure.available - int(factor * _low(pressure.total, LOW_LEAST))
        if pressure.group_limit is not None:
            # A group of our own may be full: its limit was given to be used. What others have in it may grow.
            neighbours = max(0, pressure.group_limit - pressure.group_room - pressure.own)
            low = min(neighbours, _low(pressure.group_limit, LOW_LEAST_IN_GROUP))
            room = min(room, pressure.group_room - int(factor * low))
        return room + held - max(0, self.others - (pressure.own - held))


def _low(total: int, least: int) -> int:
    return max(least, int(LOW_SHARE * total))
