"""Sizes of the model, and nothing else: training, export and measurements agree by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a SmallThinker.

    Attributes:
        layers: every fourth, from the first on, sees everything and has no positions; the others look through a window.
        width: of the residual stream; like `hidden` a multiple of 32, the length of a Q8_0 block.
        hidden: neurons of one expert.
        window: tokens that a window layer sees, the token itself included.
        context: longest sequence the model is trained for, in tokens.
    """

    vocabulary: int = 4096
    layers: int = 8
    width: int = 224
    heads: int = 8
    kv_heads: int = 2
    head_size: int = 32
    experts: int = 32
    used: int = 4
    hidden: int = 64
    window: int = 96
    rope_base: float = 10_000.0
    epsilon: float = 1e-5
    context: int = 1024

    def sees_everything(self, layer: int) -> bool:
        """Whether a layer has full attention and no positions."""
        return layer % 4 == 0


SMALL: Final = Shape(layers=4, width=128, heads=4, hidden=32)
"""For comparisons of recipes: a fifth of the time for a token."""
