"""How much memory a model takes when it runs wholly in memory, from its header alone (pure arithmetic)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from thimble.modelfile.authors import predictor_bytes
from thimble.modelfile.ggml_types import TENSOR_TYPES
from thimble.modelfile.header import ModelHeader

MIB: Final = 2**20
UBATCH: Final = 512  # tokens that llama.cpp computes at once while it reads a prompt
PROCESS_RESERVE: Final = 80 * MIB  # Python, the server and llama.cpp's code: 70 measured with the starter model
_TOKEN_BYTES: Final = 256  # llama.cpp's tables for each token of the vocabulary
F16_CACHE: Final = ("f16", "f16")
_CONTEXT_STEP: Final = 256  # llama.cpp rounds the KV cache up to this
_PATTERN_KEY: Final = "attention.sliding_window_pattern"
# One layer in so many sees everything, and whether that is the first or the last of them: llama.cpp's own knowledge
# of files that do not say it.
_PERIODS: Final = {"smallthinker": (4, True), "gpt-oss": (2, False), "gemma2": (2, False), "gemma3": (6, False)}
_F32: Final = 4
# Intermediate tensors of one layer that live at the same time: hidden state, residual, norm, q/k/v, attention output.
_LIVE_HIDDEN: Final = 6
_LIVE_FFN: Final = 3  # gate, up and their product


@dataclass(frozen=True, slots=True)
class MemoryEstimate:
    """Bytes of each part.

    Attributes:
        weights: all tensors of the file but the head's predictor, which is loaded for the approximate head only.
        kv_cache: keys and values of the context.
        compute: buffers of the computation, and the process itself.
    """

    weights: int
    kv_cache: int
    compute: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.kv_cache + self.compute


def estimate_memory(
    header: ModelHeader, context: int, *, ubatch: int = UBATCH, cache: tuple[str, str] = F16_CACHE
) -> MemoryEstimate:
    """What unpatched llama.cpp needs to run the model in memory: weights not repacked, logits of one token at a time.

    Checked against the engine's peak memory with the starter model: 5 % above it at context 1024, 2 % at 8192.

    Args:
        header: the model.
        context: KV-cache length in tokens.
        ubatch: tokens computed at once.
        cache: types of keys and values, by ggml's names.
    """
    return MemoryEstimate(
        weights=header.expert_bytes + header.non_expert_bytes - predictor_bytes(header),
        kv_cache=_kv_cache(header, max(1, context), ubatch, cache),
        compute=_compute(header, ubatch),
    )


def _kv_cache(header: ModelHeader, context: int, ubatch: int, cache: tuple[str, str]) -> int:
    full = _rounded(context)
    window = min(full, _rounded(header.sliding_window + ubatch)) if header.sliding_window else full
    latent = _number(header, "attention.kv_lora_rank")
    total = 0
    for layer, is_window in enumerate(_window_layers(header)):
        heads = header.head_counts_kv[layer] if layer < len(header.head_counts_kv) else 0
        row = _row_bytes(heads * header.key_length, cache[0]) + _row_bytes(heads * header.value_length, cache[1])
        if latent and _number(header, "attention.key_length_mla"):  # one compressed row for all heads
            row = _row_bytes(latent + _number(header, "rope.dimension_count"), cache[0])
        total += row * (window if is_window else full)
    return total


def _row_bytes(width: int, type_name: str) -> int:
    kind = next(kind for kind in TENSOR_TYPES.values() if kind.name == type_name.upper())
    return -(-width // kind.block) * kind.block_bytes


def _window_layers(header: ModelHeader) -> tuple[bool, ...]:
    """Which layers see only the window. Where neither the file nor we know, none: the estimate is then an upper
    bound."""
    layers = header.block_count
    if not header.sliding_window:
        return (False,) * layers
    pattern = header.metadata.get(f"{header.architecture}.{_PATTERN_KEY}")
    if isinstance(pattern, tuple) and len(pattern) >= layers:
        return tuple(bool(value) for value in pattern[:layers])
    period, global_first = _PERIODS.get(header.architecture, (1, False))
    if header.architecture in _PERIODS and isinstance(pattern, int) and not isinstance(pattern, bool):
        period = pattern
    if period == 0:
        return (True,) * layers
    seeing_everything = 0 if global_first else period - 1
    return tuple(layer % period != seeing_everything for layer in range(layers))


def _compute(header: ModelHeader, ubatch: int) -> int:
    """A layer's intermediates for a whole ubatch, one token's logits, the vocabulary, and the process itself."""
    per_token = header.embedding_length * (_LIVE_HIDDEN + 1) + header.feed_forward_length * _LIVE_FFN
    if header.expert_used_count:
        expert_width = _number(header, "expert_feed_forward_length") or header.feed_forward_length
        per_token += header.expert_used_count * (expert_width * _LIVE_FFN + header.embedding_length)
    return per_token * ubatch * _F32 + header.vocabulary * (_F32 + _TOKEN_BYTES) + PROCESS_RESERVE


def _number(header: ModelHeader, key: str) -> int:
    value = header.metadata.get(f"{header.architecture}.{key}")
    return value if isinstance(value, int) and value > 0 else 0


def _rounded(tokens: int) -> int:
    return -(-tokens // _CONTEXT_STEP) * _CONTEXT_STEP
