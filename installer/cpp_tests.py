"""The C++ tests of our own sources: built, run, and the same for 64-bit ARM under an emulator."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from installer import cmake, kept_builds, sdist
from installer.checks import Checks, last_match
from installer.environment import Environment, app_environment
from installer.errors import InstallerError
from installer.places import Places
from installer.process import output_of, run_logged, which
from installer.sdist import Upstream
from installer.terminal import Phase, Terminal

_CTEST_TOTALS = re.compile(r"^\d+% tests passed.*$")
ARM_PROGRAMS = ("aarch64-linux-gnu-gcc", "aarch64-linux-gnu-g++", "qemu-aarch64")
"""What the tests for ARM want; engine_patches/tests/aarch64-linux-gnu.cmake names them, too."""


@dataclass(frozen=True)
class Build:
    """One build of the tests.

    Attributes:
        name: of its folder.
        compiler: that CMake will take; another version is another build.
        arguments: for CMake, in a folder with `src` and `tests`.
    """

    name: str
    compiler: str
    arguments: Callable[[Phase, Path], list[str]]


def run_cpp_tests(
    checks: Checks, places: Places, environment: Environment, terminal: Terminal, *, every_set: bool = False
) -> None:
    """Configures, builds and runs the C++ tests of our own sources.

    Args:
        checks, places, environment, terminal: of this run.
        every_set: kernels also in those instruction sets of a portable engine that have no kernels of their own.
    """
    option = f"-DTHIMBLE_EVERY_SET={'ON' if every_set else 'OFF'}"
    name = "cpp-tests-every-set" if every_set else "cpp-tests"
    build = Build(name, os.environ.get("CXX", "c++"), lambda _phase, _folder: [option])
    _run_ctest(checks, "C++ tests (ctest)", places, environment, terminal, build)


def run_arm_tests(checks: Checks, places: Places, environment: Environment, terminal: Terminal) -> None:
    """The same for 64-bit ARM under an emulator, with our kernels against upstream's; skipped where there is none."""
    name = "C++ tests for ARM"
    missing = [program for program in ARM_PROGRAMS if which(program) is None]
    if missing:
        checks.skip(name, f"skipped: there is no {' and no '.join(missing)}")
        return

    def arguments(phase: Phase, folder: Path) -> list[str]:
        toolchain = folder / "tests" / "aarch64-linux-gnu.cmake"
        upstream = _upstream_kernels(places, environment.python, phase)
        return [f"-DCMAKE_TOOLCHAIN_FILE={toolchain}", f"-DTHIMBLE_GGML={upstream}"]

    _run_ctest(checks, name, places, environment, terminal, Build("arm-tests", ARM_PROGRAMS[1], arguments))


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
    folder = places.cache / "kept" / f"upstream-{upstream.sha256[:12]}"
    inside = Path(upstream.folder_name) / "vendor" / "llama.cpp" / "ggml"
    if not folder.exists():
        archive = sdist.fetch(places, upstream, python, phase)
        unfinished = folder.with_name(f"{folder.name}-{os.getpid()}.part")
        sdist.unpack(archive, upstream, unfinished, _is_arm_kernel_or_header)
        try:
            unfinished.rename(folder)
        except OSError:  # another checkout was faster
            sdist.remove_tree(unfinished)
    return folder / inside


def _is_arm_kernel_or_header(name: str) -> bool:
    below, _, file = name.removeprefix("vendor/llama.cpp/ggml/").rpartition("/")
    is_header = below in {"include", "src", "src/ggml-cpu"} and file.endswith(".h")
    return name.startswith("vendor/llama.cpp/ggml/") and (is_header or below == "src/ggml-cpu/arch/arm")


def _run_ctest(
    checks: Checks, name: str, places: Places, environment: Environment, terminal: Terminal, build: Build
) -> None:
    try:
        tools = cmake.find(places, environment, terminal)
    except InstallerError as error:
        sentence = error.sentence
        checks.problems(name, lambda _phase: [sentence])
        return
    key = [output_of([tools.program, "--version"]), output_of([build.compiler, "--version"]), *tools.generator]

    def steps(phase: Phase) -> tuple[bool, str, str]:
        with kept_builds.folder(places, build.name, key) as folder:
            for part in ("src", "tests"):
                kept_builds.mirror(places.patches / part, folder / part)
            arguments = build.arguments(phase, folder)
            phase.note("")
            return _built_and_run(tools, folder, arguments)

    checks.steps(name, steps)


def _built_and_run(tools: cmake.CMake, folder: Path, arguments: Sequence[str]) -> tuple[bool, str, str]:
    """Whether the tests in a folder passed, their totals, and all that was said."""
    build = folder / "build"
    configure = [tools.program, "-S", str(folder / "tests"), "-B", str(build), *tools.generator]
    configure += ["-DCMAKE_BUILD_TYPE=Release", *arguments]
    cores = str(os.cpu_count() or 1)
    code, said = run_logged(configure)
    if code != 0:
        # a build folder that another CMake made is started anew
        sdist.remove_tree(build)
        code, said = run_logged(configure)
    for command in (
        [tools.program, "--build", str(build), "--parallel"],
        [tools.ctest, "--test-dir", str(build), "--parallel", cores, "--output-on-failure", "--no-tests=error"],
    ):
        if code == 0:
            code, output = run_logged(command)
            said += "\n" + output
    return code == 0, last_match(_CTEST_TOTALS, said) or "could not be built", said
