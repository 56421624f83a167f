"""A Whisper model as small as they can be, with weights that mean nothing: what it hears is no words, but it computes.

The form is whisper.cpp's: eleven numbers, mel filters, tokens, and tensors by their names.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MAGIC: Final = 0x67676D6C
_VOCABULARY: Final = 51864  # of the models for English
_STATE, _HEADS, _LAYERS = 64, 1, 4
_SOUNDS, _WORDS = 1500, 448  # places of the encoder and the decoder
_MELS, _BINS = 80, 201
_TEXTS: Final = 50257
_LOOKED_FOR: Final = {0: " ", 1: " -", 2: " '"}  # whisper.cpp takes it for granted that there are these
_HALF, _SINGLE = 1, 0  # types of ggml
_SPREAD: Final = 0.05


def write(path: Path) -> None:
    """Writes it: 8 MB, the same each time."""
    with path.open("wb") as file:
        file.write(struct.pack("<4i", _MAGIC, _VOCABULARY, _SOUNDS, _STATE))
        file.write(struct.pack("<8i", _HEADS, _LAYERS, _WORDS, _STATE, _HEADS, _LAYERS, _MELS, _HALF))
        file.write(struct.pack("<2i", _MELS, _BINS) + struct.pack("<f", 0.01) * (_MELS * _BINS))
        file.write(struct.pack("<i", _TEXTS))
        for number in range(_TEXTS):
            word = _LOOKED_FOR.get(number, f" w{number}").encode()
            file.write(struct.pack("<i", len(word)) + word)
        chance = random.Random(1)  # noqa: S311 - weights, no secret
        numbers = [chance.gauss(0, _SPREAD) for _ in range(4099)]
        halves, singles = struct.pack(f"<{len(numbers)}e", *numbers), struct.pack(f"<{len(numbers)}f", *numbers)
        for name, shape in _tensors():
            half = name.endswith("weight") and len(shape) > 1
            count = 1
            for side in shape:
                count *= side
            file.write(struct.pack("<3i", len(shape), len(name), _HALF if half else _SINGLE))
            file.write(struct.pack(f"<{len(shape)}i", *shape) + name.encode())
            pattern, size = (halves, 2 * count) if half else (singles, 4 * count)
            file.write((pattern * (size // len(pattern) + 1))[:size])


def _tensors() -> Iterator[tuple[str, tuple[int, ...]]]:
    yield "encoder.positional_embedding", (_STATE, _SOUNDS)
    yield "encoder.conv1.weight", (3, _MELS, _STATE)
    yield "encoder.conv1.bias", (1, _STATE)
    yield "encoder.conv2.weight", (3, _STATE, _STATE)
    yield "encoder.conv2.bias", (1, _STATE)
    yield from _pair("encoder.ln_post", (_STATE,))
    yield "decoder.positional_embedding", (_STATE, _WORDS)
    yield "decoder.token_embedding.weight", (_STATE, _VOCABULARY)
    yield from _pair("decoder.ln", (_STATE,))
    for side in ("encoder", "decoder"):
        for layer in range(_LAYERS):
            block = f"{side}.blocks.{layer}"
            yield from _pair(f"{block}.mlp_ln", (_STATE,))
            yield from _pair(f"{block}.mlp.0", (_STATE, 4 * _STATE))
            yield from _pair(f"{block}.mlp.2", (4 * _STATE, _STATE))
            for attention in ("attn", "cross_attn") if side == "decoder" else ("attn",):
                yield from _pair(f"{block}.{attention}_ln", (_STATE,))
                yield from _pair(f"{block}.{attention}.query", (_STATE, _STATE))
                yield f"{block}.{attention}.key.weight", (_STATE, _STATE)
                yield from _pair(f"{block}.{attention}.value", (_STATE, _STATE))
                yield from _pair(f"{block}.{attention}.out", (_STATE, _STATE))


def _pair(name: str, shape: tuple[int, ...]) -> Iterator[tuple[str, tuple[int, ...]]]:
    yield f"{name}.weight", shape
    yield f"{name}.bias", shape[-1:]
