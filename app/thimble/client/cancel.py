"""A flag that one thread sets and another thread's blocking read obeys at once."""

from __future__ import annotations

import threading
from collections.abc import Callable


class CancelToken:
    """Set once, from any thread; whoever registered with `on_cancel` is told, exactly once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancelled = False
        self._actions: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Sets the flag and runs the registered actions in the calling thread. Calling again does nothing."""
        with self._lock:
            if self._cancelled:
                return
            self._cancelled = True
            actions, self._actions = self._actions, []
        for action in actions:
            action()

    def on_cancel(self, action: Callable[[], None]) -> Callable[[], None]:
        """Runs `action` when the flag is set (now, if it is); returns the function that forgets it."""
        with self._lock:
            if not self._cancelled:
                self._actions.append(action)
                return lambda: self._forget(action)
        action()
        return lambda: None

    def _forget(self, action: Callable[[], None]) -> None:
        with self._lock:
            if action in self._actions:
                self._actions.remove(action)
