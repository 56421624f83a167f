"""One sample of the telemetry: counters that go on from model to model, and gauges of the resident one."""

from __future__ import annotations

import time
from dataclasses import asdict, replace
from typing import Final

from thimble.engine.experts import ExpertStats
from thimble.engine.head import HeadStats
from thimble.engine.memory import memory_use
from thimble.engine.model import LoadedModel
from thimble.engine.session import Session
from thimble.engine.telemetry import Counters
from thimble.protocol import Sample

_TOLD: Final = (
    "hits",
    "misses",
    "reads",
    "bytes_read",
    "read_ns",
    "evictions",
    "in_time",
    "ahead_used",
    "ahead_late",
    "late",
    "guesses",
    "guesses_right",
    "neurons",
    "neurons_active",
)
"""Counters of the expert store that go on when the next model comes."""


class Totals:
    """Counters of expert stores and approximate heads, over all models of a host. The caller locks."""

    def __init__(self) -> None:
        self._experts = ExpertStats()
        self._heads = HeadStats()

    def keep(self, loaded: LoadedModel) -> None:
        """Counts a model that is about to go among the earlier ones."""
        if loaded.experts is not None:
            self._experts = _sum(self._experts, loaded.experts.stats())
        if loaded.head is not None:
            self._heads += loaded.head.stats()

    def now(self, loaded: LoadedModel | None) -> tuple[ExpertStats, HeadStats]:
        """The earlier models' counters and the resident one's, and its gauges."""
        experts = loaded.experts if loaded else None
        head = loaded.head if loaded else None
        return (
            _sum(self._experts, experts.stats() if experts else ExpertStats()),
            self._heads + (head.stats() if head else HeadStats()),
        )


def _sum(earlier: ExpertStats, now: ExpertStats) -> ExpertStats:
    """The counters that are told, added up; gauges as they are now."""
    return replace(now, **{name: getattr(earlier, name) + getattr(now, name) for name in _TOLD})


def take_sample(
    epoch: str,
    state: str,
    counters: Counters,
    stats: tuple[ExpertStats, HeadStats],
    loaded: LoadedModel | None,
    session: Session | None,
    *,
    cpu_percent: float,
) -> Sample:
    """The counters and gauges at this moment.

    Args:
        epoch, state, cpu_percent: see `Sample`.
        counters: of the worker.
        stats: see `Totals.now`.
        loaded: the resident model.
        session: its conversation.
    """
    (experts, head), memory = stats, memory_use()
    return Sample(
        engine_epoch=epoch,
        time_ns=time.monotonic_ns(),
        prompt_tokens=counters.prompt_tokens,
        cached_tokens=counters.cached_tokens,
        generated_tokens=counters.generated_tokens,
        answers=counters.answers,
        **asdict(counters.times()),
        memory_bytes=memory.now,
        peak_memory_bytes=memory.peak,
        expert_hits=experts.hits,
        expert_misses=experts.misses,
        expert_prefetched=experts.prefetched,
        expert_bytes_read=experts.bytes_read,
        expert_in_time=experts.in_time,
        expert_late=experts.late,
        expert_evictions=experts.evictions,
        expert_reads=experts.reads,
        expert_read_ns=experts.read_ns,
        expert_guesses=experts.guesses,
        expert_guesses_right=experts.guesses_right,
        neurons=experts.neurons,
        neurons_active=experts.neurons_active,
        weights_bytes=loaded.weights_bytes if loaded else 0,
        compute_bytes=loaded.compute_bytes if loaded else 0,
        mapped_bytes=memory.mapped,
        threads=loaded.threads_now if loaded else 0,
        first_token_ns=counters.first_token_ns,
        memory_limit=loaded.memory_limit if loaded else 0,
        expert_cache_bytes=experts.budget_bytes,
        expert_memory_bytes=experts.resident_bytes,
        expert_given_back_bytes=loaded.given_back(experts.budget_bytes) if loaded else 0,
        experts_resident=experts.resident_experts,
        experts_total=experts.total_experts,
        kv_tokens=session.length if session else 0,
        kv_capacity=session.capacity if session else 0,
        kv_window_bytes=loaded.kv.window_bytes if loaded else 0,
        kv_global_bytes=loaded.kv.global_bytes if loaded else 0,
        kv_recurrent_bytes=loaded.kv.recurrent_bytes if loaded else 0,
        kv_full_bytes=loaded.kv.full_bytes if loaded else 0,
        kv_kept_bytes=loaded.history if loaded else 0,
        cpu_percent=cpu_percent,
        state=state,
        head_rows=head.rows,
        head_all_rows=head.all_rows,
        head_checked=head.checked,
        head_changed=head.changed,
    )
