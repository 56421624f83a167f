"""The oldest C library that the program runs with: the newest version that any of its files asks for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_WANTED: Final = re.compile(rb"GLIBC_(\d+)\.(\d+)(?:\.\d+)?\x00")
_ELF: Final = b"\x7fELF"


def oldest(program: Path) -> str:
    """For example "2.35"; "" when nothing asks for any.

    Args:
        program: the program's folder.
    """
    wanted = [
        (int(found[1]), int(found[2]))
        for path in program.rglob("*")
        if path.is_file() and not path.is_symlink()
        for found in _WANTED.finditer(_elf(path))
    ]
    return "{}.{}".format(*max(wanted)) if wanted else ""


def _elf(path: Path) -> bytes:
    with path.open("rb") as file:
        if file.read(len(_ELF)) != _ELF:
            return b""
        return file.read()
