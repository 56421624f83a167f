"""Log files: tracebacks and details go there, so that people see sentences."""

from __future__ import annotations

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

FORMAT: Final = "%(asctime)s %(levelname)s %(name)s: %(message)s"
FILE_BYTES: Final = 4 * 2**20
FILES_KEPT: Final = 2


def rotating(path: Path, form: str = FORMAT) -> RotatingFileHandler:
    """A log of at most 4 MiB, of which two older ones are kept.

    Args:
        path: the file; it is opened with the first line.
        form: of a line.
    """
    handler = RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=FILES_KEPT, encoding="utf-8", delay=True)
    handler.setFormatter(logging.Formatter(form))
    return handler


def write_to(path: Path, level: int = logging.INFO) -> None:
    """Sends the process's log to a file, see `rotating`.

    A log that cannot be written (full disk, read-only folder) never stops the program.
    """
    root = logging.getLogger()
    root.setLevel(level)
    logging.raiseExceptions = False
    try:
        root.addHandler(rotating(path))
    except OSError:
        root.addHandler(logging.NullHandler())
        return
    logging.getLogger("httpx").setLevel(logging.WARNING)  # one line per request says nothing here
    logging.getLogger("httpcore").setLevel(logging.WARNING)
