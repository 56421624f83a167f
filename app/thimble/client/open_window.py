"""Hands files to a window that is open already: a model opened in the file manager does not start a second one.

Each window listens on a socket of its own in the runtime folder, which only this user may enter
(`ui/handed_files.py`). A message is one line, a JSON object with `files` and `token`; the answer is `OK`. Where there
are no such sockets (Windows), the files get a window of their own.
"""

from __future__ import annotations

import json
import logging
import os
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from thimble import paths

log = logging.getLogger(__name__)

TOKEN_VARIABLE: Final = "XDG_ACTIVATION_TOKEN"  # noqa: S105 - a name; Wayland's permission to come to the front
OK: Final = b"ok\n"

_PREFIX: Final = "window-"
_SUFFIX: Final = ".sock"
_SECONDS: Final = 3.0
"""How long a window may take; one that hangs is passed over."""


def socket_path(pid: int) -> Path:
    """Where the window of a process listens."""
    return paths.runtime_dir() / f"{_PREFIX}{pid}{_SUFFIX}"


def hand_over(files: Sequence[Path]) -> bool:
    """Gives files to the window that was opened last; whether one took them.

    Args:
        files: absolute.
    """
    if not hasattr(socket, "AF_UNIX"):
        return False
    message = json.dumps({"files": [str(file) for file in files], "token": os.environ.get(TOKEN_VARIABLE, "")})
    return any(_told(place, message) for place in _newest_first(paths.runtime_dir()))


def _newest_first(folder: Path) -> list[Path]:
    found: list[tuple[float, Path]] = []
    for place in folder.glob(f"{_PREFIX}*{_SUFFIX}"):
        try:
            found.append((place.stat().st_mtime, place))
        except OSError:
            continue  # that window has just closed
    return [place for _, place in sorted(found, reverse=True)]


def _told(place: Path, message: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.settimeout(_SECONDS)
        try:
            door.connect(str(place))
        except ConnectionRefusedError:
            place.unlink(missing_ok=True)  # of a window that was killed
            return False
        except OSError as error:
            log.info("%s: %s", place, error)
            return False
        try:
            door.sendall(message.encode("utf-8") + b"\n")
            return door.recv(len(OK)) == OK
        except OSError as error:
            log.info("%s: %s", place, error)
            return False
