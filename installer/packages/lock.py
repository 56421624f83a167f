"""The packages' requirements with the hashes of their files: what is built next year is built from the same."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from installer.environment import Environment
from installer.errors import InstallerError
from installer.packages.facts import Workshop
from installer.process import run_logged
from installer.terminal import Terminal

ENGINE: Final = "llama-cpp-python"
"""Not in the list: it is built here, from a source distribution whose hash is in `engine_patches/upstream.json`."""
OLDEST_PYTHON: Final = "3.11"

REQUIREMENTS: Final = "requirements.lock"
FREEZER: Final = "tools.lock"
BILL: Final = "bill-tools.lock"
AUDIT: Final = "audit-tools.lock"


def write_all(workshop: Workshop, tools: Environment, terminal: Terminal) -> None:
    """Writes the lists anew, from pyproject.toml and the pinned versions.

    Args:
        workshop: the checkout.
        tools: an environment with uv.
        terminal: gets a line.

    Raises:
        InstallerError: uv found no solution, or there is no network.
    """
    with terminal.phase("Writing the lists of requirements"):
        _write(workshop, tools, workshop.root / "pyproject.toml", REQUIREMENTS)
        for name in (FREEZER, BILL, AUDIT):
            _write(workshop, tools, workshop.sources / f"{Path(name).stem}.in", name)


def _write(workshop: Workshop, tools: Environment, source: Path, name: str) -> None:
    target = workshop.sources / name
    command = [str(tools.programs / "uv"), "pip", "compile", str(source), "--output-file", str(target)]
    command += ["--constraints", str(workshop.root / "installer" / "constraints.txt")]
    command += ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes", "--no-emit-package", ENGINE]
    command += ["--no-annotate", "--no-header", "--no-emit-index-url", "--no-emit-find-links", "--quiet"]
    code, output = run_logged(command)
    if code != 0:
        last = (output.strip().splitlines() or ["no output"])[-1]
        raise InstallerError(f"{name} could not be written: {last}")


def names(path: Path) -> list[str]:
    """The packages in a list, as they are called there."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [line.partition("==")[0].strip() for line in lines if "==" in line and not line.startswith((" ", "#"))]
