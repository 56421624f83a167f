"""How the check of the packages watches a program."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from installer.errors import InstallerError
from installer.packages.smoke import stays, wait


def _started(code: str) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def crashed() -> Iterator[subprocess.Popen[str]]:
    with _started("print('no display'); raise SystemExit(3)") as process:
        yield process


def test_nothing_is_waited_for_behind_the_end_of_the_program_that_was_to_bring_it(
    crashed: subprocess.Popen[str],
) -> None:
    with pytest.raises(InstallerError, match="It ended with 3: no display"):
        wait(lambda: False, 3600, "The engine did not start", crashed)


def test_a_program_that_ends_while_it_is_left_alone_is_told_at_once(crashed: subprocess.Popen[str]) -> None:
    with pytest.raises(InstallerError, match="It ended with 3: no display"):
        stays(crashed, 3600)


def test_what_is_there_is_given_back_from_a_program_that_lives() -> None:
    with _started("input()") as process:
        stays(process, 0.01)
        assert wait(lambda: "answer", 1, "", process) == "answer"
        process.communicate("\n")
    assert process.returncode == 0


def test_what_does_not_come_is_told_with_how_long_it_was_waited_for() -> None:
    with pytest.raises(InstallerError, match="No window opened within 0 s"):
        wait(lambda: False, 0, "No window opened")
