"""What is computed from route traces."""

from __future__ import annotations

import numpy as np
import pytest

from assets.tiny.recipe.measure import CAPACITIES, frequencies, hit_rates, packed, specialisation
from thimble.engine.experts import ExpertStore, RouteRecord

TRACE = [RouteRecord(0, ((1, 2), (1, 3))), RouteRecord(1, ((0, 3), (0, 1)))]


def test_frequencies_are_shares_of_tokens() -> None:
    assert frequencies(TRACE, 2, 4).tolist() == [[0, 1, 0.5, 0.5], [1, 0.5, 0, 0.5]]


def test_texts_that_use_the_same_experts_are_not_special() -> None:
    alike = np.array([[0.2, 0.4, 0.4]])
    assert specialisation([alike, 2 * alike]) == [0.0]


def test_texts_without_a_common_expert_are_wholly_special() -> None:
    assert specialisation([np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]])]) == [1.0]


def test_packed_traces_are_the_engines_values() -> None:
    assert packed(TRACE).tolist() == [0, 2, 2, 1, 2, 1, 3, 1, 2, 2, 0, 3, 0, 1]


@pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine replays nothing")
def test_the_best_policy_is_never_behind() -> None:
    random = np.random.default_rng(1)
    trace = [RouteRecord(layer, (tuple(random.permutation(8)[:2].tolist()),)) for _ in range(100) for layer in (0, 1)]
    rates = hit_rates(trace, 16)
    for at in range(len(CAPACITIES)):
        assert rates["Belady"][at] >= max(rates["LRU"][at], rates["LRFU (Thimble)"][at])
