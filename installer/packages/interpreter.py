"""Which Python is packed: the system's own where it fits, because its publisher mends what is found wrong with it."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installer.environment import Environment
from installer.errors import InstallerError
from installer.packages.facts import Workshop
from installer.process import output_of

SYSTEM: Final = Path("/usr/bin/python3")
_FITS: Final = """\
import ensurepip, sys, sysconfig, venv
print(sys.version_info >= (3, 11) and bool(sysconfig.get_config_var("Py_ENABLE_SHARED")))
"""
_TELL: Final = """\
import json, platform, sys, sysconfig
print(json.dumps([platform.python_version(), sysconfig.get_path("stdlib"), sys.base_prefix,
                  bool(sysconfig.get_config_var("Py_ENABLE_SHARED"))]))
"""


@dataclass(frozen=True)
class Python:
    """An interpreter.

    Attributes:
        version: for example "3.11.2".
        stdlib: the folder of its modules.
        prefix: where it is installed.
        shared: whether it has a shared library, which PyInstaller needs on Linux.
    """

    version: str
    stdlib: Path
    prefix: Path
    shared: bool

    @property
    def of_the_system(self) -> bool:
        """Whether the system's packages have it, and bring what is mended."""
        return self.prefix == Path("/usr")


def choose(system: Path = SYSTEM) -> Path:
    """The interpreter to pack: the system's, where it is new enough and complete, or the one that runs this."""
    fits = sys.platform.startswith("linux") and output_of([str(system), "-I", "-c", _FITS]).strip() == "True"
    return system if fits else Path(sys.executable)


def told(python: Path) -> Python:
    """What an interpreter says of itself.

    Raises:
        InstallerError: it does not run.
    """
    said = output_of([str(python), "-I", "-c", _TELL])
    if not said:
        raise InstallerError(f"{python} does not run.")
    version, stdlib, prefix, shared = json.loads(said)
    return Python(version, Path(stdlib), Path(prefix), shared)


def environment_of(workshop: Workshop, logs: Path) -> Environment:
    """Where the program and PyInstaller are installed."""
    return Environment(workshop.folder / "venv", logs)


def packed(workshop: Workshop) -> Python:
    """The interpreter of the environment that the program is taken from; this one where there is none."""
    python = environment_of(workshop, workshop.folder).python
    return told(python if python.exists() else Path(sys.executable))
