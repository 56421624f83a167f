"""Streams are coalesced at the view's boundary."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from thimble.ui.throttle import Debounce, Throttle


class Calls:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


def test_the_first_request_runs_at_once(qtbot: QtBot) -> None:
    calls = Calls()
    Throttle(1000, calls)()
    assert calls.count == 1


def test_a_burst_is_one_run_now_and_one_at_the_end(qtbot: QtBot) -> None:
    calls = Calls()
    throttle = Throttle(30, calls)
    for _ in range(100):
        throttle()
    assert calls.count == 1
    qtbot.waitUntil(lambda: not throttle.pending)
    assert calls.count == 2


def test_flush_runs_now_and_leaves_nothing_due(qtbot: QtBot) -> None:
    calls = Calls()
    throttle = Throttle(1000, calls)
    throttle()
    throttle()
    throttle.flush()
    assert calls.count == 2
    assert not throttle.pending


def test_cancel_forgets_what_is_due(qtbot: QtBot) -> None:
    calls = Calls()
    throttle = Throttle(1000, calls)
    throttle()
    throttle()
    throttle.cancel()
    assert not throttle.pending
    assert calls.count == 1


def test_debounce_waits_for_quiet(qtbot: QtBot) -> None:
    calls = Calls()
    debounce = Debounce(20, calls)
    for _ in range(10):
        debounce()
    assert calls.count == 0
    qtbot.waitUntil(lambda: calls.count == 1)


def test_debounce_flush_runs_only_what_is_due(qtbot: QtBot) -> None:
    calls = Calls()
    debounce = Debounce(1000, calls)
    debounce.flush()
    assert calls.count == 0
    debounce()
    debounce.flush()
    assert calls.count == 1
