"""The engine in an environment: the right wheel found or built, and installed once."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from installer import cmake, sdist, system, wheel
from installer.environment import Environment, app_environment
from installer.errors import InstallerError
from installer.places import Places
from installer.recipe import Recipe, find_compiler, read_recipe
from installer.terminal import Terminal

if os.name == "posix":
    import fcntl


def recipe_here(places: Places, *, stock: bool = False) -> Recipe:
    """The engine this checkout wants on this machine."""
    return read_recipe(places.patches, stock=stock, compiler=find_compiler())


def is_installed(environment: Environment, recipe: Recipe) -> bool:
    """Whether exactly this engine is in the environment."""
    return environment.usable() and environment.stamp("engine") == recipe.key


def needs_compiler(places: Places, environment: Environment, recipe: Recipe) -> bool:
    """Whether this engine would have to be built."""
    return not is_installed(environment, recipe) and wheel.cached(places, recipe) is None


def install(places: Places, environment: Environment, recipe: Recipe, terminal: Terminal) -> None:
    """Puts the engine into the environment; builds it when the cache has none.

    Raises:
        InstallerError: it cannot be built or installed.
    """
    if is_installed(environment, recipe):
        return
    path = wheel.cached(places, recipe)
    if path is None:
        with _alone(places, terminal):
            path = wheel.cached(places, recipe)  # somebody else may have built it while we waited
            if path is None:
                _forget_unfinished(places)
                path = wheel.build(places, recipe, environment.python, terminal)
    with terminal.phase(f"Installing the engine {recipe.version}") as phase:
        environment.set_stamp("engine", "")
        # its own requirements come with the app's, from the pinned list
        arguments = ["--no-deps", "--no-index", "--force-reinstall", str(path)]
        environment.pip(arguments, phase=phase, what="The engine")
        environment.set_stamp("engine", recipe.key)


def portable_wheel(places: Places, terminal: Terminal) -> Path:
    """The wheel of the engine for every processor of this architecture: what a package has inside.

    Taken from the cache, or built (six to ten minutes the first time, without ccache each time).

    Returns:
        The wheel; its CPU backend's variants are in `llama_cpp/lib/variants/`, and have to stay there.

    Raises:
        InstallerError: it cannot be built, or there is none for this architecture.
    """
    recipe = read_recipe(places.patches, stock=False, compiler=find_compiler(), portable=True)
    found = wheel.cached(places, recipe)
    if found is not None:
        return found
    system.satisfy(system.find_needs(engine=True, window=False, tests=False), terminal)
    recipe = read_recipe(places.patches, stock=False, compiler=find_compiler(), portable=True)
    environment = app_environment(places)
    environment.make(sys.executable, terminal)
    tools = cmake.find(places, environment, terminal)
    with _alone(places, terminal):
        found = wheel.cached(places, recipe)  # somebody else may have built it while we waited
        if found is None:
            _forget_unfinished(places)
            found = wheel.build(places, recipe, environment.python, terminal, tools)
    return found


def install_stock(places: Places, environment: Environment, recipe: Recipe, terminal: Terminal) -> None:
    """Puts the unpatched engine, and what it requires, into its own environment."""
    if is_installed(environment, recipe):
        return
    install(places, environment, recipe, terminal)
    with terminal.phase("Installing what the stock engine requires") as phase:
        environment.set_stamp("engine", "")
        names = ("constraints.txt", "stock-constraints.txt")
        arguments = [part for name in names for part in ("--constraint", str(places.installer / name))]
        # the engine itself is there, only its requirements are fetched; remote endpoints are tested with its server
        arguments.append(f"{recipe.upstream.package}[server]=={recipe.version}")
        environment.pip(arguments, phase=phase, what="The stock engine's requirements")
        environment.set_stamp("engine", recipe.key)


@contextmanager
def _alone(places: Places, terminal: Terminal) -> Iterator[None]:
    """One build at a time for each cache; the operating system lets go of the lock when its holder dies."""
    if os.name != "posix":
        yield
        return
    places.cache.mkdir(parents=True, exist_ok=True)
    try:
        lock = (places.cache / "engine-build.lock").open("w", encoding="utf-8")
    except OSError as error:
        raise InstallerError(f"{places.cache} cannot be written: {error.strerror}.") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with terminal.phase("Waiting for another build of the engine"):
                fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _forget_unfinished(places: Places) -> None:
    """Removes what killed builds left behind; the lock is ours, so nobody works there."""
    if not places.builds.is_dir():
        return
    leftovers: list[Path] = list(places.builds.iterdir())
    for folder in leftovers:
        sdist.remove_tree(folder)
