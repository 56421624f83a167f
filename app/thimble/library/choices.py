"""What a repository offers: its GGUF files as choices of a quantization, each of one file or of several parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Final

from thimble.library.names import is_file_path
from thimble.modelfile.header import SUFFIX
from thimble.modelfile.projectors import best, is_projector_name

_PART: Final = re.compile(r"-(\d{5})-of-(\d{5})$")
_QUANTIZATION: Final = re.compile(
    r"(?:^|[-._])((?:UD-)?(?:I?Q\d(?:_[0-9A-Z]+)*|TQ\d_\d|BF16|FP16|F16|FP32|F32|MXFP4(?:_MOE)?|NVFP4))(?=$|[-._])",
    re.IGNORECASE,
)
_NO_MODEL: Final = re.compile(r"(?:^|[-._/])(?:mmproj|imatrix|vocab|lora|adapter)(?:$|[-._])", re.IGNORECASE)
_MOST_PARTS: Final = 1024
_LIKED: Final = ("Q4_K_M", "Q4_0", "MXFP4", "MXFP4_MOE", "UD-Q4_K_XL", "Q4_K_S", "IQ4_XS", "IQ4_NL", "Q4_1", "Q5_K_M")
"""Quantizations with a good balance of size and quality, the best first."""


@dataclass(frozen=True, slots=True)
class HubFile:
    """A file of a repository.

    Attributes:
        path: in the repository, with slashes.
        size: bytes.
        hash: SHA-256 of an LFS file, else the SHA-1 of the Git blob; in hex.
    """

    path: str
    size: int
    hash: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One quantization.

    Attributes:
        label: "Q4_K_M"; the file's name where it says none.
        files: all its parts, in order.
        projector: what it needs to see pictures; None where the repository has nothing of the kind.
    """

    label: str
    files: tuple[HubFile, ...]
    projector: HubFile | None = None

    @property
    def wanted(self) -> tuple[HubFile, ...]:
        """What is downloaded: the parts, and the projector behind them."""
        return (*self.files, self.projector) if self.projector is not None else self.files

    @property
    def size(self) -> int:
        """Bytes of all parts, the projector's not among them."""
        return sum(file.size for file in self.files)

    @property
    def path(self) -> str:
        """Of the first part."""
        return self.files[0].path


def choices(files: Iterable[HubFile]) -> tuple[Choice, ...]:
    """The models among a repository's files, smallest first. Image encoders, adapters, files for other engines and
    incomplete sets are left out, and so is every file whose name could leave its folder."""
    projectors: dict[str, HubFile] = {}
    groups: dict[str, dict[int, HubFile]] = {}
    counts: dict[str, int] = {}
    for file in files:
        if not file.path.lower().endswith(SUFFIX) or not is_file_path(file.path) or file.size <= 0 or not file.hash:
            continue
        stem = file.path[: -len(SUFFIX)]
        if is_projector_name(PurePosixPath(file.path).name):
            projectors[file.path] = file
        if _NO_MODEL.search(PurePosixPath(stem).name):
            continue
        part = _PART.search(stem)
        number, count = (int(part[1]), int(part[2])) if part else (1, 1)
        if not 1 <= number <= count <= _MOST_PARTS:
            continue
        key = f"{stem[: part.start()]} of {count}" if part else stem
        groups.setdefault(key, {})[number] = file
        counts[key] = count
    whole = [
        Choice(
            label(key.partition(" of ")[0]),
            tuple(parts[number] for number in sorted(parts)),
            projectors.get(best(list(projectors), parts[1].path)),
        )
        for key, parts in groups.items()
        if len(parts) == counts[key]
    ]
    return tuple(sorted(whole, key=lambda choice: (choice.size, choice.path)))


def label(stem: str) -> str:
    """The quantization that a file's name tells: of "x/Q4/model-UD-Q4_K_M" it is "UD-Q4_K_M"."""
    name = PurePosixPath(stem).name
    found = _QUANTIZATION.findall(name) or _QUANTIZATION.findall(stem.replace("/", "."))
    if not found:
        return name
    text = str(found[-1]).upper()
    return {"FP16": "F16", "FP32": "F32"}.get(text, text)


def suggested(choices: Sequence[Choice], wanted: str = "") -> Choice | None:
    """The quantization to begin with: the wanted one, else a usual four-bit one, else the smallest."""
    by_label = {choice.label: choice for choice in reversed(choices)}
    for name in (wanted, *_LIKED):
        if name in by_label:
            return by_label[name]
    return choices[0] if choices else None
