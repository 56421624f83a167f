"""Rates from the engine's counters. Pure: no Qt.

The engine sends counters that only grow; a rate is the difference of two samples. Each rate is taken over about a
second, so that it is calm, and goes back further when a slow model has made no token in that second.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

from thimble.protocol import Sample, State

HISTORY_SECONDS: Final = 120.0
OVER_SECONDS: Final = 1.0
POINT_SECONDS: Final = 0.5
SLOW_SECONDS: Final = 20.0
"""How far back to look for a token of a slow model."""


@dataclass(frozen=True, slots=True)
class Point:
    """The figures at one moment.

    Attributes:
        time: seconds of the engine's clock.
        decode: tokens a second while answering; 0 when nothing is answered.
        prefill: prompt tokens a second.
        memory: bytes.
        tokens: answered since the engine started.
        hit: share of expert uses found in memory over the last seconds; None when no expert was used.
        bytes_per_token: read from disk for experts, per token; None when no token was made.
    """

    time: float
    decode: float
    prefill: float
    memory: int
    tokens: int
    hit: float | None
    bytes_per_token: float | None


@dataclass(frozen=True, slots=True)
class TokenTime:
    """Where the time of answering went, in seconds, and over how many tokens."""

    compute: float = 0.0
    stall: float = 0.0
    sampling: float = 0.0
    other: float = 0.0
    tokens: int = 0

    @property
    def total(self) -> float:
        """All of it, in seconds."""
        return self.compute + self.stall + self.sampling + self.other


class Rates:
    """Two minutes of samples and what follows from them."""

    def __init__(self) -> None:
        self._samples: deque[Sample] = deque()
        self.points: deque[Point] = deque()
        self._booked: Sample | None = None  # the last sample in which the decode time had grown, or the first
        self._writing_since: Sample | None = None  # the first one with tokens whose time is not booked
        self.decode = 0.0
        """The newest decode rate; stays after an answer until the next. 0 when there was none."""
        self.prefill = 0.0
        """The newest prefill rate, likewise."""
        self.hit: float | None = None
        self.bytes_per_token: float | None = None

    @property
    def last(self) -> Sample | None:
        """The newest sample."""
        return self._samples[-1] if self._samples else None

    @property
    def now(self) -> float:
        """The newest sample's time in seconds."""
        return self._samples[-1].time_ns / 1e9 if self._samples else 0.0

    def clear(self) -> None:
        """Forgets everything: the engine is another one."""
        self._samples.clear()
        self.points.clear()
        self._booked = self._writing_since = None
        self.decode = self.prefill = 0.0
        self.hit = self.bytes_per_token = None

    def add(self, sample: Sample) -> None:
        """Takes the next sample. A new epoch starts everything anew."""
        if self._samples and (
            sample.engine_epoch != self._samples[-1].engine_epoch or sample.time_ns < self._samples[-1].time_ns
        ):
            self.clear()
        self._samples.append(sample)
        oldest = sample.time_ns - int(HISTORY_SECONDS * 1e9)
        while len(self._samples) > 2 and self._samples[1].time_ns <= oldest:
            self._samples.popleft()
        while self.points and self.points[0].time * 1e9 < oldest:
            self.points.popleft()
        decode, prefill = self._rates(sample)
        hit, bytes_per_token = self._expert_figures(sample)
        self.decode = decode or self.decode
        self.prefill = prefill or self.prefill
        self.hit = self.hit if hit is None else hit
        self.bytes_per_token = self.bytes_per_token if bytes_per_token is None else bytes_per_token
        if len(self.points) > 1 and sample.time_ns / 1e9 - self.points[-2].time < POINT_SECONDS:
            self.points.pop()  # the newest is always there, those before it no closer than can be seen
        self.points.append(
            Point(
                sample.time_ns / 1e9,
                decode,
                prefill,
                sample.memory_bytes,
                sample.generated_tokens,
                self.hit,
                self.bytes_per_token,
            )
        )

    def token_time(self) -> TokenTime:
        """Where the time went: over the last two minutes, or since the engine started when nothing was answered."""
        last = self.last
        if last is None:
            return TokenTime()
        first = self._samples[0]
        recent = _token_time(first, last)
        return recent if recent.total > 0 else _token_time(Sample(last.engine_epoch, 0), last)

    @property
    def recent(self) -> bool:
        """Whether `token_time` is of the last two minutes only."""
        last = self.last
        return last is not None and _token_time(self._samples[0], last).total > 0

    @property
    def first(self) -> Sample | None:
        """The oldest sample of the last two minutes."""
        return self._samples[0] if self._samples else None

    def since_prompt(self, seconds: float) -> Sample | None:
        """The oldest sample of so many seconds since which no prompt was read."""
        base = last = self.last
        for sample in reversed(self._samples):
            if last is None or last.time_ns - sample.time_ns > seconds * 1e9 or _read(sample) != _read(last):
                break
            base = sample
        return base

    def _base(self, seconds: float) -> Sample:
        newest = self._samples[-1].time_ns
        base = self._samples[-1]
        for sample in reversed(self._samples):
            base = sample
            if newest - sample.time_ns >= seconds * 1e9:
                break
        return base

    def _rates(self, sample: Sample) -> tuple[float, float]:
        base = self._base(OVER_SECONDS)
        prefill = _prefill_rate(sample, base)
        if prefill == 0 and sample.state == State.ANSWERING and sample.decode_ns == base.decode_ns:
            prefill = _prefill_rate(sample, self._base(SLOW_SECONDS))  # in the middle of a chunk of the prompt
        return self._decode_rate(sample), prefill

    def _decode_rate(self, sample: Sample) -> float:
        """Tokens over the time they took, also when the engine adds an answer's time only at its end."""
        booked = self._booked or sample
        if sample.decode_ns != booked.decode_ns:
            # Both ends of the difference must be booked: a jump after a long answer is divided by all its tokens.
            lately = sample.time_ns - booked.time_ns <= 2 * OVER_SECONDS * 1e9
            base = self._base(OVER_SECONDS) if lately else booked
            self._booked, self._writing_since = sample, None
            rate = _per_second(_decoded(sample, base), sample.decode_ns - base.decode_ns)
            if rate == 0 and sample.state == State.ANSWERING:
                base = self._base(SLOW_SECONDS)
                rate = _per_second(_decoded(sample, base), sample.decode_ns - base.decode_ns)
            return rate
        self._booked = self._booked or sample
        if sample.state != State.ANSWERING:
            return 0.0
        if sample.generated_tokens == booked.generated_tokens:
            # Between two tokens of a slow model; a course that falls to zero there would tell of nothing.
            waits = sample.time_ns - booked.time_ns <= 1.5 * OVER_SECONDS * 1e9
            return self.points[-1].decode if waits and self.points else 0.0
        # Not booked yet: the wall time since the first token of this answer.
        self._writing_since = self._writing_since or sample
        for seconds in (OVER_SECONDS, SLOW_SECONDS):
            base = max(self._base(seconds), self._writing_since, key=lambda found: found.time_ns)
            made = sample.generated_tokens - base.generated_tokens
            if made > 0:
                return _per_second(made, sample.time_ns - base.time_ns)
        return 0.0

    def _expert_figures(self, sample: Sample) -> tuple[float | None, float | None]:
        base = self._base(OVER_SECONDS)
        hits = sample.expert_hits - base.expert_hits
        uses = hits + sample.expert_misses - base.expert_misses
        tokens = sample.generated_tokens - base.generated_tokens
        read = sample.expert_bytes_read - base.expert_bytes_read
        return (hits / uses if uses > 0 else None), (read / tokens if tokens > 0 and uses > 0 else None)


def _read(sample: Sample) -> int:
    """Tokens of prompts that were computed."""
    return sample.prompt_tokens - sample.cached_tokens


def _prefill_rate(sample: Sample, base: Sample) -> float:
    return _per_second(_read(sample) - _read(base), sample.prefill_ns - base.prefill_ns)


def _decoded(sample: Sample, base: Sample) -> int:
    """Tokens made by decoding: the first of each answer comes from reading its prompt (as in `protocol.Timings`)."""
    return (sample.generated_tokens - sample.answers) - (base.generated_tokens - base.answers)


def _per_second(tokens: int, nanoseconds: int) -> float:
    return tokens / nanoseconds * 1e9 if tokens > 0 and nanoseconds > 0 else 0.0


def _token_time(first: Sample, last: Sample) -> TokenTime:
    return TokenTime(
        max(0, last.compute_ns - first.compute_ns) / 1e9,
        max(0, last.stall_ns - first.stall_ns) / 1e9,
        max(0, last.sampling_ns - first.sampling_ns) / 1e9,
        max(0, last.other_ns - first.other_ns) / 1e9,
        max(0, last.generated_tokens - first.generated_tokens),
    )
