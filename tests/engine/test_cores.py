"""Compute threads leave alone the cores that other programs use."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path

import pytest

from thimble.engine.cores import LOOK_NS, CoreTime, CoreWatch, core_time, others_running, threads_for


@pytest.mark.parametrize(
    ("wanted", "cores", "others", "threads"),
    [(2, 2, 0, 2), (2, 2, 1, 1), (2, 2, 9, 1), (8, 16, 3, 8), (8, 16, 12, 4), (1, 2, 0, 1)],
)
def test_as_many_as_wanted_but_no_core_twice(wanted: int, cores: int, others: int, threads: int) -> None:
    assert threads_for(wanted, cores, others) == threads


def test_work_is_what_is_neither_idle_nor_waiting_on_the_cores_this_process_may_use(tmp_path: Path) -> None:
    file = tmp_path / "stat"
    file.write_text(
        "cpu  9 9 9 9 9 9 9 9 9 9\n"
        "cpu0 100 10 20 5000 700 3 7 900 0 0\n"
        "cpu1 50 0 0 5000 0 0 0 0 0 0\n"
        "cpu12 999 0 0 0 0 0 0 0 0 0\n"
        "intr 1 2 3\n"
    )
    found = core_time(file, [0, 1])
    assert found is not None
    assert found.busy == pytest.approx(1.9)
    assert found.own > 0


@pytest.mark.parametrize("text", ["cpu0 1 2\n", "cpu0 a b c d e f g\n"])
def test_where_nobody_tells_there_is_no_time(tmp_path: Path, text: str) -> None:
    file = tmp_path / "stat"
    file.write_text(text)
    assert core_time(file, [0]) is None
    assert core_time(tmp_path / "none", [0]) is None


def test_what_runs_at_the_beginning_is_the_median_of_some_looks_without_this_thread(tmp_path: Path) -> None:
    file = tmp_path / "loadavg"
    running = iter([5, 2, 2, 9, 2])

    def look_again(_seconds: float) -> None:
        file.write_text(f"0.1 0.2 0.3 {next(running)}/200 17\n")

    look_again(0)
    assert others_running(file, looks=5, pause=look_again) == 1


@pytest.mark.parametrize("text", ["", "0.1", "a b c d", "0 0 0 x/y 1"])
def test_where_nobody_tells_nothing_else_runs(tmp_path: Path, text: str) -> None:
    file = tmp_path / "loadavg"
    file.write_text(text)
    assert others_running(file, pause=lambda _seconds: None) == 0
    assert others_running(tmp_path / "none", pause=lambda _seconds: None) == 0


def threads_over(
    others: Iterable[float], *, wanted: int = 2, cores: int = 2, at_first: int = 0, every_ns: int = LOOK_NS
) -> list[int]:
    """Threads after each look, when others kept so many cores busy since the look before."""
    busy = own = 0.0
    now = CoreTime(busy, own)
    watch = CoreWatch(wanted, cores, at_first, lambda: now)
    at = 1
    found = [watch.follow(at)]
    for share in others:
        at += every_ns
        seconds = every_ns / 1e9
        own += watch.threads * seconds
        busy += (watch.threads + share) * seconds
        now = CoreTime(busy, own)
        found.append(watch.follow(at))
    return found


def test_a_core_is_given_back_soon_after_it_was_taken() -> None:
    assert threads_over([1] * 6) == [2, 2, 2, 2, 1, 1, 1]


def test_it_comes_back_after_a_second_of_rest() -> None:
    assert threads_over([1, 1, 1, 1, 0, 0, 0, 0, 0]) == [2, 2, 2, 2, 1, 1, 1, 1, 2, 2]


def test_a_wrong_beginning_is_mended() -> None:
    assert threads_over([0] * 6, at_first=1) == [1, 1, 1, 1, 1, 2, 2]


def test_some_cores_come_back_when_some_are_free() -> None:
    assert threads_over([2] * 6, wanted=8, cores=8, at_first=6)[-1] == 6


def test_a_program_that_works_now_and_then_takes_no_core() -> None:
    source = random.Random(4)
    found = threads_over([source.random() < 0.2 for _ in range(400)])
    assert sum(threads == 2 for threads in found) > 0.9 * len(found)


def test_between_the_chunks_of_a_prompt_one_look_is_enough() -> None:
    assert threads_over([1, 0], every_ns=2_000_000_000) == [2, 1, 2]


def test_it_looks_now_and_then_only() -> None:
    looks = iter([CoreTime(0, 0)])
    watch = CoreWatch(2, 2, 0, lambda: next(looks))
    assert [watch.follow(LOOK_NS + step) for step in range(5)] == [2] * 5


def test_one_thread_needs_no_look() -> None:
    looks: list[CoreTime] = []
    watch = CoreWatch(1, 2, 0, looks.pop)
    assert [watch.follow(at * LOOK_NS) for at in range(1, 4)] == [1, 1, 1]
