"""Models that other programs on this computer have: LM Studio, llama.cpp, Ollama, GPT4All. Offered, never copied."""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thimble.errors import ThimbleError
from thimble.modelfile import check_model_file, split_files
from thimble.modelfile.places import model_files

log = logging.getLogger(__name__)

_OLLAMA_MODEL: Final = "application/vnd.ollama.image.model"
_DIGEST: Final = re.compile(r"sha256[:-]([0-9a-f]{64})")
_MOST_MANIFESTS: Final = 2000
_BIGGEST_MANIFEST: Final = 2**20
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class ForeignModel:
    """A model of another program.

    Attributes:
        program: whose it is.
        path: the file, of a split model the first part.
        name: the file name it would get here, ending in ".gguf".
        title: what to call it.
        file_bytes: of all parts.
    """

    program: str
    path: Path
    name: str
    title: str
    file_bytes: int


def find_foreign_models(folders: list[tuple[str, Path]] | None = None) -> list[ForeignModel]:
    """Language models in the folders of other programs; call it in a job.

    Args:
        folders: (program, folder) pairs to look into; None for the usual ones.
    """
    found: dict[Path, ForeignModel] = {}
    for program, folder in folders if folders is not None else usual_folders():
        candidates = _ollama(folder) if program == "Ollama" else ((path, path.name) for path in model_files(folder))
        for path, name in candidates:
            first = split_files(path)[0]
            real = first.resolve()
            if real in found or not first.is_file():
                continue
            try:
                header = check_model_file(first)
            except ThimbleError as error:
                log.info("left out: %s", error.problem.detail)
                continue
            title = name[: -len(".gguf")] if program == "Ollama" else header.name
            found[real] = ForeignModel(program, first, first.name if first != path else name, title, header.file_bytes)
    return sorted(found.values(), key=lambda model: (model.program, model.title.casefold()))


def usual_folders() -> list[tuple[str, Path]]:
    """Where these programs keep models, by their documentation; folders that are not there are left out."""
    home = Path.home()
    data = _folder("XDG_DATA_HOME", home / ".local" / "share")
    caches = _folder("XDG_CACHE_HOME", home / ".cache")
    if sys.platform == "darwin":
        data, caches = home / "Library" / "Application Support", home / "Library" / "Caches"
    elif sys.platform == "win32":
        data = caches = _folder("LOCALAPPDATA", home / "AppData" / "Local")
    pairs = [
        ("LM Studio", home / ".lmstudio" / "models"),
        ("LM Studio", home / ".cache" / "lm-studio" / "models"),
        ("llama.cpp", _folder("LLAMA_CACHE", caches / "llama.cpp")),
        ("Ollama", _folder("OLLAMA_MODELS", home / ".ollama" / "models")),
        ("Ollama", Path("/usr/share/ollama/.ollama/models")),
        ("GPT4All", data / "nomic.ai" / "GPT4All"),
    ]
    return [(program, folder) for program, folder in pairs if _is_readable(folder)]


def _folder(variable: str, otherwise: Path) -> Path:
    value = os.environ.get(variable, "").strip()
    return Path(value).expanduser() if value else otherwise


def _is_readable(folder: Path) -> bool:
    try:
        return folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)
    except OSError:
        return False


def _ollama(folder: Path) -> Iterator[tuple[Path, str]]:
    """Ollama's models: a manifest for each names the blob that is a GGUF file."""
    for number, manifest in enumerate(sorted((folder / "manifests").rglob("*"))):
        if number >= _MOST_MANIFESTS:
            return
        try:
            if not manifest.is_file() or manifest.stat().st_size > _BIGGEST_MANIFEST:
                continue
            layers = json.loads(manifest.read_text("utf-8"))["layers"]
            digests = [str(layer["digest"]) for layer in layers if layer["mediaType"] == _OLLAMA_MODEL]
        except (OSError, ValueError, KeyError, TypeError):
            continue
        digest = _DIGEST.fullmatch(digests[0]) if len(digests) == 1 else None
        if digest is not None:
            name = _UNSAFE.sub("-", f"{manifest.parent.name}-{manifest.name}").strip(".-") or "model"
            yield folder / "blobs" / f"sha256-{digest[1]}", f"{name}.gguf"
