"""From a thread into the event loop."""

from __future__ import annotations

import asyncio
import threading

from thimble.server.mailbox import Mailbox


def test_everything_arrives_in_order_however_fast_it_comes() -> None:
    async def scenario() -> list[int]:
        mailbox: Mailbox[int] = Mailbox()

        def put_all() -> None:
            for number in range(5000):
                mailbox.put(number)

        thread = threading.Thread(target=put_all)
        thread.start()
        received: list[int] = []
        while len(received) < 5000:
            await mailbox.arrival()
            received += mailbox.drain()
        thread.join()
        return received

    assert asyncio.run(scenario()) == list(range(5000))


def test_a_wake_without_an_item_lets_the_reader_look() -> None:
    async def scenario() -> list[int]:
        mailbox: Mailbox[int] = Mailbox()
        mailbox.wake()
        await mailbox.arrival()
        return mailbox.drain()

    assert asyncio.run(scenario()) == []


def test_putting_after_the_loop_has_ended_does_no_harm() -> None:
    async def scenario() -> Mailbox[int]:
        return Mailbox()

    asyncio.run(scenario()).put(1)
