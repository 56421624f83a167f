"""Where `thimble serve` takes its key from: everybody on the computer can read the arguments of a program."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path
from typing import Final

from thimble.errors import Code, ThimbleError

VARIABLE: Final = "THIMBLE_API_KEY"
STDIN: Final = "-"
_LONGEST: Final = 4096


def api_key(argument: str | None, file: str | None) -> tuple[str, str]:
    """The key, and a warning for the person; each may be empty.

    Args:
        argument: of the command line.
        file: whose first line is the key; "-" for the standard input.

    Without both, the environment variable `THIMBLE_API_KEY` is looked at.

    Raises:
        ThimbleError: BAD_REQUEST for two keys at once or a file that cannot be read; KEY_NEEDED for an empty file.
    """
    if argument and file:
        raise ThimbleError(Code.BAD_REQUEST, "There are two keys: --api-key and --api-key-file.", "Leave out one.")
    if argument:
        return argument, (
            "Every user of this computer can see this key in the list of programs. "
            f"Give it by --api-key-file or the environment variable {VARIABLE} instead."
        )
    if not file:
        return os.environ.get(VARIABLE, "").strip(), ""
    key, warning = _read(file)
    if not key:
        raise ThimbleError(Code.KEY_NEEDED, "The file with the key is empty.", "Write the key into its first line.")
    return key, warning


def _read(file: str) -> tuple[str, str]:
    if file == STDIN:
        return sys.stdin.readline(_LONGEST).strip(), ""
    path = Path(file).expanduser()
    try:
        with path.open(encoding="utf-8") as opened:
            key = opened.readline(_LONGEST).strip()
            open_to_all = os.name == "posix" and stat.S_IMODE(os.fstat(opened.fileno()).st_mode) & 0o077
    except (OSError, ValueError) as error:
        raise ThimbleError(
            Code.BAD_REQUEST, "The file with the key cannot be read.", "Check its name.", f"{path}: {error}"
        ) from error
    return key, f"Others may read {path} as well: chmod 600 closes it." if open_to_all else ""
