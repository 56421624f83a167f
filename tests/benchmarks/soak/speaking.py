"""How the long run and its windows talk: lines of JSON out, the word to go on in."""

from __future__ import annotations

import ctypes
import gc
import json
import os
import sys
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSocketNotifier
from PySide6.QtWidgets import QApplication

STDIN = 0


class _Mallinfo2(ctypes.Structure):
    _fields_ = [
        (name, ctypes.c_size_t)
        for name in (
            "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost"
        )
    ]  # fmt: skip


class Orders(QObject):
    """Calls `go` for each line of standard input, and `end` when that is closed."""

    def __init__(self, go: Callable[[str], object], end: Callable[[], object]) -> None:
        super().__init__()
        self._go, self._end = go, end
        self._begun = b""
        self._notifier = QSocketNotifier(STDIN, QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._read)

    def _read(self) -> None:
        data = os.read(STDIN, 4096)
        if not data:
            self._notifier.setEnabled(False)
            self._end()
            return
        *lines, self._begun = (self._begun + data).split(b"\n")
        for line in lines:
            self._go(line.decode())


def tell(**line: Any) -> None:
    """One line, at once."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def counts() -> dict[str, float]:
    """What this process holds, told from the inside: Python objects, widgets, and MiB that malloc has handed out."""
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.collect()
    found: dict[str, float] = {
        "python objects": len(gc.get_objects()),
        "widgets": len(QApplication.allWidgets()),
    }
    libc = ctypes.CDLL(None)
    if hasattr(libc, "mallinfo2"):
        libc.mallinfo2.restype = _Mallinfo2
        told = libc.mallinfo2()
        found["heap"] = (told.uordblks + told.hblkhd) / 2**20
    return found
