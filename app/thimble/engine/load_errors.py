"""What llama.cpp says when it refuses a model, as a sentence."""

from __future__ import annotations

import re
from pathlib import Path

from thimble.errors import Code, ThimbleError
from thimble.modelfile import failures


def load_error(path: Path, lines: str) -> ThimbleError:
    """The error of a model that llama.cpp refused.

    Args:
        path: its file.
        lines: what llama.cpp said.
    """
    detail = f"{path}: {lines}"
    if found := re.search(r"tensor '([^']*)' has wrong shape", lines):
        return failures.wrong_shape(path, found[1], lines)
    if found := re.search(r"tensor '([^']*)' not found", lines):
        return failures.weights_missing(path, found[1], lines)
    unknown = re.search(r"unknown model architecture: '([^']*)'", lines)
    if unknown:
        return ThimbleError(
            Code.MODEL_UNSUPPORTED,
            f"Thimble's engine does not know models of the kind “{unknown[1]}”.",
            "Choose another model, or update Thimble.",
            detail,
        )
    if re.search(r"failed to allocate|unable to allocate|bad_alloc|mmap failed", lines):
        return ThimbleError(
            Code.OUT_OF_MEMORY,
            "There is not enough memory to load this model.",
            "Close other programs, or choose a smaller model.",
            detail,
        )
    return ThimbleError(
        Code.MODEL_LOAD_FAILED,
        "This model could not be loaded; its file seems to be damaged or made for another program.",
        "Delete it, then download it again, or choose another model.",
        detail,
    )
