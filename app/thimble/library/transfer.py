"""One file from the hub to the disk: in pieces, from where it stopped, checked, and under its name only when whole.

huggingface_hub's own transfer begins every file anew after a kill (each start writes into a new file), so the bytes
are fetched here. Every piece is written as it comes: a killed program loses the piece in its hands and nothing else,
because written pages belong to the system. What a power cut may lose, the hash at the end notices.
"""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, Protocol

import filelock

from thimble.errors import Code, ThimbleError, storage_code
from thimble.library.choices import HubFile
from thimble.library.connection import AskedToWaitError, Connection, asked_to_wait
from thimble.library.copying import SPACE_LEFT_OVER
from thimble.library.hub import Hub, Location
from thimble.library.hub_cache import HubCache

log = logging.getLogger(__name__)

TRIES: Final = 4
"""In a row without a single byte; the queue goes on trying after a longer while."""
LONGEST_PAUSE_S: Final = 10.0
"""For as long the connection is held; longer waits are the queue's, which gives the place to another download."""
FIRST_WAIT_S: Final = 0.5  # doubled at every try
LOOK_AT_DISK_BYTES: Final = 64 * 2**20
_READ: Final = 4 * 2**20
_LOCK_POLL_S: Final = 0.2
_CONTENT_RANGE: Final = re.compile(r"bytes (\d+)-(\d+)/(\d+)")
_TRY_AGAIN: Final = frozenset({Code.NO_NETWORK, Code.HUB_BUSY, Code.HUB_FAILED})


class _Digest(Protocol):
    def update(self, data: bytes, /) -> None: ...
    def hexdigest(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Watch:
    """How a transfer is watched and ended.

    Attributes:
        progress: called with (bytes of this file that are here, whether old bytes are being checked), often.
        stopped: set to end it; the connection has to be interrupted as well, to end it at once.
    """

    progress: Callable[[int, bool], None]
    stopped: threading.Event


def fetch(connection: Connection, cache: HubCache, repository: str, commit: str, file: HubFile, watch: Watch) -> None:
    """Makes sure that a file's bytes are in the cache, whole and with the right hash.

    Args:
        connection: to the hub.
        cache: of the repository.
        repository: "author/name".
        commit: that the file belongs to.
        file: with the size and hash that the hub's metadata told.
        watch: progress and the way out.

    Raises:
        ThimbleError: CANCELLED (what has come is kept), DOWNLOAD_DAMAGED (nothing is), DISK_FULL or FILE_NOT_WRITABLE
            (what has come is kept), or as `Connection.json` does, after some tries.
    """
    if cache.is_whole(file, commit):
        watch.progress(file.size, False)
        return
    try:
        with _only_one(cache.lock(file), watch.stopped):
            if cache.is_whole(file, commit):
                watch.progress(file.size, False)
                return
            _Transfer(connection, cache, repository, commit, file, watch).run()
    except OSError as error:
        raise _disk_error(error, cache.folder) from error


class _only_one:  # noqa: N801 - reads as a statement: with _only_one(path, stopped)
    """Holds the lock that huggingface_hub takes for this file, too; while somebody else does, waits."""

    def __init__(self, path: Path, stopped: threading.Event) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = filelock.FileLock(path)
        self._stopped = stopped

    def __enter__(self) -> None:
        while True:
            try:
                self._lock.acquire(timeout=0)
            except filelock.Timeout:
                if self._stopped.wait(_LOCK_POLL_S):
                    raise _stop() from None
                continue
            return

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class _Transfer:
    def __init__(
        self, connection: Connection, cache: HubCache, repository: str, commit: str, file: HubFile, watch: Watch
    ) -> None:
        self._connection = connection
        self._hub = Hub(connection)
        self._cache = cache
        self._repository = repository
        self._commit = commit
        self._file = file
        self._watch = watch
        self._what = f"{repository}/{file.path}"
        self._at = 0
        self._digest = _digest(file)
        self._looked_at = 0

    def run(self) -> None:
        part = self._cache.part(self._file)
        part.parent.mkdir(parents=True, exist_ok=True)
        # Unbuffered: what was written is the system's, and survives a kill.
        with part.open("r+b" if part.exists() else "x+b", buffering=0) as opened:
            self._check_what_is_here(opened)
            failures, wait = 0, FIRST_WAIT_S
            while self._at < self._file.size:
                before = self._at
                try:
                    self._fetch_rest(opened)
                except ThimbleError as error:
                    if error.problem.code not in _TRY_AGAIN:
                        raise
                    failures, wait = (0, FIRST_WAIT_S) if self._at > before else (failures + 1, wait * 2)
                    asked = error.seconds if isinstance(error, AskedToWaitError) else 0.0
                    if failures >= TRIES or asked > LONGEST_PAUSE_S:
                        raise
                    log.info("%s: at %s bytes, trying again: %s", self._what, self._at, error.problem.detail)
                    self._pause(max(wait, asked))
            os.fsync(opened.fileno())
        if self._digest.hexdigest() != self._file.hash:
            part.unlink(missing_ok=True)
            raise ThimbleError(
                Code.DOWNLOAD_DAMAGED,
                f"{self._file.path} did not arrive as it is on the hub, so it was removed.",
                "Try again.",
                f"hash {self._digest.hexdigest()}, expected {self._file.hash}",
            )
        part.replace(self._cache.blob(self._file))

    def _check_what_is_here(self, opened: BinaryIO) -> None:
        """Hashes what came before; a file that is longer than it should be begins anew."""
        here = os.fstat(opened.fileno()).st_size
        if here > self._file.size:
            self._begin_anew(opened)
            return
        while self._at < here:
            piece = opened.read(min(_READ, here - self._at))
            if not piece:
                break
            self._digest.update(piece)
            self._at += len(piece)
            self._watch.progress(self._at, True)
            if self._watch.stopped.is_set():
                raise _stop()
        self._watch.progress(self._at, False)

    def _begin_anew(self, opened: BinaryIO) -> None:
        opened.seek(0)
        opened.truncate()
        self._at = 0
        self._digest = _digest(self._file)

    def _fetch_rest(self, opened: BinaryIO) -> None:
        self._look_at_disk()
        place = self._hub.locate(self._repository, self._commit, self._file.path)
        self._check_place(place)
        headers = {"Range": f"bytes={self._at}-"} if self._at else {}
        with self._connection.stream("GET", place.url, what=self._what, headers=headers, check=False) as response:
            status = response.status_code
            if status in {401, 403, 404, 410, 416} or status >= 500 or status == 429:
                # The storage's own refusals: a signed address that has run out, a mirror that lags, a busy server.
                raise asked_to_wait(
                    response,
                    f"The hub's storage did not hand out {self._what} (error {status}).",
                    f"{response.url.copy_with(query=None)}: {status}",
                )
            if status == 200:
                if self._at:  # it does not do ranges: what is here cannot be used
                    log.info("%s: the server sends the whole file again", self._what)
                    self._begin_anew(opened)
            elif status == 206:
                self._check_range(response.headers.get("content-range", ""))
            else:
                raise self._strange(f"status {status}")
            for piece in self._connection.pieces(response, what=self._what):
                self._write(opened, piece)

    def _write(self, opened: BinaryIO, piece: bytes) -> None:
        if self._at + len(piece) > self._file.size:
            raise self._strange("more bytes than the file has")
        rest = memoryview(piece)
        while rest:
            rest = rest[opened.write(rest) :]
        self._digest.update(piece)
        self._at += len(piece)
        self._watch.progress(self._at, False)
        if self._watch.stopped.is_set():
            raise _stop()
        if self._at - self._looked_at >= LOOK_AT_DISK_BYTES:
            self._look_at_disk()

    def _look_at_disk(self) -> None:
        """Stops before the disk is full to the brim: other programs need some of it."""
        self._looked_at = self._at
        free = shutil.disk_usage(self._cache.part(self._file).parent).free
        missing = self._file.size - self._at
        if free < missing + SPACE_LEFT_OVER:
            raise disk_full(free, missing, self._cache.folder, kept=self._at > 0)

    def _check_place(self, place: Location) -> None:
        if (place.hash and place.hash != self._file.hash) or (place.size and place.size != self._file.size):
            raise self._strange(f"{place.hash} of {place.size} bytes")

    def _check_range(self, text: str) -> None:
        found = _CONTENT_RANGE.fullmatch(text)
        if found is None or int(found[1]) != self._at or int(found[3]) != self._file.size:
            raise self._strange(f"asked for bytes from {self._at}, got {text!r}")

    def _strange(self, detail: str) -> ThimbleError:
        return ThimbleError(
            Code.DOWNLOAD_DAMAGED,
            f"The server sends something else than {self._what}.",
            "Try again later, or check the hub's address in the settings.",
            detail,
        )

    def _pause(self, seconds: float) -> None:
        if self._watch.stopped.wait(seconds):
            raise _stop()


def disk_full(free: int, missing: int, folder: Path, *, kept: bool) -> ThimbleError:
    """The error of a disk without room for what is missing."""
    needed = missing + SPACE_LEFT_OVER
    return ThimbleError(
        Code.DISK_FULL,
        f"The download needs {needed / 2**30:.2f} GiB more, but the disk has {free / 2**30:.2f} GiB free."
        + (" What has come is kept." if kept else ""),
        "Free some space and resume, or choose another download folder in the settings.",
        str(folder),
    )


def _digest(file: HubFile) -> _Digest:
    if len(file.hash) == 64:
        return hashlib.sha256()
    made = hashlib.sha1(usedforsecurity=False)  # a Git blob: small files are not in LFS
    made.update(b"blob %d\0" % file.size)
    return made


def _stop() -> ThimbleError:
    return ThimbleError(Code.CANCELLED, "Stopped.")


def _disk_error(error: OSError, folder: Path) -> ThimbleError:
    code = storage_code(error)
    if code is Code.DISK_FULL:
        return ThimbleError(
            code,
            "The disk became full. What has come of the download is kept.",
            "Free some space and resume, or choose another download folder in the settings.",
            f"{folder}: {error}",
        )
    return ThimbleError(
        code,
        "The download folder cannot be written.",
        "Check its permissions and its disk, or choose another one in the settings.",
        f"{folder}: {error}",
    )
