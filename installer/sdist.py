"""The engine's source distribution: fetched with pip, checked against its pinned hash, unpacked."""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from installer.errors import InstallerError
from installer.places import Places
from installer.process import run_logged
from installer.terminal import Phase

_PIECE_BYTES = 1 << 20


@dataclass(frozen=True)
class Upstream:
    """The pinned source distribution (`engine_patches/upstream.json`)."""

    package: str
    version: str
    sha256: str

    @classmethod
    def read(cls, folder: Path) -> Upstream:
        """Reads the pin."""
        data = json.loads((folder / "upstream.json").read_text(encoding="utf-8"))
        return cls(data["package"], data["version"], data["sha256"])

    @property
    def folder_name(self) -> str:
        """The one folder inside the archive."""
        return f"{self.package.replace('-', '_')}-{self.version}"

    @property
    def file_name(self) -> str:
        """The archive's name."""
        return self.folder_name + ".tar.gz"


def file_sha256(path: Path) -> str:
    """The file's hash, as hexadecimal digits."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            digest.update(piece)
    return digest.hexdigest()


def fetch(places: Places, upstream: Upstream, python: Path, phase: Phase) -> Path:
    """The checked archive in the cache; downloads it when it is not there or damaged.

    Args:
        places: where the cache is.
        upstream: the pin.
        python: an interpreter that has pip.
        phase: told what is going on.

    Raises:
        InstallerError: there is no network, or what came is not what was pinned.
    """
    kept = places.sources / upstream.file_name
    if kept.is_file():
        if file_sha256(kept) == upstream.sha256:
            phase.note("from the cache")
            return kept
        kept.unlink()
        phase.note("the cached file was damaged: fetched again")
    kept.parent.mkdir(parents=True, exist_ok=True)
    places.logs.mkdir(parents=True, exist_ok=True)
    log_path = places.logs / "download.log"
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix="download-") as folder:
        # --no-binary for this package alone: its build tools may come as wheels, which saves half a minute
        command = [str(python), "-m", "pip", "download", "--no-deps", "--no-binary", upstream.package]
        command += ["--dest", folder, f"{upstream.package}=={upstream.version}"]
        with log_path.open("w", encoding="utf-8") as log:
            code, output = run_logged(command, log=log)
        fetched = Path(folder) / upstream.file_name
        if code != 0 or not fetched.is_file():
            raise InstallerError(_download_sentence(upstream, output, log_path))
        found = file_sha256(fetched)
        if found != upstream.sha256:
            raise InstallerError(
                f"The downloaded {upstream.file_name} is not the file we know: its SHA-256 is {found}, "
                f"not {upstream.sha256}; it was deleted."
            )
        fetched.replace(kept)
    return kept


def _download_sentence(upstream: Upstream, output: str, log_path: Path) -> str:
    wanted = f"{upstream.package} {upstream.version}"
    if "No space left on device" in output:
        return f"The disk is full: the source of the engine ({wanted}) could not be stored."
    return f"The source of the engine ({wanted}) could not be downloaded; is there a network? Log: {log_path}"


def unpack(archive: Path, upstream: Upstream, target: Path, wanted: Callable[[str], bool] = lambda _: True) -> Path:
    """Unpacks the archive below `target`: the files whose name in it is `wanted`.

    Returns:
        The tree's root.

    Raises:
        InstallerError: the archive is damaged or the disk is full.
    """
    root = target / upstream.folder_name
    root.mkdir(parents=True, exist_ok=True)
    prefix = upstream.folder_name + "/"
    try:
        with tarfile.open(archive, "r:gz") as tar:
            for member in tar:
                name = member.name.removeprefix(prefix)
                # upstream packs its own repository in: a build would take its commit for ours, and git would
                # take vendor/llama.cpp for a submodule
                if name.split("/", 1)[0] == ".git" or name.endswith("/.git") or not wanted(name):
                    continue
                if hasattr(tarfile, "data_filter"):  # every 3.12, and 3.11 from 3.11.4 on
                    tar.extract(member, target, filter="data")
                elif not member.name.startswith("/") and ".." not in Path(member.name).parts:
                    tar.extract(member, target)
    except (tarfile.TarError, EOFError) as error:
        raise InstallerError(f"{archive} is damaged: {error}.") from error
    return root


def remove_tree(path: Path) -> None:
    """Removes a folder, if it is there."""
    shutil.rmtree(path, ignore_errors=True)
