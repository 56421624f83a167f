"""Whether something grows: the robust slope of its last two thirds, against a limit."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LEFT_OUT: Final = 1 / 3
"""Of the run: caches fill, allocators find their size."""


@dataclass(frozen=True, slots=True)
class Limit:
    """What a quantity may do.

    Attributes:
        name: of the quantity.
        unit: of it.
        per_hour: it may grow by so much an hour; of what is only counted, any growth is a leak.
        span: it may always grow by so much from the first third's end to the run's: noise of the measurement.
    """

    name: str
    unit: str
    per_hour: float
    span: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it did.

    Attributes:
        first, last: medians of the first and the last quarter of what was looked at.
        most: the highest value of the whole run.
        growth: slope times length of what was looked at.
        per_hour: the slope.
        allowed: growth that is within the limit.
    """

    first: float
    last: float
    most: float
    growth: float
    per_hour: float
    allowed: float

    @property
    def flat(self) -> bool:
        """Whether it did not grow."""
        return self.growth <= self.allowed


def theil_sen(points: Sequence[tuple[float, float]]) -> float:
    """The median of the slopes of all pairs of points (Theil 1950, Sen 1968): up to 29 % of the points may be
    anything. 0 for less than two points."""
    slopes = [
        (y - before_y) / (x - before_x)
        for number, (x, y) in enumerate(points)
        for before_x, before_y in points[:number]
        if x > before_x
    ]
    return statistics.median(slopes) if slopes else 0.0


def judge(limit: Limit, points: Sequence[tuple[float, float]]) -> Verdict:
    """Judges a series of (seconds, value)."""
    begin, end = points[0][0], points[-1][0]
    late = [point for point in points if point[0] >= begin + LEFT_OUT * (end - begin)]
    length = late[-1][0] - late[0][0]
    slope = theil_sen(late)
    quarter = max(1, len(late) // 4)
    return Verdict(
        statistics.median(value for _, value in late[:quarter]),
        statistics.median(value for _, value in late[-quarter:]),
        max(value for _, value in points),
        slope * length,
        slope * 3600,
        limit.span + limit.per_hour * length / 3600,
    )
