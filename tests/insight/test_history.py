"""The course of the last half hour."""

from __future__ import annotations

import csv
import io
import json

import pytest

from thimble.insight.history import GAP_SECONDS, History, as_csv, as_json
from thimble.insight.rates import Rates
from thimble.protocol import AnswerRecord, Sample, State, Timings


def fed(*samples: Sample) -> History:
    history, rates = History(), Rates()
    for sample in samples:
        rates.add(sample)
        history.add(sample, rates)
    return history


def answering(seconds: float, epoch: str = "a", **counters: int) -> Sample:
    return Sample(epoch, round(seconds * 1e9), state=State.ANSWERING, **counters)


def writing(epoch: str, begin: float, count: int) -> list[Sample]:
    return [
        answering(
            begin + n,
            epoch,
            generated_tokens=10 * n,
            decode_ns=n * 10**9,
            stall_ns=n * 10**8,
            expert_hits=80 * n,
            expert_misses=20 * n,
            expert_bytes_read=1000 * n,
        )
        for n in range(count)
    ]


def test_ten_samples_a_second_make_one_moment() -> None:
    history = fed(*(answering(n / 10, generated_tokens=n) for n in range(51)))
    assert len(history.moments) == 5


def test_a_moment_says_what_happened_in_its_second() -> None:
    moment = fed(*writing("a", 0, 3)).moments[-1]
    assert moment.decode == pytest.approx(10)
    assert moment.hit_percent == pytest.approx(80)
    assert moment.disk_bytes == pytest.approx(1000)
    assert moment.per_token_bytes == pytest.approx(100)
    assert moment.stall_percent == pytest.approx(10)


def test_what_is_not_known_is_a_gap_and_not_a_zero() -> None:
    idle = [Sample("a", n * 10**9, memory_bytes=5) for n in range(4)]
    history = fed(*idle)
    assert history.course("hit_percent") == []
    assert history.course("decode") == []
    assert len(history.course("memory_bytes")[0]) == 3


def test_a_stall_of_the_telemetry_is_a_gap() -> None:
    history = fed(*writing("a", 0, 4), *(answering(30 + n, decode_ns=4 * 10**9 + n) for n in range(3)))
    assert [len(piece) for piece in history.course("memory_bytes")] == [3, 3]


def test_another_engine_goes_on_behind_a_gap_whatever_its_clock_says() -> None:
    history = fed(*writing("a", 1000, 4), *writing("b", 3, 4))
    times = [moment.time for moment in history.moments]
    assert times == sorted(times)
    assert [moment.epoch for moment in history.moments] == ["a"] * 3 + ["b"] * 3
    assert times[3] - times[2] > GAP_SECONDS
    assert len(history.course("decode")) == 2


def test_counters_that_jump_back_make_no_figures_below_zero() -> None:
    history = fed(*writing("a", 0, 4), answering(5, expert_hits=1), answering(6, expert_hits=1))
    assert all(moment.disk_bytes >= 0 and (moment.stall_percent or 0) >= 0 for moment in history.moments)


def test_half_an_hour_is_kept() -> None:
    history = fed(*(Sample("a", n * 10**9) for n in range(2500)))
    assert history.moments[-1].time - history.moments[0].time <= 1800


def test_a_table_for_others_has_names_and_empty_cells() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(fed(*writing("a", 0, 2), Sample("a", 9 * 10**9)).moments))))
    assert rows[0]["hit_percent"] == "80.0"
    assert (rows[-1]["hit_percent"], rows[-1]["answering"]) == ("", "False")


def test_a_file_of_everything_is_json() -> None:
    answer = AnswerRecord(1, 5, 6.0, "4b", 0, Timings(generated_tokens=3))
    data = json.loads(as_json(fed(*writing("a", 0, 3)).moments, [answer], {"model": "4b"}))
    assert data["thimble"] == {"model": "4b"}
    assert len(data["moments"]) == 2
    assert AnswerRecord.from_json(data["answers"][0]) == answer
