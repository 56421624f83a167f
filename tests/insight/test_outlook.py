"""What another limit would bring."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from thimble.insight.outlook import STEPS, Outlook, TokenCost, limits, token_cost
from thimble.protocol import Sample

ANSWER: dict[str, Any] = {
    "tokens": 128,
    "least_limit": 100,
    "most_limit": 500,
    "now": {"limit": 200, "experts_bytes": 25, "hits": 70, "uses": 100},
    "policies": [["lrfu", 70, 100], ["belady", 80, 100]],
    "positions": [
        {"limit": 100, "experts_bytes": 10, "hits": 40, "uses": 100},
        {"limit": 300, "experts_bytes": 30, "hits": 80, "uses": 100},
    ],
}


def test_hits_become_tokens_a_second_by_what_a_token_cost() -> None:
    found = Outlook.from_json(ANSWER, TokenCost(busy_s=0.05, uses=100, wait_s=0.001))
    assert found.policies == (("lrfu", 0.7), ("belady", 0.8))
    assert found.guesses[0].tokens_per_second == pytest.approx(1 / (0.05 + 0.06))
    assert found.guesses[1].tokens_per_second == pytest.approx(1 / (0.05 + 0.02))


def test_between_two_positions_it_is_between_their_figures() -> None:
    found = Outlook.from_json(ANSWER, None)
    assert found.at(200).hit == pytest.approx(0.6)
    assert found.at(50).hit == pytest.approx(0.4)
    assert found.at(900).hit == pytest.approx(0.8)
    assert found.at(200).tokens_per_second is None


def test_without_tokens_nothing_is_foretold() -> None:
    found = Outlook.from_json({**ANSWER, "policies": [], "positions": [{"limit": 1, "hits": 0, "uses": 0}]}, None)
    assert found.guesses[0].hit is None
    assert found.at(1).hit is None
    assert Outlook.from_json({}, None).at(5).hit is None
    assert Outlook.from_json({}, None).now.hit is None


def test_the_limits_asked_for_reach_from_end_to_end() -> None:
    asked = limits(100, 500)
    assert (asked[0], asked[-1], len(asked)) == (100, 500, STEPS)
    assert limits(0, 0) == []


def test_what_there_is_now_need_not_be_what_its_limit_brings() -> None:
    found = Outlook.from_json(ANSWER, TokenCost(busy_s=0.05, uses=100, wait_s=0.001))
    assert (found.now.limit, found.now.hit) == (200, 0.7)
    assert found.now.tokens_per_second == pytest.approx(1 / (0.05 + 0.03))
    assert found.at(200).hit == pytest.approx(0.6)


def test_a_limit_that_was_chosen_a_moment_ago_is_the_one_of_now() -> None:
    found = Outlook.from_json(ANSWER, None)
    assert found.with_limit(300).now == found.guesses[1]
    assert found.with_limit(0).now.limit == 500


def _counted(tokens: int, misses: int, stall_s: float, prompt: int = 0) -> Sample:
    return replace(
        Sample("a", 1),
        generated_tokens=tokens,
        expert_hits=100 * tokens - misses,
        expert_misses=misses,
        stall_ns=round(stall_s * 1e9),
        decode_ns=round(tokens * 0.05e9 + stall_s * 1e9),
        prompt_tokens=prompt,
    )


def test_the_cost_of_a_miss_is_what_was_waited_for_it() -> None:
    cost = token_cost(_counted(0, 0, 0), _counted(20, 400, 0.8), 9.0)
    assert cost is not None
    assert cost.uses == 100
    assert cost.busy_s == pytest.approx(0.05)
    assert cost.wait_s == pytest.approx(0.002)


def test_without_misses_the_disk_says_what_one_would_cost() -> None:
    cost = token_cost(_counted(0, 0, 0), _counted(20, 3, 0), 0.004)
    assert cost is not None
    assert cost.wait_s == 0.004


def test_a_prompt_or_too_few_tokens_tell_no_cost() -> None:
    assert token_cost(_counted(0, 0, 0), _counted(20, 400, 0.8, prompt=50), 1) is None
    assert token_cost(_counted(0, 0, 0), _counted(3, 40, 0.1), 1) is None
