"""Tiny models with recurrent layers: Mamba, which has nothing else, and LFM2, which has attention besides."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter

Array = npt.NDArray[np.float32]
Matrix = Callable[[int, int], Array]

VOCABULARY: Final = 96
CONTEXT: Final = 4096
_WIDTH: Final = 64
_HIDDEN: Final = 96
_LAYERS: Final = 4
_KV_HEADS: Final = 2
_HEADS: Final = 4
_STATE: Final = 8


class Kind(StrEnum):
    """Which model."""

    MAMBA = "mamba"
    LFM2 = "lfm2"
    LFM2_WINDOW = "lfm2-window"


WINDOW: Final = 24
"""Tokens that attention sees in `Kind.LFM2_WINDOW`."""


def write_state_model(path: Path, kind: Kind, seed: int = 3) -> Path:
    """Writes a model with random weights and no tokenizer."""
    random = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> Array:
        return random.normal(0.0, 1.2 * columns**-0.5, (rows, columns)).astype(np.float32)

    architecture = "mamba" if kind is Kind.MAMBA else "lfm2"
    writer = GGUFWriter(path, architecture)
    weights: dict[str, Array] = {
        "token_embd.weight": random.normal(0.0, 1.0, (VOCABULARY, _WIDTH)).astype(np.float32),
        "output.weight": matrix(VOCABULARY, _WIDTH),
        "output_norm.weight" if kind is Kind.MAMBA else "token_embd_norm.weight": np.ones(_WIDTH, np.float32),
    }
    for layer in range(_LAYERS):
        parts = _mamba(random, matrix) if kind is Kind.MAMBA else _lfm2(layer, matrix)
        weights |= {f"blk.{layer}.{name}": weight for name, weight in parts.items()}
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(_WIDTH)
    writer.add_block_count(_LAYERS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(VOCABULARY)
    writer.add_tokenizer_model("none")
    if kind is Kind.MAMBA:
        writer.add_feed_forward_length(0)
        writer.add_head_count(0)
        writer.add_ssm_conv_kernel(4)
        writer.add_ssm_inner_size(2 * _WIDTH)
        writer.add_ssm_state_size(_STATE)
        writer.add_ssm_time_step_rank(4)
    else:
        writer.add_feed_forward_length(_HIDDEN)
        writer.add_head_count(_HEADS)
        writer.add_head_count_kv([_KV_HEADS if _attends(layer) else 0 for layer in range(_LAYERS)])
        writer.add_rope_freq_base(10_000.0)
        writer.add_shortconv_l_cache(3)
        if kind is Kind.LFM2_WINDOW:
            writer.add_sliding_window(WINDOW)
    for name, weight in weights.items():
        writer.add_tensor(name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _attends(layer: int) -> bool:
    return layer % 2 == 1


def _mamba(random: np.random.Generator, make: Matrix) -> dict[str, Array]:
    inner = 2 * _WIDTH
    return {
        "attn_norm.weight": np.ones(_WIDTH, np.float32),
        "ssm_in.weight": make(2 * inner, _WIDTH),
        "ssm_conv1d.weight": random.normal(0.0, 0.5, (inner, 4)).astype(np.float32),
        "ssm_conv1d.bias": np.zeros(inner, np.float32),
        "ssm_x.weight": make(4 + 2 * _STATE, inner),
        "ssm_dt.weight": make(inner, 4),
        "ssm_dt.bias": np.full(inner, -3.0, np.float32),  # small steps: the state remembers hundreds of tokens
        "ssm_a": np.tile(-np.arange(1, _STATE + 1) / 8, (inner, 1)).astype(np.float32),
        "ssm_d": np.ones(inner, np.float32),
        "ssm_out.weight": make(_WIDTH, inner),
    }


def _lfm2(layer: int, make: Matrix) -> dict[str, Array]:
    parts: dict[str, Array] = {
        "attn_norm.weight": np.ones(_WIDTH, np.float32),
        "ffn_norm.weight": np.ones(_WIDTH, np.float32),
        "ffn_gate.weight": make(_HIDDEN, _WIDTH),
        "ffn_up.weight": make(_HIDDEN, _WIDTH),
        "ffn_down.weight": make(_WIDTH, _HIDDEN),
    }
    if not _attends(layer):
        return parts | {
            "shortconv.conv.weight": make(_WIDTH, 3),
            "shortconv.in_proj.weight": make(3 * _WIDTH, _WIDTH),
            "shortconv.out_proj.weight": make(_WIDTH, _WIDTH),
        }
    head = _WIDTH // _HEADS
    return parts | {
        "attn_q.weight": make(_WIDTH, _WIDTH),
        "attn_k.weight": make(_KV_HEADS * head, _WIDTH),
        "attn_v.weight": make(_KV_HEADS * head, _WIDTH),
        "attn_output.weight": make(_WIDTH, _WIDTH),
        "attn_q_norm.weight": np.ones(head, np.float32),
        "attn_k_norm.weight": np.ones(head, np.float32),
    }
