"""Who is attached, and who wants to hear of changes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from thimble.protocol import Role


class Hub:
    """Lives in the event loop's thread; only `changed_from_thread` may be called from another.

    Attributes:
        closed: the engine ends; streams end with it.
        on_attached: called with the number of attachments after each change of it.
        on_close: called when the engine ends.
    """

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._listeners: set[asyncio.Event] = set()
        self._roles: list[Role] = []
        self.closed = False
        self.on_attached: Callable[[int], None] | None = None
        self.on_close: Callable[[], None] | None = None

    @property
    def attached(self) -> tuple[str, ...]:
        """The roles of those attached, in order of arrival."""
        return tuple(str(role) for role in self._roles)

    def changed(self) -> None:
        """Wakes every listener."""
        for listener in self._listeners:
            listener.set()

    def changed_from_thread(self) -> None:
        """`changed`, from any thread; nothing happens when nobody ever listened, or the loop is closed."""
        if self._loop is not None:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self.changed)

    def close(self) -> None:
        """Ends all streams."""
        self.closed = True
        self.changed()
        if self.on_close is not None:
            self.on_close()

    @contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set at every change; the listener clears it."""
        self._loop = asyncio.get_running_loop()
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    @contextmanager
    def attachment(self, role: Role) -> Iterator[None]:
        """Counts as attached while it is open."""
        self._roles.append(role)
        self._attached_changed()
        try:
            yield
        finally:
            self._roles.remove(role)
            self._attached_changed()

    def _attached_changed(self) -> None:
        self.changed()
        if self.on_attached is not None:
            self.on_attached(len(self._roles))


async def wait_for(event: asyncio.Event, seconds: float) -> bool:
    """Waits until the event is set, at most so long; whether it was set. Clears it."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True
