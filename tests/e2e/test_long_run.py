"""The long run's verdicts: growth is noticed, noise and a warm-up are not. The run: `tests.benchmarks soak`."""

from __future__ import annotations

import os
import random
import threading
from pathlib import Path

import pytest

from tests.benchmarks.soak import readings
from tests.benchmarks.soak.slopes import Limit, judge, theil_sen

MEMORY = Limit("memory", "MiB", 12.0, 4)
COUNT = Limit("threads", "", 0, 0.9)


def noisy(per_hour: float, spread: float, start: float = 200.0) -> list[tuple[float, float]]:
    """A quarter of an hour, a sample every half minute."""
    chance = random.Random(3)
    return [
        (at, start + per_hour * at / 3600 + chance.uniform(-spread, spread)) for at in map(float, range(0, 900, 30))
    ]


def test_the_slope_is_not_moved_by_single_samples() -> None:
    points = [(float(x), 2.0 * x) for x in range(20)]
    points[7], points[15] = (7.0, 1e6), (15.0, -1e6)
    assert theil_sen(points) == pytest.approx(2.0)


def test_a_leak_is_noticed_through_noise() -> None:
    verdict = judge(MEMORY, noisy(per_hour=90, spread=3))
    assert not verdict.flat
    assert verdict.per_hour == pytest.approx(90, abs=15)


def test_noise_and_a_warm_up_are_no_leak() -> None:
    points = [(at, value if at > 240 else value - 100 + at / 3) for at, value in noisy(per_hour=0, spread=3)]
    assert judge(MEMORY, points).flat


def test_one_thread_more_in_every_round_is_noticed() -> None:
    steps = [(float(at), 20.0 + at // 60) for at in range(0, 900, 30)]
    assert not judge(COUNT, steps).flat
    assert judge(COUNT, [(at, 20.0 + at % 60 // 30) for at, _ in steps]).flat


def test_a_process_tells_what_it_holds() -> None:
    before = readings.of_process("me", os.getpid())
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    with Path(__file__).open("rb"):
        after = readings.of_process("me", os.getpid())
    over.set()
    thread.join()
    assert after["me threads"] == before["me threads"] + 1
    assert after["me descriptors"] == before["me descriptors"] + 1
    assert 0 < after["me own"] <= after["me rss"]


def test_a_process_that_is_gone_tells_nothing() -> None:
    assert readings.of_process("it", 2**22 + 1) == {}


def test_what_piles_up_in_the_folders_is_counted(tmp_path: Path) -> None:
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    for path in (home / "run" / "engine.lock", home / "hub" / "a.thimble-part", temporary / "a" / "left"):
        path.parent.mkdir(parents=True)
        path.write_bytes(b"x")
    found = readings.of_folders(home, temporary)
    assert (found["lock files"], found["parts of downloads"], found["temporary files"]) == (1, 1, 1)
