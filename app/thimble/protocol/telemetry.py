"""What the engine did and does, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from thimble.protocol.status import State
from thimble.protocol.values import Values


@dataclass(frozen=True, slots=True)
class Sample(Values):
    """One `sample` event of the telemetry stream, version 1, at most 10 a second.

    Counters only grow while `engine_epoch` stays; readers compute rates from two samples. Times are in nanoseconds
    of wall time: compute + stall + sampling + other = the time spent answering.

    Attributes:
        engine_epoch: see `EngineStatus`.
        time_ns: the engine's monotonic clock.
        prompt_tokens, cached_tokens, generated_tokens, answers: counters.
        prefill_ns, decode_ns: counters of the phases' wall time.
        compute_ns, stall_ns, sampling_ns, other_ns: counters of where that time went.
        expert_hits, expert_misses, expert_bytes_read: counters of the expert cache.
        expert_prefetched: counter: uses that had to be read and that nobody waited for: `expert_in_time`, and hits
            that were read before their router had spoken.
        expert_in_time: counter: misses that had arrived when compute came to them.
        expert_late: counter: misses whose read had begun before their router spoke, and had not ended when compute
            came. All other misses were demanded: their read began when their router had spoken.
        expert_evictions: counter: experts that lost their place.
        expert_reads, expert_read_ns: counters: requests to the disk, and the time in them summed over I/O threads.
        expert_guesses, expert_guesses_right: counters: experts of the next layer that were foretold, and those its
            router then chose.
        neurons, neurons_active: counters: hidden values of selected experts with a ReLU, and those not switched off.
        head_rows, head_all_rows, head_checked, head_changed: counters of the approximate head, as in `Timings`.
        memory_bytes: gauge: the engine's resident memory, file-backed pages included.
        peak_memory_bytes: gauge: the highest so far.
        memory_limit: gauge: bytes, 0 for none.
        expert_cache_bytes, expert_memory_bytes: gauges: what the experts may take, and what those in memory do take.
        expert_given_back_bytes: gauge: what the experts do without because the computer's memory is short.
        experts_resident, experts_total: gauges: experts in memory, and all, over all layers; 0 for dense models.
        kv_tokens, kv_capacity: gauges: tokens in the KV cache, and room.
        kv_window_bytes, kv_global_bytes, kv_recurrent_bytes: gauges: the KV cache by kind of layer: those that see a
            window, those that see everything, and states of layers without keys and values; 0 in a stock build.
        kv_full_bytes: gauge: what keys and values would take if every layer saw everything.
        kv_kept_bytes: gauge: what is kept besides, to go back to earlier messages without reading them again.
        cpu_percent: gauge: of one core since the last sample (400 = four cores).
        state: see `State`.
        weights_bytes: gauge: weights that are always in memory beside paged experts; 0 where the model's file is
            mapped as a whole: then `mapped_bytes` tells what of it is in memory.
        compute_bytes: gauge: reserved for intermediate results; not all of it has been touched.
        mapped_bytes: gauge: of `memory_bytes`, pages of files, which the system has in its page cache.
        threads: gauge: compute threads at this moment; fewer than the model's while other programs want the cores.
        first_token_ns: gauge: from the start of work on the newest answer to its first token.
    """

    engine_epoch: str
    time_ns: int
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    answers: int = 0
    prefill_ns: int = 0
    decode_ns: int = 0
    compute_ns: int = 0
    stall_ns: int = 0
    sampling_ns: int = 0
    other_ns: int = 0
    expert_hits: int = 0
    expert_misses: int = 0
    expert_prefetched: int = 0
    expert_bytes_read: int = 0
    memory_bytes: int = 0
    peak_memory_bytes: int = 0
    memory_limit: int = 0
    expert_cache_bytes: int = 0
    expert_memory_bytes: int = 0
    experts_resident: int = 0
    experts_total: int = 0
    kv_tokens: int = 0
    kv_capacity: int = 0
    cpu_percent: float = 0.0
    state: str = State.EMPTY
    expert_given_back_bytes: int = 0
    kv_window_bytes: int = 0
    kv_global_bytes: int = 0
    kv_recurrent_bytes: int = 0
    kv_full_bytes: int = 0
    kv_kept_bytes: int = 0
    head_rows: int = 0
    head_all_rows: int = 0
    head_checked: int = 0
    head_changed: int = 0
    expert_in_time: int = 0
    expert_late: int = 0
    expert_evictions: int = 0
    expert_reads: int = 0
    expert_read_ns: int = 0
    expert_guesses: int = 0
    expert_guesses_right: int = 0
    neurons: int = 0
    neurons_active: int = 0
    weights_bytes: int = 0
    compute_bytes: int = 0
    mapped_bytes: int = 0
    threads: int = 0
    first_token_ns: int = 0
