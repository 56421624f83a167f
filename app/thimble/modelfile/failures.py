"""What can be wrong with a model file, one sentence each."""

from __future__ import annotations

import os
from pathlib import Path

from thimble.errors import Code, ThimbleError


def shown(path: Path) -> str:
    """The file's name as text that any encoding can carry."""
    return os.fsencode(path.name or path).decode("utf-8", "replace")


def _error(code: Code, path: Path, what: str, action: str, detail: str = "") -> ThimbleError:
    place = os.fsencode(path).decode("utf-8", "replace")
    return ThimbleError(code, f"“{shown(path)}” {what}", action, f"{place}: {detail}" if detail else place)


def missing(path: Path) -> ThimbleError:
    """No such file."""
    return _error(Code.MODEL_NOT_FOUND, path, "is not there.", "Choose another model file.")


def folder(path: Path) -> ThimbleError:
    """A directory."""
    return _error(Code.MODEL_IS_FOLDER, path, "is a folder, not a model file.", "Choose a .gguf file inside it.")


def special(path: Path) -> ThimbleError:
    """A pipe, a socket or a device."""
    return _error(
        Code.MODEL_UNREADABLE, path, "is a device or a pipe, not a file on disk.", "Choose a .gguf file on disk."
    )


def unreadable(path: Path, error: OSError) -> ThimbleError:
    """The system refuses to read it."""
    if isinstance(error, PermissionError):
        return _error(
            Code.MODEL_UNREADABLE,
            path,
            "may not be read by your user.",
            "Change its permissions or choose another model file.",
            str(error),
        )
    return _error(
        Code.MODEL_UNREADABLE,
        path,
        "could not be read from the disk.",
        "Check that the disk is connected and sound.",
        str(error),
    )


def empty(path: Path) -> ThimbleError:
    """No bytes at all."""
    return _error(Code.MODEL_NOT_GGUF, path, "is empty.", "Download the model again.")


def other_content(path: Path, start: bytes) -> ThimbleError:
    """Something that is no GGUF file: says what, when its first bytes tell."""
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    detail = f"first bytes {start[:16]!r}"
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<?xml", b"<script", b"<!--")):
        return _error(
            Code.MODEL_NOT_GGUF,
            path,
            "is a web page that was saved under the name of a model.",
            "Download the model again; the site may want you to sign in first.",
            detail,
        )
    if text.startswith(b"version https://git-lfs"):
        return _error(
            Code.MODEL_NOT_GGUF,
            path,
            "is a Git LFS pointer, not the model itself.",
            "Fetch the real file with “git lfs pull” or download it.",
            detail,
        )
    if start[:4] in {b"lmgg", b"tjgg", b"fmgg"}:
        return _error(
            Code.MODEL_UNSUPPORTED,
            path,
            "is in a format from before GGUF, which Thimble does not read.",
            "Download the model as GGUF.",
            detail,
        )
    return _error(Code.MODEL_NOT_GGUF, path, "is not a GGUF model file.", "Choose a file in the GGUF format.", detail)


def big_endian(path: Path) -> ThimbleError:
    """Byte order of another machine."""
    return _error(
        Code.MODEL_UNSUPPORTED,
        path,
        "is a big-endian GGUF file, made for another kind of processor.",
        "Download the usual little-endian file.",
    )


def version(path: Path, found: int) -> ThimbleError:
    """A GGUF version that cannot be read."""
    if found == 1:
        return _error(
            Code.MODEL_UNSUPPORTED,
            path,
            "is a GGUF file of version 1, which is no longer read.",
            "Download a newer file of the model.",
        )
    return _error(
        Code.MODEL_UNSUPPORTED,
        path,
        f"is a GGUF file of version {found}, which this Thimble does not know.",
        "Update Thimble, or download the model again.",
    )


def tensor_type(path: Path, tensor: str, found: int) -> ThimbleError:
    """Weights in a format that cannot be read."""
    return _error(
        Code.MODEL_UNSUPPORTED,
        path,
        "holds weights in a format this Thimble does not know.",
        "Choose another quantization of the model, or update Thimble.",
        f"tensor {tensor}: type {found}",
    )


def row_length(path: Path, tensor: str, kind: str, block: int, row: int) -> ThimbleError:
    """Rows that are no whole number of a format's blocks."""
    return _error(
        Code.MODEL_DAMAGED,
        path,
        f"cannot be read: rows of weights in the format {kind} hold a multiple of {block}, but here one holds {row}.",
        "Delete it, then download it again, or choose another quantization of the model.",
        f"tensor {tensor}",
    )


def experts(path: Path, what: str) -> ThimbleError:
    """Numbers of experts that cannot be; `what` follows the file's name."""
    return _error(
        Code.MODEL_DAMAGED,
        path,
        f"{what}; it cannot be used.",
        "Delete it, then download it again, or choose another model.",
    )


def too_many_experts(path: Path, count: int, most: int) -> ThimbleError:
    """More than the engine was built for."""
    return _error(
        Code.MODEL_UNSUPPORTED,
        path,
        f"has {count} experts in a layer; Thimble's engine can run up to {most}.",
        "Choose another model, or update Thimble.",
    )


def gating_function(path: Path, found: object) -> ThimbleError:
    """A way to choose experts that is not known."""
    return _error(
        Code.MODEL_UNSUPPORTED,
        path,
        "chooses its experts in a way this Thimble does not know.",
        "Choose another model, or update Thimble.",
        f"expert_gating_func {found}",
    )


def expert_shape(path: Path, tensor: str, shape: tuple[int, ...]) -> ThimbleError:
    """A matrix that is not as big as the others of its layer and the header want it."""
    return _error(
        Code.MODEL_DAMAGED,
        path,
        f"holds experts that do not fit together: “{tensor}” is {' × '.join(map(str, shape))}.",
        "Delete it, then download it again, or choose another model.",
    )


def no_numbers(path: Path, tensor: str) -> ThimbleError:
    """Weights that are NaN or infinite."""
    return _error(
        Code.MODEL_DAMAGED,
        path,
        f"has damaged weights: “{tensor}” holds values that are no numbers.",
        "Delete it, then download it again, or choose another model.",
    )


def wrong_shape(path: Path, tensor: str, detail: str) -> ThimbleError:
    """Weights of another size than the header wants."""
    return _error(
        Code.MODEL_DAMAGED,
        path,
        f"holds weights that do not fit together: “{tensor}” has another size than its header says.",
        "Delete it, then download it again, or choose another model.",
        detail,
    )


def weights_missing(path: Path, tensor: str, detail: str) -> ThimbleError:
    """Weights that the architecture needs are not there."""
    return _error(
        Code.MODEL_DAMAGED,
        path,
        f"is not complete: it has no weights “{tensor}”.",
        "Delete it, then download it again, or choose another model.",
        detail,
    )


def not_a_language_model(path: Path, kind: str) -> ThimbleError:
    """A sound GGUF file with something else in it."""
    return _error(
        Code.MODEL_UNSUPPORTED,
        path,
        "holds no language model by itself (it is an adapter, an image encoder or a vocabulary).",
        "Choose the model's main file.",
        kind,
    )


def truncated(path: Path, detail: str) -> ThimbleError:
    """The file ends before its content does."""
    return _error(
        Code.MODEL_TRUNCATED,
        path,
        "is not complete: the file ends too early.",
        "Download it again, or let the download finish.",
        detail,
    )


def part_missing(path: Path, part: int, of: int) -> ThimbleError:
    """A split model without one of its files."""
    return _error(
        Code.MODEL_TRUNCATED,
        path,
        f"is not complete: part {part} of {of} is missing.",
        "Put all parts into the same folder.",
    )


def damaged(path: Path, detail: str) -> ThimbleError:
    """The header contradicts itself."""
    return _error(Code.MODEL_DAMAGED, path, "has a damaged header.", "Delete it, then download it again.", detail)
