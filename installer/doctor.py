"""`doctor`: what is here, what is missing, and the command that mends it."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from installer import cpu, engine, system, wheel
from installer.environment import app_environment
from installer.errors import InstallerError
from installer.places import Places
from installer.process import output_of, which
from installer.recipe import compiler_version, find_compiler
from installer.terminal import Terminal

_MINIMUM_PYTHON = (3, 11)
_ROOM_BYTES = 3 << 30  # environment 1 GiB, building the engine 1 GiB, starter model 0.1 GiB, and air


class State(Enum):
    """How something is: fine, missing but not needed, missing and needed."""

    GOOD = "good"
    OPTIONAL = "optional"
    MISSING = "missing"


@dataclass(frozen=True)
class Finding:
    """One line of the table.

    Attributes:
        name: of the thing.
        state: how it is.
        detail: version, place or what is missing.
        command: what mends it.
    """

    name: str
    state: State
    detail: str
    command: str = ""


def examine(places: Places) -> Iterator[Finding]:
    """Looks at everything Thimble needs; reads only, installs nothing."""
    yield _python()
    yield _need("venv and ensurepip", system.has_venv(), "present", system.Need("venv", "", True, (_venv_package(),)))
    compiler = find_compiler()
    detail = compiler_version(compiler) if compiler else "no C++ compiler"
    yield _need("C++ compiler", compiler is not None, detail, system.Need("compiler", "", True))
    for name, why in (("cmake", "fetched from PyPI for a build"), ("ninja", "fetched from PyPI for a build")):
        path = which(name)
        yield Finding(name, State.GOOD, output_of([name, "--version"]).split("\n", 1)[0] if path else why)
    yield _optional("ccache", "a second build of the engine takes minutes instead of seconds")
    yield _optional("git", "only the patch tools and the tests need it")
    yield from _window()
    yield _disk(places)
    flags = cpu.flags()
    yield Finding("processor", State.GOOD, f"{flags[0]}, {len(flags) - 1} instruction sets{_best(flags)}")
    yield from _installed(places)


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info >= _MINIMUM_PYTHON:
        return Finding("Python", State.GOOD, f"{version} ({sys.executable})")
    wanted = ".".join(map(str, _MINIMUM_PYTHON))
    return Finding("Python", State.MISSING, f"{version}, {wanted} or newer is needed", "install a newer Python")


def _venv_package() -> str:
    return f"python3.{sys.version_info.minor}-venv"


def _need(name: str, present: bool, detail: str, need: system.Need) -> Finding:
    if present:
        return Finding(name, State.GOOD, detail)
    text = detail if detail != "present" else "missing"
    return Finding(name, State.MISSING, text, system.install_command([need]))


def _optional(name: str, why: str) -> Finding:
    path = which(name)
    if path:
        return Finding(name, State.GOOD, output_of([name, "--version"]).split("\n", 1)[0].strip() or path)
    return Finding(name, State.OPTIONAL, f"missing: {why}", system.install_command([system.Need(name, "", False)]))


def _window() -> Iterator[Finding]:
    libraries = system.missing_qt_libraries()
    packages = tuple(system.QT_LIBRARIES[name] for name in libraries)
    detail = f"missing: {', '.join(libraries)}" if libraries else f"all {len(system.QT_LIBRARIES)} can be loaded"
    yield _need("Qt's libraries", not libraries, detail, system.Need("qt", "", True, packages))
    yield _need("fonts", system.has_fonts(), "present", system.Need("font", "", True))
    if sys.platform.startswith("linux") and which("Xvfb") is None:
        need = system.Need("xvfb", "", False)
        detail = "missing: only the tests of the real window need it"
        yield Finding("Xvfb", State.OPTIONAL, detail, system.install_command([need]))


def _disk(places: Places) -> Finding:
    existing = next(folder for folder in (places.cache, *places.cache.parents) if folder.exists())
    free = min(shutil.disk_usage(existing).free, shutil.disk_usage(places.root).free)
    detail = f"{free / (1 << 30):.1f} GiB free"
    if free >= _ROOM_BYTES:
        return Finding("disk", State.GOOD, detail)
    return Finding("disk", State.MISSING, f"{detail}, {_ROOM_BYTES >> 30} GiB are needed", f"make room in {existing}")


def _best(flags: tuple[str, ...]) -> str:
    best = next((name for name in ("avx512f", "avx2", "avx", "sve", "asimd") if name in flags), "")
    return f", up to {best}" if best else ""


def _installed(places: Places) -> Iterator[Finding]:
    run, build = "python3 -m installer run", "python3 -m installer engine"
    environment = app_environment(places)
    try:
        recipe = engine.recipe_here(places)
    except InstallerError as error:
        yield Finding("engine", State.MISSING, error.sentence)
        return
    if engine.is_installed(environment, recipe):
        yield Finding("engine", State.GOOD, f"{recipe.version} for this processor, key {recipe.key}")
    elif wheel.cached(places, recipe) is not None:
        yield Finding("engine", State.MISSING, f"{recipe.version} is built but not installed", build)
    else:
        other = "; the installed one is of another version or processor" if environment.stamp("engine") else ""
        yield Finding("engine", State.MISSING, f"{recipe.version} is not built for this processor{other}", build)
    app = environment.stamp("app")
    yield (
        Finding("Thimble", State.GOOD, str(environment.folder))
        if app
        else Finding("Thimble", State.MISSING, "not installed", run)
    )
    starter = environment.stamp(f"starter {os.environ.get('THIMBLE_HOME', '')}".strip())
    if starter and Path(starter).is_file():
        yield Finding("starter model", State.GOOD, starter)
    else:
        yield Finding("starter model", State.OPTIONAL, "not fetched; the window offers it", run)


def report(places: Places, terminal: Terminal) -> int:
    """Prints the table; 1 when something needed is missing."""
    findings = list(examine(places))
    width = max(len(finding.name) for finding in findings)
    marks = {State.GOOD: terminal.good, State.OPTIONAL: "-", State.MISSING: terminal.bad}
    for finding in findings:
        terminal.line(f"  {marks[finding.state]} {finding.name.ljust(width)}  {finding.detail}")
        if finding.command and finding.state is not State.GOOD:
            terminal.line(f"    {' ' * width}  to mend it: {finding.command}")
    missing = [finding.name for finding in findings if finding.state is State.MISSING]
    if missing:
        terminal.line(f"Missing: {', '.join(missing)}.")
        return 1
    terminal.line("Everything needed is here.")
    return 0
