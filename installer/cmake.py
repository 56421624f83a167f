"""CMake and its companions: the system's, or from PyPI where it has none."""

from __future__ import annotations

import os
from dataclasses import dataclass

from installer.environment import Environment
from installer.places import Places
from installer.process import which
from installer.terminal import Terminal


@dataclass(frozen=True)
class CMake:
    """Where they are.

    Attributes:
        program, ctest: CMake and its test runner.
        generator: the arguments that choose Ninja.
    """

    program: str
    ctest: str
    generator: tuple[str, ...]


def find(places: Places, environment: Environment, terminal: Terminal) -> CMake:
    """The programs; installed into the environment when they are missing.

    Raises:
        InstallerError: they cannot be fetched.
    """
    suffix = ".exe" if os.name == "nt" else ""
    own = {name: environment.programs / f"{name}{suffix}" for name in ("cmake", "ctest", "ninja")}
    missing = [name for name in ("cmake", "ninja") if not (which(name) or own[name].exists())]
    if missing:
        with terminal.phase(f"Installing {' and '.join(missing)}") as phase:
            constraints = str(places.installer / "build-constraints.txt")
            environment.pip(["--constraint", constraints, *missing], phase=phase, what=" and ".join(missing))
    found = {name: which(name) or str(path) for name, path in own.items()}
    return CMake(found["cmake"], found["ctest"], ("-G", "Ninja", f"-DCMAKE_MAKE_PROGRAM={found['ninja']}"))
