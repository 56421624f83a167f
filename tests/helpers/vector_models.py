"""Tiny BERTs: real GGUFs that turn texts into vectors, and the same computation in NumPy."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter, PoolingType, TokenType

Array = npt.NDArray[np.float32]

UNKNOWN, CLS, SEP = 1, 2, 3
WORDS: Final = ("a", "fox", "jumps", "over", "the", "lazy", "dog", "cat", "sleeps", "in", "sun", "moon")
FIRST_WORD: Final = 5
"""The token of `WORDS[0]`; the others follow."""
WIDTH: Final = 32
_HIDDEN, _HEADS, _LAYERS = 64, 4, 2
_EPSILON: Final = 1e-12


def weights(seed: int = 1, context: int = 64) -> dict[str, Array]:
    """Random weights of the whole model, by llama.cpp's names."""
    random = np.random.default_rng(seed)

    def normal(*shape: int) -> Array:
        return random.normal(0.0, shape[-1] ** -0.5, shape).astype(np.float32)

    found = {
        "token_embd.weight": random.normal(0.0, 1.0, (FIRST_WORD + len(WORDS), WIDTH)).astype(np.float32),
        "token_types.weight": normal(2, WIDTH),
        "position_embd.weight": normal(context, WIDTH),
    }
    norms = ["token_embd_norm"]
    for layer in range(_LAYERS):
        block = f"blk.{layer}"
        sizes = {
            **dict.fromkeys(("attn_q", "attn_k", "attn_v", "attn_output"), (WIDTH, WIDTH)),
            "ffn_up": (_HIDDEN, WIDTH),
            "ffn_down": (WIDTH, _HIDDEN),
        }
        for name, size in sizes.items():
            found[f"{block}.{name}.weight"] = normal(*size)
            found[f"{block}.{name}.bias"] = normal(size[0])
        norms += [f"{block}.attn_output_norm", f"{block}.layer_output_norm"]
    for name in norms:
        found[f"{name}.weight"] = (1 + normal(WIDTH)).astype(np.float32)
        found[f"{name}.bias"] = normal(WIDTH)
    return found


def write_bert(
    path: Path,
    *,
    pooling: PoolingType | None = PoolingType.MEAN,
    context: int = 64,
    tags: Sequence[str] = (),
    seed: int = 1,
    damaged: bool = False,
) -> Path:
    """A BERT with random weights and a vocabulary of a dozen words.

    Args:
        path: where.
        pooling: what the header says; None for nothing.
        context: trained length.
        tags: `general.tags`.
        seed: of the weights.
        damaged: a big weight is no number.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, "bert")
    writer.add_name(f"Tiny {path.stem}")
    writer.add_file_type(0)
    if tags:
        writer.add_tags(list(tags))
    writer.add_context_length(context)
    writer.add_block_count(_LAYERS)
    writer.add_embedding_length(WIDTH)
    writer.add_feed_forward_length(_HIDDEN)
    writer.add_head_count(_HEADS)
    writer.add_layer_norm_eps(_EPSILON)
    writer.add_causal_attention(False)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("default")
    writer.add_token_type_count(2)
    marks = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    writer.add_token_list([*marks, *(f"\u2581{word}" for word in WORDS)])
    writer.add_token_types([TokenType.CONTROL] * len(marks) + [TokenType.NORMAL] * len(WORDS))
    writer.add_bos_token_id(CLS)
    writer.add_eos_token_id(SEP)
    writer.add_unk_token_id(UNKNOWN)
    writer.add_sep_token_id(SEP)
    writer.add_pad_token_id(0)
    writer.add_mask_token_id(4)
    for name, weight in weights(seed, context).items():
        if damaged and name == "position_embd.weight":
            weight[0, 0] = np.nan
        writer.add_tensor(name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tokens_of(text: str) -> list[int]:
    """The tokens of words of the vocabulary, with the marks around them."""
    return [CLS, *(FIRST_WORD + WORDS.index(word) for word in text.split()), SEP]


def vector(tokens: Sequence[int], pooling: PoolingType, *, seed: int = 1, context: int = 64) -> Array:
    """BERT (Devlin et al., 2018) in float32, then pooled and of length 1."""
    all_weights = weights(seed, context)

    def w(name: str) -> Array:
        return all_weights[f"{name}.weight"]

    def linear(x: Array, name: str) -> Array:
        return x @ w(name).T + all_weights[f"{name}.bias"]

    def norm(x: Array, name: str) -> Array:
        centred = x - x.mean(axis=1, keepdims=True)
        deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True) + _EPSILON)
        scaled: Array = centred / deviation * w(name) + all_weights[f"{name}.bias"]
        return scaled

    x = w("token_embd")[list(tokens)] + w("token_types")[0] + w("position_embd")[: len(tokens)]
    x = norm(x, "token_embd_norm")
    for layer in range(_LAYERS):
        block = f"blk.{layer}"
        query, key, value = (
            linear(x, f"{block}.attn_{name}").reshape(len(tokens), _HEADS, -1).transpose(1, 0, 2) for name in "qkv"
        )
        scores = query @ key.transpose(0, 2, 1) / np.sqrt(WIDTH / _HEADS)
        chances = np.exp(scores - scores.max(axis=2, keepdims=True))
        seen = (chances / chances.sum(axis=2, keepdims=True)) @ value
        x = norm(
            x + linear(seen.transpose(1, 0, 2).reshape(len(tokens), WIDTH), f"{block}.attn_output"),
            f"{block}.attn_output_norm",
        )
        up = linear(x, f"{block}.ffn_up")
        gelu = 0.5 * up * (1 + np.tanh(np.sqrt(2 / np.pi) * (up + 0.044715 * up**3)))
        x = norm(x + linear(gelu, f"{block}.ffn_down"), f"{block}.layer_output_norm")
    pooled: Array = {
        PoolingType.MEAN: lambda: x.mean(axis=0),
        PoolingType.CLS: lambda: x[0],
        PoolingType.LAST: lambda: x[-1],
    }[pooling]()
    normal: Array = (pooled / np.linalg.norm(pooled)).astype(np.float32)
    return normal
