"""Threads of the window share the allocator's arenas."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

ARENAS_OF_EIGHT_THREADS = """
import ctypes, sys, threading
from thimble.ui.allocator import share_arenas
share_arenas()
together = threading.Barrier(8)
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
def allocate():
    libc.malloc(5000)
    together.wait()
threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
libc.malloc_info(0, ctypes.c_void_p.in_dll(libc, "stdout"))
libc.fflush(None)
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "gnu_get_libc_version"), reason="glibc's own affair")
def test_threads_share_arenas() -> None:
    told = subprocess.run(
        [sys.executable, "-c", ARENAS_OF_EIGHT_THREADS], capture_output=True, text=True, check=True, timeout=60
    )
    assert 1 <= told.stdout.count("<heap nr=") <= 2
