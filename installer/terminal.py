"""Phases on a terminal: one line each, with progress and seconds; plain lines when nobody watches."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import TextIO

_TICK_SECONDS = 0.2
_PLAIN_STEP_PERCENT = 25  # without a terminal, progress is a new line each time this much more is done


class Phase:
    """One line of work while it runs; use it as a context manager.

    A phase whose block ends without an exception gets a tick, otherwise a cross.
    """

    def __init__(self, terminal: Terminal, title: str) -> None:
        self._terminal = terminal
        self._title = title
        self._note = ""
        self._percent: int | None = None
        self._said_percent = 0
        self._started = time.monotonic()
        self._ended = threading.Event()
        self._ticker: threading.Thread | None = None

    def percent(self, done: int, total: int) -> None:
        """Shows `done` of `total` as per cent."""
        self._percent = 100 * done // total if total > 0 else None
        if self._terminal.live or self._percent is None:
            return
        step = self._percent - self._percent % _PLAIN_STEP_PERCENT
        if self._said_percent < step < 100:
            self._said_percent = step
            self._terminal.line(f"    {self._title}: {step} %")

    def note(self, text: str) -> None:
        """A few words behind the title: what is being done now, or what came out."""
        self._note = text

    def __enter__(self) -> Phase:
        if self._terminal.live:
            self._ticker = threading.Thread(target=self._tick, name="installer-terminal", daemon=True)
            self._ticker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        if self._ticker is not None:
            self._ticker.join()
        self._percent = None
        mark = self._terminal.good if kind is None else self._terminal.bad
        self._terminal.line(self._text(mark))

    def _text(self, mark: str) -> str:
        percent = f"  {self._percent:3d} %" if self._percent is not None else ""
        note = f"  {self._note}" if self._note else ""
        return f"  {mark} {self._title}{percent}{note}  {time.monotonic() - self._started:.1f} s"

    def _tick(self) -> None:
        while not self._ended.wait(_TICK_SECONDS):
            self._terminal.over(self._text(self._terminal.busy))


class Terminal:
    """Where the installer talks.

    Attributes:
        live: whether a person watches a terminal that can rewrite its last line.
        good, bad, busy: the marks, in ASCII where the output cannot say more.
    """

    def __init__(self, out: TextIO | None = None) -> None:
        self._out = out or sys.stdout
        self._width_used = 0
        self._lock = threading.Lock()
        self.live = self._out.isatty() and os.environ.get("TERM", "") != "dumb"
        try:
            "✓✗…".encode(self._out.encoding or "ascii")
            self.good, self.bad, self.busy = "✓", "✗", "…"
        except (UnicodeEncodeError, LookupError):
            self.good, self.bad, self.busy = "ok", "FAILED", "..."

    def line(self, text: str = "") -> None:
        """A line that stays."""
        with self._lock:
            self._wipe()
            print(text, file=self._out, flush=True)

    def over(self, text: str) -> None:
        """A line that the next one replaces; nothing without a live terminal."""
        if not self.live:
            return
        with self._lock:
            text = text[: shutil.get_terminal_size().columns - 1]
            self._wipe()
            print(text, end="\r", file=self._out, flush=True)
            self._width_used = len(text)

    def phase(self, title: str) -> Phase:
        """Starts a phase; see `Phase`."""
        return Phase(self, title)

    def _wipe(self) -> None:
        if self._width_used:
            print(" " * self._width_used, end="\r", file=self._out)
            self._width_used = 0


@contextmanager
def quiet_on_interrupt(terminal: Terminal) -> Iterator[None]:
    """Ctrl-C ends the program with a sentence and exit code 130 instead of a traceback."""
    try:
        yield
    except KeyboardInterrupt:
        terminal.line("Stopped. Nothing half-done was kept; the same command goes on from here.")
        raise SystemExit(130) from None
