"""What tool servers print: copied into a log that does not grow without end, however much they say."""

from __future__ import annotations

import logging
import os
import threading
from pathlib import Path
from typing import Final, TextIO

from thimble import logs

_LONGEST_LINE: Final = 8192
_END_SECONDS: Final = 1.0


class ServerLog:
    """A pipe for the standard error of child processes, and the thread that empties it into the log.

    A child that writes while nobody reads any more is told so by the system; none is ever kept waiting.

    Args:
        path: of the log; older ones are beside it.

    Raises:
        OSError: there is no pipe to be had.
    """

    def __init__(self, path: Path) -> None:
        reading, writing = os.pipe()
        self.pipe: Final[TextIO] = os.fdopen(writing, "w", encoding="utf-8")
        """For the children."""
        self._handler = logs.rotating(path, "%(message)s")
        self._thread = threading.Thread(target=self._copy, args=(reading,), name="tool-log", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the copying, unless a stubborn grandchild holds the pipe; then the thread ends with the program."""
        self.pipe.close()
        self._thread.join(_END_SECONDS)

    def _copy(self, reading: int) -> None:
        with os.fdopen(reading, "rb", buffering=0) as source:
            held = b""
            while piece := source.read(_LONGEST_LINE):
                *lines, held = (held + piece).split(b"\n")
                if len(held) > _LONGEST_LINE:
                    lines, held = [*lines, held], b""
                for line in lines:
                    self._write(line)
        if held:
            self._write(held)
        self._handler.close()

    def _write(self, line: bytes) -> None:
        text = line.decode("utf-8", "replace").rstrip("\r")
        self._handler.handle(logging.LogRecord("tools", logging.INFO, "", 0, text, None, None))
