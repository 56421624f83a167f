"""Reads what was added to a log file, also when it was rotated meanwhile. Pure: no Qt."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 2 * 2**20
"""Only the last 2 MiB of a file are read."""
LEVELS: Final = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_HEAD: Final = re.compile(
    r"^(?P<time>\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:[.,]\d+)?)\s+(?:\[?(?P<level>DEBUG|INFO|WARNING|ERROR|CRITICAL)\b)?"
)


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line.

    Attributes:
        source: "window" or "engine".
        level: one of `LEVELS`; lines without one (tracebacks) have that of the line before.
        time: as written; of the line before when it has none.
        text: the whole line.
    """

    source: str
    level: str
    time: str
    text: str


class LogTail:
    """Follows one file. `read_new` may be called from any one thread at a time."""

    def __init__(self, path: Path, source: str) -> None:
        self.path = path
        self.source = source
        self._inode = 0
        self._offset = 0
        self._rest = b""
        self._level = "INFO"
        self._time = ""

    def read_new(self) -> list[LogLine]:
        """The lines that were added since the last call; empty when the file is not there or cannot be read."""
        try:
            with self.path.open("rb") as file:
                status = os.fstat(file.fileno())
                if status.st_ino != self._inode or status.st_size < self._offset:
                    self._inode, self._offset, self._rest = status.st_ino, 0, b""
                cut = False
                if status.st_size - self._offset > MOST_BYTES:
                    self._offset, self._rest, cut = status.st_size - MOST_BYTES, b"", True
                file.seek(self._offset)
                new = file.read(MOST_BYTES)
        except OSError:
            return []
        self._offset += len(new)
        whole, found, self._rest = (self._rest + new).rpartition(b"\n")
        if not found:
            return []
        lines = whole.split(b"\n")
        return [self._line(line.decode("utf-8", "replace").rstrip("\r")) for line in (lines[1:] if cut else lines)]

    def _line(self, text: str) -> LogLine:
        head = _HEAD.match(text)
        if head is not None:
            self._time = head["time"].replace("T", " ").replace(".", ",")
            self._level = head["level"] or "INFO"
        return LogLine(self.source, self._level, self._time, text)
