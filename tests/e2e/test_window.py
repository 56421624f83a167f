"""The whole window over the real engine and the starter model: one in this process, and several as processes."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.helpers.programs import engine_process, install, wait_until, wait_while_working
from thimble import paths
from thimble.client import EngineClient, lockfile
from thimble.conversations import MessageState
from thimble.settings import Settings
from thimble.ui.app import Session
from thimble.ui.chat import ChatPage

pytestmark = pytest.mark.e2e

SECONDS = 30_000
"""Patience with the real engine, in milliseconds."""


@pytest.fixture
def session(qapp: QApplication, starter_model: Path, thimble_home: Path) -> Iterator[Session]:
    install(starter_model, thimble_home)
    settings = Settings.load(paths.settings_file())
    settings.set("look.reduce_motion", True)
    made = Session(qapp, settings)
    made.window.show()
    yield made
    made.window.close()
    made.end()
    made.window.deleteLater()
    wait_until(lambda: lockfile.read() is None, "the engine ended")


def ask(qtbot: QtBot, page: ChatPage, question: str) -> None:
    qtbot.keyClicks(page.pane.composer.field, question)
    qtbot.keyClick(page.pane.composer.field, Qt.Key.Key_Return)


def last_answer(session: Session) -> tuple[str, str]:
    message = session.store.path(session.store.conversations()[0].id)[-1]
    return message.text, message.state


def test_a_typed_question_is_answered_and_stored(qtbot: QtBot, session: Session) -> None:
    page = session.window.page("chat")
    assert isinstance(page, ChatPage)
    ask(qtbot, page, "What is the capital of France?")
    qtbot.waitUntil(lambda: not page.pane.controller.answering, timeout=SECONDS)
    text, state = last_answer(session)
    assert "Paris" in text
    assert state == MessageState.DONE


def test_a_killed_engine_leaves_the_words_and_comes_back(qtbot: QtBot, session: Session) -> None:
    page = session.window.page("chat")
    assert isinstance(page, ChatPage)
    words: list[str] = []
    page.pane.controller.text.connect(lambda _message, text: words.append(text))
    ask(qtbot, page, "Write a long story about a lighthouse keeper.")
    qtbot.waitUntil(lambda: len("".join(words)) > 40, timeout=SECONDS)
    engine_process().kill()
    qtbot.waitUntil(lambda: not page.pane.controller.answering, timeout=SECONDS)
    text, state = last_answer(session)
    assert (text, state) == ("".join(words), MessageState.FAILED)
    page.pane.controller.notices.restart_engine()
    qtbot.waitUntil(lambda: session.link.status.model is not None, timeout=SECONDS)
    message = session.store.path(session.store.conversations()[0].id)[-1]
    page.pane.controller.messages.continue_answer(message.id)
    qtbot.waitUntil(lambda: len("".join(words)) > len(text) + 40, timeout=SECONDS)
    page.pane.controller.stop()
    qtbot.waitUntil(lambda: not page.pane.controller.answering, timeout=SECONDS)
    assert last_answer(session)[0].startswith(text)


@contextmanager
def window_process() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-m", "thimble"])
    try:
        yield process
        process.send_signal(signal.SIGINT)
        wait_while_working(lambda: process.poll() is not None, "the window closed", process.pid)
        assert process.returncode == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def attached() -> tuple[str, ...]:
    lock = lockfile.read()
    if lock is None:
        return ()
    client = EngineClient(lock.base_url, lock.token)
    try:
        return client.status().attached
    finally:
        client.close()


def test_two_windows_share_one_engine_which_ends_with_the_last(starter_model: Path, thimble_home: Path) -> None:
    install(starter_model, thimble_home)
    with ExitStack() as first_window:
        first = first_window.enter_context(window_process()).pid
        with window_process() as second:
            wait_while_working(lambda: attached() == ("window", "window"), "both windows attached", first, second.pid)
            pid = engine_process().pid
        wait_while_working(lambda: attached() == ("window",), "one window is left", pid)
        assert engine_process().pid == pid
    wait_while_working(lambda: lockfile.read() is None, "the engine ended", pid)
