"""How far two engines' logits are from each other, in the measures that tests assert."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]


def relative_error(found: Array, expected: Array) -> float:
    """The worst token's root mean square difference, as a share of the spread of its expected logits.

    Args:
        found, expected: [tokens, vocabulary].
    """
    return float(relative_errors(found, expected).max())


def relative_errors(found: Array, expected: Array) -> Array:
    """`relative_error` of each token."""
    spread = np.std(expected, axis=-1)
    errors: Array = np.sqrt(np.mean((found.astype(np.float64) - expected) ** 2, axis=-1)) / spread
    return errors


def divergence(found: Array, expected: Array) -> float:
    """Mean Kullback-Leibler divergence of the next token's distribution from the expected one, nats per token."""
    p, q = _log_softmax(expected), _log_softmax(found)
    return float(np.mean(np.sum(np.exp(p) * (p - q), axis=-1)))


def sure(expected: Array, share: float) -> npt.NDArray[np.bool_]:
    """Tokens whose likeliest successor leads by more than a share of the spread of their logits."""
    top = np.sort(expected, axis=-1)[:, -2:]
    leads: npt.NDArray[np.bool_] = (top[:, 1] - top[:, 0]) > share * np.std(expected, axis=-1)
    return leads


def _log_softmax(logits: Array) -> Array:
    moved = logits.astype(np.float64) - logits.max(axis=-1, keepdims=True)
    normed: Array = moved - np.log(np.exp(moved).sum(axis=-1, keepdims=True))
    return normed
