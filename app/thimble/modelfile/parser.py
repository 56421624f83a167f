"""Parses one GGUF file's metadata and tensor table (versions 2 and 3), with a limit on everything it counts."""

from __future__ import annotations

import os
import stat
import struct
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from thimble.modelfile import failures
from thimble.modelfile.ggml_types import TENSOR_TYPES
from thimble.modelfile.reader import BoundedReader, Source

MAGIC: Final = b"GGUF"
DEFAULT_ALIGNMENT: Final = 32

# Limits: several times what the biggest published models have, small enough for a hostile file to cost little.
MOST_KEYS: Final = 65_536
MOST_TENSORS: Final = 65_536
MOST_DIMENSIONS: Final = 4
LONGEST_KEY: Final = 1024
LONGEST_TENSOR_NAME: Final = 63  # ggml's own limit
LONGEST_TEXT: Final = 64 * 2**20
MOST_KEPT_TEXT: Final = 8 * 2**20  # bytes of strings kept in memory, all together
MOST_STRINGS: Final = 4_000_000  # in all arrays together; the biggest vocabularies with their merges have 0.8 million
MOST_ARRAY_VALUES: Final = 2**30
MOST_KEPT_VALUES: Final = 1024  # arrays up to this length are kept (one value per layer); longer ones are counted
BIGGEST_HEADER: Final = 512 * 2**20
MOST_ELEMENTS: Final = 2**63 - 1

_STRING: Final = 8
_ARRAY: Final = 9
_NUMBERS: Final = {
    0: struct.Struct("<B"),
    1: struct.Struct("<b"),
    2: struct.Struct("<H"),
    3: struct.Struct("<h"),
    4: struct.Struct("<I"),
    5: struct.Struct("<i"),
    6: struct.Struct("<f"),
    7: struct.Struct("<?"),
    10: struct.Struct("<Q"),
    11: struct.Struct("<q"),
    12: struct.Struct("<d"),
}

_TAGS = "general.tags"  # the only texts in an array that anybody asks for
_MOST_TAGS = 64

Scalar = int | float | bool | str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A value that is too long to keep: how many elements an array has, or bytes a text."""

    count: int


Value = Scalar | tuple[Scalar, ...] | Skipped


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """One tensor of the file.

    Attributes:
        name: e.g. "blk.0.ffn_gate_exps.weight".
        shape: elements per dimension, the fastest-changing first, as ggml orders them.
        type: name of its ggml type, see `ggml_types`.
        offset: of its first byte in its file.
        bytes: its size.
        part: index of its file in a split model, from 0.
    """

    name: str
    shape: tuple[int, ...]
    type: str
    offset: int
    bytes: int
    part: int = 0

    @property
    def elements(self) -> int:
        """Number of weights."""
        count = 1
        for size in self.shape:
            count *= size
        return count


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What one GGUF file says.

    Attributes:
        version: of the format.
        metadata: values by key; long ones as `Skipped`.
        tensors: in the file's order.
        file_bytes: size of the file.
    """

    version: int
    metadata: dict[str, Value]
    tensors: tuple[TensorInfo, ...]
    file_bytes: int


def parse_file(path: Path, part: int = 0) -> ParsedFile:
    """Reads the beginning of a GGUF file.

    Args:
        path: the file.
        part: index written into its tensors.

    Raises:
        ThimbleError: MODEL_NOT_FOUND, _IS_FOLDER, _UNREADABLE, _NOT_GGUF, _UNSUPPORTED, _TRUNCATED or _DAMAGED.
    """
    try:
        # O_NONBLOCK: opening a pipe would otherwise wait for its writer.
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    except (FileNotFoundError, NotADirectoryError) as error:
        raise failures.missing(path) from error
    except OSError as error:
        if path.is_dir():  # Windows refuses to open a folder
            raise failures.folder(path) from error
        raise failures.unreadable(path, error) from error
    except ValueError as error:  # a null byte in the path
        raise failures.missing(path) from error
    try:
        status = os.fstat(descriptor)
        if stat.S_ISDIR(status.st_mode):
            raise failures.folder(path)
        if not stat.S_ISREG(status.st_mode):
            raise failures.special(path)
        if status.st_size == 0:
            raise failures.empty(path)
        with FileIO(descriptor, "rb", closefd=False) as file:
            return parse_source(file, status.st_size, path, part)
    except OSError as error:
        raise failures.unreadable(path, error) from error
    finally:
        os.close(descriptor)


def parse_source(source: Source, size: int, path: Path, part: int = 0) -> ParsedFile:
    """Reads the beginning of a GGUF file from wherever it is, forward only and no further than its tensor table.

    Args:
        source: the file.
        size: its size in bytes.
        path: its name, for sentences.
        part: index written into its tensors.

    Raises:
        ThimbleError: MODEL_NOT_GGUF, _UNSUPPORTED, _TRUNCATED or _DAMAGED, and whatever the source raises.
    """
    return _Parser(BoundedReader(source, size, path), path, size, part).parse()


class _Parser:
    def __init__(self, reader: BoundedReader, path: Path, size: int, part: int) -> None:
        self._reader = reader
        self._path = path
        self._size = size
        self._part = part
        self._strings_left = MOST_STRINGS
        self._text_left = MOST_KEPT_TEXT

    def parse(self) -> ParsedFile:
        reader = self._reader
        start = reader.take(min(512, self._size))
        if start[:4] != MAGIC:
            if len(start) < 4 and MAGIC.startswith(start):
                raise failures.truncated(self._path, f"{self._size} bytes")
            raise failures.other_content(self._path, start)
        if len(start) < 8:
            raise failures.truncated(self._path, f"{self._size} bytes")
        version = int.from_bytes(start[4:8], "little")
        if version & 0xFFFF == 0 and version:
            raise failures.big_endian(self._path)
        if version not in {2, 3}:
            raise failures.version(self._path, version)
        reader.rewind(len(start) - 8)
        tensor_count, key_count = reader.u64(), reader.u64()
        if tensor_count > MOST_TENSORS or key_count > MOST_KEYS:
            raise self._damaged(f"{tensor_count} tensors and {key_count} keys")
        metadata: dict[str, Value] = {}
        for _ in range(key_count):
            key = self._name(LONGEST_KEY, "key")
            if key in metadata:
                raise self._damaged(f"key {key} occurs twice")
            metadata[key] = self._value(key)
            self._check_length()
        tensors = self._tensors(tensor_count, _alignment(metadata, self._path))
        return ParsedFile(version, metadata, tensors, self._size)

    def _check_length(self) -> None:
        if self._reader.position > BIGGEST_HEADER:
            raise self._damaged(f"a header of more than {BIGGEST_HEADER} bytes")

    def _damaged(self, detail: str) -> Exception:
        return failures.damaged(self._path, detail)

    def _name(self, longest: int, what: str) -> str:
        length = self._reader.u64()
        if not 0 < length <= longest:
            raise self._damaged(f"a {what} of {length} bytes at {self._reader.position}")
        raw = self._reader.take(length)
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise self._damaged(f"a {what} that is no text at {self._reader.position}") from error

    def _value(self, key: str) -> Value:
        kind = self._reader.u32()
        if kind == _STRING:
            return self._text(key)
        if kind == _ARRAY:
            return self._array(key)
        return self._number(kind, key)

    def _number(self, kind: int, key: str) -> Scalar:
        form = _NUMBERS.get(kind)
        if form is None:
            raise self._damaged(f"key {key} has the unknown type {kind}")
        value: Scalar = form.unpack(self._reader.take(form.size))[0]
        return value

    def _text(self, key: str) -> str | Skipped:
        length = self._reader.u64()
        if length > LONGEST_TEXT:
            raise self._damaged(f"key {key} has a text of {length} bytes")
        if length > self._text_left:
            self._reader.skip(length)
            return Skipped(length)
        self._text_left -= length
        return self._reader.take(length).decode("utf-8", "replace")

    def _array(self, key: str) -> Value:
        reader = self._reader
        kind, count = reader.u32(), reader.u64()
        if kind == _STRING:
            self._strings_left -= count
            if self._strings_left < 0:
                raise self._damaged(f"key {key} has {count} texts")
            if count * 8 > reader.remaining:
                raise failures.truncated(self._path, f"key {key} has {count} texts, {reader.remaining} bytes are left")
            if key == _TAGS and count <= _MOST_TAGS:
                return tuple(text for text in (self._text(key) for _ in range(count)) if isinstance(text, str))
            reader.skip_strings(count)
            return Skipped(count)
        form = _NUMBERS.get(kind)
        if form is None or count > MOST_ARRAY_VALUES:
            raise self._damaged(f"key {key} has an array of {count} values of type {kind}")
        if count > MOST_KEPT_VALUES:
            reader.skip(count * form.size)
            return Skipped(count)
        return tuple(value for (value,) in form.iter_unpack(reader.take(count * form.size)))

    def _tensors(self, count: int, alignment: int) -> tuple[TensorInfo, ...]:
        found: dict[str, tuple[tuple[int, ...], str, int, int]] = {}
        reader = self._reader
        for _ in range(count):
            name = self._name(LONGEST_TENSOR_NAME, "tensor name")
            if name in found:
                raise self._damaged(f"tensor {name} occurs twice")
            dimensions = reader.u32()
            if dimensions > MOST_DIMENSIONS:
                raise self._damaged(f"tensor {name} has {dimensions} dimensions")
            shape = struct.unpack(f"<{dimensions}Q", reader.take(8 * dimensions))
            kind, offset = reader.u32(), reader.u64()
            found[name] = (shape, *self._sized(name, shape, kind), offset)
            if offset % alignment:
                raise self._damaged(f"tensor {name} begins at {offset}, off the alignment of {alignment}")
        data_start = -(-reader.position // alignment) * alignment
        tensors = tuple(
            TensorInfo(name, shape, kind, data_start + offset, size, self._part)
            for name, (shape, kind, size, offset) in found.items()
        )
        end = max((tensor.offset + tensor.bytes for tensor in tensors), default=0)
        if end > self._size:
            raise failures.truncated(self._path, f"the weights end at {end}, the file at {self._size}")
        return tensors

    def _sized(self, name: str, shape: tuple[int, ...], kind: int) -> tuple[str, int]:
        known = TENSOR_TYPES.get(kind)
        if known is None:
            if kind > 255:  # ggml numbers its types one by one and has used 43
                raise self._damaged(f"tensor {name} has the type {kind}")
            raise failures.tensor_type(self._path, name, kind)
        elements = 1
        for size in shape:
            elements *= size
            if elements > MOST_ELEMENTS:
                raise self._damaged(f"tensor {name} has the shape {shape}")
        row = shape[0] if shape else 1
        if row % known.block:
            raise failures.row_length(self._path, name, known.name, known.block, row)
        return known.name, elements // known.block * known.block_bytes


def _alignment(metadata: dict[str, Value], path: Path) -> int:
    value = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(value, int) or value <= 0 or value & (value - 1) or value > 2**20:
        raise failures.damaged(path, f"alignment {value}")
    return value
