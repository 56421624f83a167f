"""Replayed policies, against ones written as plainly as possible."""

from __future__ import annotations

import random
from functools import cache

import pytest

from thimble.engine.bench.replay import belady_hits, lru_hits


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


@pytest.mark.parametrize("slots", [1, 2, 3, 5])
@pytest.mark.parametrize("seed", range(5))
def test_lru_is_the_plain_one(slots: int, seed: int) -> None:
    source = random.Random(seed)
    uses = [source.randrange(7) for _ in range(200)]
    assert lru_hits(uses, slots) == plain_lru(uses, slots)


@pytest.mark.parametrize("slots", [1, 2, 3])
@pytest.mark.parametrize("seed", range(5))
def test_no_choice_of_victims_beats_belady(slots: int, seed: int) -> None:
    source = random.Random(seed)
    uses = tuple(source.randrange(5) for _ in range(40))
    assert belady_hits(uses, slots) == best_of_all(uses, slots)


def test_only_what_comes_after_the_mark_is_counted() -> None:
    uses = [1, 1, 2, 1, 2]
    assert lru_hits(uses, 2, count_from=3) == belady_hits(uses, 2, count_from=3) == 2


def test_without_slots_nothing_hits() -> None:
    assert lru_hits([1, 1], 0) == belady_hits([1, 1], 0) == 0
