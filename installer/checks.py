"""Checks that run to their end one after the other, and a summary."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from installer.environment import Environment
from installer.errors import InstallerError
from installer.places import Places
from installer.process import run_logged
from installer.terminal import Phase, Terminal

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SHOWN_LINES = 80
PYTEST_TOTALS = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+ in [\d.]+s.*?)\s*=*$|^(no tests ran in .*)$")


@dataclass(frozen=True)
class Result:
    """How one check ended.

    Attributes:
        name: of the check.
        passed: whether it did.
        totals: its own closing line.
        seconds: how long it took.
    """

    name: str
    passed: bool
    totals: str
    seconds: float


def last_match(pattern: re.Pattern[str], output: str) -> str:
    """The last line that matches, without colours and frames; empty when none does."""
    for line in reversed(output.splitlines()):
        match = pattern.match(_COLOUR.sub("", line).strip())
        if match:
            return next((group for group in match.groups() if group), match[0])
    return ""


def last_line(output: str) -> str:
    """The last line with something in it."""
    return next((_COLOUR.sub("", line).strip() for line in reversed(output.splitlines()) if line.strip()), "")


class Checks:
    """Runs checks one after the other and remembers how they ended."""

    def __init__(self, places: Places, environment: Environment, terminal: Terminal) -> None:
        self._places = places
        self._environment = environment
        self._terminal = terminal
        self.results: list[Result] = []

    def program(self, name: str) -> str:
        """A program of the environment."""
        return str(self._environment.programs / name)

    def command(self, name: str, command: Sequence[str], totals: Callable[[str], str] = last_line) -> None:
        """Runs a command quietly; its output is shown when it fails."""

        def work(_phase: Phase) -> tuple[bool, str, str]:
            code, output = run_logged(command, cwd=self._places.root)
            return code == 0, totals(output), output

        self.steps(name, work)

    def problems(self, name: str, find: Callable[[Phase], list[str]]) -> None:
        """Runs a check of our own that lists problems."""

        def work(phase: Phase) -> tuple[bool, str, str]:
            found = find(phase)
            return not found, f"{len(found)} problems" if found else "no problems", "\n".join(found)

        self.steps(name, work)

    def skip(self, name: str, why: str) -> None:
        """A check that cannot be run here, and is not missed."""
        self._terminal.line(f"  {self._terminal.good} {name}: {why}")
        self.results.append(Result(name, True, why, 0.0))

    def live(self, name: str, command: Sequence[str], pattern: re.Pattern[str], env: Mapping[str, str]) -> None:
        """Runs a command whose output is worth watching."""
        started = time.monotonic()
        self._terminal.line(f"  {self._terminal.busy} {name}")
        code, output = run_logged(command, cwd=self._places.root, env=env, on_line=self._terminal.line)
        totals = last_match(pattern, output) or "no totals; it ended early"
        self.results.append(Result(name, code == 0, totals, time.monotonic() - started))

    def steps(self, name: str, work: Callable[[Phase], tuple[bool, str, str]]) -> None:
        """Runs work that says whether it passed, its totals, and what to show when it failed."""
        started = time.monotonic()
        passed, totals, output = False, "", ""
        try:
            with self._terminal.phase(name) as phase:
                passed, totals, output = work(phase)
                if not passed:
                    raise InstallerError(f"{name} failed")
        except InstallerError as error:
            totals = totals or error.sentence
            lines = output.splitlines()
            if len(lines) > _SHOWN_LINES:
                self._terminal.line(f"    … {len(lines) - _SHOWN_LINES} lines before these")
            for line in lines[-_SHOWN_LINES:] or [error.sentence]:
                self._terminal.line(f"    {line}")
        self.results.append(Result(name, passed, totals, time.monotonic() - started))

    def summary(self) -> int:
        """Prints how everything ended; the exit code."""
        width = max(len(result.name) for result in self.results)
        failed = [result for result in self.results if not result.passed]
        self._terminal.line()
        for result in self.results:
            mark = self._terminal.good if result.passed else self._terminal.bad
            self._terminal.line(f"  {mark} {result.name.ljust(width)}  {result.seconds:6.1f} s  {result.totals}")
        seconds = sum(result.seconds for result in self.results)
        if failed:
            self._terminal.line(f"{len(failed)} of {len(self.results)} checks failed, {seconds:.0f} s.")
            return 1
        self._terminal.line(f"All {len(self.results)} checks passed, {seconds:.0f} s.")
        return 0
