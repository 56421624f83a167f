"""Window and engine killed in the middle of an answer; a hundred times in `tests/benchmarks`, twice here."""

from __future__ import annotations

import pytest

from tests.benchmarks.kills import PROMISE_S, SLACK_S, kill_once
from thimble.conversations import MessageState

pytestmark = pytest.mark.e2e


def test_a_killed_window_loses_at_most_the_last_half_second() -> None:
    outcome = kill_once("window", after_s=1.3)
    assert outcome.seen > 100
    assert outcome.whole
    assert outcome.question_kept
    assert outcome.draft_kept
    assert outcome.oldest_lost_s <= PROMISE_S + SLACK_S
    assert outcome.state == MessageState.STOPPED


def test_a_killed_engine_loses_nothing_that_was_seen() -> None:
    outcome = kill_once("engine", after_s=0.9)
    assert (outcome.lost, outcome.whole, outcome.question_kept) == (0, True, True)
    assert outcome.state == MessageState.FAILED
