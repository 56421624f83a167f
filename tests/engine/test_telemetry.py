"""Counters, memory and CPU."""

from __future__ import annotations

from thimble.engine.memory import memory_use
from thimble.engine.telemetry import Counters, CpuMeter, Times


def test_the_time_by_phase_is_the_time_by_where_it_went() -> None:
    times = Counters(
        prefill_compute_ns=1,
        prefill_other_ns=2,
        decode_compute_ns=4,
        decode_other_ns=8,
        sampling_ns=16,
        prefill_stall_ns=32,
        decode_stall_ns=64,
    ).times()
    assert times == Times(prefill_ns=35, decode_ns=92, compute_ns=5, stall_ns=96, sampling_ns=16, other_ns=10)
    parts = times.compute_ns + times.stall_ns + times.sampling_ns + times.other_ns
    assert times.prefill_ns + times.decode_ns == parts


def test_the_peak_is_never_below_what_is_used_now() -> None:
    use = memory_use()
    assert 0 < use.now <= use.peak


def test_the_cpu_meter_starts_anew_with_every_reading() -> None:
    meter = CpuMeter()
    sum(range(300_000))
    assert meter.percent() > 0
