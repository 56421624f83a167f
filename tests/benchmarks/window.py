"""The window: time to its first paint, its memory, and how long its thread is ever away while an answer streams."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.figures import Figure, at_most

STARTS: Final = 10
BEAT_GOAL_MS: Final = 50
MEMORY_GOAL_MIB: Final = 200


def start(model: Path) -> list[Figure]:
    """From starting the process to the window's first paint, with a model that loads behind it; disk warm."""
    seconds = []
    with home() as environment:
        _link_model(environment, model)
        for _ in range(STARTS + 1):
            environment["THIMBLE_MEASURE_START"] = repr(time.monotonic())
            done = subprocess.run(
                [sys.executable, "-m", "thimble"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            )
            seconds.append(float(done.stdout.split("first paint ")[1].split()[0]) / 1e3)
    return [at_most("window visible after start", seconds[1:], "s", 0.8, f"first paint, {_screen()}")]


def stream(seconds: float) -> list[Figure]:
    """A replayed answer at 100 tokens/s: the GUI thread's longest absence, and the process's memory."""
    with home() as environment:
        replay = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.replay_engine", str(seconds + 5)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert replay.stdin is not None
        assert replay.stdout is not None
        replay.stdout.readline()
        try:
            result = _drive(environment, seconds)
        finally:
            replay.stdin.close()
            replay.wait()
            replay.stdout.close()
    return _figures(result, f"{seconds:g} s of replayed SSE at 100 tok/s", memory=True)


def real(model: Path, seconds: float) -> list[Figure]:
    """The same with the real engine, which uses every core."""
    with home() as environment:
        result = _drive(environment, seconds, str(model))
    return _figures(result, f"{seconds:g} s with the real engine on all cores", memory=False)


def long_chat(messages: int) -> list[Figure]:
    """A chat of so many messages: opening, scrolling, pasting, finding; no engine is started for it."""
    with home() as environment:
        done = subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.chat_driver", str(messages)],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            timeout=180,
            check=True,
        )
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    note = f"{messages} messages, {_screen()}"

    def figure(name: str, key: str, limit: float | None = None) -> Figure:
        value = found[key]
        goal = f"≤ {limit:g} ms" if limit is not None else ""
        return Figure(name, value, "ms", goal, None if limit is None else value <= limit, note=note)

    return [
        figure("long chat: opened", "open", 300),
        figure("long chat: opened once more", "open_again", 300),
        figure("long chat: until all heights are known", "settle"),
        figure("long chat: longest pause meanwhile", "settle_longest", BEAT_GOAL_MS),
        figure("long chat: longest scroll step", "scroll_longest", BEAT_GOAL_MS),
        figure("long chat: 99th percentile of the steps", "scroll_p99"),
        figure("200 kB of lines pasted", "paste_lines", 300),
        figure("longest key after that", "key_after_lines", BEAT_GOAL_MS),
        figure("200 kB without a break pasted", "paste_blob", 300),
        figure("longest key after that", "key_after_blob", BEAT_GOAL_MS),
        figure("words found in the chat", "find", 300),
    ]


def _figures(result: dict[str, Any], what: str, *, memory: bool) -> list[Figure]:
    letters = f"{result['letters']} letters in {result['questions']} answers, {_screen()}"
    longest = result["longest_ms"]
    figures = [
        Figure("longest gap of a 10 ms heartbeat", longest, "ms", "≤ 50 ms", longest <= BEAT_GOAL_MS, note=what),
        Figure("99th percentile of the gaps", result["p99_ms"], "ms", note=letters),
        Figure("gaps over 50 ms", result["over_50_ms"], ""),
    ]
    if memory:
        rss = result["rss_mib"]
        note = f"resident; {result['uss_mib']:.0f} MiB of it unshared"
        figures.append(Figure("window process", rss, "MiB", "< 200 MiB", rss < MEMORY_GOAL_MIB, note=note))
    return figures


def _drive(environment: dict[str, str], seconds: float, *arguments: str) -> dict[str, Any]:
    return drive_window(environment, "window_driver", seconds, *arguments)


def drive_window(environment: dict[str, str], driver: str, seconds: float, *arguments: str) -> dict[str, Any]:
    """Runs a driver of this folder in a process of its own; what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", f"tests.benchmarks.{driver}", str(seconds), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        timeout=seconds + 60,
        check=True,
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


@contextmanager
def home() -> Iterator[dict[str, str]]:
    """An environment with a profile of its own; without a screen, Qt draws into memory."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        environment = {**os.environ, "THIMBLE_HOME": folder}
        if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            environment["QT_QPA_PLATFORM"] = "offscreen"
        yield environment


def _link_model(environment: dict[str, str], model: Path) -> None:
    folder = Path(environment["THIMBLE_HOME"]) / "models"
    folder.mkdir()
    (folder / model.name).symlink_to(model)


def _screen() -> str:
    return "X11" if os.environ.get("DISPLAY") else "offscreen"
