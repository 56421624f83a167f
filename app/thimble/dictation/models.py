"""Whisper models in whisper.cpp's own form (`ggml-*.bin`): which files are, and whether they are whole.

whisper.cpp trusts a file: one that was cut off or changed ends its process. So all of a file's frame is read first: the
eleven numbers at its beginning, the mel filters, the tokens, and for each tensor how long it has to be.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterable
from pathlib import Path, PurePath
from typing import BinaryIO, Final

from thimble.errors import Code, ThimbleError

PATTERN: Final = "ggml-*.bin"
REPOSITORY: Final = "ggerganov/whisper.cpp"
USUAL: Final = "ggml-base.bin"
"""Of that repository: about a hundred languages, and quick enough for any computer."""
_MAGIC: Final = 0x67676D6C
_QUANTIZED: Final = 1000
"""A file's type is that of its tensors plus this times the version of the quantization."""
_BLOCKS: Final = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
}
"""Of each of ggml's types: numbers in a block, bytes of it."""
_ENCODER_LAYER, _DECODER_LAYER, _OTHERS = 15, 24, 11
"""Tensors of each layer, and of everything around them."""
_ENGLISH_ONLY: Final = 51864


class _Reader:
    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file, self._size = file, size

    def numbers(self, count: int) -> tuple[int, ...]:
        data = self._file.read(4 * count)
        if len(data) < 4 * count:
            raise EOFError
        return struct.unpack(f"<{count}i", data)

    def skip(self, count: int) -> None:
        if count < 0 or self._file.tell() + count > self._size:
            raise EOFError
        self._file.seek(count, os.SEEK_CUR)

    @property
    def left(self) -> int:
        return self._size - self._file.tell()


def check_model(path: Path) -> bool:
    """Reads a file's frame.

    Returns:
        whether it knows other languages than English.

    Raises:
        ThimbleError: MODEL_UNREADABLE, MODEL_UNSUPPORTED for what is no speech model, MODEL_TRUNCATED.
    """
    try:
        with path.open("rb") as file:
            return _check(_Reader(file, os.fstat(file.fileno()).st_size))
    except OSError as error:
        raise ThimbleError(
            Code.MODEL_UNREADABLE,
            f"“{path.name}” cannot be read.",
            "Check that the file is there and may be read.",
            f"{path}: {error}",
        ) from error
    except ValueError as error:
        raise ThimbleError(
            Code.MODEL_UNSUPPORTED,
            f"“{path.name}” is no speech model of whisper.cpp.",
            "Choose a file such as ggml-base.bin.",
            f"{path}: {error}",
        ) from error
    except EOFError as error:
        raise ThimbleError(
            Code.MODEL_TRUNCATED,
            f"“{path.name}” is not complete: the file ends too early.",
            "Download it again, or let the download finish.",
            str(path),
        ) from error


def _check(file: _Reader) -> bool:
    magic, vocabulary, audio, state, heads, layers = file.numbers(6)
    text, text_state, text_heads, text_layers, mels, kind = file.numbers(6)
    if magic != _MAGIC:
        raise ValueError(f"magic {magic:#x}")
    sane = (
        50_000 <= vocabulary <= 60_000
        and 0 < audio <= 4096
        and 0 < text <= 4096
        and state == text_state
        and 64 <= state <= 4096
        and 0 < heads <= 64
        and state % heads == 0
        and 0 < text_heads <= 64
        and 0 < layers <= 64
        and 0 < text_layers <= 64
        and mels in {80, 128}
        and 0 <= kind % _QUANTIZED < 32
    )
    if not sane:
        raise ValueError("the numbers at its beginning are no speech model's")
    filters, bins = file.numbers(2)
    if filters != mels or not 0 < bins <= 4096:
        raise ValueError("mel filters")
    file.skip(4 * filters * bins)
    (tokens,) = file.numbers(1)
    if not 0 < tokens <= vocabulary:
        raise ValueError("tokens")
    for _ in range(tokens):
        (length,) = file.numbers(1)
        file.skip(length)
    for _ in range(_ENCODER_LAYER * layers + _DECODER_LAYER * text_layers + _OTHERS):
        _skip_tensor(file)
    if file.left:
        raise ValueError(f"{file.left} bytes too many")
    return vocabulary > _ENGLISH_ONLY


def _skip_tensor(file: _Reader) -> None:
    dimensions, name, kind = file.numbers(3)
    if not 1 <= dimensions <= 3 or not 0 < name <= 128 or kind not in _BLOCKS:
        raise ValueError("a tensor that cannot be")
    count = 1
    for size in file.numbers(dimensions):
        if not 0 < size <= 2**24:
            raise ValueError("a tensor's shape")
        count *= size
    file.skip(name)
    numbers, size = _BLOCKS[kind]
    if count % numbers:
        raise ValueError("a tensor's shape does not fit its type")
    file.skip(count // numbers * size)


def is_called_so(path: str) -> bool:
    """Whether a file has the name of a speech model."""
    return PurePath(path).match(PATTERN)


def found(folders: Iterable[Path]) -> list[Path]:
    """Files that are called like speech models, the smallest first."""
    files = {path for folder in folders if folder.is_dir() for path in folder.glob(PATTERN) if path.is_file()}
    return sorted(files, key=lambda path: (path.stat().st_size, path.name))
