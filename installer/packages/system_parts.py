"""Libraries of the building system that came along into the program's folder, and the packages they are from."""

from __future__ import annotations

import re
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from installer.packages import interpreter
from installer.packages.contents import OWN_SYSTEM_LIBRARIES
from installer.packages.facts import Workshop
from installer.process import output_of, which

_DOC: Final = Path("/usr/share/doc")


@dataclass(frozen=True)
class SystemPart:
    """A package of the building system.

    Attributes:
        package, version: its name and version there.
        copyright: what its copyright file says.
        files: which of its libraries came along.
    """

    package: str
    version: str
    copyright: bytes
    files: tuple[str, ...]


def of(workshop: Workshop) -> list[SystemPart]:
    """All of them, by name; none where there is no dpkg (the recipes for other systems use Python's own builds)."""
    if which("dpkg-query") is None:
        return []
    owners: dict[str, list[str]] = {}
    systems_python = interpreter.packed(workshop).of_the_system
    for library in _libraries(workshop.internals, systems_python=systems_python):
        owner = _owner(library)
        if owner:
            owners.setdefault(owner, []).append(library)
    return [
        SystemPart(name, _version(name), _copyright(name), tuple(sorted(files)))
        for name, files in sorted(owners.items())
    ]


def _libraries(internals: Path, *, systems_python: bool) -> list[str]:
    patterns = [re.compile(pattern.replace(".", r"\.").replace("*", ".*")) for pattern in OWN_SYSTEM_LIBRARIES]
    names = {path.name for path in internals.iterdir() if path.is_file()}
    if not systems_python:  # the system has a library of that name, too, and it is another one
        names = {name for name in names if not name.startswith("libpython")}
    return sorted(name for name in names if any(pattern.fullmatch(name) for pattern in patterns))


def _owner(library: str) -> str:
    """The package that has the library; "" for one that was built by hand, such as a Python of pyenv."""
    folder = Path("/usr/lib") / str(sysconfig.get_config_var("MULTIARCH") or "")
    for place in (folder / library, Path("/lib") / folder.name / library):
        if place.exists():
            found = subprocess.run(
                ["dpkg-query", "--search", str(place.resolve())], capture_output=True, text=True, check=False
            )
            plain = found.stdout or output_of(["dpkg-query", "--search", f"*/{place.resolve().name}"])
            if plain:
                return plain.split(":", 1)[0].split(",")[0].strip()
    return ""


def _version(package: str) -> str:
    return output_of(["dpkg-query", "--show", "--showformat=${Version}\n", package]).split("\n", 1)[0].strip()


def _copyright(package: str) -> bytes:
    path = _DOC / package / "copyright"
    return path.read_bytes() if path.is_file() else b""
