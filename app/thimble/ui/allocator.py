"""How the C library's allocator serves a process with many threads."""

from __future__ import annotations

import ctypes
from typing import Final

MOST_ARENAS: Final = 2
"""Those who allocate at the same moment are few: most threads wait for the engine, a file or Python's lock."""
_M_ARENA_MAX: Final = -8
"""Of glibc's `mallopt`."""


def share_arenas() -> None:
    """Lets all threads share two arenas; to be called before there are threads. Nothing happens without glibc.

    Else glibc gives nearly each thread an arena of its own (up to eight for each core), and each keeps the memory of
    the busiest moment that it ever had: a window that calls the engine in threads grows by that for as long as they
    meet in new ways.
    """
    libc = ctypes.CDLL(None)
    if hasattr(libc, "gnu_get_libc_version"):
        libc.mallopt(_M_ARENA_MAX, MOST_ARENAS)
