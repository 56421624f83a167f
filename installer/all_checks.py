"""`test`: every check of the project, each run to its end, and one summary."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from installer import patchtools, sdist
from installer.checks import PYTEST_TOTALS, Checks
from installer.cpp_tests import run_arm_tests, run_cpp_tests
from installer.environment import Environment
from installer.places import Places
from installer.sdist import Upstream
from installer.terminal import Phase, Terminal


def run_all(places: Places, environment: Environment, terminal: Terminal, pytest_arguments: Sequence[str]) -> int:
    """Lint, format, types, import contracts, patches, C++ tests (for ARM, too), Python tests; the exit code."""
    checks = Checks(places, environment, terminal)
    python = str(environment.python)
    checks.command("lint", [checks.program("ruff"), "check", "."])
    checks.command("format", [checks.program("ruff"), "format", "--check", "."])
    checks.command("types", [python, "-m", "mypy", "--cache-dir", str(places.cache / "mypy")])
    checks.command("import contracts", [checks.program("lint-imports")])
    checks.problems("engine patches", lambda phase: check_patches(places, environment.python, phase))
    run_cpp_tests(checks, places, environment, terminal)
    run_arm_tests(checks, places, environment, terminal)
    command = [python, "-m", "pytest", "-q", "-m", "not bench", *side_by_side(os.cpu_count() or 1), *pytest_arguments]
    if terminal.live:
        command.append("--color=yes")
    checks.live("Python tests (pytest)", command, PYTEST_TOTALS, {"QT_QPA_PLATFORM": "offscreen"})
    return checks.summary()


def side_by_side(cores: int) -> list[str]:
    """pytest's arguments for a run on so many cores: a process for each, at most four; a file stays whole.

    Files share their fixtures (models that are written, engines that are started), so they are not torn apart.
    """
    return ["-n", str(min(cores, 4)), "--dist", "loadfile"] if cores > 1 else []


def check_patches(places: Places, python: Path, phase: Phase) -> list[str]:
    """The problems of the patch series; fetches the source when it is not in the cache."""
    archive = sdist.fetch(places, Upstream.read(places.patches), python, phase)
    problems = patchtools.check(places, archive)
    phase.note("")
    return problems
