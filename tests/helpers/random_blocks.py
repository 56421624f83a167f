"""Random weights straight in ggml's block formats: of types that the package gguf only reads, and of big models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Type

Bytes = npt.NDArray[np.uint8]

_E8M0_BIAS: Final = 128  # of MXFP4, whose table holds doubled values


@dataclass(frozen=True, slots=True)
class _Block:
    """A block's weights and bytes; its half-float scales as (place, value for weights of deviation 1)."""

    weights: int
    bytes: int
    scales: tuple[tuple[int, float], ...]


_BLOCKS: Final = {
    Type.Q4_0: _Block(32, 18, ((0, 1 / 4.6),)),
    Type.Q8_0: _Block(32, 34, ((0, 1 / 74),)),
    Type.IQ4_NL: _Block(32, 18, ((0, 1 / 70),)),
    Type.MXFP4: _Block(32, 17, ()),
    # scales of six bits, whose mean is 32; minima that put the middle at about 0
    Type.Q4_K: _Block(256, 144, ((0, 1 / (32 * 4.6)), (2, 7 / (32 * 4.6)))),
    Type.Q5_K: _Block(256, 176, ((0, 1 / (32 * 9.2)), (2, 15 / (32 * 9.2)))),
    Type.Q6_K: _Block(256, 210, ((208, 1 / (64 * 18)),)),
}

TYPES: Final = frozenset(_BLOCKS)
ONLY_READ: Final = (Type.Q4_K, Type.Q5_K, Type.Q6_K, Type.IQ4_NL)  # not written by the package gguf


def random_blocks(random: np.random.Generator, shape: tuple[int, ...], kind: Type, deviation: float) -> Bytes:
    """Rows of random blocks.

    Args:
        random: where from.
        shape: as NumPy has it: rows last but one.
        kind: one of `TYPES`.
        deviation: of the weights, about.
    """
    block = _BLOCKS[kind]
    blocks = random.integers(0, 256, (*shape[:-1], shape[-1] // block.weights, block.bytes), np.uint8)
    for place, scale in block.scales:
        blocks[..., place : place + 2] = np.frombuffer(np.float16(scale * deviation).tobytes(), np.uint8)
    if kind == Type.MXFP4:
        blocks[..., 0] = _E8M0_BIAS + round(np.log2(deviation / 5.3))
    return blocks.reshape(*shape[:-1], -1)
