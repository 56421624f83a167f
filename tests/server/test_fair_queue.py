"""Turns are fair between clients and in order within one."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from thimble.server.fair_queue import FairQueue, Ticket


def order_of(clients: Sequence[str]) -> list[str]:
    """The order in which tickets entered in this order are served, each named by client and number."""
    queue = FairQueue()
    blocker = queue.enter("blocker")
    names: dict[Ticket, str] = {}
    for number, client in enumerate(clients):
        names[queue.enter(client)] = f"{client}{number}"
    served = []
    queue.leave(blocker)
    while current := next((ticket for ticket in names if ticket.served), None):
        served.append(names.pop(current))
        queue.leave(current)
    return served


def test_one_client_is_served_in_order() -> None:
    assert order_of("aaa") == ["a0", "a1", "a2"]


def test_clients_take_turns_however_much_one_of_them_asks() -> None:
    assert order_of("aaaab") == ["a0", "b4", "a1", "a2", "a3"]


def test_three_clients_go_round() -> None:
    assert order_of("aabbcc") == ["a0", "b2", "c4", "a1", "b3", "c5"]


def test_an_urgent_ticket_is_next() -> None:
    queue = FairQueue()
    running, waiting, urgent = queue.enter("a"), queue.enter("a"), queue.enter("", urgent=True)
    queue.leave(running)
    assert (urgent.served, waiting.served) == (True, False)


def test_the_first_is_served_at_once() -> None:
    assert FairQueue().enter("a").served


def test_a_ticket_knows_how_many_come_before_it() -> None:
    queue = FairQueue()
    tickets = [queue.enter(client) for client in ("a", "a", "a", "b")]
    assert [ticket.ahead for ticket in tickets] == [0, 1, 3, 2]


def test_leaving_the_line_moves_the_others_up() -> None:
    queue = FairQueue()
    first, second, third = (queue.enter("a") for _ in range(3))
    queue.leave(second)
    assert (third.ahead, queue.waiting) == (1, 1)
    queue.leave(first)
    assert third.served


def test_leaving_twice_serves_nobody_too_early() -> None:
    queue = FairQueue()
    first, second, third = (queue.enter("a") for _ in range(3))
    queue.leave(first)
    queue.leave(first)
    assert (second.served, third.served) == (True, False)


def test_a_waiting_ticket_hears_of_every_move() -> None:
    async def scenario() -> list[int]:
        queue = FairQueue()
        first, second, third = (queue.enter("a") for _ in range(3))
        seen = []
        async for ahead in third.waiting():
            seen.append(ahead)
            queue.leave(first if ahead == 2 else second)
        return seen

    assert asyncio.run(scenario()) == [2, 1]
