"""What is foretold follows from header and machine, and says no where the engine would."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers import authors_files
from tests.helpers.gguf_files import write_model
from thimble.modelfile import read_header
from thimble.modelfile.authors import predictor_bytes
from thimble.modelfile.forecast import Facts, Place, Verdict, facts_of, forecast, hit_rate

GB = 10**9
MOE = Facts(
    file_bytes=12 * GB,
    dense=GB,
    embedding=200_000_000,
    experts=10 * GB,
    expert_count=64,
    expert_used=6,
    expert_layers=50,
    layers=50,
    kv_cache=200_000_000,
    compute=200_000_000,
)
DENSE = Facts(GB, GB, 100_000_000, 0, 0, 0, 0, 20, 200_000_000, 200_000_000, repacked=GB - 10)


def _place(room: float, *, limited: bool = True, pages: bool = True) -> Place:
    return Place(round(room), limited, 15e9, 1.5e9, pages)


def test_with_room_for_everything_it_fits_and_memory_sets_the_speed() -> None:
    found = forecast(MOE, _place(20 * GB))
    assert found.verdict == Verdict.FITS
    assert found.expert_cache == MOE.experts
    assert (found.hits, found.disk_per_token) == (1.0, 0.0)
    active = MOE.dense + MOE.experts * 6 / 64
    assert found.tokens_per_second == pytest.approx(1 / (active / (0.95 * 15e9) + 50 * 0.2e-3))
    low, high = found.range
    assert low < found.tokens_per_second < high


def test_with_less_some_experts_stay_on_disk_and_it_is_slower() -> None:
    whole, half, little = (forecast(MOE, _place(room)) for room in (20 * GB, 6 * GB, 3 * GB))
    assert half.verdict == little.verdict == Verdict.PAGED
    assert whole.tokens_per_second > half.tokens_per_second > little.tokens_per_second > 0
    assert half.total <= 6 * GB
    assert half.disk_per_token < little.disk_per_token


def test_small_experts_take_whole_pages_in_memory(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "tiny.gguf", architecture="smallthinker", experts=4))
    facts = facts_of(header, 512)
    matrices = 2 * 3 * 4
    assert facts.slots == matrices * 3 * 4096  # 64 x 64 weights in Q4_0 are 2304 bytes
    assert forecast(facts, _place(GB)).expert_cache == facts.slots
    assert forecast(facts, replace(_place(GB), expert_cache=facts.slots // 2)).hits < 1


def test_tiny_reads_take_as_long_as_the_disk_needs_to_answer() -> None:
    tiny = replace(MOE, dense=10**6, experts=10**7, kv_cache=10**6, compute=10**6, expert_layers=8, layers=8)
    slow, fast = (replace(_place(GB), disk_speed=speed, expert_cache=4 * 10**6) for speed in (1.5e9, 15e9))
    assert 0 < forecast(tiny, slow).tokens_per_second == forecast(tiny, fast).tokens_per_second
    big = forecast(MOE, replace(_place(4 * GB), disk_speed=15e9))
    assert big.tokens_per_second > forecast(MOE, _place(4 * GB)).tokens_per_second


def test_what_is_read_for_a_small_expert_is_whole_pages(tmp_path: Path) -> None:
    facts = facts_of(read_header(write_model(tmp_path / "tiny.gguf", architecture="smallthinker", experts=4)), 512)
    assert facts.matrices == 3
    assert facts.one_read == 3 * (2304 + 4096)
    found = forecast(facts, replace(_place(GB), expert_cache=facts.slots // 2))
    misses = (1 - found.hits) * facts.expert_used * facts.expert_layers
    assert found.disk_per_token == pytest.approx(misses * facts.one_read)


def test_a_chosen_expert_cache_leaves_the_rest_on_disk_but_not_the_least() -> None:
    chosen = forecast(MOE, replace(_place(20 * GB), expert_cache=4 * GB))
    assert (chosen.verdict, chosen.expert_cache) == (Verdict.PAGED, 4 * GB)
    assert forecast(MOE, replace(_place(20 * GB), expert_cache=1)).expert_cache >= MOE.least_experts
    assert forecast(MOE, replace(_place(20 * GB), expert_cache=99 * GB)).verdict == Verdict.FITS


def test_below_the_least_it_does_not_run_and_the_least_would() -> None:
    found = forecast(MOE, _place(GB))
    assert found.verdict == Verdict.TOO_BIG
    assert found.tokens_per_second == 0
    assert forecast(MOE, _place(found.needed + 10**6)).verdict == Verdict.PAGED


def test_a_dense_model_fits_or_does_not() -> None:
    assert forecast(DENSE, _place(2 * GB)).verdict == Verdict.FITS
    tight = forecast(DENSE, _place(GB))
    assert tight.verdict == Verdict.TOO_BIG
    assert tight.needed == DENSE.dense + DENSE.embedding + DENSE.kv_cache + DENSE.compute


@pytest.mark.parametrize("limited", [True, False])
def test_a_dense_model_is_kept_twice_where_there_is_room(limited: bool) -> None:
    once, twice = (forecast(DENSE, _place(room, limited=limited)) for room in (2 * GB, 9 * GB))
    assert twice.resident - once.resident == DENSE.repacked


def test_where_nothing_is_paged_all_experts_have_to_fit() -> None:
    assert forecast(MOE, _place(6 * GB, pages=False)).verdict == Verdict.TOO_BIG
    assert forecast(MOE, _place(20 * GB, pages=False)).verdict == Verdict.FITS


@given(st.integers(0, 40 * GB), st.integers(0, 40 * GB))
def test_more_room_is_never_slower(one: int, other: int) -> None:
    less, more = sorted((one, other))
    slow, fast = forecast(MOE, _place(less)), forecast(MOE, _place(more))
    assert slow.tokens_per_second <= fast.tokens_per_second * 1.0001
    assert slow.total <= more or slow.verdict == Verdict.TOO_BIG


def test_hit_rates_are_between_nothing_and_everything() -> None:
    rates = [hit_rate(share / 100) for share in range(-1, 103)]
    assert rates[0] == rates[1] == 0
    assert rates[-1] == 1
    assert rates == sorted(rates)


def test_facts_come_from_the_header_and_the_context(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "m.gguf", experts=8))
    facts = facts_of(header, 1024)
    assert (facts.experts, facts.expert_count, facts.expert_used) == (header.expert_bytes, 8, 2)
    assert facts.expert_layers == 2
    assert facts.dense == header.non_expert_bytes
    assert facts_of(header, 10**6) == facts_of(header, header.context_trained)
    doubled = facts.scaled(2 * facts.file_bytes)
    assert doubled.experts == 2 * facts.experts
    assert doubled.kv_cache == facts.kv_cache


def test_few_cores_set_the_speed_where_memory_is_faster() -> None:
    fast = Place(20 * GB, True, 100e9, 1.5e9)
    one, two, many = (forecast(MOE, replace(fast, cores=cores)).tokens_per_second for cores in (1, 2, 64))
    assert one < two < many
    assert many == forecast(MOE, replace(fast, cores=128)).tokens_per_second


def test_experts_that_are_asked_for_early_are_waited_for_less() -> None:
    early = replace(MOE, early=True)
    assert forecast(early, _place(4 * GB)).tokens_per_second > forecast(MOE, _place(4 * GB)).tokens_per_second
    assert forecast(early, _place(20 * GB)).tokens_per_second == forecast(MOE, _place(20 * GB)).tokens_per_second


def test_the_first_prompt_waits_for_the_disk_or_for_the_cores() -> None:
    slow_disk, fast_disk = (forecast(MOE, Place(6 * GB, True, 15e9, disk)) for disk in (0.5e9, 5e9))
    assert slow_disk.prompt_tokens_per_second < fast_disk.prompt_tokens_per_second
    few, more = (forecast(DENSE, replace(_place(2 * GB), cores=cores)).prompt_tokens_per_second for cores in (2, 8))
    assert more == pytest.approx(4 * few)
    assert forecast(MOE, _place(GB)).prompt_tokens_per_second == 0


def test_the_approximate_head_touches_fewer_rows_and_takes_its_predictor_along(tmp_path: Path) -> None:
    header = read_header(authors_files.write(tmp_path / "a.gguf", profiler=authors_files.random_profiler()).path)
    whole, approximate = facts_of(header, 256), facts_of(header, 256, approximate_head=True)
    assert approximate.dense - whole.dense == predictor_bytes(header) > 0
    assert approximate.skipped > 0
    without = read_header(write_model(tmp_path / "b.gguf"))
    assert facts_of(without, 256, approximate_head=True) == facts_of(without, 256)
