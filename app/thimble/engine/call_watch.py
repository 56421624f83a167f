"""Calls into llama.cpp that nothing stops: when one takes too long or too much memory, the process ends.

A grammar can be read in so many ways that one token of it takes minutes, or all the computer's memory, and no flag is
looked at meanwhile. An engine that ends is started anew, and conversations are the window's; a computer without memory
takes every other program with it.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final

from thimble.engine.memory import memory_use
from thimble.protocol import ENDED_OVER_GRAMMAR

log = logging.getLogger(__name__)

SECONDS: Final = 30.0
GROWTH: Final = 2 * 2**30
LOOK_SECONDS: Final = 0.25


def end_process(why: str) -> None:
    """Ends the process at once: the thread that hangs in C would keep every gentler way waiting."""
    log.critical("the engine ends: %s", why)
    logging.shutdown()
    os._exit(ENDED_OVER_GRAMMAR)


class CallWatch:
    """Watches one call after the other, each inside `with watch:`, from a thread of its own until `close`.

    Args:
        give_up: told why.
        seconds, growth: a call may take, and bytes the process may grow by meanwhile.
    """

    def __init__(
        self, give_up: Callable[[str], object] = end_process, *, seconds: float = SECONDS, growth: int = GROWTH
    ) -> None:
        self._give_up = give_up
        self._seconds = seconds
        self._growth = growth
        self._began = 0.0  # of the call that runs; 0 for none
        self._closed = threading.Event()
        threading.Thread(target=self._look, name="grammar-watch", daemon=True).start()

    def __enter__(self) -> None:
        self._began = time.monotonic()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._began = 0.0

    def close(self) -> None:
        """Nothing is watched any more."""
        self._closed.set()

    def _look(self) -> None:
        at_first, seen = 0, 0.0
        while not self._closed.wait(LOOK_SECONDS):
            began = self._began
            now = memory_use().now
            if began != seen:
                at_first, seen = now, began
            if not began:
                continue
            if time.monotonic() - began > self._seconds:
                self._give_up(f"one step of a grammar took more than {self._seconds:.0f} s")
                return
            if now - at_first > self._growth:
                self._give_up(f"one step of a grammar took more than {self._growth // 2**20} MiB")
                return
