"""SmallThinker in plain NumPy: a tiny random model, its GGUF, and a forward pass in float32 to compare the engine with.

Written from the architecture's description: pre-norm attention with grouped heads, rotary positions on the layers
that look through a window and none on the layers that see everything, a router that reads the layer's input before
attention, and ReLU-gated experts.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

from tests.helpers.smallthinker_metadata import add_metadata

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Shape:
    """The sizes of a tiny model.

    Attributes:
        window_layers: for each layer, whether it looks through the window; its length is the number of layers.
        window: how many tokens back a window layer sees, itself included; 0 means that no layer has a window.
    """

    window_layers: tuple[bool, ...]
    window: int
    embedding: int = 64
    heads: int = 4
    kv_heads: int = 2
    head_size: int = 16
    experts: int = 8
    experts_used: int = 2
    expert_size: int = 32
    vocabulary: int = 96
    rope_base: float = 10_000.0
    epsilon: float = 1e-6


def random_weights(shape: Shape, seed: int) -> dict[str, Array]:
    """Weights by their names in the file, with the output dimension first."""
    random = np.random.default_rng(seed)

    def matrix(*sizes: int) -> Array:
        # larger than usual, so that attention and routing are far from uniform
        return random.normal(0.0, 1.5 * sizes[-1] ** -0.5, sizes).astype(np.float32)

    def norm() -> Array:
        return random.uniform(0.7, 1.3, shape.embedding).astype(np.float32)

    wide = shape.heads * shape.head_size
    narrow = shape.kv_heads * shape.head_size
    weights = {
        "token_embd.weight": random.normal(0.0, 1.0, (shape.vocabulary, shape.embedding)).astype(np.float32),
        "output.weight": matrix(shape.vocabulary, shape.embedding),
        "output_norm.weight": norm(),
    }
    for layer in range(len(shape.window_layers)):
        sizes = {
            "attn_q": (wide, shape.embedding),
            "attn_k": (narrow, shape.embedding),
            "attn_v": (narrow, shape.embedding),
            "attn_output": (shape.embedding, wide),
            "ffn_gate_inp": (shape.experts, shape.embedding),
            "ffn_gate_exps": (shape.experts, shape.expert_size, shape.embedding),
            "ffn_up_exps": (shape.experts, shape.expert_size, shape.embedding),
            "ffn_down_exps": (shape.experts, shape.embedding, shape.expert_size),
        }
        weights |= {f"blk.{layer}.{name}.weight": matrix(*size) for name, size in sizes.items()}
        weights |= {f"blk.{layer}.{name}.weight": norm() for name in ("attn_norm", "ffn_norm")}
    return weights


def write_gguf(path: Path, shape: Shape, weights: dict[str, Array], pattern: int | list[bool] | None) -> None:
    """Writes the model as a file.

    Args:
        path: of the new file.
        shape: its sizes; a window of 0 leaves the key out.
        weights: from `random_weights`.
        pattern: the file's own word on which layers have the window: a period (the first layer of each is
            global), one flag for each layer, or None for a file that does not say.
    """
    writer = gguf.GGUFWriter(path, "smallthinker")
    add_metadata(
        writer,
        shape,
        len(shape.window_layers),
        gating=gguf.ExpertGatingFuncType.SIGMOID,
        window=shape.window,
        pattern=pattern,
    )
    for name, weight in weights.items():
        writer.add_tensor(name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _rms_norm(x: Array, weight: Array, epsilon: float) -> Array:
    scaled: Array = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + np.float32(epsilon)) * weight
    return scaled


def _rotate(x: Array, base: float) -> Array:
    """Rotary positions on `x` [tokens, heads, head size]; the two halves of a head make the pairs."""
    tokens, _, size = x.shape
    half = size // 2
    angles = np.outer(np.arange(tokens), base ** (-np.arange(half) / half)).astype(np.float32)[:, None, :]
    first, second = x[..., :half], x[..., half:]
    return np.concatenate(
        [first * np.cos(angles) - second * np.sin(angles), first * np.sin(angles) + second * np.cos(angles)], axis=-1
    ).astype(np.float32)


def _attention(x: Array, layer: int, shape: Shape, weights: dict[str, Array]) -> Array:
    tokens = len(x)

    def heads(name: str, count: int) -> Array:
        return (x @ weights[f"blk.{layer}.{name}.weight"].T).reshape(tokens, count, shape.head_size)

    query, key, value = heads("attn_q", shape.heads), heads("attn_k", shape.kv_heads), heads("attn_v", shape.kv_heads)
    windowed = shape.window > 0 and shape.window_layers[layer]
    if windowed or shape.window == 0:
        query, key = _rotate(query, shape.rope_base), _rotate(key, shape.rope_base)
    shared = shape.heads // shape.kv_heads
    key, value = np.repeat(key, shared, axis=1), np.repeat(value, shared, axis=1)
    scores = np.einsum("qhd,khd->hqk", query, key) / np.float32(np.sqrt(shape.head_size))
    distance = np.arange(tokens)[:, None] - np.arange(tokens)[None, :]
    hidden = (distance < 0) | (distance >= shape.window) if windowed else distance < 0
    scores = np.where(hidden, -np.inf, scores)
    scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
    scores /= scores.sum(axis=-1, keepdims=True)
    mixed = np.einsum("hqk,khd->qhd", scores, value).reshape(tokens, -1)
    projected: Array = (mixed @ weights[f"blk.{layer}.attn_output.weight"].T).astype(np.float32)
    return projected


def _experts(x: Array, routing: Array, layer: int, shape: Shape, weights: dict[str, Array]) -> Array:
    result = np.zeros_like(x)
    gate, up, down = (weights[f"blk.{layer}.ffn_{name}_exps.weight"] for name in ("gate", "up", "down"))
    for token, scores in enumerate(1.0 / (1.0 + np.exp(-routing))):
        chosen = np.argsort(-scores, kind="stable")[: shape.experts_used]
        share = scores[chosen] / scores[chosen].sum()
        for expert, part in zip(chosen, share, strict=True):
            inner = np.maximum(gate[expert] @ x[token], 0.0) * (up[expert] @ x[token])
            result[token] += part * (down[expert] @ inner)
    return result


def logits(tokens: list[int], shape: Shape, weights: dict[str, Array]) -> Array:
    """The model's logits after every token, [tokens, vocabulary]."""
    x = weights["token_embd.weight"][tokens]
    for layer in range(len(shape.window_layers)):
        routing = x @ weights[f"blk.{layer}.ffn_gate_inp.weight"].T
        x = x + _attention(_rms_norm(x, weights[f"blk.{layer}.attn_norm.weight"], shape.epsilon), layer, shape, weights)
        normed = _rms_norm(x, weights[f"blk.{layer}.ffn_norm.weight"], shape.epsilon)
        x = x + _experts(normed, routing, layer, shape, weights)
    normed = _rms_norm(x, weights["output_norm.weight"], shape.epsilon)
    return (normed @ weights["output.weight"].T).astype(np.float32)
