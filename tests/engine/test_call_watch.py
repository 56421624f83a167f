"""A step of a grammar that does not come back ends the engine, not the computer."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from thimble.engine import call_watch
from thimble.engine.call_watch import CallWatch
from thimble.protocol import ENDED_OVER_GRAMMAR

PROGRAM = """
import threading
from thimble.engine.call_watch import CallWatch
with CallWatch(seconds=0.05):
    threading.Event().wait()
"""


@pytest.fixture(autouse=True)
def quick_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(call_watch, "LOOK_SECONDS", 0.005)


def test_a_call_that_takes_too_long_is_given_up() -> None:
    gave_up = threading.Event()
    watch = CallWatch(lambda _why: gave_up.set(), seconds=0.02)
    with watch:
        assert gave_up.wait(20)
    watch.close()


def test_a_call_that_takes_too_much_memory_is_given_up() -> None:
    gave_up = threading.Event()
    watch = CallWatch(lambda _why: gave_up.set(), growth=2**25)
    held = []
    with watch:
        while not gave_up.wait(0.01):
            held.append(bytearray(2**23))
            assert len(held) < 500, "nobody gave up"
    watch.close()


def test_short_calls_are_let_be() -> None:
    gave_up = threading.Event()
    watch = CallWatch(lambda _why: gave_up.set(), seconds=5)
    for _ in range(1000):
        with watch:
            pass
    watch.close()
    assert not gave_up.is_set()


def test_a_call_that_does_not_come_back_ends_its_process() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, check=False)
    assert done.returncode == ENDED_OVER_GRAMMAR, done.stderr.decode()
