"""The terminal's picture of the engine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from thimble import top
from thimble.client import CancelToken
from thimble.errors import Code, ThimbleError
from thimble.insight.machine import Load
from thimble.insight.rates import Rates
from thimble.protocol import EngineStatus, Sample, State
from thimble.settings_table import MIB

LOAD = Load(cores=(90.0, 100.0), memory_total=8 * 2**30, memory_available=2**30, engine_cores=0.7)
BEGIN = Sample("a", 0, state=State.ANSWERING)
NOW = replace(
    BEGIN,
    time_ns=10**9,
    generated_tokens=20,
    decode_ns=10**9,
    compute_ns=6 * 10**8,
    stall_ns=4 * 10**8,
    memory_bytes=900 * MIB,
    memory_limit=1024 * MIB,
    expert_hits=75,
    expert_misses=25,
    expert_bytes_read=40 * MIB,
)


def looked(*samples: Sample, width: int = 120) -> str:
    rates = Rates()
    for sample in samples:
        rates.add(sample)
    return "\n".join(top.picture(rates, samples[-1], EngineStatus(state=samples[-1].state), LOAD, width))


def test_speed_time_and_memory_are_told() -> None:
    text = looked(BEGIN, NOW)
    assert "writing 20.0 tok/s   reading - tok/s   first token -" in text
    assert "40.0 %    20.0 ms" in text
    assert "memory 0.88 GiB (of 1.00 GiB limit)" in text
    assert "another program slows the engine" in text


def test_experts_are_told_where_there_are_some() -> None:
    assert "experts" not in looked(BEGIN, NOW).replace("waiting", "")
    text = looked(BEGIN, replace(NOW, experts_total=8, experts_resident=3))
    assert "experts 3 of 8 in memory" in text
    assert "were in memory" in text
    assert "disk per token 2.00 MiB" in text


def test_an_engine_that_has_done_nothing_has_no_figures() -> None:
    text = looked(Sample("a", 1))
    assert "nothing answered yet" in text
    assert "writing - tok/s" in text


def test_no_line_is_wider_than_the_terminal() -> None:
    assert max(len(line) for line in looked(BEGIN, NOW, width=40).splitlines()) == 40


def test_for_programs_there_are_numbers_and_nulls() -> None:
    rates = Rates()
    rates.add(BEGIN)
    rates.add(NOW)
    told = json.loads(json.dumps(top.as_object(rates, NOW, EngineStatus())))
    assert told["decode_tokens_per_second"] == pytest.approx(20)
    assert told["prefill_tokens_per_second"] is None
    assert told["hit_rate"] == pytest.approx(0.75)
    assert told["sample"]["expert_misses"] == 25


def test_without_an_engine_it_says_so(thimble_home: Path) -> None:
    with pytest.raises(ThimbleError) as caught:
        top.run(once=True, as_json=False, interval=1, stop=CancelToken())
    assert caught.value.problem.code == Code.ENGINE_UNREACHABLE
