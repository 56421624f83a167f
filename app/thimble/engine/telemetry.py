"""Counters of the engine: the worker thread adds, everybody else reads."""

from __future__ import annotations

import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Times:
    """Wall time in nanoseconds, twice: by phase, and by where it went. Both sums are equal."""

    prefill_ns: int
    decode_ns: int
    compute_ns: int
    stall_ns: int
    sampling_ns: int
    other_ns: int


@dataclass(slots=True)
class Counters:
    """Monotonic counters, written by the one worker thread as it goes. A read sees each of them whole (plain ints).

    Attributes:
        prompt_tokens: tokens of prompts, cached ones included.
        cached_tokens: of these, how many were still in the KV cache.
        generated_tokens: tokens of answers.
        answers: answers begun.
        prefill_compute_ns, decode_compute_ns: wall time inside llama.cpp's decode, less the stall.
        prefill_stall_ns, decode_stall_ns: wall time in there in which nothing could be computed for want of experts.
        sampling_ns: wall time inside the sampler; part of the decode phase.
        first_token_ns: gauge: from the start of work on the newest answer to its first token; 0 before there was one.
        prefill_other_ns, decode_other_ns: the rest of the phases: text, events, Python.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    answers: int = 0
    prefill_compute_ns: int = 0
    prefill_stall_ns: int = 0
    prefill_other_ns: int = 0
    decode_compute_ns: int = 0
    decode_stall_ns: int = 0
    decode_other_ns: int = 0
    sampling_ns: int = 0
    first_token_ns: int = 0

    def times(self) -> Times:
        """The times until now; each part is read once, so that the sums fit while the worker goes on counting."""
        prefill_compute, prefill_other = self.prefill_compute_ns, self.prefill_other_ns
        decode_compute, decode_other, sampling = self.decode_compute_ns, self.decode_other_ns, self.sampling_ns
        prefill_stall, decode_stall = self.prefill_stall_ns, self.decode_stall_ns
        return Times(
            prefill_ns=prefill_compute + prefill_stall + prefill_other,
            decode_ns=decode_compute + decode_stall + sampling + decode_other,
            compute_ns=prefill_compute + decode_compute,
            stall_ns=prefill_stall + decode_stall,
            sampling_ns=sampling,
            other_ns=prefill_other + decode_other,
        )


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
