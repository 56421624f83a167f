"""How Thimble starts processes of its own.

From a Python environment they are `python -m module`. A package (PyInstaller) has no Python to start: there
`sys.executable` is Thimble itself, which becomes another of its processes when its first argument is `MARK`.
"""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import MutableMapping, Sequence
from typing import Final

MARK: Final = "--own-process"
MODULES: Final = (
    "thimble.server",
    "thimble.conversations.document_process",
    "thimble.dictation",
    "thimble.engine.bench.worker",
    "thimble.engine.template_process",
    "thimble.library.starter",
    "thimble.speeds",
    "thimble.tools.example",
)
"""All that are ever started so; the packages' build takes them in, and nothing else can be asked for."""

_LIBRARY_PATH: Final = "LD_LIBRARY_PATH"
_ORIGINAL: Final = f"{_LIBRARY_PATH}_ORIG"
_BOOT_PREFIX: Final = "_PYI_"


def packaged() -> bool:
    """Whether this is a package's program."""
    return bool(getattr(sys, "frozen", False))


def engine_action(otherwise: str) -> str:
    """What helps when something is wrong with the engine.

    Args:
        otherwise: what helps in a checkout.
    """
    return "Install Thimble again." if packaged() else otherwise


def command(module: str, *arguments: str) -> list[str]:
    """The program and its arguments that run a module of ours as a process.

    Args:
        module: one of `MODULES`.
        arguments: of that program.
    """
    if packaged():
        return [sys.executable, MARK, module, *arguments]
    # -P: with it a random.py in the folder where somebody calls `thimble` is not imported in place of Python's.
    return [sys.executable, "-P", "-m", module, *arguments]


def asked(arguments: Sequence[str]) -> bool:
    """Whether a package's program was started to be one of its own processes.

    Args:
        arguments: of the command line, without the program.
    """
    return packaged() and len(arguments) > 1 and arguments[0] == MARK and arguments[1] in MODULES


def become(arguments: Sequence[str]) -> None:
    """Runs the module that was asked for, as `python -m` would."""
    _, module, *rest = arguments
    sys.argv = [sys.argv[0], *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def leave_no_trace(environment: MutableMapping[str, str] = os.environ) -> None:
    """Gives programs that a package starts the environment it was started in.

    PyInstaller's loader puts the package's libraries before the system's; a browser or a tool server would load them,
    too, and fail. This process has what it needs by now, and our own children are given it anew.
    """
    if not packaged():
        return
    original = environment.pop(_ORIGINAL, None)
    environment.pop(_LIBRARY_PATH, None)
    if original:
        environment[_LIBRARY_PATH] = original
    for name in [name for name in environment if name.startswith(_BOOT_PREFIX)]:
        del environment[name]
