"""The engine's stream of telemetry, followed while somebody looks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QTimer

from thimble.errors import Problem
from thimble.protocol import Sample
from thimble.ui.handing_threads import HandingThreads

if TYPE_CHECKING:
    from thimble.client import CancelToken
    from thimble.ui.engine_ports import Client

RETRY_MS: Final = 1000


class TelemetryWatch:
    """One stream for all who look.

    Args:
        threads: where it is read.
        connect: gives the client; blocks.
        alive: whether there is an engine.
        take: told each sample in the GUI thread.
    """

    def __init__(
        self,
        threads: HandingThreads,
        connect: Callable[[], Client],
        alive: Callable[[], bool],
        take: Callable[[Sample], None],
    ) -> None:
        self._threads = threads
        self._connect = connect
        self._alive = alive
        self._take = take
        self._watchers = 0
        self._stream: CancelToken | None = None

    def watch(self) -> Callable[[], None]:
        """Somebody looks; returns the function that ends this (calling it again does nothing)."""
        self._watchers += 1
        if self._watchers == 1:
            self.follow()
        ended = False

        def end() -> None:
            nonlocal ended
            if not ended:
                ended = True
                self._watchers -= 1
                if self._watchers == 0:
                    self.stop()

        return end

    def follow(self) -> None:
        """Opens the stream where somebody looks, there is an engine, and it is not open."""
        if not self._alive() or self._stream is not None or self._watchers == 0 or self._threads.closing:
            return
        from thimble.client import CancelToken

        token = CancelToken()
        self._stream = token

        def work() -> None:
            for sample in self._connect().telemetry(token):
                if token.cancelled:
                    return
                self._threads.hand(partial(self._take, sample))
            self._threads.hand(lambda: self._ended(token))

        def failed(_problem: Problem) -> None:
            self._threads.hand(lambda: self._ended(token))

        self._threads.spawn("engine-telemetry", work, failed=failed)

    def stop(self) -> None:
        """Ends the stream; `follow` opens another."""
        if self._stream is not None:
            self._stream.cancel()
            self._stream = None

    def _ended(self, token: CancelToken) -> None:
        if self._stream is token:
            self._stream = None
            if self._alive():  # the stream broke and the engine did not
                QTimer.singleShot(RETRY_MS, self._threads, self.follow)
