"""The cache of downloaded models that programs share, in huggingface_hub's layout: no second copy of a model.

    models--author--name/blobs/<hash>              the bytes
                         snapshots/<commit>/<path>   a relative link to them: what programs open
                         refs/main                   the commit that "main" was when it was asked
    .locks/models--author--name/<hash>.lock        who is downloading them

A file gets its name under snapshots/ only when it is whole, and the parts of a split model only when all are.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from thimble.errors import Code, ThimbleError
from thimble.library.choices import HubFile
from thimble.library.names import check_repository, is_commit, is_file_path, is_hash
from thimble.modelfile.places import REPOSITORY_PREFIX

PART_SUFFIX: Final = ".thimble-part"
"""Of bytes that are on their way. Not huggingface_hub's ".incomplete", which it may sweep away."""
TRASH_SUFFIX: Final = ".thimble-trash"
LEFTOVER_S: Final = 24 * 3600.0
"""Parts that no queue knows are swept away when they are so old: another user's window may be at work on them."""


class HubCache:
    """One repository in the cache.

    Args:
        cache: the cache's folder.
        repository: "author/name".

    Raises:
        ThimbleError: BAD_REQUEST for a name that is none.
    """

    def __init__(self, cache: Path, repository: str) -> None:
        self.cache = cache
        self.folder = cache / (REPOSITORY_PREFIX + check_repository(repository).replace("/", "--"))

    def blob(self, file: HubFile) -> Path:
        """Where a file's bytes are, or will be."""
        if not is_hash(file.hash):
            raise ValueError(f"not a hash: {file.hash!r}")
        return self.folder / "blobs" / file.hash

    def part(self, file: HubFile) -> Path:
        """Where its bytes are while they come."""
        blob = self.blob(file)
        return blob.with_name(blob.name + PART_SUFFIX)

    def lock(self, file: HubFile) -> Path:
        """The lock that huggingface_hub takes, too."""
        return self.cache / ".locks" / self.folder.name / f"{self.blob(file).name}.lock"

    def pointer(self, commit: str, file: HubFile) -> Path:
        """The name under which programs open a file."""
        if not is_commit(commit) or not is_file_path(file.path):
            raise ThimbleError(
                Code.HUB_FAILED,
                "The model hub gave a file a name that could lead out of the models folder, so it was not downloaded.",
                "",
                f"{commit!r} {file.path!r}",
            )
        return self.folder / "snapshots" / commit / Path(*file.path.split("/"))

    def is_whole(self, file: HubFile, commit: str = "") -> bool:
        """Whether a file is there: its bytes, or (where there are no links) the file itself under its name."""
        candidates = [self.blob(file)] + ([self.pointer(commit, file)] if commit else [])
        return any(_size(path) == file.size for path in candidates)

    def bytes_here(self, file: HubFile) -> int:
        """How many of a file's bytes have come."""
        whole = _size(self.blob(file))
        return file.size if whole == file.size else max(0, min(file.size, _size(self.part(file))))

    def place(self, commit: str, files: Sequence[HubFile], *, main: bool = True) -> Path:
        """Gives whole files their names, a split model's first part last.

        Args:
            commit: of the repository.
            files: all parts of a model, in order; their blobs are there.
            main: whether the commit is what "main" points to now.

        Returns:
            the first part's name.

        Raises:
            OSError: a name cannot be made.
        """
        for file in reversed(files):
            _point(self.pointer(commit, file), self.blob(file))
        if main:
            self._set_main(commit)
        return self.pointer(commit, files[0])

    def forget_parts(self, files: Iterable[HubFile]) -> None:
        """Removes what has come of files that nobody wants any more, and folders that are empty then."""
        for file in files:
            self.part(file).unlink(missing_ok=True)
            with contextlib.suppress(OSError):
                self.lock(file).unlink(missing_ok=True)
        self.prune()

    def prune(self) -> None:
        """Removes empty folders, and the repository's own when it holds no file any more."""
        for name in ("snapshots", "blobs"):
            for root, _, _ in os.walk(self.folder / name, topdown=False):
                with contextlib.suppress(OSError):
                    Path(root).rmdir()
        if not any((self.folder / name).exists() for name in ("snapshots", "blobs")):
            (self.folder / "refs" / "main").unlink(missing_ok=True)
            for folder in (self.folder / "refs", self.folder, self.cache / ".locks" / self.folder.name):
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def _set_main(self, commit: str) -> None:
        ref = self.folder / "refs" / "main"
        ref.parent.mkdir(parents=True, exist_ok=True)
        temporary = ref.with_name(f"main.{secrets.token_hex(4)}.tmp")
        temporary.write_text(commit, "utf-8")
        temporary.replace(ref)


def sweep(cache: Path, wanted: Iterable[Path], *, older_than_s: float = 0.0) -> list[Path]:
    """Removes our own leftovers in the cache: parts of downloads that are in no queue, and what was put aside to be
    deleted.

    Args:
        cache: the cache's folder.
        wanted: parts that still belong to a download.
        older_than_s: younger ones are left: another window may be at work on them.

    Returns:
        what was removed.
    """
    keep = {path.resolve() for path in wanted}
    removed = []
    limit = time.time() - older_than_s
    for suffix in (PART_SUFFIX, TRASH_SUFFIX):
        for path in cache.glob(f"{REPOSITORY_PREFIX}*/blobs/*{suffix}"):
            with contextlib.suppress(OSError):
                if path.resolve() not in keep and path.stat().st_mtime <= limit:
                    path.unlink()
                    removed.append(path)
    return removed


def _point(pointer: Path, blob: Path) -> None:
    """Makes the name lead to the bytes, in one step; where links cannot be made the bytes move there."""
    if pointer.exists() and not blob.exists():
        return  # moved there before
    pointer.parent.mkdir(parents=True, exist_ok=True)
    if pointer.exists() and pointer.samefile(blob):
        return
    temporary = pointer.with_name(f".{secrets.token_hex(6)}.tmp")
    try:
        temporary.symlink_to(os.path.relpath(blob, pointer.parent))
    except (OSError, NotImplementedError):  # Windows without developer mode, FAT on an external disk
        blob.replace(pointer)
        return
    temporary.replace(pointer)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
