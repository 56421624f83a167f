"""Runs the real `thimble` command as a child process, and waits for facts instead of time."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from thimble.client import lockfile
from thimble.client.patience import Patience, work_done

DEADLINE_SECONDS = 60.0


@dataclass(frozen=True)
class Result:
    """What a finished command left behind."""

    code: int
    out: str
    err: str

    def json_lines(self) -> list[dict[str, Any]]:
        """stdout, one object per line."""
        return [json.loads(line) for line in self.out.splitlines()]


def run_thimble(*arguments: str, stdin: str | None = None, seconds: float = DEADLINE_SECONDS) -> Result:
    """Runs `thimble …` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "thimble", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
        env=dict(os.environ),
    )
    return Result(done.returncode, done.stdout, done.stderr)


@dataclass
class Serve:
    """A running `thimble serve`."""

    process: subprocess.Popen[str]
    base_url: str
    key: str

    def interrupt(self) -> int:
        """Ctrl-C; returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(DEADLINE_SECONDS)


@contextmanager
def serving(*arguments: str, holds_engine: bool = True) -> Iterator[Serve]:
    """`thimble serve …` until the block ends; the address and key are read from what it prints.

    With `holds_engine`, its end is the engine's end, which is waited for.
    """
    process = subprocess.Popen(
        [sys.executable, "-m", "thimble", "serve", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    try:
        printed = ""
        deadline = time.monotonic() + DEADLINE_SECONDS
        while "Ctrl-C" not in printed:
            ready, _, _ = select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))
            # Unbuffered: what a text stream has read ahead, select does not see.
            piece = os.read(process.stdout.fileno(), 4096) if ready else b""
            assert piece, f"serve ended or stayed silent: {process.poll()} {printed!r}"
            printed += piece.decode()
        address = re.search(r"http://\S+/v1", printed)
        key = re.search(r"API key: (\S+)", printed)
        assert address is not None
        assert key is not None
        yield Serve(process, address.group(), key.group(1))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        process.stdout.close()
        process.stderr.close()
        if holds_engine:
            wait_until(lambda: lockfile.read() is None, "the engine ended")


def wait_until(fact: Callable[[], bool], what: str, seconds: float = 15) -> None:
    """Polls a fact about another process; fails with its name when it does not come true."""
    deadline = time.monotonic() + seconds
    between = threading.Event()
    while not fact():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        between.wait(0.02)


def wait_while_working(fact: Callable[[], bool], what: str, *pids: int) -> None:
    """Waits for a fact about processes as long as one of them works: a busy computer makes everything slow."""
    patience = Patience(pids[0], work=lambda _pid: max(-1.0, sum(work_done(pid) for pid in pids)))
    between = threading.Event()
    while not fact():
        if patience.over:
            assert fact(), f"nothing is done about it any more: {what}"
            return
        between.wait(0.02)


def engine_process() -> psutil.Process:
    """The live engine of this test's home."""
    lock = lockfile.read()
    assert lock is not None, "no engine is running"
    return psutil.Process(lock.pid)


def install(model: Path, home: Path) -> Path:
    """Puts a model into the home's models folder without copying it."""
    folder = home / "models"
    folder.mkdir(exist_ok=True)
    target = folder / model.name
    target.symlink_to(model)
    return target
