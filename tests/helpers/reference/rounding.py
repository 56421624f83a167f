"""What ggml's processor kernels make of a vector before they multiply it with weights of a type.

With quantized weights both sides of a product are small integers: the vector is rounded to eight bits in blocks. That
is the engine's definition of such a product, in every build of it, and by far its biggest deviation from mathematics.
A reference that rounds alike can be compared with a tight tolerance; one that does not shows how much it costs.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from gguf import GGMLQuantizationType as Type

from tests.helpers.reference.model_file import Array

_BLOCK: Final = 32
_SUPER_BLOCK: Final = 256
_BY_32: Final = frozenset({Type.Q4_0, Type.Q4_1, Type.Q5_0, Type.Q5_1, Type.Q8_0, Type.IQ4_NL, Type.MXFP4})
_BY_256: Final = frozenset({Type.Q2_K, Type.Q3_K, Type.Q4_K, Type.Q5_K, Type.Q6_K})


def exact(x: Array, _kind: Type) -> Array:
    """The vector as it is."""
    return x


def like_ggml(x: Array, kind: Type) -> Array:
    """The vector as the product with weights of this type sees it; `x` is [..., inputs].

    Raises:
        NotImplementedError: nobody has needed this type yet.
    """
    if kind == Type.F32:
        return x
    if kind == Type.F16:
        return x.astype(np.float16).astype(np.float64)
    if kind == Type.BF16:
        return _bfloat16(x)
    if kind in _BY_32:
        return _eight_bits(x, _BLOCK, half_scale=True)
    if kind in _BY_256:
        return _eight_bits(x, _SUPER_BLOCK, half_scale=False)
    raise NotImplementedError(kind.name)


def _bfloat16(x: Array) -> Array:
    """Nearest value with eight bits of mantissa, ties to even."""
    bits = x.astype(np.float32).view(np.uint32)
    bits = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (bits & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


def _eight_bits(x: Array, block: int, *, half_scale: bool) -> Array:
    """Whole numbers from -127 to 127 times one scale per block, which blocks of 32 keep as a half float."""
    blocks = x.astype(np.float32).reshape(*x.shape[:-1], -1, block)
    largest = np.abs(blocks).max(axis=-1, keepdims=True)
    scale = largest / np.float32(127)
    whole = np.rint(blocks * np.divide(np.float32(127), largest, out=np.zeros_like(largest), where=largest > 0))
    if half_scale:
        scale = scale.astype(np.float16).astype(np.float32)
    rounded: Array = (whole * scale).astype(np.float64).reshape(x.shape)
    return rounded
