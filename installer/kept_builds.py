"""Folders in which builds go on from one checkout to the next: what has not changed is not compiled again."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from installer.errors import InstallerError
from installer.places import Places
from installer.sdist import remove_tree

try:
    import fcntl
except ImportError:  # not POSIX
    fcntl = None  # type: ignore[assignment]


@contextmanager
def folder(places: Places, name: str, key: Sequence[str]) -> Iterator[Path]:
    """A folder for a build, and nobody else's meanwhile.

    Of the cache, where all checkouts share it; of this checkout where another one is building, the cache cannot be
    written, or the system has no such locks.

    Args:
        places: of this run.
        name: of the build.
        key: whatever a build depends on that its own rules do not watch, such as the compiler's version.
    """
    kept = places.cache / "kept" / f"{name}-{hashlib.sha256(repr(list(key)).encode()).hexdigest()[:12]}"
    with contextlib.ExitStack() as stack:
        try:
            kept.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((kept / "lock").open("w", encoding="utf-8"))
            if fcntl is None:
                raise BlockingIOError
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            kept = places.scratch / name
            kept.mkdir(parents=True, exist_ok=True)
        yield kept


def mirror(source: Path, target: Path) -> None:
    """Makes a folder like another one; files with the same content are left alone, with their times.

    Raises:
        InstallerError: the target cannot be written.
    """
    wanted = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    try:
        for path in sorted(target.rglob("*"), reverse=True) if target.is_dir() else ():
            if path.is_symlink() or (path.is_file() and path.relative_to(target) not in wanted):
                path.unlink()
            elif path.is_dir() and not any(path.iterdir()):
                path.rmdir()
        for name in sorted(wanted):
            content = (source / name).read_bytes()
            copy = target / name
            if copy.is_dir():
                remove_tree(copy)
            if not copy.is_file() or copy.read_bytes() != content:
                copy.parent.mkdir(parents=True, exist_ok=True)
                unfinished = copy.with_name(copy.name + ".part")
                unfinished.write_bytes(content)
                unfinished.replace(copy)
    except OSError as error:
        raise InstallerError(f"{target} cannot be written: {error.strerror or error}.") from error
