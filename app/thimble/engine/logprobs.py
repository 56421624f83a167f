"""How likely the model found a token, out of its logits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from thimble.engine.events import TokenChance, TokenChosen

LEAST: Final = -9999.0
"""Stands for a token that cannot come, as in OpenAI's interface: JSON has no infinity."""


def token_chances(
    logits: npt.NDArray[np.float32], token: int, count: int, piece: Callable[[int], bytes]
) -> TokenChosen:
    """The chance of a token, and those of the likeliest ones at its place.

    Args:
        logits: of the whole vocabulary, as the model computed them.
        token: that was chosen.
        count: how many of the likeliest to tell.
        piece: the bytes of a token.
    """
    highest = float(logits.max())
    norm = highest + float(np.log(np.exp(logits - highest, dtype=np.float64).sum()))

    def chance(of: int) -> TokenChance:
        return TokenChance(piece(of), max(float(logits[of]) - norm, LEAST))

    count = min(count, len(logits))
    likeliest: list[int] = []
    if count:
        some = np.argpartition(-logits, count - 1)[:count]
        likeliest = [int(each) for each in some[np.argsort(-logits[some], kind="stable")]]
    return TokenChosen(chance(token), tuple(map(chance, likeliest)))
