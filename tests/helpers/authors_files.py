"""GGUFs as SmallThinker's authors write them, and what NumPy computes of them.

Their converter gives an expert's down matrix a row for each neuron, names the gating function only for a softmax, and
adds a predictor of the vocabulary's rows: W1 [hidden values, embedding], W2 [vocabulary, hidden values], as one row.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import gguf
import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Type
from gguf import quants

from tests.engine.smallthinker_reference import Array, Shape, random_weights
from tests.helpers import random_blocks
from tests.helpers.smallthinker_metadata import add_metadata

Bytes = npt.NDArray[np.uint8]

SHAPE: Final = Shape(
    (False,) * 3, window=0, embedding=256, heads=4, head_size=64, experts=8, experts_used=3, expert_size=96
)
"""Wide enough for every type; the neurons of an expert are no multiple of anything but 32."""
UNITS: Final = 32
"""Hidden values of the predictor."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One tensor: as it is in the file, its type, and the values an engine reads out of it."""

    raw: Bytes | Array
    kind: Type
    values: Array


def stored(values: Array, kind: Type, random: np.random.Generator | None = None) -> Stored:
    """Values in a type; of types that no package writes random ones of the same shape instead."""
    if kind in random_blocks.ONLY_READ:
        source = random or np.random.default_rng(1)
        raw: Bytes | Array = random_blocks.random_blocks(source, values.shape, kind, 1.2 * values.shape[-1] ** -0.5)
    else:
        raw = values if kind == Type.F32 else quants.quantize(values, kind)
    return Stored(raw, kind, values if kind == Type.F32 else quants.dequantize(raw, kind).astype(np.float32))


@dataclass(frozen=True, slots=True)
class Model:
    """A file and its weights by name, as `smallthinker_reference` has them: down with the output dimension first."""

    path: Path
    shape: Shape
    weights: dict[str, Array]
    profiler: Array | None


def write(
    path: Path,
    *,
    shape: Shape = SHAPE,
    down: tuple[Type, ...] = (Type.Q4_0,),
    output: Type = Type.F32,
    profiler: Stored | None = None,
    gating: int | None = None,
    neuron_major: bool = True,
    tied: bool = False,
    extra: dict[str, bool] | None = None,
    neurons_of_layer_1: int | None = None,
) -> Model:
    """Writes a model whose matrices are F32, but for those named.

    Args:
        path: where.
        shape: its sizes.
        down: types of the down matrices, layer by layer in turn.
        output: type of the output matrix, or of the embeddings where they serve as it.
        profiler: the predictor, in one dimension.
        gating: what the file says about it; None: nothing.
        neuron_major: whether down has one row for each neuron.
        tied: whether the embeddings serve as the output.
        extra: further keys.
        neurons_of_layer_1: rows of that layer's down matrices, where they must not fit.
    """
    random = np.random.default_rng(5)
    weights = random_weights(shape, seed=3)
    tensors: dict[str, Stored] = {}
    head = "token_embd.weight" if tied else "output.weight"
    if tied:
        weights["output.weight"] = weights["token_embd.weight"]
    for name, values in weights.items():
        if tied and name == "output.weight":
            continue
        if name == head:
            tensors[name] = stored(values, output, random)
        elif "ffn_down_exps" in name:
            kind = down[int(name.split(".")[1]) % len(down)]
            neurons = neurons_of_layer_1 if neurons_of_layer_1 and name.startswith("blk.1.") else shape.expert_size
            down_values = np.resize(values, (*values.shape[:-1], neurons)) if neurons != shape.expert_size else values
            turned = down_values.transpose(0, 2, 1).copy() if neuron_major else down_values
            tensors[name] = stored(turned, kind, random)
        else:
            tensors[name] = stored(values, Type.F32)
    if profiler is not None:
        tensors["lm_head_profiler.weight"] = profiler
    _write(path, shape, tensors, gating, extra or {})
    seen = {name: tensor.values for name, tensor in tensors.items() if name != "lm_head_profiler.weight"}
    if neuron_major:
        seen |= {name: seen[name].transpose(0, 2, 1) for name in seen if "ffn_down_exps" in name}
    if tied:
        seen["output.weight"] = seen["token_embd.weight"]
    return Model(path, shape, seen, profiler.values if profiler else None)


def random_profiler(shape: Shape = SHAPE, kind: Type = Type.Q4_0, seed: int = 2, units: int = UNITS) -> Stored:
    """A predictor whose scores have nothing to do with the logits: about half of the rows are kept."""
    size = units * (shape.embedding + shape.vocabulary)
    return stored(np.random.default_rng(seed).normal(0.0, 1.0, (1, size)).astype(np.float32), kind)


def constant_profiler(score: float, shape: Shape = SHAPE) -> Stored:
    """One that says the same of every row and token: W1 is zero, so scores are 0, or none where W2 has no numbers."""
    values = np.zeros((1, UNITS * (shape.embedding + shape.vocabulary)), np.float32)
    values[:, UNITS * shape.embedding :] = score
    return stored(values, Type.F32)


def scores(model: Model, normed: Array) -> Array:
    """What the predictor says to the head's input, [embedding]: a row of the vocabulary is computed above zero."""
    assert model.profiler is not None
    flat = model.profiler.ravel()
    units = flat.size // (model.shape.embedding + model.shape.vocabulary)
    first = flat[: units * model.shape.embedding].reshape(units, -1)
    second = flat[units * model.shape.embedding :].reshape(-1, units)
    found: Array = second @ (first @ normed)
    return found


def _write(path: Path, shape: Shape, tensors: dict[str, Stored], gating: int | None, extra: dict[str, bool]) -> None:
    writer = gguf.GGUFWriter(path, "smallthinker")
    add_metadata(writer, shape, len(shape.window_layers), gating=gating)
    for key, value in extra.items():
        writer.add_bool(key, value)
    for name, tensor in tensors.items():
        writer.add_tensor(name, tensor.raw, raw_dtype=tensor.kind)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
