"""Figures from two samples, and from one sample and the facts of model and machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thimble.modelfile.forecast import Facts
from thimble.protocol import Sample
from thimble.speeds import Speeds

SHARE_OF_UP: Final = 1 / 3
"""Of an expert: the rows that a ReLU lets the kernels leave out (gate, up and down are of one size)."""


@dataclass(frozen=True, slots=True)
class ExpertUse:
    """Where the experts of some tokens came from. A use is one expert of one layer in one ubatch.

    Attributes:
        hits: they were kept in memory.
        prefetched: read, and nobody waited for them.
        late: their read began before their router had spoken, and was waited for all the same.
        demanded: their read began when their router had spoken, and was waited for.
        tokens: of answers, over the same time.
        bytes_read, reads, read_s: from the disk; seconds are summed over the readers.
        seconds: wall time between the samples.
        evictions: experts that lost their place.
        guesses, guesses_right: experts foretold, and those of them that were used.
    """

    hits: int = 0
    prefetched: int = 0
    late: int = 0
    demanded: int = 0
    tokens: int = 0
    bytes_read: int = 0
    reads: int = 0
    read_s: float = 0.0
    seconds: float = 0.0
    evictions: int = 0
    guesses: int = 0
    guesses_right: int = 0

    @property
    def uses(self) -> int:
        """All of them."""
        return self.hits + self.prefetched + self.late + self.demanded

    @property
    def bytes_per_second(self) -> float:
        """Read from the disk, over the wall time."""
        return self.bytes_read / self.seconds if self.seconds > 0 else 0.0


def expert_use(first: Sample, last: Sample) -> ExpertUse:
    """What happened between two samples of one epoch; nothing where a counter has gone back."""

    def grown(name: str) -> int:
        return max(0, int(getattr(last, name)) - int(getattr(first, name)))

    in_time, late, misses = grown("expert_in_time"), grown("expert_late"), grown("expert_misses")
    prefetched = grown("expert_prefetched")
    return ExpertUse(
        hits=max(0, grown("expert_hits") - (prefetched - in_time)),
        prefetched=prefetched,
        late=late,
        demanded=max(0, misses - in_time - late),
        tokens=grown("generated_tokens"),
        bytes_read=grown("expert_bytes_read"),
        reads=grown("expert_reads"),
        read_s=grown("expert_read_ns") / 1e9,
        seconds=max(0.0, (last.time_ns - first.time_ns) / 1e9),
        evictions=grown("expert_evictions"),
        guesses=grown("expert_guesses"),
        guesses_right=grown("expert_guesses_right"),
    )


@dataclass(frozen=True, slots=True)
class MemoryPart:
    """A part of the engine's memory, bytes; `key` is one of "weights", "experts", "window", "global", "states", "kept",
    "compute", "mapped", "rest"."""

    key: str
    bytes: int


def memory_parts(sample: Sample) -> list[MemoryPart]:
    """The engine's resident memory in parts whose sum it is.

    What is known exactly comes first; compute buffers are reserved and only partly touched, so they get at most what is
    left; the rest is Python, libraries' data, tokenizer and what the allocator holds.
    """
    left = sample.memory_bytes
    parts: list[MemoryPart] = []
    for key, size in (
        ("mapped", sample.mapped_bytes),
        ("weights", sample.weights_bytes),
        ("experts", sample.expert_memory_bytes),
        ("global", sample.kv_global_bytes),
        ("window", sample.kv_window_bytes),
        ("states", sample.kv_recurrent_bytes),
        ("kept", sample.kv_kept_bytes),
        ("compute", sample.compute_bytes),
    ):
        taken = min(left, size)
        left -= taken
        if taken:
            parts.append(MemoryPart(key, taken))
    if left:
        parts.append(MemoryPart("rest", left))
    order = ("weights", "mapped", "experts", "global", "window", "states", "kept", "compute", "rest")
    return sorted(parts, key=lambda part: order.index(part.key))


@dataclass(frozen=True, slots=True)
class Bound:
    """What this machine could do at the hit rate of the moment, if computing and reading hid each other wholly.

    Attributes:
        memory_s: seconds in which a token's weights, keys and values pass through the cores.
        disk_s: seconds in which what a token misses comes from the disk.
    """

    memory_s: float
    disk_s: float

    @property
    def tokens_per_second(self) -> float:
        """The upper limit."""
        return 1 / max(self.memory_s, self.disk_s, 1e-9)

    def share(self, rate: float) -> float:
        """What share of it a speed in tokens a second is, at most all: a small model's weights may stay in the
        processor's own caches, which are faster than the memory that was measured, and a measurement has noise."""
        return min(1.0, rate / self.tokens_per_second)

    @property
    def by_disk(self) -> bool:
        """Whether the disk is the narrower place."""
        return self.disk_s > self.memory_s


def bound(facts: Facts, speeds: Speeds, sample: Sample, bytes_per_token: float | None) -> Bound:
    """The bound of a model on this machine.

    Args:
        facts: of the model's header.
        speeds: measured.
        sample: how full the context is, and how many neurons are active.
        bytes_per_token: read from the disk; None when unknown: taken as nothing.
    """
    experts = facts.active_experts
    if sample.neurons > 0:
        experts *= 1 - SHARE_OF_UP * (1 - sample.neurons_active / sample.neurons)
    full = sample.kv_tokens / sample.kv_capacity if sample.kv_capacity else 0.0
    cache = (sample.kv_global_bytes + sample.kv_window_bytes) * full
    return Bound((facts.dense + experts + cache) / speeds.memory, (bytes_per_token or 0.0) / speeds.disk)
