"""Reads a file's beginning in small windows, and never past its end."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Final, Protocol

from thimble.modelfile import failures

_WINDOW: Final = 256 * 1024
_U32: Final = struct.Struct("<I")
_U64: Final = struct.Struct("<Q")


class Source(Protocol):
    """What the reader needs of a file: an unbuffered one on this disk, or one on a server."""

    def seek(self, offset: int, /) -> int:
        """Goes to a byte."""

    def read(self, count: int, /) -> bytes | None:
        """At most so many bytes; none at the end."""


class BoundedReader:
    """A cursor over an open file that holds at most one window, or one `take`, in memory.

    Every method raises `ThimbleError` MODEL_TRUNCATED when the file is too short for what was asked.
    """

    def __init__(self, file: Source, size: int, path: Path) -> None:
        """`size` is the file's size in bytes; `path` is for sentences."""
        self._file = file
        self._size = size
        self._path = path
        self._start = 0  # of the window, in the file
        self._window = b""
        self._at = 0  # of the cursor, in the window

    @property
    def position(self) -> int:
        """Offset of the cursor in the file, bytes."""
        return self._start + self._at

    @property
    def remaining(self) -> int:
        """Bytes from the cursor to the end of the file."""
        return self._size - self.position

    def take(self, count: int) -> bytes:
        """The next `count` bytes. The caller bounds `count`: so much memory is used."""
        self._need(count)
        start = self._at
        self._at += count
        return self._window[start : self._at]

    def rewind(self, count: int) -> None:
        """Moves the cursor back over bytes of the last `take`."""
        self._at -= count

    def u32(self) -> int:
        """The next little-endian 32-bit number."""
        self._need(4)
        (value,) = _U32.unpack_from(self._window, self._at)
        self._at += 4
        return int(value)

    def u64(self) -> int:
        """The next little-endian 64-bit number."""
        self._need(8)
        (value,) = _U64.unpack_from(self._window, self._at)
        self._at += 8
        return int(value)

    def skip(self, count: int) -> None:
        """Moves the cursor without reading what lies between."""
        if count > self.remaining:
            raise self._too_short(count)
        self._at += count
        if self._at > len(self._window):
            self._start += self._at
            self._window = b""
            self._at = 0

    def skip_strings(self, count: int) -> None:
        """Moves the cursor past `count` strings, each a 64-bit length and its bytes.

        A vocabulary has 150 000 of them, so this is the loop that decides how long a header takes.
        """
        unpack = _U64.unpack_from
        while count:
            self._need(8)
            window, at = self._window, self._at
            last = len(window) - 8
            while count and at <= last:
                (length,) = unpack(window, at)
                at += 8 + length
                count -= 1
            self.skip(at - self._at)

    def _need(self, count: int) -> None:
        """Makes the window hold `count` bytes from the cursor on."""
        have = len(self._window) - self._at
        if have >= count:
            return
        if count > self.remaining:
            raise self._too_short(count)
        self._start += self._at
        rest = self._window[self._at :]
        self._at = 0
        self._file.seek(self._start + len(rest))
        wanted = max(_WINDOW, count) - len(rest)
        pieces = [rest]
        while wanted > 0:
            piece = self._file.read(wanted)
            if not piece:
                break
            pieces.append(piece)
            wanted -= len(piece)
        self._window = b"".join(pieces)
        if len(self._window) < count:  # the file became shorter meanwhile
            raise self._too_short(count)

    def _too_short(self, count: int) -> Exception:
        return failures.truncated(
            self._path, f"{count} bytes wanted at {self.position}, but the file has {self._size} bytes"
        )
