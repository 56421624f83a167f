"""Compute threads leave alone the cores that other programs use."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from thimble.engine.cores import LOOK_NS, CoreWatch, others_now, others_running, threads_for


@pytest.fixture
def tasks(tmp_path: Path) -> Path:
    """This process: one thread that looks, one that computes, one that sleeps, one with a strange name."""
    for number, line in enumerate(["1 (look) R 0", "2 (compute) R 0", "3 (sleep) S 0", "4 (a) R b) D 0"]):
        (tmp_path / "task" / str(number)).mkdir(parents=True)
        (tmp_path / "task" / str(number) / "stat").write_text(line)
    return tmp_path / "task"


@pytest.mark.parametrize(
    ("wanted", "cores", "others", "threads"),
    [(2, 2, 0, 2), (2, 2, 1, 1), (2, 2, 9, 1), (8, 16, 3, 8), (8, 16, 12, 4), (1, 2, 0, 1)],
)
def test_as_many_as_wanted_but_no_core_twice(wanted: int, cores: int, others: int, threads: int) -> None:
    assert threads_for(wanted, cores, others) == threads


@pytest.mark.parametrize(("running", "others"), [(1, 0), (2, 0), (3, 1), (7, 5)])
def test_own_threads_are_not_others(tmp_path: Path, tasks: Path, running: int, others: int) -> None:
    file = tmp_path / "loadavg"
    file.write_text(f"0.1 0.2 0.3 {running}/200 17\n")
    assert others_now(file, tasks) == others


def test_without_a_list_of_threads_only_who_looks_is_not_another(tmp_path: Path) -> None:
    file = tmp_path / "loadavg"
    file.write_text("0.1 0.2 0.3 3/200 17\n")
    assert others_now(file, tmp_path / "none") == 2


@pytest.mark.parametrize("text", ["", "0.1", "a b c d", "0 0 0 x/y 1"])
def test_where_nobody_tells_nothing_else_runs(tmp_path: Path, tasks: Path, text: str) -> None:
    file = tmp_path / "loadavg"
    file.write_text(text)
    assert others_now(file, tasks) == 0
    assert others_now(tmp_path / "none", tasks) == 0


def test_the_first_number_is_the_median_of_some_looks() -> None:
    seen = iter([4, 1, 1, 8, 1])
    assert others_running(lambda: next(seen), looks=5, pause=lambda _seconds: None) == 1


def threads_over(seen: Iterator[int], looks: int, *, wanted: int = 2, cores: int = 2, others: int = 0) -> list[int]:
    """Threads after each of so many looks."""
    watch = CoreWatch(wanted, cores, others, lambda: next(seen))
    return [watch.follow(at * LOOK_NS) for at in range(1, looks + 1)]


def test_one_look_is_not_enough_for_fewer_threads_and_three_are() -> None:
    assert threads_over(iter([1, 0, 0, 1, 0]), 5) == [2, 2, 2, 2, 2]
    assert threads_over(iter([1, 1, 1, 1]), 4) == [2, 2, 1, 1]


def test_all_threads_come_back_when_the_cores_have_been_free_for_ten_looks() -> None:
    assert threads_over(iter([0] * 11), 11, others=1) == [1] * 9 + [2, 2]
    assert threads_over(iter([*[0] * 5, 1, *[0] * 10]), 16, others=1) == [1] * 15 + [2]


def test_some_come_back_when_some_cores_are_free() -> None:
    assert threads_over(iter([2] * 10), 10, wanted=8, cores=8, others=6) == [2] * 9 + [6]


def test_it_looks_now_and_then_only() -> None:
    looks = iter([0])
    watch = CoreWatch(2, 2, 0, lambda: next(looks))
    assert [watch.follow(LOOK_NS + step) for step in range(5)] == [2] * 5


def test_one_thread_needs_no_look() -> None:
    assert threads_over(iter([]), 3, wanted=1) == [1, 1, 1]
