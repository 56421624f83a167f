"""A few threads for pieces of work, none of which keeps a closed window's process alive.

Qt's own pool waits for its threads when it is destroyed, without an end: a job that hung in a system call, or was in a
slow import, kept the process for as long as that took.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable


class JobThreads:
    """Runs pieces of work, the oldest first. A thread ends when nothing waits; they are daemons.

    Args:
        most: threads at a time.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], object]] = deque()
        self._threads: set[threading.Thread] = set()

    def start(self, work: Callable[[], object]) -> None:
        """Runs `work`, which must not raise, when a thread is free."""
        with self._lock:
            self._waiting.append(work)
            if len(self._threads) < self._most:
                thread = threading.Thread(target=self._run, name="job", daemon=True)
                self._threads.add(thread)
                thread.start()

    def clear(self) -> None:
        """Forgets what has not begun."""
        with self._lock:
            self._waiting.clear()

    def join(self, seconds: float) -> bool:
        """Waits for what has begun, no longer than that in all; whether it is over."""
        deadline = time.monotonic() + seconds
        with self._lock:
            threads = tuple(self._threads)
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _run(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._threads.discard(threading.current_thread())
                    return
                work = self._waiting.popleft()
            work()
            del work  # what it holds must not live until the next one comes
