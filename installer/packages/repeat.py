"""Two builds of the same commit, compared: what differs could have been put there by whoever built it."""

from __future__ import annotations

import hashlib
from pathlib import Path


def differing(first: Path, second: Path) -> list[str]:
    """Names of files and links that are not the same in both folders, or in one of them only, in order.

    Args:
        first, second: two builds of a program's folder. Times do not count: packages set them.
    """
    before, after = _told(first), _told(second)
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _told(folder: Path) -> dict[str, tuple[str, str]]:
    return {path.relative_to(folder).as_posix(): _content(path) for path in folder.rglob("*") if not _is_folder(path)}


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _content(path: Path) -> tuple[str, str]:
    if path.is_symlink():
        return "link", str(path.readlink())
    with path.open("rb") as file:
        return f"{path.stat().st_mode & 0o111:o}", hashlib.file_digest(file, "sha256").hexdigest()
