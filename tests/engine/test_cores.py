"""Compute threads leave alone the cores that other programs use."""

from __future__ import annotations

from pathlib import Path

import pytest

from thimble.engine.cores import others_running, threads_for


@pytest.mark.parametrize(
    ("wanted", "cores", "others", "threads"),
    [(2, 2, 0, 2), (2, 2, 1, 1), (2, 2, 9, 1), (8, 16, 3, 8), (8, 16, 12, 4), (1, 2, 0, 1)],
)
def test_as_many_as_wanted_but_no_core_twice(wanted: int, cores: int, others: int, threads: int) -> None:
    assert threads_for(wanted, cores, others) == threads


def test_what_runs_is_the_median_of_some_looks_without_this_thread(tmp_path: Path) -> None:
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
