"""The real window over a long chat: `python -m tests.benchmarks.chat_driver MESSAGES` prints one JSON line.

Opens the chat, scrolls through it, pastes, types and finds words, and tells how long the thread was away each time.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from PySide6.QtCore import QMimeData, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.benchmarks.replay_engine import tokens
from thimble import paths
from thimble.conversations import Store
from thimble.settings import Settings
from thimble.ui.app import Session, make_app
from thimble.ui.chat import ChatPage

PASTED = 200_000
KEYS = 20
STEPS = 300


def fill(messages: int) -> int:
    """A chat of so many messages, answers of several kinds; its id."""
    store = Store(paths.database_file())
    text = "".join(tokens(400))
    sections = ["## " + part for part in text.split("## ")[1:]]
    chat = store.create_conversation("A long chat", named=True)
    parent = None
    for number in range(messages // 2):
        question = store.add_message(chat.id, "user", f"Question {number}: what does the sea keep?", parent_id=parent)
        answer = sections[number % len(sections)] + f"\n\nThe needle is {number}."
        parent = store.add_message(chat.id, "assistant", answer, parent_id=question.id, model="replay").id
    store.create_conversation("Short", named=True)
    store.close()
    return chat.id


def timed(act: Callable[[], object]) -> float:
    """Milliseconds until it is done and painted."""
    begun = time.perf_counter()
    act()
    QApplication.processEvents()
    return (time.perf_counter() - begun) * 1e3


def measure(session: Session, chat: int) -> dict[str, float]:
    """All figures, in milliseconds."""
    page = session.window.page("chat")
    assert isinstance(page, ChatPage)
    page.models.set(True)
    result = {"open": timed(lambda: page.open_conversation(chat))}
    gaps: list[float] = []
    while not page.pane.view.settled:
        gaps.append(timed(lambda: None))
    result["settle_longest"] = max(gaps, default=0.0)
    result["settle"] = sum(gaps)
    page.new_chat()
    QApplication.processEvents()
    result["open_again"] = timed(lambda: page.open_conversation(chat))
    while not page.pane.view.settled:
        QApplication.processEvents()
    bar = page.pane.view._scroller.verticalScrollBar()
    bar.setValue(0)
    QApplication.processEvents()
    steps = [timed(lambda: bar.setValue(bar.value() + 120)) for _ in range(STEPS)]
    steps += [timed(lambda to=number: bar.setValue(bar.maximum() * to // 40)) for number in range(40)]  # type: ignore[misc]
    result["scroll_longest"], result["scroll_p99"] = max(steps), sorted(steps)[int(len(steps) * 0.99)]
    for name, text in (("lines", "a line of words, as they come\n" * (PASTED // 30)), ("blob", "x" * PASTED)):
        data = QMimeData()
        data.setText(text)
        result[f"paste_{name}"] = timed(lambda data=data: page.pane.composer.field.insertFromMimeData(data))  # type: ignore[misc]
        keys = [timed(lambda: QTest.keyClicks(page.pane.composer.field, "a")) for _ in range(KEYS)]
        result[f"key_after_{name}"] = max(keys)
        page.pane.composer.clear()
    page.focus_search()
    page.pane.find_bar.field.setText("needle is 7")
    result["find"] = timed(page.pane.find_bar._find)
    return result


def main() -> None:
    """Prints the figures and closes."""
    chat = fill(int(sys.argv[1]))
    app = make_app()
    session = Session(app, Settings.load(paths.settings_file()))

    def run() -> None:
        sys.stdout.write(json.dumps(measure(session, chat)) + "\n")
        sys.stdout.flush()
        session.window.close()

    session.window.show()
    QTimer.singleShot(2500, session.window, run)
    app.exec()
    session.end()


if __name__ == "__main__":
    main()
