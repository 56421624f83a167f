"""Fifty programs at once on loopback: how long each waits, that none is lost, how soon a hang-up frees the model."""

from __future__ import annotations

import asyncio
import json
import statistics
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from tests.benchmarks.figures import Figure
from tests.helpers.programs import serving

CLIENTS: Final = 50
TOKENS: Final = 16
SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one request; times in seconds since all began."""

    program: str
    text: str
    first: float
    last: float
    finished: bool


async def _ask(client: httpx.AsyncClient, program: str, began: float, hang_up: bool = False) -> Outcome:
    body: dict[str, Any] = {
        "model": "default",
        "messages": [{"role": "user", "content": f"Count from {program} on."}],
        "max_tokens": 2000 if hang_up else TOKENS,
        "temperature": 0,
        "stream": True,
        **({"grammar": "root ::= [a-z ]+"} if hang_up else {}),  # which has no end
    }
    text, first = "", 0.0
    async with client.stream(
        "POST", "/chat/completions", json=body, headers={"X-Thimble-Client": program}, timeout=SECONDS
    ) as response:
        response.raise_for_status()
        async for line in response.aiter_lines():
            if line == "data: [DONE]":
                return Outcome(program, text, first, time.monotonic() - began, True)
            if not line.startswith("data: "):
                continue
            chunk = json.loads(line[6:])
            for choice in chunk.get("choices", ()):
                text += choice["delta"].get("content") or ""
            if text and not first:
                first = time.monotonic() - began
                if hang_up:
                    break
    return Outcome(program, text, first, time.monotonic() - began, False)


async def _all(base_url: str, key: str) -> tuple[list[Outcome], float, float]:
    limits = httpx.Limits(max_connections=2 * CLIENTS)
    headers = {"Authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=base_url, headers=headers, limits=limits, trust_env=False) as client:
        await _ask(client, "warm", time.monotonic())
        began = time.monotonic()
        outcomes = await asyncio.gather(*(_ask(client, f"p{n}", began) for n in range(CLIENTS)))
        whole = time.monotonic() - began
        freed = []
        for _ in range(5):
            await _ask(client, "gone", time.monotonic(), hang_up=True)
            again = await _ask(client, "next", time.monotonic())
            freed.append(again.first)
        return list(outcomes), whole, statistics.median(freed)


def api_load(model: Path) -> list[Figure]:
    """The figures."""
    with serving("--model", str(model)) as serve:
        outcomes, whole, freed = asyncio.run(_all(serve.base_url, serve.key))
    firsts = sorted(outcome.first for outcome in outcomes)
    lost = sum(not outcome.finished or not outcome.text for outcome in outcomes)
    return [
        Figure(f"{CLIENTS} programs at once: answers lost", lost, "", "0", lost == 0),
        Figure("answers per second", CLIENTS / whole, "/s"),
        Figure("first word, the first program", firsts[0] * 1e3, "ms"),
        Figure("first word, median", statistics.median(firsts) * 1e3, "ms"),
        Figure("first word, the last program", firsts[-1] * 1e3, "ms"),
        Figure("first word after another program hung up in mid-answer", freed * 1e3, "ms"),
    ]
