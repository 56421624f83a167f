"""What waits in a composer is not lost: by an example, by closing a side, by sending before a file is read."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.chat.whole_page import asked, wait_over, write
from thimble.conversations import documents
from thimble.conversations.documents import Document
from thimble.ui.app_context import AppContext
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.chat_pane import ChatPane


def names(pane: ChatPane) -> list[str]:
    return [file.name for file in pane.controller.outbox.files]


def attach(qtbot: QtBot, pane: ChatPane, name: str) -> None:
    with qtbot.waitSignal(pane.controller.outbox.files_changed):
        pane.controller.outbox.attach_text(name, "Salt the water.")


def new_chat_with_words(qtbot: QtBot, page: ChatPage, context: AppContext, words: str) -> None:
    """Words for a new chat wait while a stored chat is shown."""
    qtbot.keyClicks(page.pane.composer.field, words)
    page.pane.open_conversation(asked(context.store, "Cats").id)


def test_an_example_leaves_what_is_being_written(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    pane = page.pane
    qtbot.keyClicks(pane.composer.field, "half a thought")
    attach(qtbot, pane, "notes")
    qtbot.mouseClick(pane.content.empty.examples.cards[0], Qt.MouseButton.LeftButton)
    wait_over(qtbot, page)
    assert pane.composer.text() == pane.controller.outbox.draft == "half a thought"
    chat = pane.controller.conversation
    assert chat is not None
    pane.new_chat()
    assert (pane.composer.text(), names(pane)) == ("", [])
    pane.open_conversation(chat.id)
    assert (pane.composer.text(), names(pane)) == ("half a thought", ["notes"])


def test_closing_the_second_side_keeps_words_for_a_new_chat(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    new_chat_with_words(qtbot, page, context, "half a thought")
    page.toggle_split()
    page.panes.close_pane(page.panes.panes[1])
    page.pane.new_chat()
    assert page.pane.composer.text() == "half a thought"


def test_closing_the_first_side_hands_its_words_and_files_on(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    attach(qtbot, page.pane, "notes")
    new_chat_with_words(qtbot, page, context, "half a thought")
    page.toggle_split()
    page.panes.close_pane(page.panes.panes[0])
    assert page.pane.controller.conversation is None
    assert (page.pane.composer.text(), names(page.pane)) == ("half a thought", ["notes"])


def test_words_for_two_new_chats_become_a_chat_and_a_draft(
    qtbot: QtBot, page: ChatPage, make_page: Callable[[], ChatPage], context: AppContext
) -> None:
    new_chat_with_words(qtbot, page, context, "first")
    page.toggle_split()
    qtbot.keyClicks(page.pane.composer.field, "second")
    page.panes.close_pane(page.panes.panes[0])
    assert page.pane.composer.text() == "second"
    assert [chat.draft for chat in context.store.conversations() if chat.draft] == ["first"]
    page.prepare_close()
    assert make_page().pane.composer.text() == "second"


def test_a_picture_pasted_beside_is_not_in_the_first_new_chat(
    qtbot: QtBot, page: ChatPage, context: AppContext
) -> None:
    page.toggle_split()
    left, right = page.panes.panes
    image = QImage(8, 8, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    with qtbot.waitSignal(right.controller.outbox.files_changed, check_params_cb=bool):
        right.composer.picture_offered.emit(image)
    left.new_chat()
    assert (names(left), names(right)) == ([], ["Pasted picture"])


def test_a_file_read_after_its_new_chat_was_sent_waits_in_that_chat(
    qtbot: QtBot, page: ChatPage, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()

    def slowly(path: Path, _cancelled: object = None) -> Document:
        go_on.wait(10)
        return Document(path.name, "Salt the water.")

    monkeypatch.setattr(documents, "read_document", slowly)
    pane = page.pane
    pane.controller.outbox.attach([Path("notes.txt")])
    write(qtbot, page, "Why?")
    wait_over(qtbot, page)
    with qtbot.waitSignal(pane.controller.outbox.files_changed):
        go_on.set()
    assert names(pane) == ["notes.txt"]
    pane.new_chat()
    assert names(pane) == []
