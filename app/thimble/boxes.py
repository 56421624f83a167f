"""A sentence in a box of the desktop: for whoever started Thimble from a menu and can have no window.

Without Qt: it may be what cannot be used.
"""

from __future__ import annotations

import contextlib
import subprocess
from typing import Final

_PROGRAMS: Final = (("zenity", "--error", "--text"), ("kdialog", "--error"), ("xmessage",), ("notify-send", "Thimble"))


def show(sentence: str) -> bool:
    """Shows it with the first program that is there; whether there was one. Returns when the box is closed."""
    for program in _PROGRAMS:
        with contextlib.suppress(OSError):
            subprocess.run([*program, sentence], check=False, capture_output=True)
            return True
    return False
