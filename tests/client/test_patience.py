"""A process that is starting is waited for as long as it lives and works."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from thimble.client.patience import MOST_SECONDS, STILL_SECONDS, Patience, work_done


class Watched:
    """A clock and a process that a test moves."""

    def __init__(self) -> None:
        self.now, self.done = 100.0, 1.0
        self.patience = Patience(1, lambda: self.now, lambda _pid: self.done)

    def later(self, seconds: float, work: float) -> bool:
        """Whether patience is over then."""
        self.now += seconds
        self.done += work
        return self.patience.over


def test_who_works_slowly_is_waited_for() -> None:
    watched = Watched()
    assert not any(watched.later(STILL_SECONDS - 1, 0.01) for _ in range(5))


def test_who_does_nothing_is_given_up() -> None:
    watched = Watched()
    assert not watched.later(STILL_SECONDS - 1, 0)
    assert watched.later(1, 0)


def test_who_never_gets_there_is_given_up_at_last() -> None:
    watched = Watched()
    steps = int(MOST_SECONDS // 10)
    assert not any(watched.later(10, 1) for _ in range(steps - 1))
    assert watched.later(10, 1)


def test_who_is_gone_is_not_waited_for() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    assert work_done(process.pid) < 0
    assert Patience(process.pid).over


def test_work_is_counted() -> None:
    before = work_done(os.getpid())
    for _ in range(20):
        with Path(__file__).open("rb", buffering=0) as opened:
            opened.read()
    assert work_done(os.getpid()) > before >= 0
