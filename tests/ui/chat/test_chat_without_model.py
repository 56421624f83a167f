"""The chat page while there is no model, and when one comes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from tests.helpers.gguf_files import small
from tests.ui.chat.whole_page import asked, center, shown, wait_over
from thimble.library import starter
from thimble.settings import Settings
from thimble.ui.app_context import AppContext
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.empty_page import EmptyPage


def test_without_a_model_one_click_leads_to_the_first_answer(
    qtbot: QtBot, make_page: Callable[[], ChatPage], context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(folder: Path, **_: object) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / "starter.gguf"
        path.write_bytes(small())
        return path

    monkeypatch.setattr(starter, "install", install)
    page = make_page()
    assert center(page) is page.pane.content.first_run
    assert not page.pane.composer.isVisible()
    qtbot.mouseClick(page.pane.content.first_run.get_button, Qt.MouseButton.LeftButton)
    expected = [("user", page.pane.content.first_run.examples.chosen), ("assistant", "Hello, world.")]
    qtbot.waitUntil(lambda: bool(page.pane.controller.conversation) and shown(page) == expected)
    assert page.pane.composer.isVisible()
    wait_over(qtbot, page)


def test_a_model_that_comes_while_one_reads_something_else_interrupts_nothing(
    qtbot: QtBot, make_page: Callable[[], ChatPage], context: AppContext, model: str
) -> None:
    Path(model).unlink()
    page = make_page()
    one = asked(context.store, "One")
    assert center(page) is page.pane.content.first_run
    page.open_conversation(one.id)
    page.pane.content.first_run.ready.emit(model, "Why?")
    assert shown(page) == [("user", "Hi"), ("assistant", "There")]
    assert context.toasts.toasts


def test_conversations_can_be_read_without_a_model(make_page: Callable[[], ChatPage], context: AppContext) -> None:
    one = asked(context.store, "One")
    page = make_page()
    page.open_conversation(one.id)
    assert page.pane.composer.isVisible()


def test_the_first_run_page_goes_when_a_model_is_added_elsewhere(
    qtbot: QtBot, make_page: Callable[[], ChatPage], context: AppContext, settings: Settings
) -> None:
    page = make_page()
    assert center(page) is page.pane.content.first_run
    folder = settings.models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tiny.gguf").write_bytes(small())
    context.navigation.models_changed.emit()
    qtbot.waitUntil(lambda: isinstance(center(page), EmptyPage))


@pytest.mark.parametrize("key", ["files.models_folder", "files.hub_cache"])
def test_the_first_run_page_goes_when_a_folder_with_models_is_chosen(
    qtbot: QtBot,
    make_page: Callable[[], ChatPage],
    context: AppContext,
    settings: Settings,
    tmp_path: Path,
    key: str,
) -> None:
    page = make_page()
    QApplication.processEvents()
    qtbot.waitUntil(lambda: context.jobs.running == 0)  # it has looked for the first time
    assert center(page) is page.pane.content.first_run
    chosen = tmp_path / "chosen"
    folder = chosen / "models--someone--tiny" / "snapshots" / "abc" if key == "files.hub_cache" else chosen
    folder.mkdir(parents=True)
    (folder / "tiny.gguf").write_bytes(small())
    settings.set(key, str(chosen))
    qtbot.waitUntil(lambda: isinstance(center(page), EmptyPage))


def test_a_model_that_was_removed_meanwhile_is_noticed_when_the_page_is_seen_again(
    qtbot: QtBot, make_page: Callable[[], ChatPage], model: str
) -> None:
    page = make_page()
    assert isinstance(center(page), EmptyPage)
    page.hide()
    Path(model).unlink()
    page.show()
    qtbot.waitUntil(lambda: center(page) is page.pane.content.first_run)


def test_a_damaged_model_is_no_model(qtbot: QtBot, make_page: Callable[[], ChatPage], settings: Settings) -> None:
    folder = settings.models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bad.gguf").write_text("<!DOCTYPE html>")
    page = make_page()
    qtbot.waitUntil(lambda: center(page) is page.pane.content.first_run)
