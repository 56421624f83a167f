"""Counters, memory and CPU."""

from __future__ import annotations

from thimble.engine.memory import memory_use
from thimble.engine.telemetry import Counters, CpuMeter


def test_other_time_is_what_the_rest_leaves() -> None:
    assert Counters(prefill_ns=5, decode_ns=10, compute_ns=11, sampling_ns=1).other_ns == 3


def test_the_peak_is_never_below_what_is_used_now() -> None:
    use = memory_use()
    assert 0 < use.now <= use.peak


def test_the_cpu_meter_starts_anew_with_every_reading() -> None:
    meter = CpuMeter()
    sum(range(300_000))
    assert meter.percent() > 0
