"""One window for the whole long run: `python -m tests.benchmarks.soak.long_window ORDERS.json`.

Each line of standard input is a number of seconds: it acts for so long, comes to rest, and prints one line of JSON.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QTimer

from tests.benchmarks.soak.acts import Act, Acts, Fact
from tests.benchmarks.soak.speaking import Orders, counts, tell
from thimble import paths
from thimble.settings import Settings
from thimble.ui.app import Session, make_app

PATIENCE_S: Final = 60.0
LOOK_MS: Final = 4


class LongWindow:
    """Runs acts one after the other, and tells how it stands whenever it has come to rest."""

    def __init__(self, session: Session, orders: dict[str, Any]) -> None:
        self._session = session
        self._acts = Acts(
            session,
            random.Random(orders["seed"]),
            [Path(path) for path in orders["models"]],
            (orders["download"][0], orders["download"][1]),
            Path(orders["folder"]),
        )
        self._until = 0.0
        self._name = ""
        self._act: Act = iter(())
        self._fact: Fact | None = None
        self._since = 0.0
        self._stuck: list[str] = []
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._act_began = 0.0
        self._beat = QTimer()
        self._beat.setInterval(LOOK_MS)
        self._beat.timeout.connect(self._look)
        self._orders = Orders(self._go, session.window.close)

    def _go(self, line: str) -> None:
        self._until = time.monotonic() + float(line)
        self._name, self._act, self._fact, self._act_began = "", iter(()), None, time.monotonic()
        self._beat.start()

    def _look(self) -> None:
        now = time.monotonic()
        if self._fact is not None and not self._fact():
            if now - self._since < PATIENCE_S:
                return
            self._stuck.append(self._name)
            self._act, self._fact = iter(()), None
        try:
            self._fact, self._since = next(self._act), now
        except StopIteration:
            self._fact = None
            self._next(now)

    def _next(self, now: float) -> None:
        self._seconds[self._name] += now - self._act_began
        self._act_began = now
        if now < self._until:
            self._name, self._act = self._acts.next()
        elif self._name != "calm":
            self._name, self._act = "calm", self._acts.calm()
        else:
            self._beat.stop()
            tell(counts=counts(), acts=dict(self._acts.counts), seconds=self._seconds, stuck=self._stuck)


def main() -> None:
    """Runs the window until standard input is closed."""
    app = make_app()
    session = Session(app, Settings.load(paths.settings_file()))
    window = LongWindow(session, json.loads(Path(sys.argv[1]).read_text("utf-8")))
    session.link.started.connect(lambda: tell(started=True))
    session.window.show()
    app.exec()
    session.end()
    del window


if __name__ == "__main__":
    main()
