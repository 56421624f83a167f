"""Kills window and engine at random moments of an answer (SIGKILL) and counts what is lost."""

from __future__ import annotations

import json
import os
import random
import select
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from tests.benchmarks.figures import Figure
from tests.helpers.kill_driver import DRAFT, QUESTION
from thimble.conversations import MessageState, Store

ANSWER_S: Final = 8.0
LATEST_S: Final = 3.0
"""The kill comes at most so long after the first words."""
PATIENCE_S: Final = 300.0
"""Window and engine start slowly on a busy machine; that is not measured here."""
PROMISE_S: Final = 0.5
"""What is older than this when the window dies must be stored."""
SLACK_S: Final = 0.15
"""A timer's and a write's own time on a busy machine."""


@dataclass(frozen=True)
class Outcome:
    """What one kill left behind.

    Attributes:
        victim: "window" or "engine".
        seen: letters of the answer that the window had received.
        lost: letters of these that are not stored.
        oldest_lost_s: how long before the kill the first lost letter came; 0 when none is lost.
        question_kept, draft_kept: whether the rest is there.
        state: of the stored answer, after the next start.
        whole: whether what is stored is exactly the beginning of what was received.
    """

    victim: str
    seen: int
    lost: int
    oldest_lost_s: float
    question_kept: bool
    draft_kept: bool
    state: str
    whole: bool


def kill_once(victim: str, after_s: float) -> Outcome:
    """Runs window and replayed engine in a profile of their own, and kills one of them.

    Args:
        victim: "window" or "engine".
        after_s: how long after the first words.
    """
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = {**os.environ, "THIMBLE_HOME": folder}
        if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            environment["QT_QPA_PLATFORM"] = "offscreen"
        command = [sys.executable, "-m"]
        engine = subprocess.Popen(
            [*command, "tests.benchmarks.replay_engine", str(ANSWER_S)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        assert engine.stdout is not None
        engine.stdout.readline()
        window = subprocess.Popen(
            [*command, "tests.helpers.kill_driver"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        try:
            return _watch(victim, after_s, Path(folder), window, engine)
        finally:
            for process in (window, engine):
                process.kill()
                process.wait()
            for stream in (window.stdout, engine.stdout, engine.stdin):
                if stream is not None:
                    stream.close()


def _watch(
    victim: str, after_s: float, home: Path, window: subprocess.Popen[bytes], engine: subprocess.Popen[bytes]
) -> Outcome:
    assert window.stdout is not None
    lines: list[dict[str, Any]] = []
    pending = b""
    deadline = time.monotonic() + PATIENCE_S
    killed_at = 0.0
    while time.monotonic() < deadline:
        first = next((line["at"] for line in lines if "text" in line), None)
        if first is not None and not killed_at and time.monotonic() >= first + after_s:
            killed_at = time.monotonic()
            (window if victim == "window" else engine).kill()
        pending, ended = _read(window.stdout, pending, lines)
        if killed_at and (ended or any("over" in line for line in lines)):
            break
    else:
        raise TimeoutError(f"nothing happened: {lines[-3:]}")
    window.kill()  # also when the engine was the victim: what it has stored by then must do
    window.wait()
    return _look(victim, home, lines, killed_at)


def _read(stream: IO[bytes], pending: bytes, lines: list[dict[str, Any]]) -> tuple[bytes, bool]:
    ready, _, _ = select.select([stream], [], [], 0.01)
    if not ready:
        return pending, False
    data = os.read(stream.fileno(), 65536)
    *whole, pending = (pending + data).split(b"\n")
    lines += [json.loads(line) for line in whole if line]
    return pending, not data


def _look(victim: str, home: Path, lines: list[dict[str, Any]], killed_at: float) -> Outcome:
    received = [(line["at"], line["text"]) for line in lines if "text" in line]
    seen = "".join(text for _, text in received)
    store = Store(next(home.rglob("conversations.sqlite3")))
    store.recover()
    (conversation,) = store.conversations()
    path = store.path(conversation.id)
    stored, state = path[-1].text, path[-1].state
    store.close()
    # A batch may be stored although it was not told any more: the kill came between the two.
    lost = max(0, len(seen) - len(stored))
    oldest, length = 0.0, 0
    for at, text in received:
        length += len(text)
        if length > len(stored):
            oldest = killed_at - at
            break
    return Outcome(
        victim,
        len(seen),
        lost,
        max(0.0, oldest),
        path[0].text == QUESTION,
        conversation.draft == DRAFT,
        state,
        stored.startswith(seen) or seen.startswith(stored),
    )


def kills(times: int, seed: int = 1) -> list[Figure]:
    """Kills window and engine in turns."""
    chance = random.Random(seed)
    outcomes = [
        kill_once("window" if number % 2 == 0 else "engine", chance.uniform(0, LATEST_S)) for number in range(times)
    ]
    figures = []
    for victim in ("window", "engine"):
        some = [outcome for outcome in outcomes if outcome.victim == victim]
        lost = [float(outcome.lost) for outcome in some]
        oldest = max(outcome.oldest_lost_s for outcome in some)
        broken = sum(not (o.whole and o.question_kept and o.state != MessageState.WRITING) for o in some)
        note = f"{len(some)} kills, {sum(o.seen for o in some)} letters received, 100 tokens/s"
        limit = PROMISE_S + SLACK_S if victim == "window" else 0.0
        figures += [
            Figure(f"{victim} killed: letters lost, worst", max(lost), "", runs=tuple(lost), note=note),
            Figure(f"{victim} killed: age of the oldest lost", oldest, "s", f"≤ {limit:g} s", oldest <= limit),
            Figure(f"{victim} killed: conversations not whole", broken, "", "0", broken == 0),
        ]
        drafts = sum(not outcome.draft_kept for outcome in some)
        figures.append(Figure(f"{victim} killed: drafts lost", drafts, "", note="stored 0.4 s after the last key"))
    return figures
