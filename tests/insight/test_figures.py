"""Figures follow from counters and facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from thimble.insight.figures import bound, expert_use, memory_parts
from thimble.modelfile.forecast import Facts
from thimble.protocol import Sample
from thimble.settings_table import GIB, MIB
from thimble.speeds import Speeds

FACTS = Facts(
    file_bytes=2 * GIB,
    dense=400 * 10**6,
    embedding=0,
    experts=1600 * 10**6,
    expert_count=32,
    expert_used=4,
    expert_layers=32,
    layers=32,
    kv_cache=0,
    compute=0,
)
SPEEDS = Speeds(20e9, 1e9, disk_measured=True)
NOW = Sample("a", 2 * 10**9)


def test_every_use_is_in_one_class() -> None:
    last = replace(
        NOW,
        expert_hits=700,
        expert_misses=300,
        expert_prefetched=150,
        expert_in_time=100,
        expert_late=40,
        generated_tokens=10,
        expert_bytes_read=3000,
    )
    use = expert_use(Sample("a", 10**9), last)
    assert (use.hits, use.prefetched, use.late, use.demanded) == (650, 150, 40, 160)
    assert use.uses == 1000
    assert (use.tokens, use.seconds, use.bytes_per_second) == (10, 1.0, 3000.0)


def test_counters_that_jump_back_make_nothing_negative() -> None:
    before = replace(NOW, time_ns=1, expert_hits=900, expert_misses=5, expert_prefetched=7, expert_in_time=3)
    use = expert_use(before, replace(NOW, expert_hits=10))
    assert min(use.hits, use.prefetched, use.late, use.demanded, use.tokens, use.bytes_read) == 0


def test_the_parts_of_the_memory_are_its_sum() -> None:
    sample = replace(
        NOW,
        memory_bytes=900 * MIB,
        mapped_bytes=30 * MIB,
        weights_bytes=226 * MIB,
        expert_memory_bytes=450 * MIB,
        kv_global_bytes=60 * MIB,
        kv_window_bytes=50 * MIB,
        compute_bytes=34 * MIB,
    )
    parts = memory_parts(sample)
    assert sum(part.bytes for part in parts) == sample.memory_bytes
    assert [part.key for part in parts] == ["weights", "mapped", "experts", "global", "window", "compute", "rest"]
    assert parts[-1].bytes == 50 * MIB


def test_buffers_that_are_only_reserved_get_no_more_than_there_is() -> None:
    parts = memory_parts(replace(NOW, memory_bytes=100, weights_bytes=80, compute_bytes=1000))
    assert [(part.key, part.bytes) for part in parts] == [("weights", 80), ("compute", 20)]


def test_a_dense_model_has_its_file_and_the_rest() -> None:
    parts = memory_parts(replace(NOW, memory_bytes=100, mapped_bytes=70))
    assert [(part.key, part.bytes) for part in parts] == [("mapped", 70), ("rest", 30)]


def test_the_bound_is_the_narrower_of_memory_and_disk() -> None:
    found = bound(FACTS, SPEEDS, NOW, 10 * 10**6)
    assert found.memory_s == pytest.approx(600e6 / 20e9)  # dense, and 4 of 32 experts
    assert found.disk_s == pytest.approx(0.01)
    assert not found.by_disk
    assert found.tokens_per_second == pytest.approx(1 / 0.03)
    assert bound(FACTS, SPEEDS, NOW, 50 * 10**6).tokens_per_second == pytest.approx(20)


def test_neurons_switched_off_and_a_fuller_context_move_the_memory_wall() -> None:
    quiet = replace(NOW, neurons=1000, neurons_active=400)
    assert bound(FACTS, SPEEDS, quiet, 0).memory_s == pytest.approx((400e6 + 200e6 * (1 - 0.6 / 3)) / 20e9)
    full = replace(NOW, kv_tokens=2048, kv_capacity=4096, kv_global_bytes=100 * 10**6)
    assert bound(FACTS, SPEEDS, full, 0).memory_s == pytest.approx(650e6 / 20e9)


def test_no_speed_is_more_than_all_that_a_machine_could_do() -> None:
    found = bound(FACTS, SPEEDS, NOW, 0)
    assert found.share(found.tokens_per_second / 4) == pytest.approx(0.25)
    assert found.share(3 * found.tokens_per_second) == 1
