"""Fifty programs at once: turns are fair, no answer is lost or mixed up, and who hangs up makes room."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx

from tests.server.conftest import TOKEN, Running, eventually
from tests.server.fake_host import said
from thimble import protocol

PROGRAMS = 50


def _client(server: Running) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=server.base_url,
        headers={"Authorization": f"Bearer {TOKEN}"},
        limits=httpx.Limits(max_connections=4 * PROGRAMS),
        timeout=60,
        trust_env=False,
    )


async def _ask(client: httpx.AsyncClient, program: str, text: str) -> str:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": text}], "stream": True}
    answer = ""
    async with client.stream(
        "POST", protocol.CHAT_COMPLETIONS, json=body, headers={protocol.CLIENT_HEADER: program}
    ) as response:
        async for line in response.aiter_lines():
            if line == "data: [DONE]":
                return answer
            if line.startswith("data: "):
                for choice in json.loads(line[6:]).get("choices", ()):
                    answer += choice["delta"].get("content") or ""
    raise AssertionError(f"{program} was cut off after {answer!r}")


def test_fifty_programs_are_all_answered_each_once_before_any_twice(server: Running) -> None:
    async def all_at_once() -> list[str]:
        async with _client(server) as client:
            server.host.hold_answers = True
            asks = [asyncio.create_task(_ask(client, "first", "first"))]
            await asyncio.to_thread(server.host.working.wait, 20)
            asks += [
                asyncio.create_task(_ask(client, f"p{n}", f"{turn}/{n}")) for turn in range(2) for n in range(PROGRAMS)
            ]
            await asyncio.to_thread(eventually, lambda: server.service.queue.waiting == 2 * PROGRAMS)
            server.host.release()
            return list(await asyncio.gather(*asks))

    answers = asyncio.run(all_at_once())
    assert answers == ["Hello"] * (2 * PROGRAMS + 1)
    order = [said(task) for task in server.host.answered[1:]]
    assert len(set(order)) == 2 * PROGRAMS
    programs = [text.partition("/")[2] for text in order]
    assert len(set(programs[:PROGRAMS])) == PROGRAMS


def test_who_hangs_up_leaves_the_queue_and_frees_the_model(server: Running) -> None:
    async def half_leave() -> list[Any]:
        async with _client(server) as client:
            server.host.hold_answers = True
            running = asyncio.create_task(_ask(client, "first", "first"))
            await asyncio.to_thread(server.host.working.wait, 20)
            asks = [asyncio.create_task(_ask(client, f"p{n}", str(n))) for n in range(PROGRAMS)]
            await asyncio.to_thread(eventually, lambda: server.service.queue.waiting == PROGRAMS)
            for ask in asks[::2]:
                ask.cancel()
            await asyncio.to_thread(eventually, lambda: server.service.queue.waiting == PROGRAMS // 2)
            server.host.hold_answers = False
            running.cancel()  # in mid-answer
            return list(await asyncio.gather(*asks, return_exceptions=True))

    outcomes = asyncio.run(half_leave())
    assert server.host.cancelled.is_set()
    assert [outcome for outcome in outcomes if isinstance(outcome, str)] == ["Hello"] * (PROGRAMS // 2)
    assert sorted(said(task) for task in server.host.answered[1:]) == sorted(str(n) for n in range(1, PROGRAMS, 2))
