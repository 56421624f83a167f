"""From the worker thread to the event loop, with one wake-up for as many items as have gathered."""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """`put` and `wake` from any thread, the rest in the event loop's thread that made it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._items: deque[T] = deque()
        self._arrived = asyncio.Event()

    def put(self, item: T) -> None:
        """Adds an item; the reader is woken only if it may be asleep."""
        self._items.append(item)
        if len(self._items) == 1:
            self.wake()

    def wake(self) -> None:
        """Lets `arrival` return. Does nothing once the loop is closed."""
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._arrived.set)

    async def arrival(self) -> None:
        """Waits until `put` or `wake` was called since the previous arrival."""
        await self._arrived.wait()
        self._arrived.clear()

    def drain(self) -> list[T]:
        """What is there now, oldest first."""
        items: list[T] = []
        while self._items:
            items.append(self._items.popleft())
        return items
