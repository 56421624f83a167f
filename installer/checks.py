"""`test`: every check of the project, each run to its end, and one summary."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer import cmake, patchtools, sdist
from installer.environment import Environment, app_environment
from installer.errors import InstallerError
from installer.places import Places
from installer.process import run_logged, which
from installer.sdist import Upstream
from installer.terminal import Phase, Terminal

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_SHOWN_LINES = 80
PYTEST_TOTALS = re.compile(r"^=*\s*((?:\d+ [a-z]+(?:, )?)+ in [\d.]+s.*?)\s*=*$|^(no tests ran in .*)$")
_CTEST_TOTALS = re.compile(r"^\d+% tests passed.*$")
ARM_PROGRAMS = ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++", "qemu-aarch64")
"""What the tests for ARM want; engine_patches/tests/aarch64-linux-gnu.cmake names them, too."""


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


def run_all(places: Places, environment: Environment, terminal: Terminal, pytest_arguments: Sequence[str]) -> int:
    """Lint, format, types, import contracts, patches, C++ tests (for ARM, too), Python tests; the exit code."""
    checks = Checks(places, environment, terminal)
    python = str(environment.python)
    checks.command("lint", [checks.program("ruff"), "check", "."])
    checks.command("format", [checks.program("ruff"), "format", "--check", "."])
    checks.command("types", [python, "-m", "mypy"])
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


def run_cpp_tests(
    checks: Checks, places: Places, environment: Environment, terminal: Terminal, *, every_set: bool = False
) -> None:
    """Configures, builds and runs the C++ tests of our own sources.

    Args:
        checks, places, environment, terminal: of this run.
        every_set: kernels also in those instruction sets of a portable engine that have no kernels of their own.
    """
    option = f"-DTHIMBLE_EVERY_SET={'ON' if every_set else 'OFF'}"
    build = places.scratch / "cpp-tests"
    _run_ctest(checks, "C++ tests (ctest)", places, environment, terminal, build, lambda _: [option])


def run_arm_tests(checks: Checks, places: Places, environment: Environment, terminal: Terminal) -> None:
    """The same for 64-bit ARM under an emulator, with our kernels against upstream's; skipped where there is none."""
    name = "C++ tests for ARM"
    missing = [program for program in ARM_PROGRAMS if which(program) is None]
    if missing:
        checks.skip(name, f"skipped: there is no {' and no '.join(missing)}")
        return

    def arguments(phase: Phase) -> list[str]:
        toolchain = places.patches / "tests" / "aarch64-linux-gnu.cmake"
        upstream = _upstream_kernels(places, environment.python, phase)
        return [f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", f"-DTHIMBLE_GGML={upstream}"]

    _run_ctest(checks, name, places, environment, terminal, places.scratch / "arm-tests", arguments)


def arm_tests(places: Places, terminal: Terminal) -> int:
    """Only the tests for ARM; the exit code, 0 if they were skipped, too."""
    environment = app_environment(places)
    environment.make(sys.executable, terminal)
    checks = Checks(places, environment, terminal)
    run_arm_tests(checks, places, environment, terminal)
    return checks.summary()


def _upstream_kernels(places: Places, python: Path, phase: Phase) -> Path:
    """The folder ggml of upstream's source, with its headers and what it has for ARM."""
    upstream = Upstream.read(places.patches)
    folder = places.scratch / f"upstream-{upstream.sha256[:12]}"
    inside = Path(upstream.folder_name) / "vendor" / "llama.cpp" / "ggml"
    if not folder.exists():
        archive = sdist.fetch(places, upstream, python, phase)
        unfinished = folder.with_suffix(".part")
        sdist.remove_tree(unfinished)
        sdist.unpack(archive, upstream, unfinished, _is_arm_kernel_or_header)
        unfinished.rename(folder)
    return folder / inside


def _is_arm_kernel_or_header(name: str) -> bool:
    below, _, file = name.removeprefix("vendor/llama.cpp/ggml/").rpartition("/")
    is_header = below in {"include", "src", "src/ggml-cpu"} and file.endswith(".h")
    return name.startswith("vendor/llama.cpp/ggml/") and (is_header or below == "src/ggml-cpu/arch/arm")


def _run_ctest(
    checks: Checks,
    name: str,
    places: Places,
    environment: Environment,
    terminal: Terminal,
    build: Path,
    arguments: Callable[[Phase], list[str]],
) -> None:
    try:
        tools = cmake.find(places, environment, terminal)
    except InstallerError as error:
        sentence = error.sentence
        checks.problems(name, lambda _phase: [sentence])
        return
    source = ["-S", str(places.patches / "tests"), "-B", str(build), *tools.generator, "-DCMAKE_BUILD_TYPE=Release"]

    def steps(phase: Phase) -> tuple[bool, str, str]:
        configure = [tools.program, *source, *arguments(phase)]
        phase.note("")
        code, said = run_logged(configure)
        if code != 0:
            # a build folder that another CMake or a moved checkout made is started anew
            sdist.remove_tree(build)
            code, said = run_logged(configure)
        for command in (
            [tools.program, "--build", str(build), "--parallel"],
            [tools.ctest, "--test-dir", str(build), "--output-on-failure", "--no-tests=error"],
        ):
            if code == 0:
                code, output = run_logged(command)
                said += "\n" + output
        return code == 0, last_match(_CTEST_TOTALS, said) or "could not be built", said

    checks.steps(name, steps)
