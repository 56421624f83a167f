"""How a model ran on a computer."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from thimble.protocol.values import Values


class MeasureStage(StrEnum):
    """How far a measurement is."""

    LOADING = "loading"
    READING = "reading"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Measurement(Values):
    """How one model ran on one computer (`result` event of `/thimble/measure`).

    Attributes:
        time: unix seconds.
        memory_limit: bytes, 0 for none.
        context, threads, cache_k, cache_v, approximate_head: it was loaded with these, see `LoadOptions`.
        prompt_tokens, generated_tokens: how many were read and written.
        prefill_tps, decode_tps: tokens a second.
        load_s: seconds until it was loaded.
        peak_bytes: the most memory of the process, file-backed pages included.
        hit_rate: share of expert uses found in memory, 0…1; None without a store.
        bytes_per_token: read from the disk for each written token.
        version, engine_build: see `EngineStatus`.
        cpu, cores: of the computer.
        others_busy: threads of other programs that wanted a core before and after it, on average.
        expert_cache: bytes for the experts alone, 0 for all that the limit left.
    """

    time: float
    memory_limit: int
    context: int
    threads: int
    cache_k: str
    cache_v: str
    approximate_head: bool
    prompt_tokens: int
    generated_tokens: int
    prefill_tps: float
    decode_tps: float
    load_s: float
    peak_bytes: int
    hit_rate: float | None
    bytes_per_token: float
    version: str
    engine_build: str
    cpu: str
    cores: int
    others_busy: float = 0.0
    expert_cache: int = 0
