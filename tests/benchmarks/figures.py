"""What a benchmark returns, and how it is printed."""

from __future__ import annotations

import json
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Figure:
    """One measured quantity.

    Attributes:
        name: what was measured.
        value: the median, or the figure the goal is about.
        unit: of the value.
        goal: limit, in words; "" when there is none.
        met: whether the goal holds; None without a goal.
        runs: every single measurement, in order.
        note: how it was measured.
    """

    name: str
    value: float
    unit: str
    goal: str = ""
    met: bool | None = None
    runs: tuple[float, ...] = ()
    note: str = ""


def at_most(name: str, runs: Sequence[float], unit: str, limit: float, note: str = "") -> Figure:
    """The median of `runs`, which should not be above `limit`."""
    value = statistics.median(runs)
    return Figure(name, value, unit, f"≤ {limit:g} {unit}", value <= limit, tuple(runs), note)


def report(figures: Sequence[Figure], *, as_json: bool) -> str:
    """A table for people, or one JSON object per line."""
    if as_json:
        return "\n".join(json.dumps(asdict(figure), ensure_ascii=False) for figure in figures)
    lines = []
    for figure in figures:
        verdict = {True: "met", False: "MISSED", None: ""}[figure.met]
        spread = f"  [{min(figure.runs):.4g} … {max(figure.runs):.4g}, n={len(figure.runs)}]" if figure.runs else ""
        lines.append(f"{figure.name:<52} {figure.value:>9.4g} {figure.unit:<8} {figure.goal:<12} {verdict:<7}{spread}")
        if figure.note:
            lines.append(f"    {figure.note}")
    return "\n".join(lines)
