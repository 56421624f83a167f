"""The metadata of small models of SmallThinker's architecture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from gguf import GGUFWriter


class Sizes(Protocol):
    """What their shapes have in common."""

    @property
    def embedding(self) -> int: ...
    @property
    def expert_size(self) -> int: ...
    @property
    def heads(self) -> int: ...
    @property
    def kv_heads(self) -> int: ...
    @property
    def head_size(self) -> int: ...
    @property
    def rope_base(self) -> float: ...
    @property
    def epsilon(self) -> float: ...
    @property
    def experts(self) -> int: ...
    @property
    def experts_used(self) -> int: ...
    @property
    def vocabulary(self) -> int: ...


def add_metadata(
    writer: GGUFWriter,
    shape: Sizes,
    layers: int,
    *,
    gating: int | None,
    context: int = 512,
    window: int = 0,
    pattern: int | Sequence[bool] | None = None,
) -> None:
    """Writes a model's metadata.

    Args:
        writer: of the file.
        shape: sizes.
        layers: how many.
        gating: `gguf.ExpertGatingFuncType`; None leaves the key out.
        context: tokens it was trained for.
        window: tokens of the sliding window; 0 leaves the key out.
        pattern: the file's own word on which layers have the window: a period (the first layer of each is global),
            one flag for each layer, or None for a file that does not say.
    """
    writer.add_context_length(context)
    writer.add_embedding_length(shape.embedding)
    writer.add_block_count(layers)
    writer.add_feed_forward_length(shape.expert_size)
    writer.add_expert_feed_forward_length(shape.expert_size)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_expert_count(shape.experts)
    writer.add_expert_used_count(shape.experts_used)
    if gating is not None:
        writer.add_uint32("smallthinker.expert_gating_func", int(gating))
    writer.add_vocab_size(shape.vocabulary)
    writer.add_tokenizer_model("none")
    if window:
        writer.add_sliding_window(window)
    if isinstance(pattern, int):
        writer.add_uint32("smallthinker.attention.sliding_window_pattern", pattern)
    elif pattern is not None:
        writer.add_array("smallthinker.attention.sliding_window_pattern", list(pattern))
