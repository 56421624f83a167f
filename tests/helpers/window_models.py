"""SmallThinker files with window layers and a context longer than their window."""

from __future__ import annotations

from pathlib import Path

from gguf import GGUFReader

from tests.engine import smallthinker_reference as reference
from tests.engine.smallthinker_reference import Array, Shape


def write_window_model(path: Path, shape: Shape, context: int, *, period: int, seed: int = 5) -> dict[str, Array]:
    """Writes a model of random weights, and returns them.

    Args:
        path: where.
        shape: its sizes.
        context: trained context length.
        period: the first of so many layers sees everything.
        seed: of the weights.
    """
    weights = reference.random_weights(shape, seed)
    reference.write_gguf(path, shape, weights, pattern=period)
    reader = GGUFReader(path, "r+")
    reader.fields["smallthinker.context_length"].parts[-1][0] = context
    reader.data.flush()
    return weights
