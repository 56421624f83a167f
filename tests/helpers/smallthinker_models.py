"""Tiny SmallThinker models with random weights, in every variant the architecture has. They have no tokenizer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from gguf import ExpertGatingFuncType, GGUFWriter, quants
from gguf import GGMLQuantizationType as Type

from tests.helpers import random_blocks
from tests.helpers.smallthinker_metadata import add_metadata

Array = npt.NDArray[np.float32]

SIGMOID: Final = int(ExpertGatingFuncType.SIGMOID)
SOFTMAX: Final = int(ExpertGatingFuncType.SOFTMAX)
EXPERTS: Final = ("ffn_gate_exps", "ffn_up_exps", "ffn_down_exps")
AUTHORS_WINDOW: Final = 4096


@dataclass(frozen=True)
class Shape:
    """A tiny model.

    Attributes:
        layers: how many.
        window: how many tokens back a window layer sees, itself included; 0 leaves the key out.
        pattern: the file's own word on which layers have the window: a period (the first layer of each is global), one
            flag for each layer, or None for a file that does not say.
        gating: number of the gating function; None leaves the key out.
        tied: the embeddings serve as the output.
        neuron_major: the down matrices have a row for each neuron, as in the files of the model's authors.
    """

    layers: int = 4
    window: int = 0
    pattern: int | tuple[bool, ...] | None = None
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
    gating: int | None = SIGMOID
    tied: bool = False
    neuron_major: bool = False


def write_smallthinker(
    path: Path,
    shape: Shape,
    *,
    seed: int = 3,
    kinds: Mapping[str, Type] | None = None,
    change: Mapping[str, Callable[[Array], Array]] | None = None,
) -> Path:
    """Writes a model.

    Args:
        path: of the new file.
        shape: see `Shape`.
        seed: of the weights.
        kinds: ggml types by the tensor's name without layer and ending, e.g. "ffn_up_exps"; F32 for the others.
        change: by the same names, what is made of the random weights.
    """
    writer = GGUFWriter(path, "smallthinker")
    add_metadata(
        writer,
        shape,
        shape.layers,
        gating=shape.gating,
        context=8192,
        window=shape.window,
        pattern=shape.pattern,
    )
    random = np.random.default_rng(seed)
    for name, sizes in _tensors(shape).items():
        part = name.removesuffix(".weight").rpartition(".")[2]
        kind = (kinds or {}).get(part, Type.F32)
        if kind in random_blocks.ONLY_READ:
            blocks = random_blocks.random_blocks(random, sizes, kind, 1.2 * sizes[-1] ** -0.5)
            writer.add_tensor(name, blocks, raw_dtype=kind)
            continue
        weights = _weights(random, part, sizes)
        if change and part in change:
            weights = change[part](weights)
        writer.add_tensor(name, weights if kind == Type.F32 else quants.quantize(weights, kind), raw_dtype=kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _tensors(shape: Shape) -> dict[str, tuple[int, ...]]:
    """Sizes by name, the output dimension first."""
    wide, narrow = shape.heads * shape.head_size, shape.kv_heads * shape.head_size
    inner = (shape.experts, shape.expert_size, shape.embedding)
    of_layer = {
        "attn_norm": (shape.embedding,),
        "attn_q": (wide, shape.embedding),
        "attn_k": (narrow, shape.embedding),
        "attn_v": (narrow, shape.embedding),
        "attn_output": (shape.embedding, wide),
        "ffn_norm": (shape.embedding,),
        "ffn_gate_inp": (shape.experts, shape.embedding),
        "ffn_gate_exps": inner,
        "ffn_up_exps": inner,
        "ffn_down_exps": inner if shape.neuron_major else (shape.experts, shape.embedding, shape.expert_size),
    }
    found: dict[str, tuple[int, ...]] = {"token_embd.weight": (shape.vocabulary, shape.embedding)}
    for layer in range(shape.layers):
        found |= {f"blk.{layer}.{name}.weight": sizes for name, sizes in of_layer.items()}
    found["output_norm.weight"] = (shape.embedding,)
    if not shape.tied:
        found["output.weight"] = (shape.vocabulary, shape.embedding)
    return found


def _weights(random: np.random.Generator, part: str, sizes: tuple[int, ...]) -> Array:
    if part.endswith("_norm"):
        return random.uniform(0.7, 1.3, sizes).astype(np.float32)
    if part == "token_embd":
        return random.normal(0.0, 1.0, sizes).astype(np.float32)
    if part == "ffn_gate_inp":  # the router reads vectors that no norm has shortened; beyond 16, sigmoids are all 1
        return random.normal(0.0, 0.5 * sizes[-1] ** -0.5, sizes).astype(np.float32)
    # larger than usual, so that attention is far from uniform
    return random.normal(0.0, 1.5 * sizes[-1] ** -0.5, sizes).astype(np.float32)
