"""Stopping work from another thread: a flag in Python that, while an answer runs, also sets one that C reads."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol


class Stoppable(Protocol):
    """Something in C that stops when told."""

    def set(self, stop: bool, /) -> None:
        """True: stop now, or when it starts. False: ready for the next work."""


class CancelFlag:
    """Set once, from any thread; it cancels one load or one answer and nothing that comes after it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._set = False
        self._linked: Stoppable | None = None

    @property
    def is_set(self) -> bool:
        """Whether `set` was called."""
        return self._set

    def set(self) -> None:
        """Stops the work; twice does no harm."""
        with self._lock:
            self._set = True
            if self._linked is not None:
                self._linked.set(True)

    @contextmanager
    def linked(self, to: Stoppable) -> Iterator[None]:
        """Inside, this flag stops that too; afterwards it is ready for others."""
        with self._lock:
            to.set(self._set)
            self._linked = to
        try:
            yield
        finally:
            with self._lock:
                self._linked = None
                to.set(False)
