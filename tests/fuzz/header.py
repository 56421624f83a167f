"""A coverage-guided fuzzer of the header reader: inputs that reach new lines are kept and changed further.

    .venv/bin/python -m tests.fuzz.header [--seconds 60] [--corpus FOLDER] [--seed 1]

Fails with the input (saved beside the corpus) when reading raises anything but a ThimbleError, takes longer than a
second, or takes more memory than the file's size and a fixed part.
"""

from __future__ import annotations

import argparse
import io
import random
import sys
import tempfile
import time
import tracemalloc
from pathlib import Path
from types import FrameType
from typing import Any, Final

from tests.helpers.gguf_files import ARRAY, STRING, U32, entry, gguf, small, tensor, text, write_model
from thimble import modelfile
from thimble.errors import ThimbleError
from thimble.modelfile.header import assemble_header, check_language_model
from thimble.modelfile.parser import parse_source

FIXED_MEMORY: Final = 3 * 2**20
SLOWEST_S: Final = 1.0
_LOOK_AT_MEMORY: Final = 16
"""Memory is traced for every so many inputs: it makes a run ten times slower."""
_FOLDER: Final = str(Path(modelfile.__file__).parent)
_NUMBERS: Final = [0, 1, 2, 4, 8, 31, 32, 63, 64, 255, 256, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 2**63 - 1, 2**64 - 1]
_WORDS: Final = (b"GGUF", b"general.alignment", b"split.count", b"_exps.", b"<!DOCTYPE", b"version https://git-lfs")

Lines = set[tuple[str, int, int]]


def seeds() -> list[bytes]:
    """What to begin with."""
    with tempfile.TemporaryDirectory() as folder:
        models = [
            write_model(Path(folder) / "a.gguf").read_bytes(),
            write_model(Path(folder) / "b.gguf", experts=4, template="{{ x }}").read_bytes(),
        ]
    split = gguf([entry("split.count", U32, (3).to_bytes(4, "little"))], [tensor("x", [32], 2, 0)], data=18)
    array = gguf([entry("a", ARRAY, (5).to_bytes(4, "little") + (2000).to_bytes(8, "little") + bytes(8000))])
    return [small(), *models, split, array, gguf([entry("k", STRING, text("v"))]), b"GGUF", b"", b"<html>"]


def run_one(data: bytes) -> None:
    """Reads it as the program does; raises what the program must not."""
    try:
        parsed = parse_source(io.BytesIO(data), len(data), Path("m.gguf"))
        check_language_model(assemble_header((Path("m.gguf"),), [parsed]))
    except ThimbleError as error:
        if not error.problem.sentence:
            raise AssertionError("a problem without a sentence") from error


def traced(data: bytes) -> Lines:
    """Reads it and notes which line followed which."""
    reached: Lines = set()
    last = 0

    def local(frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal last
        if event == "line":
            reached.add((frame.f_code.co_filename, last, frame.f_lineno))
            last = frame.f_lineno
        return local

    def trace(frame: FrameType, _event: str, _argument: Any) -> Any:
        return local if frame.f_code.co_filename.startswith(_FOLDER) else None

    sys.settrace(trace)
    try:
        run_one(data)
    finally:
        sys.settrace(None)
    return reached


def changed(data: bytes, other: bytes, chance: random.Random) -> bytes:
    """A few changes: bytes, numbers, words, pieces cut, doubled or taken from another input."""
    found = bytearray(data)
    for _ in range(chance.choice([1, 1, 2, 3, 6])):
        at = chance.randrange(len(found) + 1)
        match chance.randrange(7):
            case 0 if found:
                found[at % len(found)] ^= 1 << chance.randrange(8)
            case 1 if found:
                found[at % len(found)] = chance.randrange(256)
            case 2:
                size = chance.choice([4, 8])
                number = chance.choice(_NUMBERS) & (2 ** (8 * size) - 1)
                found[at : at + size] = number.to_bytes(size, "little")
            case 3:
                del found[at : at + chance.randrange(1, 64)]
            case 4:
                piece = chance.randrange(1, 64)
                found[at:at] = found[at : at + piece]
            case 5:
                start = chance.randrange(len(other) + 1)
                found[at:at] = other[start : start + chance.randrange(1, 128)]
            case _:
                found[at:at] = chance.choice(_WORDS)
    return bytes(found[: 2**16])


def fuzz(seconds: float, corpus: Path | None, seed: int) -> tuple[int, int, int]:
    """Runs for so long.

    Returns:
        (inputs tried, inputs kept, transitions between lines reached).

    Raises:
        AssertionError: an input broke a promise; it is in `failing.gguf`.
    """
    chance = random.Random(seed)
    kept = seeds() + ([path.read_bytes() for path in sorted(corpus.glob("*.bin"))] if corpus else [])
    reached: Lines = set()
    for data in kept:
        reached |= traced(data)
    tried, until = 0, time.monotonic() + seconds
    while time.monotonic() < until:
        tried += 1
        data = changed(chance.choice(kept), chance.choice(kept), chance)
        began = time.monotonic()
        try:
            new = traced(data) - reached
            if tried % _LOOK_AT_MEMORY == 0:
                tracemalloc.start()
                run_one(data)
                peak = tracemalloc.get_traced_memory()[1]
                tracemalloc.stop()
                if peak > len(data) + FIXED_MEMORY:
                    raise AssertionError(f"{peak} bytes for an input of {len(data)}")
            if time.monotonic() - began > SLOWEST_S:
                raise AssertionError(f"{time.monotonic() - began:.1f} s")
        except BaseException:
            ((corpus or Path()) / "failing.gguf").write_bytes(data)
            raise
        if new:
            reached |= new
            kept.append(data)
            if corpus:
                (corpus / f"{len(kept):05d}.bin").write_bytes(data)
    return tried, len(kept), len(reached)


def main() -> int:
    """The program."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--corpus", type=Path, default=None, help="a folder for inputs that reached something new")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.corpus:
        options.corpus.mkdir(parents=True, exist_ok=True)
    tried, kept, reached = fuzz(options.seconds, options.corpus, options.seed)
    sys.stdout.write(f"{tried} inputs, {kept} kept, {reached} transitions between lines; nothing broke\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
