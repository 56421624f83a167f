"""One at a time, in an order that is fair between programs.

Each client name has its own line, served first come first served; the names take turns. So a script that posts a
hundred requests does not keep the window waiting for more than one of them.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable


class Ticket:
    """A place in the queue. Use it in the event loop's thread only.

    Attributes:
        client: the line it stands in.
        ahead: tickets that will be served before it, the running one included; 0 when it is served.
    """

    def __init__(self, client: str) -> None:
        self.client = client
        self.ahead = 0
        self.served = False
        self._changed = asyncio.Event()

    def move(self, ahead: int, *, served: bool = False) -> None:
        """The queue's word on where it stands."""
        if ahead != self.ahead or served != self.served:
            self.ahead, self.served = ahead, served
            self._changed.set()

    async def waiting(self) -> AsyncIterator[int]:
        """Yields `ahead` now and whenever it changes; ends when it is this ticket's turn."""
        while not self.served:
            self._changed.clear()
            yield self.ahead
            if not self.served:
                await self._changed.wait()


class FairQueue:
    """Hands out turns.

    Args:
        on_change: called whenever the number of waiting tickets may have changed.
    """

    def __init__(self, on_change: Callable[[], None] | None = None) -> None:
        self._lines: OrderedDict[str, deque[Ticket]] = OrderedDict()  # the next line to be served first
        self._urgent: deque[Ticket] = deque()
        self._current: Ticket | None = None
        self.on_change = on_change

    @property
    def waiting(self) -> int:
        """Tickets that wait."""
        return len(self._urgent) + sum(len(line) for line in self._lines.values())

    @property
    def idle(self) -> bool:
        """Whether nobody has the turn, and nobody waits for it."""
        return self._current is None and not self.waiting

    def waiting_of(self, client: str) -> int:
        """Tickets of one line that wait."""
        return len(self._lines.get(client, ()))

    def enter(self, client: str, *, urgent: bool = False) -> Ticket:
        """A new ticket at the end of its client's line; an urgent one comes before all lines."""
        ticket = Ticket(client)
        if urgent:
            self._urgent.append(ticket)
        else:
            self._lines.setdefault(client, deque()).append(ticket)
        self._advance()
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Ends a ticket's turn, or takes it out of its line. Calling twice does nothing."""
        if self._current is ticket:
            self._current = None
        elif ticket in self._urgent:
            self._urgent.remove(ticket)
        elif (line := self._lines.get(ticket.client)) and ticket in line:
            line.remove(ticket)
            if not line:
                del self._lines[ticket.client]
        else:
            return
        self._advance()

    def _advance(self) -> None:
        if self._current is None:
            self._current = self._take()
            if self._current is not None:
                self._current.move(0, served=True)
        for position, ticket in enumerate(self._order(), start=1):
            ticket.move(position)
        if self.on_change is not None:
            self.on_change()

    def _take(self) -> Ticket | None:
        if self._urgent:
            return self._urgent.popleft()
        for client, line in self._lines.items():
            ticket = line.popleft()
            del self._lines[client]
            if line:
                self._lines[client] = line  # to the end: the other names come first
            return ticket
        return None

    def _order(self) -> list[Ticket]:
        """The tickets in the order in which they will be served, if nobody comes or goes."""
        lines = [list(line) for line in self._lines.values()]
        rounds = max((len(line) for line in lines), default=0)
        return [*self._urgent, *(line[turn] for turn in range(rounds) for line in lines if turn < len(line))]
