"""Counts of tokens while somebody writes: one at a time, and of those that wait only the newest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from thimble.errors import Problem
from thimble.ui.handing_threads import HandingThreads

Messages = Sequence[dict[str, Any]]


class TokenCounter:
    """Asks for counts.

    Args:
        threads: where they are waited for.
        count: (messages, tools) to the number of tokens; blocks.
        possible: whether there is somebody to ask.
    """

    def __init__(
        self, threads: HandingThreads, count: Callable[[Messages, Messages], int], possible: Callable[[], bool]
    ) -> None:
        self._threads = threads
        self._count = count
        self._possible = possible
        self._busy = False
        self._next: tuple[Messages, Callable[[int], None], Messages] | None = None

    def ask(self, messages: Messages, done: Callable[[int], None], tools: Messages) -> None:
        """Counts, and calls `done` in the GUI thread; nothing is called when something newer waits, or it failed."""
        if not self._possible():
            return
        if self._busy:
            self._next = (messages, done, tools)
            return
        self._busy = True

        def work() -> None:
            found = self._count(messages, tools)
            self._threads.hand(lambda: self._over(lambda: done(found)))

        self._threads.spawn("engine-count", work, failed=self._failed)

    def _failed(self, _problem: Problem) -> None:
        self._threads.hand(lambda: self._over(lambda: None))

    def _over(self, tell: Callable[[], None]) -> None:
        self._busy = False
        waiting, self._next = self._next, None
        if waiting is not None:
            self.ask(*waiting)
        else:
            tell()
