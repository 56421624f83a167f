"""The cancel token tells everybody once."""

from __future__ import annotations

from thimble.client import CancelToken


def test_actions_run_once_however_often_it_is_cancelled() -> None:
    token = CancelToken()
    calls: list[str] = []
    token.on_cancel(lambda: calls.append("a"))
    token.cancel()
    token.cancel()
    assert calls == ["a"]
    assert token.cancelled


def test_an_action_registered_late_runs_at_once() -> None:
    token = CancelToken()
    token.cancel()
    calls: list[str] = []
    token.on_cancel(lambda: calls.append("late"))
    assert calls == ["late"]


def test_a_forgotten_action_does_not_run() -> None:
    token = CancelToken()
    calls: list[str] = []
    forget = token.on_cancel(lambda: calls.append("a"))
    forget()
    token.cancel()
    assert calls == []
