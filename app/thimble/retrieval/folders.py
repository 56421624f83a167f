"""Keeps the index of a folder in step with its files."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thimble.conversations.documents import NoTextError, read_document
from thimble.errors import Code, ThimbleError, to_translate
from thimble.retrieval.index import Entry, Index, folder_source

log = logging.getLogger(__name__)

MOST_FILES: Final = 50_000
_BATCH_FILES: Final = 64
_BATCH_CHARACTERS: Final = 2_000_000

_LEFT_OUT_FOLDERS: Final = frozenset({"node_modules", "__pycache__", "site-packages", "$RECYCLE.BIN"})
_WITHOUT_TEXT: Final = frozenset(
    """.png .jpg .jpeg .gif .webp .bmp .tif .tiff .heic .ico .svgz .psd .raw .mp3 .m4a .wav .flac .ogg .opus .mp4 .mkv
    .mov .avi .webm .zip .gz .bz2 .xz .zst .7z .rar .tar .iso .img .exe .dll .so .dylib .a .o .obj .lib .bin .dat .pyc
    .class .jar .whl .deb .rpm .apk .dmg .gguf .safetensors .pt .pth .onnx .npy .npz .parquet .sqlite .sqlite3 .db .ttf
    .otf .woff .woff2 .xlsx .xls .pptx .ppt .doc .odt .ods .odp .epub""".split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class FolderState:
    """How a folder's index stands.

    Attributes:
        files: how many are indexed.
        unreadable: how many could not be read; `Index.problems` says why.
        unread: how many have changed and are not read yet, because the update was stopped; None when it was stopped
            before that was known.
        missing: the folder is not there; what was indexed of it stays.
        too_many: it has more files than are indexed.
    """

    files: int = 0
    unreadable: int = 0
    unread: int | None = 0
    missing: bool = False
    too_many: bool = False


@dataclass(frozen=True, slots=True)
class _Scan:
    """What lies in a folder: (path, changed_ns, size) by key, and the folders inside it that could not be read."""

    files: dict[str, tuple[Path, int, int]]
    closed: dict[str, str]
    too_many: bool


def update_folder(
    index: Index,
    folder: Path,
    report: Callable[[int, int], None] = lambda _done, _total: None,
    stopped: Callable[[], bool] = lambda: False,
) -> FolderState:
    """Reads what is new or changed (by time and size), forgets what is gone.

    Args:
        index: where.
        folder: an absolute path. Hidden files and folders in it are left out, links to folders are not followed.
        report: told (files read, files to read).
        stopped: asked between two files and two pages; what was read until then is kept.

    Raises:
        ThimbleError: the index cannot be written (DISK_FULL …); what was stored before stays.
    """
    source = folder_source(folder)
    known = index.known(source)
    try:
        found = _scan(folder, stopped)
    except OSError as error:
        log.info("%s: %s", folder, error)
        files, unreadable = index.counts(source)
        return FolderState(files, unreadable, missing=True)
    if found is None:
        files, unreadable = index.counts(source)
        return FolderState(files, unreadable, unread=None)
    gone = [
        key
        for key in known
        if key not in found.files and not any(key == c or key.startswith(c + "/") for c in found.closed)
    ]
    index.remove(source, gone)
    closed = {key: Entry(key, problem=sentence) for key, sentence in found.closed.items() if known.get(key) != (0, 0)}
    if closed:
        index.put(source, closed)
    changed = [key for key, (_path, ns, size) in found.files.items() if known.get(key) != (ns, size)]
    read = _read(index, source, {key: found.files[key] for key in changed}, report, stopped)
    files, unreadable = index.counts(source)
    return FolderState(files, unreadable, len(changed) - read, too_many=found.too_many)


def _read(
    index: Index,
    source: str,
    changed: dict[str, tuple[Path, int, int]],
    report: Callable[[int, int], None],
    stopped: Callable[[], bool],
) -> int:
    """Indexes files in batches; how many were read."""
    batch: dict[str, Entry] = {}
    characters = read = 0
    report(0, len(changed))
    for key, (path, changed_ns, size) in changed.items():
        if stopped():
            break
        try:
            entry = _entry(key, path, changed_ns, size, stopped)
        except ThimbleError as error:
            if error.problem.code != Code.CANCELLED:
                raise
            break
        batch[key] = entry
        characters += len(entry.text)
        if len(batch) >= _BATCH_FILES or characters >= _BATCH_CHARACTERS:
            index.put(source, batch)
            batch, characters = {}, 0
        read += 1
        report(read, len(changed))
    if batch:
        index.put(source, batch)
    return read


def _entry(key: str, path: Path, changed_ns: int, size: int, stopped: Callable[[], bool]) -> Entry:
    if path.suffix.lower() in _WITHOUT_TEXT:
        return Entry(key, "", changed_ns, size)
    try:
        return Entry(key, read_document(path, stopped).text, changed_ns, size)
    except NoTextError:
        return Entry(key, "", changed_ns, size)
    except ThimbleError as error:
        if error.problem.code == Code.CANCELLED:
            raise
        return Entry(key, "", changed_ns, size, error.problem.sentence)


def _scan(folder: Path, stopped: Callable[[], bool]) -> _Scan | None:
    """Looks through a folder and those in it; None when it was stopped.

    Raises:
        OSError: the folder itself cannot be read.
    """
    found = _Scan({}, {}, too_many=False)
    waiting: list[tuple[Path, str]] = [(folder, "")]
    while waiting:
        place, prefix = waiting.pop()
        try:
            entries = sorted(os.scandir(place), key=lambda entry: entry.name)
        except OSError as error:
            if not prefix:
                raise
            found.closed[prefix.rstrip("/")] = to_translate(
                f"The folder “{place.name}” cannot be read ({error.strerror})."
            )
            continue
        for entry in entries:
            if stopped():
                return None
            if entry.name.startswith(".") or _is_surrogate(entry.name):
                continue
            key = prefix + entry.name
            try:
                if entry.is_dir(follow_symlinks=False):
                    if entry.name not in _LEFT_OUT_FOLDERS:
                        waiting.append((Path(entry.path), key + "/"))
                elif entry.is_file():  # through a link, too; no pipe and no device
                    status = entry.stat()
                    if len(found.files) == MOST_FILES:
                        return _Scan(found.files, found.closed, too_many=True)
                    found.files[key] = (Path(entry.path), status.st_mtime_ns, status.st_size)
            except OSError as error:
                found.closed[key] = to_translate(f"“{entry.name}” cannot be read ({error.strerror}).")
    return found


def _is_surrogate(name: str) -> bool:
    """Whether a name has bytes that are no text: no database could hold it."""
    return any("\ud800" <= character <= "\udfff" for character in name)
