"""Reads what Qt's QDataStream writes: big-endian numbers and texts that say how long they are."""

from __future__ import annotations

import struct
from typing import Final

_NULL: Final = 0xFFFFFFFF
"""Length of a text that is not there (Qt tells it from an empty one)."""


class StreamError(ValueError):
    """The bytes end too early, or cannot be what they are read as."""


class QtReader:
    """Reads one value after the other (QDataStream version Qt 6.2).

    Args:
        data: all bytes.

    Every method raises `StreamError` when its value is not there.
    """

    def __init__(self, data: bytes) -> None:
        self._data = memoryview(data)
        self._at = 0

    @property
    def left(self) -> int:
        """Bytes that were not read."""
        return len(self._data) - self._at

    def skip(self, count: int) -> None:
        """Steps over raw bytes."""
        self._take(count)

    def _take(self, count: int) -> memoryview:
        if not 0 <= count <= self.left:
            raise StreamError(f"{count} bytes at {self._at}, {self.left} are left")
        self._at += count
        return self._data[self._at - count : self._at]

    def u32(self) -> int:
        """quint32"""
        return int(struct.unpack(">I", self._take(4))[0])

    def i32(self) -> int:
        """qint32, and enumerations"""
        return int(struct.unpack(">i", self._take(4))[0])

    def i64(self) -> int:
        """qint64, and qsizetype"""
        return int(struct.unpack(">q", self._take(8))[0])

    def u64(self) -> int:
        """quint64"""
        return int(struct.unpack(">Q", self._take(8))[0])

    def double(self) -> float:
        """double"""
        return float(struct.unpack(">d", self._take(8))[0])

    def boolean(self) -> bool:
        """bool"""
        value = self._take(1)[0]
        if value > 1:
            raise StreamError(f"{value} is no bool")
        return value == 1

    def bytes_(self) -> bytes:
        """QByteArray, and QUrl"""
        count = self.u32()
        return b"" if count == _NULL else bytes(self._take(count))

    def string(self) -> str:
        """QString; halves of surrogate pairs become question marks."""
        count = self.u32()
        if count == _NULL:
            return ""
        if count % 2:
            raise StreamError(f"a text of {count} bytes")
        return bytes(self._take(count)).decode("utf-16-be", "replace")

    def strings(self) -> list[str]:
        """QList<QString>"""
        return [self.string() for _ in range(self.count(self.u32()))]

    def count(self, number: int) -> int:
        """A number of things that follow; each takes a byte at least."""
        if not 0 <= number <= self.left:
            raise StreamError(f"{number} things in {self.left} bytes")
        return number

    def variant(self) -> str:
        """QVariant of one of the types that a tool's parameters have, as text."""
        kind, null = self.u32(), self._take(1)[0]
        readers = {1: self.boolean, 2: self.i32, 3: self.u32, 4: self.i64, 5: self.u64, 6: self.double, 10: self.string}
        if kind == 0:  # an invalid one is followed by an empty text
            self.string()
            return ""
        if kind not in readers or null > 1:
            raise StreamError(f"a variant of type {kind}")
        return str(readers[kind]())
