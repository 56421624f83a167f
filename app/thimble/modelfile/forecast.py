"""Will it run here, and how fast? From a header and a few facts of the machine, before anything is downloaded.

Advice, never a veto: the engine measures and decides. All figures are bytes, seconds and tokens a second.

How a token's time comes about: the weights it touches pass through the cores once, as fast as memory gives them or the
cores take them, and what the expert cache has not must come from the disk, of which a part hides behind computing. How
the first prompt's time comes about: its tokens are computed together while all experts come from the disk, and the
memory they stay in has to be taken from the system. The constants were set with runs of the SmallThinker 4B and Qwen3
1.7B shapes and one of Qwen3-30B-A3B's; `docs/models.md` says which, and how far other runs were off.
"""

from __future__ import annotations

import math
import platform
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from thimble.modelfile.authors import has_predictor, predictor_bytes
from thimble.modelfile.fit import F16_CACHE, MIB, estimate_memory
from thimble.modelfile.header import ModelHeader

PAGING_MARGIN: Final = 16 * MIB
_PAGE_TABLES: Final = 256
"""See `engine/budget.py`: what the engine keeps for itself beside what can be counted."""
_PAGE: Final = 4096
_SPARE_SLOTS: Final = 2
_MEMORY_USED: Final = 0.95
"""Of the best speed at which all cores read memory (`speeds.memory_speed`), so much arrives in a token's products."""
_CORE_BYTES_S: Final = 10.2e9
"""Weights that one core takes at most; with few cores these set the speed and not the memory."""
_LAYER_S: Final = 0.2e-3
"""What a layer's small steps take besides, whatever its size."""
_STALL: Final = 0.48
_STALL_EARLY: Final = 0.25
"""Of the time that missing experts take on the disk, so much is not hidden behind computing; less where a layer's
router speaks before its attention."""
EARLY: Final = frozenset({"smallthinker"})
_READ_S: Final = 26e-6
"""A read is waited for at least so long, however small: an SSD answers after a tenth of a millisecond, and four readers
wait at once. Measured with the Thimble guide, whose matrices have 15 KB."""
_PAGING_WORK: Final = 1.04
"""Computing takes so much longer while experts are read beside it."""
_HITS_SCALE: Final = 3.0
_HITS_POWER: Final = 0.8
_PROMPT_WEIGHTS_S: Final = 7.0e10
"""Weights times tokens that one core computes in a second where many tokens are computed together."""
_TAKING_S: Final = 0.9e-9
"""For each byte that experts stay in: the system hands memory out page by page."""
_HEAD_ROWS: Final = 0.31
"""Of the vocabulary's rows, so many are computed with the approximate head (docs/engine.md)."""
_BYTES_PER_WEIGHT: Final = 4.85 / 8
"""Where only bytes are known: Q4_K_M's."""
_REPACKED_TYPES: Final = frozenset({"Q4_0", "Q4_K", "Q2_K", "IQ4_NL", "MXFP4"}) | (
    frozenset({"Q5_K", "Q6_K", "Q8_0"}) if platform.machine().lower() in {"arm64", "aarch64"} else frozenset()
)
"""Of which llama.cpp may keep a second copy (`ggml_repack_get_optimal_repack_type`)."""
PROMPT: Final = 256
"""Tokens of the prompt whose speed is foretold."""
SPREAD: Final = 0.15
"""Half the width of the range that is shown."""


class Verdict(StrEnum):
    """What to expect."""

    FITS = "fits"
    """Everything is in memory."""
    PAGED = "paged"
    """Some experts stay on disk."""
    TOO_BIG = "too_big"
    """What has to be in memory does not fit."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What a model takes, as far as memory and speed go; made once, then asked for different machines.

    Attributes:
        file_bytes: of all files.
        dense: bytes of the weights that every token touches.
        embedding: bytes of the token embeddings of which only rows are read; 0 where they are the output, too.
        experts: bytes of all experts.
        expert_count, expert_used: experts in a layer, and those of one token.
        expert_layers: layers that have experts.
        layers: all of them.
        kv_cache: bytes at the chosen context.
        compute: bytes of buffers and of the process itself.
        weights: that one token touches, as a number; 0 where only bytes are known.
        skipped: bytes of `dense` that a token does not touch: rows that the approximate head leaves out.
        repacked: bytes of the weights that llama.cpp keeps a second copy of where there is room: types it has other
            kernels for.
        early: whether a layer's router speaks before its attention, so that reads begin early.
        slots: bytes that all experts take in memory, where each matrix is read in whole pages; 0 for `experts`.
        matrices: that an expert consists of; each is a read of its own.
    """

    file_bytes: int
    dense: int
    embedding: int
    experts: int
    expert_count: int
    expert_used: int
    expert_layers: int
    layers: int
    kv_cache: int
    compute: int
    weights: float = 0.0
    skipped: int = 0
    repacked: int = 0
    early: bool = False
    slots: int = 0
    matrices: int = 3

    @property
    def in_slots(self) -> int:
        """Bytes that all experts take in memory."""
        return self.slots or self.experts

    @property
    def active_experts(self) -> float:
        """Bytes of the experts that one token uses."""
        return self.experts * self.expert_used / self.expert_count if self.expert_count else 0.0

    @property
    def one_read(self) -> float:
        """Bytes that are read for one expert: whole pages, so at each matrix on average one more."""
        return self.experts / max(1, self.expert_count * self.expert_layers) + self.matrices * _PAGE

    @property
    def least_experts(self) -> float:
        """Bytes below which the engine refuses: the experts of one token in one layer, and two on their way."""
        each = self.in_slots / max(1, self.expert_count * self.expert_layers)
        return min(float(self.in_slots), each * (self.expert_used + _SPARE_SLOTS))

    def scaled(self, file_bytes: int) -> Facts:
        """The same model in another quantization, of which only the size is known."""
        factor = file_bytes / max(1, self.file_bytes)
        return replace(
            self,
            file_bytes=file_bytes,
            dense=round(self.dense * factor),
            embedding=round(self.embedding * factor),
            experts=round(self.experts * factor),
            slots=round(self.slots * factor),
            skipped=round(self.skipped * factor),
            repacked=round(self.repacked * factor),
        )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model is going to run.

    Attributes:
        room: bytes that the engine may take: the chosen limit, else what is free less a rest.
        limited: whether a person chose that.
        memory_speed, disk_speed: bytes a second, see `thimble.speeds`.
        pages: whether the engine can keep experts on disk here.
        cores: that compute.
        expert_cache: bytes that a person chose for the experts alone; 0 for all that is left.
    """

    room: int
    limited: bool
    memory_speed: float
    disk_speed: float
    pages: bool = True
    cores: int = 2
    expert_cache: int = 0


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect.

    Attributes:
        verdict: see `Verdict`.
        resident: bytes that have to be in memory besides experts (of a dense model: all).
        expert_cache: bytes that the experts get.
        experts: bytes of all experts; 0 where none can stay on disk.
        needed: the least that would do, bytes.
        room, limited: as in `Place`.
        hits: share of expert uses found in memory, 0…1; 1 where all are.
        disk_per_token: bytes read for each token.
        tokens_per_second: while an answer is written; 0 when it does not run.
        prompt_tokens_per_second: while the first prompt after loading is read; 0 when it does not run.
    """

    verdict: Verdict
    resident: int
    expert_cache: int
    experts: int
    needed: int
    room: int
    limited: bool
    hits: float
    disk_per_token: float
    tokens_per_second: float
    prompt_tokens_per_second: float = 0.0

    @property
    def total(self) -> int:
        """Bytes that the engine will take."""
        return self.resident + self.expert_cache

    @property
    def range(self) -> tuple[float, float]:
        """Tokens a second, from … to."""
        return self.tokens_per_second * (1 - SPREAD), self.tokens_per_second * (1 + SPREAD)


def facts_of(
    header: ModelHeader, context: int, cache: tuple[str, str] = F16_CACHE, *, approximate_head: bool = False
) -> Facts:
    """What the forecast needs of a header, at a context of so many tokens (at most what the model was trained for).

    Args:
        header: the model's.
        context: tokens.
        cache: types of keys and values.
        approximate_head: whether that is on; a file without a predictor has its whole head in any case.
    """
    if header.context_trained:
        context = min(context, header.context_trained)
    estimate = estimate_memory(header, context, cache=cache)
    names = {tensor.name for tensor in header.tensors}
    embedding = sum(tensor.bytes for tensor in header.tensors if tensor.name == "token_embd.weight")
    embedding = embedding if "output.weight" in names else 0
    paged = [tensor.name for tensor in header.tensors if tensor.name.endswith("_exps.weight")]
    layers = {name.split(".")[1] for name in paged}
    predictor = predictor_bytes(header)
    approximate = approximate_head and has_predictor(header)
    head = "output.weight" if "output.weight" in names else "token_embd.weight"
    rows = sum(tensor.bytes for tensor in header.tensors if tensor.name == head)
    return Facts(
        file_bytes=header.file_bytes,
        dense=header.non_expert_bytes - embedding - (0 if approximate else predictor),
        embedding=embedding,
        experts=header.expert_bytes,
        expert_count=header.expert_count if header.expert_bytes else 0,
        expert_used=header.expert_used_count if header.expert_bytes else 0,
        expert_layers=len(layers),
        layers=header.block_count,
        kv_cache=estimate.kv_cache,
        compute=estimate.compute,
        weights=_weights_of_a_token(header, rows=bool(embedding)),
        skipped=round((1 - _HEAD_ROWS) * rows) if approximate else 0,
        repacked=sum(
            tensor.bytes
            for tensor in header.tensors
            if tensor.type in _REPACKED_TYPES and not (embedding and tensor.name == "token_embd.weight")
        ),
        early=header.architecture in EARLY,
        slots=sum(_in_pages(tensor.bytes, header.expert_count) for tensor in header.tensors if "_exps." in tensor.name),
        matrices=round(len(paged) / max(1, len(layers))),
    )


def _in_pages(size: int, count: int) -> int:
    """What the matrices of so many experts take in slots: the store's `region_bytes` (expert-store-impl.h)."""
    one = size // max(1, count)
    return max(1, count) * -(-(one + 2 * (_PAGE - 1)) // _PAGE) * _PAGE if one else size


def _weights_of_a_token(header: ModelHeader, *, rows: bool) -> float:
    experts = sum(tensor.elements for tensor in header.tensors if "_exps." in tensor.name)
    embedding = sum(tensor.elements for tensor in header.tensors if tensor.name == "token_embd.weight") if rows else 0
    used = header.expert_used_count / header.expert_count if header.expert_count else 1.0
    return header.parameters - experts - embedding + experts * used


def forecast(facts: Facts, place: Place) -> Forecast:
    """What to expect of a model in a place; see the module for how."""
    paged = place.pages and facts.experts > 0 and facts.expert_count > 0
    if not paged:
        resident = facts.dense + facts.embedding + facts.experts + facts.kv_cache + facts.compute
        fits = resident <= place.room
        if fits and not facts.experts and resident + facts.dense + facts.embedding <= place.room:
            resident += facts.repacked  # the copy computes faster (`engine.fit.check_memory`)
        speed = _speed(facts, place, misses=0.0, paging=False) if fits else 0.0
        prompt = _prompt_speed(facts, place, cache=facts.experts, read=0) if fits else 0.0
        return Forecast(
            Verdict.FITS if fits else Verdict.TOO_BIG,
            resident,
            0,
            0,
            resident,
            place.room,
            place.limited,
            1.0,
            0.0,
            speed,
            prompt,
        )
    resident = facts.dense + facts.kv_cache + facts.compute + PAGING_MARGIN
    left = place.room - resident - place.room // _PAGE_TABLES
    needed = round((resident + facts.least_experts) * (1 + 1 / _PAGE_TABLES))
    if left < facts.least_experts:
        return Forecast(Verdict.TOO_BIG, resident, 0, facts.experts, needed, place.room, place.limited, 0.0, 0.0, 0.0)
    cache = min(left, facts.in_slots)
    if place.expert_cache:
        cache = min(cache, max(place.expert_cache, math.ceil(facts.least_experts)))
    hits = hit_rate(cache / facts.in_slots)
    misses = (1 - hits) * facts.expert_used * facts.expert_layers
    return Forecast(
        Verdict.FITS if cache >= facts.in_slots else Verdict.PAGED,
        resident,
        cache,
        facts.in_slots,
        needed,
        place.room,
        place.limited,
        hits,
        misses * facts.one_read,
        _speed(facts, place, misses=misses, paging=hits < 1),
        _prompt_speed(facts, place, cache=cache, read=facts.experts),
    )


def hit_rate(share: float) -> float:
    """Share of expert uses that a cache of this share of the experts serves, 0…1; routing is uneven, so it is more."""
    share = min(1.0, max(0.0, share))
    return 1 - (1 - share) * math.exp(-_HITS_SCALE * math.pow(share, _HITS_POWER))


def _speed(facts: Facts, place: Place, *, misses: float, paging: bool) -> float:
    products = min(_MEMORY_USED * place.memory_speed, _CORE_BYTES_S * max(1, place.cores))
    touched = facts.dense - facts.skipped + facts.active_experts
    computing = touched / products + _LAYER_S * facts.layers
    if not paging:
        return 1 / max(computing, 1e-6)
    stall = _STALL_EARLY if facts.early else _STALL
    waiting = max(stall * facts.one_read / place.disk_speed, facts.matrices * _READ_S)
    return 1 / (computing * _PAGING_WORK + misses * waiting)


def _prompt_speed(facts: Facts, place: Place, *, cache: float, read: float) -> float:
    """Tokens a second of the first prompt; so many of its tokens use nearly all experts."""
    weights = facts.weights or (facts.dense + facts.active_experts) / _BYTES_PER_WEIGHT
    computing = PROMPT * weights / (_PROMPT_WEIGHTS_S * max(1, place.cores))
    return PROMPT / max(max(computing, read / place.disk_speed) + _TAKING_S * cache, 1e-3)
