"""`run`: from a bare system to the open window; each step is skipped when its result is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from installer import engine, system, translations
from installer.environment import Environment, app_environment, install_app, stock_environment
from installer.errors import InstallerError
from installer.places import Places
from installer.process import run_logged
from installer.terminal import Terminal

_FIND_STARTER = (
    "from thimble import paths; from thimble.library import starter; f = paths.default_models_dir(); "
    "print(starter.path(f) if starter.installed(f) else '')"
)


def prepare(places: Places, terminal: Terminal, *, window: bool, dev: bool) -> Environment:
    """Makes the environment with engine and app in it.

    Args:
        places: the checkout and the cache.
        terminal: gets a line for each step that had to be done.
        window: whether Qt is going to run.
        dev: whether the test suite is going to run.

    Raises:
        InstallerError: something is missing or failed.
    """
    environment = app_environment(places)
    recipe = engine.recipe_here(places)
    compiler = dev or engine.needs_compiler(places, environment, recipe)
    system.satisfy(system.find_needs(engine=compiler, window=window, tests=dev), terminal)
    if not recipe.compiler and compiler:
        recipe = engine.recipe_here(places)  # a compiler has just been installed, and it is part of the key
    environment.make(sys.executable, terminal)
    engine.install(places, environment, recipe, terminal)
    install_app(places, environment, recipe.key, terminal, dev=dev)
    translations.compile_stale(places, environment, terminal)
    fetch_starter(places, environment, terminal)
    if not window:
        _mention_libraries(terminal)
    return environment


def prepare_engine(places: Places, terminal: Terminal, *, stock: bool) -> Environment:
    """Makes only the engine: in the app's environment, or the unpatched one in its own."""
    environment = stock_environment(places) if stock else app_environment(places)
    recipe = engine.recipe_here(places, stock=stock)
    compiler = engine.needs_compiler(places, environment, recipe)
    system.satisfy(system.find_needs(engine=compiler, window=False, tests=False), terminal)
    if not recipe.compiler and compiler:
        recipe = engine.recipe_here(places, stock=stock)
    environment.make(sys.executable, terminal)
    if stock:
        engine.install_stock(places, environment, recipe, terminal)
    else:
        engine.install(places, environment, recipe, terminal)
    if not stock:
        _mention_libraries(terminal)
    terminal.line(f"The engine {recipe.version} is in {environment.folder}.")
    return environment


def _mention_libraries(terminal: Terminal) -> None:
    """Names what a window would lack, where none is going to be opened now."""
    libraries = system.missing_qt_libraries()
    if libraries:
        packages = tuple(system.QT_LIBRARIES[name] for name in libraries)
        command = system.install_command([system.Need("qt", "", required=False, packages=packages)])
        terminal.line(f"  The window would lack {', '.join(libraries)}. To install: {command}")


def fetch_starter(places: Places, environment: Environment, terminal: Terminal) -> None:
    """Gets the starter model, unless it is there. Without a network the window opens all the same and says so."""
    name = f"starter {os.environ.get('THIMBLE_HOME', '')}".strip()
    known = environment.stamp(name)
    if known and Path(known).is_file():
        return
    try:
        with terminal.phase("Getting the starter model"):
            log_path = places.logs / "starter.log"
            log_path.parent.mkdir(parents=True, exist_ok=True)
            with log_path.open("w", encoding="utf-8") as log:
                code, _ = run_logged([str(environment.python), "-m", "thimble.library.starter"], log=log)
            found = run_logged([str(environment.python), "-c", _FIND_STARTER])[1].strip() if code == 0 else ""
            if not found:
                raise InstallerError(
                    f"The starter model could not be fetched; the window offers it again. Log: {log_path}"
                )
    except InstallerError as error:
        terminal.line(f"  {error.sentence}")
        return
    environment.set_stamp(name, found)


def open_window(environment: Environment, arguments: list[str]) -> int:
    """Becomes the app, with the rest of the command line; returns its exit code where that is not possible."""
    program = environment.programs / ("thimble.exe" if os.name == "nt" else "thimble")
    if not program.exists():
        raise InstallerError(f"{program} is missing.", "python3 -m installer doctor")
    if os.name == "posix":
        sys.stdout.flush()
        os.execv(program, [str(program), *arguments])  # noqa: S606 (no shell: we become the program)
    return subprocess.run([str(program), *arguments], check=False).returncode
