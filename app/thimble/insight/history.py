"""The course of the last half hour, one point a second, and what of it goes into a file. Pure."""

from __future__ import annotations

import csv
import io
import json
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Final

from thimble.insight.figures import expert_use
from thimble.insight.rates import Rates
from thimble.protocol import AnswerRecord, Sample, State

KEPT_SECONDS: Final = 1800.0
STEP_SECONDS: Final = 1.0
GAP_SECONDS: Final = 4.0
"""Longer without a sample: the course has a gap, and nobody draws a line across."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The figures of one second.

    Attributes:
        time: seconds of the engine's clock.
        epoch: of the engine.
        answering: whether it was.
        decode, prefill: tokens a second; None while it did not.
        hit_percent: of the uses of experts; None without a use.
        disk_bytes: a second, read for experts.
        per_token_bytes: the same per token; None without a token.
        stall_percent: of the time answering, nothing could be computed for want of experts; None when idle.
        memory_bytes: of the engine.
        cpu_percent: of one core.
    """

    time: float
    epoch: str
    answering: bool
    decode: float | None
    prefill: float | None
    hit_percent: float | None
    disk_bytes: float
    per_token_bytes: float | None
    stall_percent: float | None
    memory_bytes: int
    cpu_percent: float


SERIES: Final = tuple(f.name for f in fields(Moment) if f.name not in {"time", "epoch", "answering"})


class History:
    """Collects moments; a new engine goes on in the same course, behind a gap."""

    def __init__(self) -> None:
        self.moments: deque[Moment] = deque()
        self._last: Sample | None = None
        self._shift = 0.0

    def add(self, sample: Sample, rates: Rates) -> None:
        """Takes what `rates` says of the newest sample, at most once a second."""
        before, now = self._last, sample.time_ns / 1e9
        if before is not None and (sample.engine_epoch != before.engine_epoch or sample.time_ns < before.time_ns):
            # another engine, or another boot of the machine: its clock need not go on where this one stood
            self._shift = self.moments[-1].time + GAP_SECONDS + STEP_SECONDS - now if self.moments else 0.0
            before = None
        if before is not None and sample.time_ns - before.time_ns < STEP_SECONDS * 1e9 * 0.95:
            return
        self._last = sample
        if before is None:
            return
        use = expert_use(before, sample)
        busy = max(0, sample.prefill_ns + sample.decode_ns - before.prefill_ns - before.decode_ns)
        stall = max(0, sample.stall_ns - before.stall_ns)
        point = rates.points[-1] if rates.points else None
        self.moments.append(
            Moment(
                time=now + self._shift,
                epoch=sample.engine_epoch,
                answering=sample.state == State.ANSWERING,
                decode=(point.decode or None) if point else None,
                prefill=(point.prefill or None) if point else None,
                hit_percent=100 * (use.hits + use.prefetched) / use.uses if use.uses else None,
                disk_bytes=use.bytes_per_second,
                per_token_bytes=use.bytes_read / use.tokens if use.tokens and use.uses else None,
                stall_percent=100 * min(1.0, stall / busy) if busy else None,
                memory_bytes=sample.memory_bytes,
                cpu_percent=sample.cpu_percent,
            )
        )
        while self.moments and self.moments[0].time < now + self._shift - KEPT_SECONDS:
            self.moments.popleft()

    def course(self, name: str) -> list[list[tuple[float, float]]]:
        """One series as pieces of (time, value) without gaps."""
        pieces: list[list[tuple[float, float]]] = []
        last = None
        for moment in self.moments:
            value = getattr(moment, name)
            if value is None:
                last = None
                continue
            if last is None or moment.time - last > GAP_SECONDS:
                pieces.append([])
            pieces[-1].append((moment.time, float(value)))
            last = moment.time
        return pieces


def as_csv(moments: Iterable[Moment]) -> str:
    """A table with one line for each second; what is not known is empty."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    names = [f.name for f in fields(Moment)]
    writer.writerow(names)
    for moment in moments:
        writer.writerow([_short(getattr(moment, name)) for name in names])
    return out.getvalue()


def as_json(moments: Iterable[Moment], answers: Sequence[AnswerRecord], facts: dict[str, Any]) -> str:
    """Everything: facts of engine and model, the course, and the answers."""
    data = {
        "thimble": facts,
        "moments": [asdict(moment) for moment in moments],
        "answers": [answer.to_json() for answer in answers],
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"


def _short(value: object) -> object:
    if value is None:
        return ""
    return round(value, 3) if isinstance(value, float) else value
