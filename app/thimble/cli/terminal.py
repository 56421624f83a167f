"""What the commands say on the terminal, and how they are stopped."""

from __future__ import annotations

import json
import logging
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from thimble.errors import Problem, ThimbleError

if TYPE_CHECKING:
    from types import FrameType

    from thimble.protocol import EngineStatus

log = logging.getLogger(__name__)

EXIT_PROBLEM: Final = 1
EXIT_INTERRUPTED: Final = 130


class LoadLine:
    """One line on the terminal that shows how far loading is, and goes away."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._shown = False

    def show(self, status: EngineStatus) -> None:
        """The engine has got this far."""
        if status.loading_path:
            self.write(f"Loading {Path(status.loading_path).name}", status.load_progress)
        else:
            self.done()

    def write(self, what: str, fraction: float) -> None:
        """Shows a share of something."""
        if not self._quiet:
            self._shown = True
            sys.stderr.write(f"\r\033[K{what} {fraction:4.0%}")
            sys.stderr.flush()

    def done(self) -> None:
        """The line goes away."""
        if self._shown:
            self._shown = False
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()


def out(value: str | dict[str, Any]) -> None:
    """Prints text, or a JSON object in a line of its own, at once."""
    sys.stdout.write(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def say_problem(problem: Problem, *, as_json: bool) -> None:
    """Says a problem to a person, and to a program where it reads JSON."""
    if as_json:
        out({"type": "error", "error": problem.to_json()})
    sys.stderr.write(f"{problem}\n")


def quietly(action: Callable[[], object]) -> None:
    """Does something whose failure does not matter here."""
    try:
        action()
    except ThimbleError as error:
        log.info("ignored: %s", error.problem)


def on_interrupt(action: Callable[[], None]) -> Callable[[], None]:
    """Runs `action` on the first Ctrl-C or SIGTERM; a second one ends the program. Returns the way back."""
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def restore() -> None:
        for number, handler in previous.items():
            signal.signal(number, handler)

    def handle(_number: int, _frame: FrameType | None) -> None:
        restore()
        threading.Thread(target=action, name="interrupt", daemon=True).start()

    for number in previous:
        signal.signal(number, handle)
    return restore
