"""Every check runs to its end, and the last lines say how all of them ended."""

from __future__ import annotations

import io
import re
import sys

import pytest

from installer import checks
from installer.checks import Checks
from installer.environment import app_environment
from installer.places import Places
from installer.terminal import Terminal


@pytest.fixture
def made(places: Places, terminal: Terminal) -> Checks:
    """Checks of the tiny checkout."""
    return Checks(places, app_environment(places), terminal)


def _python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_a_failed_check_does_not_stop_the_next(made: Checks) -> None:
    made.command("first", _python("raise SystemExit(1)"))
    made.command("second", _python("print('fine')"))
    assert [result.passed for result in made.results] == [False, True]


def test_one_failure_is_exit_code_1(made: Checks) -> None:
    made.command("first", _python("raise SystemExit(1)"))
    made.command("second", _python("print('fine')"))
    assert made.summary() == 1


def test_no_failure_is_exit_code_0(made: Checks) -> None:
    made.command("only", _python("print('fine')"))
    assert made.summary() == 0


def test_what_a_failed_check_said_is_shown(made: Checks, output: io.StringIO) -> None:
    made.command("first", _python("print('the reason'); raise SystemExit(1)"))
    assert "the reason" in output.getvalue()


def test_what_a_passed_check_said_is_its_last_line(made: Checks, output: io.StringIO) -> None:
    made.command("first", _python("print('noise'); print('12 files are fine')"))
    made.summary()
    assert "12 files are fine" in output.getvalue()
    assert "noise" not in output.getvalue()


def test_a_program_that_is_not_there_is_a_failed_check(made: Checks) -> None:
    made.command("lint", ["no-such-program-of-thimble"])
    assert made.summary() == 1


def test_problems_found_are_shown(made: Checks, output: io.StringIO) -> None:
    made.problems("patches", lambda _phase: ["this one is wrong"])
    assert "this one is wrong" in output.getvalue()
    assert not made.results[0].passed


def test_a_watched_command_is_shown_while_it_runs(made: Checks, output: io.StringIO) -> None:
    made.live("tests", _python("print('a dot')"), re.compile("nothing"), {})
    assert "a dot" in output.getvalue()


@pytest.mark.parametrize(
    ("line", "totals"),
    [
        (
            "412 passed, 3 deselected in 88.21s (0:01:28)",
            "412 passed, 3 deselected in 88.21s (0:01:28)",
        ),
        ("======= 1 failed, 2 passed in 0.10s =======", "1 failed, 2 passed in 0.10s"),
        ("\x1b[32m\x1b[1m5 passed\x1b[0m\x1b[32m in 0.2s\x1b[0m", "5 passed in 0.2s"),
        ("no tests ran in 0.01s", "no tests ran in 0.01s"),
    ],
)
def test_totals_are_found_in_the_output(line: str, totals: str) -> None:
    assert checks.last_match(checks.PYTEST_TOTALS, f"first line\n{line}\n") == totals


def test_the_totals_are_in_the_summary(made: Checks, output: io.StringIO) -> None:
    made.live("tests", _python("print('7 passed in 0.1s')"), checks.PYTEST_TOTALS, {})
    output.truncate(0)
    made.summary()
    assert "7 passed in 0.1s" in output.getvalue()


def test_a_test_run_that_died_says_so(made: Checks) -> None:
    made.live("tests", _python("raise SystemExit(3)"), checks.PYTEST_TOTALS, {})
    assert made.results[0].totals == "no totals; it ended early"


def test_a_problem_of_a_step_is_its_total(made: Checks) -> None:
    made.problems("patches", lambda _phase: [])
    assert made.results[0].totals == "no problems"
