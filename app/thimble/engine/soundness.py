"""Looks for weights that are no numbers, where that is quick: norms, routers and biases.

A model with such a weight computes nonsense, and where vectors are rounded to eight bits afterwards, nobody notices.
The big matrices are not read for this; what they do to an answer is noticed in its logits (`Session.check`).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from thimble.modelfile import ModelHeader, failures

MOST_BYTES: Final = 4 * 2**20
"""The biggest tensor that is read: routers have up to 2."""

_BFLOAT16: Final = "BF16"
_FLOATS: Final = {"F32": "<f4", "F16": "<f2", _BFLOAT16: "<u2"}
_BFLOAT16_EXPONENT: Final = 0x7F80


def check_weights(header: ModelHeader) -> None:
    """Refuses a model with small tensors that hold NaN or infinity.

    Reads 34 MB of a model with 52 layers and 64 experts in each.

    Raises:
        ThimbleError: MODEL_DAMAGED, or MODEL_UNREADABLE.
    """
    for part, path in enumerate(header.files):
        small = [it for it in header.tensors if it.part == part and it.type in _FLOATS and it.bytes <= MOST_BYTES]
        try:
            with path.open("rb") as file:
                for tensor in small:
                    file.seek(tensor.offset)
                    if not _all_finite(file.read(tensor.bytes), tensor.type):
                        raise failures.no_numbers(path, tensor.name)
        except OSError as error:
            raise failures.unreadable(path, error) from error


def _all_finite(raw: bytes, kind: str) -> bool:
    numbers = np.dtype(_FLOATS[kind])
    values = np.frombuffer(raw, numbers, len(raw) // numbers.itemsize)  # all but what a cut file has lost
    if kind == _BFLOAT16:
        return bool(((values & _BFLOAT16_EXPONENT) != _BFLOAT16_EXPONENT).all())
    return bool(np.isfinite(values).all())
