"""Counters of the engine: the worker thread adds, everybody else reads."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(slots=True)
class Counters:
    """Monotonic counters, written by the one worker thread. A read sees each of them whole (they are plain ints).

    Attributes:
        prompt_tokens: tokens of prompts, cached ones included.
        cached_tokens: of these, how many were still in the KV cache.
        generated_tokens: tokens of answers.
        answers: answers begun.
        prefill_ns, decode_ns: wall time of the two phases.
        compute_ns: of it, time inside llama.cpp's decode.
        sampling_ns: of it, time inside the sampler.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    answers: int = 0
    prefill_ns: int = 0
    decode_ns: int = 0
    compute_ns: int = 0
    sampling_ns: int = 0

    @property
    def other_ns(self) -> int:
        """Wall time that was neither compute nor sampling: text, events, Python."""
        return max(0, self.prefill_ns + self.decode_ns - self.compute_ns - self.sampling_ns)


class CpuMeter:
    """CPU use of this process between two readings; one for each reader."""

    def __init__(self) -> None:
        self._cpu, self._clock = time.process_time(), time.monotonic()

    def percent(self) -> float:
        """Percent of one core since the previous call (400 = four cores)."""
        cpu, clock = time.process_time(), time.monotonic()
        used, passed = cpu - self._cpu, clock - self._clock
        self._cpu, self._clock = cpu, clock
        return 100.0 * used / passed if passed > 0 else 0.0
