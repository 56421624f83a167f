"""Replayed policies, against ones written as plainly as possible."""

from __future__ import annotations

import random
from functools import cache

import pytest

from thimble.engine.experts import ExpertStore, Policy, RouteRecord, replay

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine replays nothing")


def plain_lru(uses: list[int], slots: int) -> int:
    cache: list[int] = []
    hits = 0
    for use in uses:
        hits += use in cache
        cache = [key for key in cache if key != use][-(slots - 1) :] if slots > 1 else []
        cache.append(use)
    return hits


def best_of_all(uses: tuple[int, ...], slots: int) -> int:
    """Tries every victim."""

    @cache
    def best(at: int, held: frozenset[int]) -> int:
        if at == len(uses):
            return 0
        use = uses[at]
        if use in held:
            return 1 + best(at + 1, held)
        if len(held) < slots:
            return best(at + 1, held | {use})
        return max(best(at + 1, held - {victim} | {use}) for victim in held)

    return best(0, frozenset())


def trace(uses: list[int] | tuple[int, ...]) -> list[RouteRecord]:
    """Of one layer, whose tokens use one expert each."""
    return [RouteRecord(3, ((use,),)) for use in uses]


@pytest.mark.parametrize("slots", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_lru_is_the_plain_one(slots: int, seed: int) -> None:
    source = random.Random(seed)
    uses = [source.randrange(7) for _ in range(200)]
    assert replay(trace(uses), slots, Policy.LRU).hits == plain_lru(uses, slots)


@pytest.mark.parametrize("slots", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_no_choice_of_victims_beats_belady(slots: int, seed: int) -> None:
    source = random.Random(seed)
    uses = tuple(source.randrange(5) for _ in range(40))
    assert replay(trace(uses), slots, Policy.BELADY).hits == best_of_all(uses, slots)


@pytest.mark.parametrize("policy", [Policy.LRU, Policy.BELADY, Policy.LFU, Policy.LRFU])
def test_only_what_comes_after_the_mark_is_counted(policy: Policy) -> None:
    found = replay(trace([1, 1, 2, 1, 2]), 2, policy, count_from=3)
    assert (found.uses, found.hits) == (2, 2)


@pytest.mark.parametrize("policy", list(Policy))
def test_without_room_nothing_hits(policy: Policy) -> None:
    assert replay(trace([1, 1]), 0, policy).hits == 0


def test_a_prompts_experts_count_once_for_each_ubatch() -> None:
    prompt = RouteRecord(0, ((1, 2), (2, 3), (1, 3)))
    found = replay([prompt, prompt], 8, Policy.LRU)
    assert (found.uses, found.hits) == (6, 3)


def test_the_half_life_is_told() -> None:
    assert replay(trace([1, 2]), 1, Policy.LRFU, half_life=9).half_life == 8
    assert replay(trace([1, 2]), 1, Policy.LRFU).half_life > 0
    assert replay(trace([1, 2]), 1, Policy.LRU).half_life == 0


def test_what_is_no_trace_is_refused() -> None:
    with pytest.raises(ValueError, match="trace"):
        replay([RouteRecord(0, ((-5,),))], 2, Policy.LRU)
