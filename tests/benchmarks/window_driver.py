"""The real window, driven for a while: `python -m tests.benchmarks.window_driver SECONDS` prints one JSON line.

It writes a question into the composer, sends it as a person would, and lets a 10 ms timer of the GUI thread tell how
long the thread was ever away. An answer that ends early is followed by the next question.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import psutil
from PySide6.QtCore import QObject, Qt, QTimer

from thimble import paths
from thimble.protocol import State
from thimble.settings import Settings
from thimble.ui.app import Session, make_app
from thimble.ui.chat import ChatPage

BEAT_MS = 10
QUESTION = "Write a very long story about a lighthouse keeper, with headings, lists and some Python code."


class Driver(QObject):
    """Asks, beats, and reports."""

    def __init__(self, session: Session, seconds: float) -> None:
        super().__init__()
        self._session = session
        self._seconds = seconds
        self._gaps: list[float] = []
        self._begun = 0.0
        self._last = 0.0
        self._asked = 0
        self._answering = False
        self._letters = 0
        self._beat = QTimer(self)
        self._beat.setTimerType(Qt.TimerType.PreciseTimer)
        self._beat.setInterval(BEAT_MS)
        self._beat.timeout.connect(self._on_beat)
        self._page: ChatPage | None = None
        session.link.status_changed.connect(self._on_status)

    def _on_status(self) -> None:
        if self._page is None and self._session.link.status.state == State.READY:
            page = self._session.window.page("chat")
            assert isinstance(page, ChatPage)
            self._page = page
            page.pane.controller.text.connect(self._on_text)
            page.pane.controller.answering_changed.connect(self._on_answering)
            self._ask()

    def _ask(self) -> None:
        assert self._page is not None
        self._asked += 1
        self._page.pane.composer.field.setPlainText(QUESTION)
        self._page.pane.composer.send.click()

    def _on_text(self, _message: int, text: str) -> None:
        self._letters += len(text)
        if not self._begun:
            self._begun = self._last = time.perf_counter()
            self._beat.start()

    def _on_answering(self, answering: bool) -> None:
        ended, self._answering = self._answering and not answering, answering
        if ended and self._beat.isActive():
            QTimer.singleShot(0, self, self._next)

    def _next(self) -> None:
        if self._beat.isActive() and self._page is not None:
            self._page.new_chat()
            self._ask()

    def _on_beat(self) -> None:
        now = time.perf_counter()
        self._gaps.append(now - self._last)
        self._last = now
        if now - self._begun >= self._seconds:
            self._beat.stop()
            self._report()

    def _report(self) -> None:
        gaps = sorted(self._gaps)
        process = psutil.Process()
        result = {
            "longest_ms": gaps[-1] * 1e3,
            "p99_ms": gaps[int(len(gaps) * 0.99)] * 1e3,
            "over_50_ms": sum(gap > 0.05 for gap in gaps),
            "letters": self._letters,
            "questions": self._asked,
            "rss_mib": process.memory_info().rss / 2**20,
            "uss_mib": process.memory_full_info().uss / 2**20,
        }
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
        self._session.window.close()


def main() -> None:
    """Runs the window until the report."""
    app = make_app()
    settings = Settings.load(paths.settings_file())
    settings.set("answers.temperature", 0.8)  # so that a small model does not fall silent or repeat itself
    if len(sys.argv) > 2:
        model = Path(sys.argv[2])
        (paths.default_models_dir() / model.name).symlink_to(model)
    session = Session(app, settings)
    driver = Driver(session, float(sys.argv[1]))
    session.window.show()
    app.exec()
    session.end()
    driver.deleteLater()


if __name__ == "__main__":
    main()
