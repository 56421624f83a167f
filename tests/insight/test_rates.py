"""Rates follow from the engine's counters."""

from __future__ import annotations

import pytest

from thimble.insight.rates import Rates
from thimble.protocol import Sample, State
from thimble.settings_table import MIB


def _sample(seconds: float, **counters: int) -> Sample:
    return Sample("a", int(seconds * 1e9), state=State.ANSWERING, **counters)


def test_decode_rate_is_tokens_over_decode_time() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(1, generated_tokens=20, decode_ns=int(0.8e9)))
    assert rates.decode == pytest.approx(25)


def test_prefill_rate_leaves_out_cached_tokens() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(1, prompt_tokens=500, cached_tokens=100, prefill_ns=int(2e9)))
    assert rates.prefill == pytest.approx(200)


def test_the_last_rate_stays_when_the_answer_is_over_and_the_course_falls_to_zero() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(1, generated_tokens=20, decode_ns=int(1e9)))
    for second in range(2, 5):
        rates.add(_sample(second, generated_tokens=20, decode_ns=int(1e9)))
    assert rates.decode == pytest.approx(20)
    assert rates.points[-1].decode == 0


def test_a_slow_models_rate_is_found_further_back() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(4, generated_tokens=1, decode_ns=int(4e9)))
    rates.add(_sample(6, generated_tokens=1, decode_ns=int(6e9)))
    assert rates.points[-1].decode == pytest.approx(1 / 6)


def test_while_the_time_is_not_booked_the_clock_gives_the_rate() -> None:
    rates = Rates()
    rates.add(_sample(0))
    for tenth in range(1, 31):
        rates.add(_sample(tenth / 10, generated_tokens=2 * tenth))
    assert rates.decode == pytest.approx(20)


def test_an_answers_time_booked_at_its_end_is_divided_by_all_its_tokens() -> None:
    rates = Rates()
    rates.add(_sample(0))
    for tenth in range(1, 101):
        rates.add(_sample(tenth / 10, generated_tokens=2 * tenth))
    rates.add(_sample(10.1, generated_tokens=200, decode_ns=8 * 10**9))
    assert rates.decode == pytest.approx(25)


def test_the_first_token_of_an_answer_is_not_decoded() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(1, answers=1, generated_tokens=8, decode_ns=int(0.25e9)))
    assert rates.decode == pytest.approx(28)


def test_hit_rate_and_bytes_per_token_come_from_expert_counters() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(1, generated_tokens=10, expert_hits=79, expert_misses=21, expert_bytes_read=40 * MIB))
    assert rates.hit == pytest.approx(0.79)
    assert rates.bytes_per_token == pytest.approx(4 * MIB)


def test_without_expert_counters_there_is_no_hit_rate() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(1, generated_tokens=10, decode_ns=1))
    assert rates.hit is None
    assert rates.bytes_per_token is None


def test_a_new_epoch_starts_anew() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(1, generated_tokens=20, decode_ns=int(1e9)))
    rates.add(Sample("b", int(2e9)))
    assert rates.decode == 0
    assert len(rates.points) == 1


def test_two_minutes_are_kept_and_no_more() -> None:
    rates = Rates()
    for second in range(300):
        rates.add(_sample(second))
    assert rates.points[0].time >= 299 - 120
    assert len(rates.points) <= 122


def test_token_time_is_of_the_last_two_minutes() -> None:
    rates = Rates()
    for second in range(200):
        rates.add(_sample(second, generated_tokens=second, compute_ns=second * 10**9, stall_ns=second * 10**8))
    time = rates.token_time()
    assert rates.recent
    assert time.tokens == pytest.approx(120, abs=1)
    assert time.compute == pytest.approx(120, abs=1)
    assert time.stall == pytest.approx(12, abs=0.2)


def test_token_time_falls_back_to_all_of_it_when_nothing_was_answered_lately() -> None:
    rates = Rates()
    for second in range(1, 4):
        rates.add(_sample(second, generated_tokens=50, compute_ns=10**9))
    assert not rates.recent
    assert rates.token_time().tokens == 50


def test_the_prefill_course_does_not_fall_to_zero_between_the_prompts_chunks() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(2, prompt_tokens=512, prefill_ns=int(2e9)))
    rates.add(_sample(3.5, prompt_tokens=512, prefill_ns=int(2e9)))
    assert rates.points[-1].prefill == pytest.approx(256)


def test_the_prefill_course_falls_to_zero_when_the_answer_is_written() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(2, prompt_tokens=512, prefill_ns=int(2e9)))
    for tenths in range(1, 20):
        rates.add(_sample(2 + tenths / 10, prompt_tokens=512, prefill_ns=int(2e9), decode_ns=tenths * 10**8))
    assert rates.points[-1].prefill == 0


def test_what_a_token_costs_is_asked_since_the_last_prompt() -> None:
    rates = Rates()
    assert rates.since_prompt(30) is None
    for second in range(10):
        rates.add(_sample(second, prompt_tokens=min(second, 4) * 100, generated_tokens=max(0, second - 4)))
    first = rates.since_prompt(30)
    assert first is not None
    assert first.time_ns == 4 * 10**9
    near = rates.since_prompt(2)
    assert near is not None
    assert near.time_ns == 7 * 10**9


def test_between_two_tokens_of_a_slow_model_the_course_does_not_fall() -> None:
    rates = Rates()
    rates.add(_sample(0))
    rates.add(_sample(1, generated_tokens=1, decode_ns=int(1e9)))
    rates.add(_sample(1.9, generated_tokens=1, decode_ns=int(1e9)))
    assert rates.points[-1].decode == pytest.approx(1)
