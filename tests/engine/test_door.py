"""The switch that stops compute, by our C API and, in a stock build, by the C library."""

from __future__ import annotations

import ctypes

import pytest

from thimble.engine import door
from thimble.engine.cancel import CancelFlag
from thimble.engine.door import ComputeStop

pytestmark = pytest.mark.engine


@pytest.fixture(params=["built", "stock"])
def stop(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ComputeStop:
    """The switch as this build has it, and as a stock build has it."""
    if request.param == "stock":
        monkeypatch.setattr(door, "api", lambda: None)
    return ComputeStop()


def read(stop: ComputeStop) -> bool:
    """What llama.cpp sees."""
    return bool(stop._callback(ctypes.c_void_p(stop._flag)))


def test_c_sees_the_switch_go_on_and_off(stop: ComputeStop) -> None:
    seen = [read(stop)]
    for value in (True, False):
        stop.set(value)
        seen.append(read(stop))
    assert seen == [False, True, False]


def test_a_cancel_flag_turns_it_only_while_linked(stop: ComputeStop) -> None:
    flag = CancelFlag()
    with flag.linked(stop):
        flag.set()
        inside = read(stop)
    assert (inside, read(stop)) == (True, False)


def test_a_flag_that_was_set_before_stops_from_the_start(stop: ComputeStop) -> None:
    flag = CancelFlag()
    flag.set()
    with flag.linked(stop):
        assert read(stop)
