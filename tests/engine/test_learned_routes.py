"""The replacement policy on routes that a router has learned: the guide's, recorded while it answered.

Made by `python -m assets.tiny.recipe.measure … --traces tests/engine/learned_routes`.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest

from thimble.engine.experts import ExpertStore, Policy, RouteRecord, replay, route_records

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine replays nothing")

TEXTS: Final = ("handbook", "stories", "talk")
EXPERTS: Final = 8 * 32
CAPACITIES: Final = (0.15, 0.25, 0.4, 0.6)


@cache
def trace(name: str) -> tuple[RouteRecord, ...]:
    with np.load(Path(__file__).with_name("learned_routes") / f"{name}.npz") as kept:
        return tuple(route_records(kept["values"].tolist()))


def hits(name: str, share: float, policy: Policy) -> float:
    records = trace(name)
    found = replay(records, int(share * EXPERTS), policy, count_from=len(records) // 4)
    return found.hits / found.uses


@pytest.mark.parametrize("share", CAPACITIES)
@pytest.mark.parametrize("name", TEXTS)
def test_ours_is_never_much_worse_than_lru(name: str, share: float) -> None:
    assert hits(name, share, Policy.LRFU) > hits(name, share, Policy.LRU) - 0.02


@pytest.mark.parametrize("share", CAPACITIES)
@pytest.mark.parametrize("name", TEXTS)
def test_nobody_beats_belady(name: str, share: float) -> None:
    best = hits(name, share, Policy.BELADY)
    assert all(hits(name, share, policy) <= best for policy in (Policy.LRFU, Policy.LRU, Policy.LFU, Policy.NONE))


@pytest.mark.parametrize("name", TEXTS)
def test_learned_routes_are_skewed(name: str) -> None:
    """Else a trace says nothing that random ones do not."""
    uses = np.zeros((8, 32))
    for record in trace(name):
        np.add.at(uses[record.layer], np.asarray(record.routes).ravel(), 1)
    ordered = np.sort(uses, axis=1)[:, ::-1]
    assert (ordered[:, :8].sum(axis=1) / ordered.sum(axis=1)).mean() > 0.31  # an even load has a quarter there
