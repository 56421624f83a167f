"""One line for a phase, on every kind of output."""

from __future__ import annotations

import io

import pytest

from installer.terminal import Terminal


class _Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class _OldOutput(io.StringIO):
    encoding = "ascii"


def test_a_phase_that_worked_is_one_line_with_a_tick(terminal: Terminal, output: io.StringIO) -> None:
    with terminal.phase("Doing it") as phase:
        phase.note("three things")
    assert output.getvalue().startswith(f"  {terminal.good} Doing it  three things  0.")


def test_a_phase_that_failed_has_a_cross(terminal: Terminal, output: io.StringIO) -> None:
    with pytest.raises(ValueError, match="no"), terminal.phase("Doing it"):
        raise ValueError("no")
    assert output.getvalue().startswith(f"  {terminal.bad} Doing it")


def test_without_a_screen_progress_comes_in_quarters(terminal: Terminal, output: io.StringIO) -> None:
    with terminal.phase("Building") as phase:
        for done in range(101):
            phase.percent(done, 100)
    assert [line.split()[-2] for line in output.getvalue().splitlines()[:-1]] == ["25", "50", "75"]


def test_a_screen_without_unicode_gets_ascii() -> None:
    assert Terminal(_OldOutput()).good == "ok"


def test_on_a_screen_the_last_line_replaces_the_running_one() -> None:
    screen = _Screen()
    terminal = Terminal(screen)
    terminal.over("  … working")
    terminal.line("done")
    assert screen.getvalue().endswith("\rdone\n")


def test_a_phase_on_a_screen_leaves_no_thread_behind() -> None:
    import threading

    before = threading.active_count()
    with Terminal(_Screen()).phase("Doing it"):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before
