"""Projectors: the GGUF files ("mmproj") beside a model that turn pictures into what it understands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from thimble.errors import Code, ThimbleError
from thimble.modelfile.header import SUFFIX, ModelHeader, read_header, split_files
from thimble.modelfile.places import hub_place

_PROJECTOR: Final = re.compile(r"(?:^|[-._])mmproj(?:$|[-._])", re.IGNORECASE)
_TYPES: Final = ("f16", "bf16", "q8_0", "f32")
"""The best first: half precision is what projectors are made in, and F16 computes faster than BF16."""
_NO_WORDS: Final = re.compile(
    r"(?:^|[-._])(?:mmproj|model|(?:UD-)?I?Q\d(?:_[0-9A-Z]+)*|TQ\d_\d|BF16|FP?16|FP?32|MXFP4(?:_MOE)?)(?=$|[-._])",
    re.IGNORECASE,
)
_PLACED_BY_PROMPT: Final = frozenset({"hunyuanvl", "deepseek4v"})
"""Kinds whose pictures depend on where in the prompt they are; the engine reads each picture by itself."""


def is_projector_name(name: str) -> bool:
    """Whether a file's name says that it is a projector."""
    return name.lower().endswith(SUFFIX) and _PROJECTOR.search(name[: -len(SUFFIX)]) is not None


def beside(model: Path) -> list[Path]:
    """Projectors that seem to belong to a model, the best first; only names are read.

    They lie in its folder (of a link, in the target's, too; in the shared cache anywhere in its snapshot). One whose
    name says a model's name has to say this one's.
    """
    model = split_files(model)[0]
    place = hub_place(model)
    if place is not None:
        root = place.folder / "snapshots" / place.commit
        folders = [root, *(path for path in sorted(root.rglob("*")) if path.is_dir())]
    else:
        folders = list(dict.fromkeys([model.parent, model.resolve().parent]))
    found: list[Path] = []
    for folder in folders:
        try:
            names = sorted(path.name for path in folder.iterdir())
        except OSError:
            continue
        found += [folder / name for name in names if is_projector_name(name) and belongs(name, model.name)]
    return sorted(found, key=lambda path: (*_rank(path.name), path.name.lower()))


def belongs(projector: str, model: str) -> bool:
    """Whether the names fit: the projector's own words, if it has any, begin the model's name."""
    return _words(model).startswith(_words(projector))


def best(projectors: list[str], model: str) -> str:
    """The name to take of several, for a model of this name; "" when none fits."""
    fitting = [name for name in projectors if belongs(name.rpartition("/")[2], model.rpartition("/")[2])]
    return min(fitting, key=lambda name: (*_rank(name.rpartition("/")[2]), name.lower()), default="")


def check_projector(path: Path) -> ModelHeader:
    """Reads a projector's header.

    Raises:
        ThimbleError: as `read_header`; MODEL_UNSUPPORTED for a file that is none, or of a kind that does not serve.
    """
    header = read_header(path)
    metadata = header.metadata
    if header.architecture != "clip" and metadata.get("general.type") != "mmproj":
        raise _unsupported(path, "is no projector", f"architecture {header.architecture}")
    kind = projector_kind(header)
    if not metadata.get("clip.has_vision_encoder"):
        raise _unsupported(path, "is a projector for sound, not for pictures", kind)
    if kind in _PLACED_BY_PROMPT:
        raise _unsupported(path, f"is of the kind “{kind}”, which Thimble's engine cannot place rightly yet", kind)
    return header


def projector_kind(header: ModelHeader) -> str:
    """What llama.cpp calls this kind of projector, e.g. "gemma3"."""
    metadata = header.metadata
    return str(metadata.get("clip.projector_type") or metadata.get("clip.vision.projector_type") or "")


def _unsupported(path: Path, what: str, detail: str) -> ThimbleError:
    return ThimbleError(
        Code.MODEL_UNSUPPORTED, f"“{path.name}” {what}.", "Choose another projector in the model's settings.", detail
    )


def _words(name: str) -> str:
    stem = name[: -len(SUFFIX)] if name.lower().endswith(SUFFIX) else name
    return re.sub(r"[^a-z0-9]", "", _NO_WORDS.sub("", stem).lower())


def _rank(name: str) -> tuple[int, int]:
    lowered = name.lower()
    kind = next((place for place, text in enumerate(_TYPES) if re.search(rf"(?:^|[-._]){text}", lowered)), len(_TYPES))
    return kind, len(name)
