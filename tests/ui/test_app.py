"""A whole window from its settings file to its end."""

from __future__ import annotations

import gc
import logging
import os
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QLocale, QtMsgType, qInstallMessageHandler, qWarning
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.gguf_files import write_model
from thimble import paths
from thimble.modelfile.places import GUIDE_FILE
from thimble.remote.connections import choice_of
from thimble.settings import Settings
from thimble.ui import diagnostics, i18n
from thimble.ui.app import Session, machine_memory
from thimble.ui.chat import ChatPage
from thimble.ui.interrupts import Interrupts
from thimble.ui.remote_models import NEW_CHATS_KEY

OpenWindow = Callable[[], Session]


@pytest.fixture
def open_window(qtbot: QtBot, qapp: QApplication, settings: Settings, engine: FakeEngine) -> Iterator[OpenWindow]:
    """Opens a window over the fake engine and waits for its first paint."""
    sessions: list[Session] = []

    def open_one() -> Session:
        session = Session(qapp, settings, engine.make_supervisor)
        sessions.append(session)
        qtbot.addWidget(session.window)
        with qtbot.waitSignal(session.window.first_paint):
            session.window.show()
        return session

    yield open_one
    for session in sessions:
        session.window.close()
        session.end()
        session.toasts.clear()


def test_the_engine_starts_after_the_first_paint(
    qtbot: QtBot, qapp: QApplication, settings: Settings, engine: FakeEngine
) -> None:
    session = Session(qapp, settings, engine.make_supervisor)
    qtbot.addWidget(session.window)
    assert engine.supervisors == []
    with qtbot.waitSignals([session.window.first_paint, session.link.started]):
        session.window.show()
    session.window.close()
    session.toasts.clear()


def test_the_only_installed_model_is_loaded(qtbot: QtBot, open_window: OpenWindow) -> None:
    path = write_model(paths.default_models_dir() / "tiny.gguf")
    session = open_window()
    qtbot.waitUntil(lambda: session.link.loaded_path == str(path))


def test_the_guide_does_not_count_beside_another_model(qtbot: QtBot, open_window: OpenWindow) -> None:
    folder = paths.default_models_dir()
    write_model(folder / GUIDE_FILE)
    real = write_model(folder / "real.gguf")
    session = open_window()
    qtbot.waitUntil(lambda: session.link.loaded_path == str(real))


def test_of_two_models_none_is_guessed_and_the_last_one_is_remembered(
    qtbot: QtBot, open_window: OpenWindow, engine: FakeEngine
) -> None:
    folder = paths.default_models_dir()
    write_model(folder / "one.gguf")
    two = write_model(folder / "two.gguf")
    first = open_window()
    qtbot.waitUntil(lambda: first.link.alive and first.jobs.running == 0)
    assert engine.loads == []
    first.link.load(str(two))
    qtbot.waitUntil(lambda: first.link.loaded_path == str(two) and not first.link.loading_path)
    first.window.close()
    again = open_window()
    qtbot.waitUntil(lambda: again.link.loaded_path == str(two))
    qtbot.waitUntil(lambda: again.jobs.running == 0)


def test_a_model_that_was_deleted_is_not_loaded(qtbot: QtBot, open_window: OpenWindow, engine: FakeEngine) -> None:
    (paths.config_dir() / "window.json").write_text('{"last_model": "/nowhere/gone.gguf"}', "utf-8")
    session = open_window()
    qtbot.waitUntil(lambda: session.link.alive and session.jobs.running == 0)
    assert engine.loads == []
    assert session.toasts.toasts == ()


def test_two_windows_work_side_by_side(qtbot: QtBot, open_window: OpenWindow) -> None:
    write_model(paths.default_models_dir() / "tiny.gguf")
    one, two = open_window(), open_window()
    qtbot.waitUntil(lambda: bool(one.link.loaded_path and two.link.loaded_path))
    made = one.store.create_conversation("Shared")
    assert [c.id for c in two.store.conversations()] == [made.id]
    qtbot.waitUntil(lambda: one.jobs.running == 0 and two.jobs.running == 0)


def test_closing_detaches_and_ends_everything(qtbot: QtBot, open_window: OpenWindow, engine: FakeEngine) -> None:
    session = open_window()
    qtbot.waitUntil(lambda: session.link.alive and session.jobs.running == 0)
    session.window.close()
    assert engine.supervisors[0].closed
    assert not [t for t in threading.enumerate() if t.name.startswith("engine-")]


def _opened_and_closed(qtbot: QtBot, session: Session) -> list[weakref.ref[object]]:
    session.window.show()
    qtbot.waitUntil(lambda: session.link.alive and session.jobs.running == 0)
    session.window.close()
    session.window.deleteLater()
    return [weakref.ref(part) for part in (session, session.window, session.downloads, session.store)]


def test_a_closed_window_lets_go_of_everything(
    qtbot: QtBot, qapp: QApplication, settings: Settings, engine: FakeEngine
) -> None:
    parts = _opened_and_closed(qtbot, Session(qapp, settings, engine.make_supervisor))
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    gc.unfreeze()  # what was there at the first paint is not looked at again in the program, which has one window
    gc.collect()
    assert [number for number, part in enumerate(parts) if part() is not None] == []


def test_a_damaged_settings_file_is_said(qtbot: QtBot, qapp: QApplication, engine: FakeEngine) -> None:
    paths.settings_file().write_text("{broken", "utf-8")
    session = Session(qapp, Settings.load(paths.settings_file()), engine.make_supervisor)
    qtbot.addWidget(session.window)
    session.window.show()
    qtbot.waitUntil(lambda: bool(session.toasts.toasts))
    assert "settings file was damaged" in session.toasts.toasts[0].text
    session.window.close()
    session.toasts.clear()


def test_an_uncaught_exception_is_logged_and_said(
    qtbot: QtBot, open_window: OpenWindow, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_window()
    error = ValueError("secret detail")
    with caplog.at_level(logging.CRITICAL):
        sys.excepthook(ValueError, error, None)
    qtbot.waitUntil(lambda: bool(session.toasts.toasts))
    assert "secret" not in session.toasts.toasts[0].text
    assert "secret detail" in caplog.text
    qtbot.waitUntil(lambda: session.link.alive and session.jobs.running == 0)


def test_an_exception_in_a_thread_is_said_too(
    qtbot: QtBot, open_window: OpenWindow, caplog: pytest.LogCaptureFixture
) -> None:
    session = open_window()

    def fail() -> None:
        raise ValueError("in a thread")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    qtbot.waitUntil(lambda: bool(session.toasts.toasts))
    assert "in a thread" in caplog.text
    qtbot.waitUntil(lambda: session.link.alive and session.jobs.running == 0)


def test_after_the_end_the_former_hooks_are_back(qtbot: QtBot, open_window: OpenWindow) -> None:
    before = sys.excepthook, threading.excepthook
    session = open_window()
    qtbot.waitUntil(lambda: session.link.alive and session.jobs.running == 0)
    session.window.close()
    assert (sys.excepthook, threading.excepthook) == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_without_a_timer(qtbot: QtBot, number: signal.Signals) -> None:
    called: list[int] = []
    interrupts = Interrupts(lambda: called.append(1))
    try:
        os.kill(os.getpid(), number)
        qtbot.waitUntil(lambda: called == [1])
    finally:
        interrupts.remove()


def test_signal_handlers_are_put_back(qtbot: QtBot) -> None:
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    Interrupts(lambda: None).remove()
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_qts_messages_go_to_the_log_file(qtbot: QtBot) -> None:
    root = logging.getLogger()
    handlers, level, raising = list(root.handlers), root.level, logging.raiseExceptions
    former = qInstallMessageHandler(None)
    qInstallMessageHandler(former)
    try:
        diagnostics.install()
        qWarning("a warning of Qt")
        assert "a warning of Qt" in paths.app_log_file().read_text("utf-8")
    finally:
        qInstallMessageHandler(former)
        for handler in [h for h in root.handlers if h not in handlers]:
            root.removeHandler(handler)
            handler.close()
        root.setLevel(level)
        logging.raiseExceptions = raising


def test_qts_levels_are_known() -> None:
    assert set(diagnostics._LEVELS) == set(QtMsgType)


@pytest.fixture
def locale() -> Iterator[None]:
    before = QLocale()
    yield
    QLocale.setDefault(before)


def test_the_chosen_language_sets_numbers_and_words(qapp: QApplication, settings: Settings, locale: None) -> None:
    settings.set("look.language", "de")
    translators = i18n.install(qapp, settings)
    try:
        assert QLocale().language() == QLocale.Language.German
    finally:
        for translator in translators:
            qapp.removeTranslator(translator)


def test_english_needs_no_translation_of_ours(qapp: QApplication, settings: Settings, locale: None) -> None:
    settings.set("look.language", "en")
    for translator in i18n.install(qapp, settings):
        qapp.removeTranslator(translator)
    assert QLocale().language() == QLocale.Language.English


def test_the_machines_memory_is_known() -> None:
    assert machine_memory() > 256 * 2**20


def test_the_windows_icon_is_there() -> None:
    icon = paths.assets_dir() / "icons" / "thimble.svg"
    assert Path(icon).read_text("utf-8").startswith("<svg")


def test_a_chat_with_a_model_of_this_computer_is_not_remote(
    qtbot: QtBot, open_window: OpenWindow, engine: FakeEngine
) -> None:
    session = open_window()
    connection = session.context.remotes.add("Office", "http://localhost:9")
    session.context.window_state.set(NEW_CHATS_KEY, choice_of(connection.id, "big"))
    model = write_model(paths.default_models_dir() / "tiny.gguf")
    session.context.navigation.chat_with(str(model))
    qtbot.waitUntil(lambda: session.link.loaded_path == str(model))
    assert session.context.remotes.shown is None
    page = session.window.page("chat")
    assert isinstance(page, ChatPage)
    assert page.panes.active.controller.choice.key == ""


def test_a_speech_model_that_arrives_is_for_dictation(open_window: OpenWindow, settings: Settings) -> None:
    session = open_window()
    session.downloads.arrived.emit("/models/ggml-base.bin", "whisper.cpp ggml-base.bin")
    assert settings.text("files.speech_model") == "/models/ggml-base.bin"
    assert "Dictation is ready: press the microphone under the field." in [t.text for t in session.toasts.toasts]
