"""A model opened in the file manager: in the window that is open, or in a new one."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.gguf_files import write_model
from thimble import paths
from thimble.client.open_window import hand_over, socket_path
from thimble.settings import Settings
from thimble.ui.app import Session
from thimble.ui.handed_files import LONGEST, HandedFiles


@pytest.fixture
def ear(qtbot: QtBot) -> Iterator[HandedFiles]:
    made = HandedFiles()
    yield made
    made.close()


def test_what_is_handed_over_arrives(qtbot: QtBot, ear: HandedFiles) -> None:
    files = [Path("/a/one.gguf"), Path("/a/ü.txt")]
    with ThreadPoolExecutor(1) as pool, qtbot.waitSignal(ear.arrived) as arrived:
        taken = pool.submit(hand_over, files)
    assert arrived.args == [files, ""]
    assert taken.result()


@pytest.mark.parametrize("message", [b"hello\n", b"[]\n", b'{"files": 3, "token": ""}\n', b"x" * (LONGEST + 2)])
def test_what_is_no_list_of_files_is_shown_the_door(qtbot: QtBot, ear: HandedFiles, message: bytes) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
        door.connect(str(socket_path(os.getpid())))
        door.setblocking(False)
        rest = memoryview(message)

        def thrown_out() -> bool:
            nonlocal rest
            try:
                if rest:
                    rest = rest[door.send(rest) :]
                return door.recv(16) == b""
            except BlockingIOError:
                return False
            except (ConnectionResetError, BrokenPipeError):
                return True

        with qtbot.assertNotEmitted(ear.arrived):
            qtbot.waitUntil(thrown_out)


def test_only_this_user_may_hand_files_over(ear: HandedFiles) -> None:
    assert socket_path(os.getpid()).stat().st_mode & 0o077 == 0


def test_closing_leaves_no_socket(ear: HandedFiles) -> None:
    ear.close()
    assert not socket_path(os.getpid()).exists()


def test_a_model_opened_at_the_start_is_linked_and_loaded_instead_of_the_last_one(
    qtbot: QtBot, qapp: QApplication, settings: Settings, engine: FakeEngine, tmp_path: Path
) -> None:
    write_model(paths.default_models_dir() / "old.gguf")
    wanted = write_model(tmp_path / "wanted.gguf")
    session = Session(qapp, settings, engine.make_supervisor, files=[wanted])
    qtbot.addWidget(session.window)
    session.window.show()
    link = paths.default_models_dir() / "wanted.gguf"
    qtbot.waitUntil(lambda: session.link.loaded_path == str(link))
    assert link.is_symlink()
    assert [Path(load[0]).name for load in engine.loads] == ["wanted.gguf"]
    qtbot.waitUntil(lambda: session.jobs.running == 0)
    session.window.close()
    session.toasts.clear()


def test_an_open_window_takes_a_model_and_tells_of_a_file_that_is_none(
    qtbot: QtBot, qapp: QApplication, settings: Settings, engine: FakeEngine, tmp_path: Path
) -> None:
    session = Session(qapp, settings, engine.make_supervisor)
    qtbot.addWidget(session.window)
    session.window.show()
    qtbot.waitUntil(lambda: session.link.alive and session.jobs.running == 0)
    session.window.setWindowState(Qt.WindowState.WindowMinimized)
    model, broken = write_model(tmp_path / "new.gguf"), tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    with ThreadPoolExecutor(1) as pool:
        taken = pool.submit(hand_over, [model, broken])
        qtbot.waitUntil(lambda: Path(session.link.loaded_path).name == "new.gguf")
        assert taken.result()
    qtbot.waitUntil(lambda: bool(session.toasts.toasts))
    assert not session.window.isMinimized()
    qtbot.waitUntil(lambda: session.jobs.running == 0)
    session.window.close()
    session.toasts.clear()
    assert not socket_path(os.getpid()).exists()
