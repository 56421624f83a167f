"""The list of chats: search, keyboard, rename, delete and undo, other windows' writing."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu
from pytestqt.qtbot import QtBot

from thimble import paths
from thimble.conversations import Conversation, Store
from thimble.errors import Code, ThimbleError
from thimble.ui.app_context import AppContext
from thimble.ui.chat.actions import ChatActions
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.chat_delegate import ChatDelegate
from thimble.ui.chat.chat_list import SCROLL_KEY, ChatListPanel


@pytest.fixture
def chats(context: AppContext) -> list[Conversation]:
    """Three conversations, the newest last; one has a message about soup."""
    store = context.store
    made = [store.create_conversation(title) for title in ("Cats", "Weather", "Dinner")]
    store.add_message(made[2].id, "user", "How do I make a good onion soup?", parent_id=None)
    return made


@pytest.fixture
def panel(qtbot: QtBot, context: AppContext, answering: Answering, chats: list[Conversation]) -> ChatListPanel:
    made = ChatListPanel(context, ChatActions(context, answering, answering))
    QAbstractItemModelTester(made.rows, QAbstractItemModelTester.FailureReportingMode.Fatal, made)
    qtbot.addWidget(made)
    made.resize(260, 500)
    with qtbot.waitSignal(made.loaded):
        made.show()
    qtbot.waitExposed(made)
    return made


def titles(panel: ChatListPanel) -> list[str]:
    rows = [panel.rows.row(place) for place in range(panel.rows.rowCount())]
    return [row.text for row in rows if row is not None and not row.is_section]


def search(qtbot: QtBot, panel: ChatListPanel, words: str) -> None:
    panel.focus_search()
    qtbot.keyClicks(panel.search, words)
    qtbot.waitUntil(lambda: not panel.searching)


def current(panel: ChatListPanel) -> str:
    return str(panel.view.currentIndex().data())


def editor(panel: ChatListPanel) -> QLineEdit:
    return next(field for field in panel.view.viewport().findChildren(QLineEdit) if field.isVisible())


# --- what is listed ---------------------------------------------------------------------------------------------


def test_the_newest_chat_is_listed_first_under_today(panel: ChatListPanel) -> None:
    assert panel.rows.index(0, 0).data() == "Today"
    assert titles(panel) == ["Dinner", "Weather", "Cats"]


def test_a_list_without_chats_says_what_will_be_there(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    for chat in chats:
        context.store.delete(chat.id)
    with qtbot.waitSignal(panel.loaded):
        panel.reload()
    assert panel.hint.isVisible()
    assert panel.hint.text()


def test_a_store_that_cannot_be_read_is_told_in_the_list(
    qtbot: QtBot, context: AppContext, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_store: Store) -> list[Conversation]:
        raise ThimbleError(Code.DATA_DAMAGED, "The file is damaged.")

    monkeypatch.setattr(Store, "conversations", broken)
    made = ChatListPanel(context, ChatActions(context, answering, answering))
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.hint.isVisible)
    assert made.hint.text() == "The file is damaged."


def test_what_another_window_wrote_appears(qtbot: QtBot, panel: ChatListPanel, context: AppContext) -> None:
    panel.look()
    other = Store(paths.database_file())
    other.create_conversation("From elsewhere")
    other.close()
    with qtbot.waitSignal(panel.loaded):
        panel.look()
    assert titles(panel)[0] == "From elsewhere"


def test_nothing_is_read_again_while_nobody_has_written(qtbot: QtBot, panel: ChatListPanel) -> None:
    panel.look()
    with qtbot.assertNotEmitted(panel.loaded, wait=50):
        panel.look()


def test_the_list_looks_for_other_windows_only_while_it_can_be_seen(panel: ChatListPanel) -> None:
    assert panel.looks
    panel.hide()
    assert not panel.looks


def test_the_place_in_the_list_is_remembered(
    qtbot: QtBot, context: AppContext, answering: Answering, chats: list[Conversation]
) -> None:
    for number in range(40):
        context.store.create_conversation(f"Chat {number}")
    context.window_state.set(SCROLL_KEY, 300)
    made = ChatListPanel(context, ChatActions(context, answering, answering))
    qtbot.addWidget(made)
    made.resize(260, 400)
    with qtbot.waitSignal(made.loaded):
        made.show()
    assert made.view.verticalScrollBar().value() == 300
    made.view.verticalScrollBar().setValue(120)
    assert context.window_state.get(SCROLL_KEY, 0) == 120


def test_a_reload_keeps_the_place_in_the_list(qtbot: QtBot, panel: ChatListPanel, context: AppContext) -> None:
    for number in range(40):
        context.store.create_conversation(f"Chat {number}")
    with qtbot.waitSignal(panel.loaded):
        panel.reload()
    panel.view.verticalScrollBar().setValue(200)
    context.store.create_conversation("One more")
    with qtbot.waitSignal(panel.loaded):
        panel.reload()
    assert panel.view.verticalScrollBar().value() == 200


# --- search -----------------------------------------------------------------------------------------------------


def test_search_finds_titles_and_what_was_said(qtbot: QtBot, panel: ChatListPanel) -> None:
    search(qtbot, panel, "soup")
    assert titles(panel) == ["Dinner"]
    row = panel.rows.row(1)
    assert row is not None
    assert "onion soup" in row.snippet


def test_search_says_when_there_is_nothing(qtbot: QtBot, panel: ChatListPanel) -> None:
    search(qtbot, panel, "zeppelin")
    assert panel.hint.isVisible()


def test_escape_empties_the_search_and_brings_the_list_back(qtbot: QtBot, panel: ChatListPanel) -> None:
    search(qtbot, panel, "cat")
    assert titles(panel) == ["Cats"]
    qtbot.keyClick(panel.search, Qt.Key.Key_Escape)
    assert panel.search.text() == ""
    assert titles(panel) == ["Dinner", "Weather", "Cats"]


def test_escape_in_the_empty_field_goes_back_to_writing(qtbot: QtBot, panel: ChatListPanel) -> None:
    with qtbot.waitSignal(panel.left):
        qtbot.keyClick(panel.search, Qt.Key.Key_Escape)


def test_down_goes_from_the_search_to_the_first_find(qtbot: QtBot, panel: ChatListPanel) -> None:
    search(qtbot, panel, "e")
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    assert panel.view.hasFocus()
    assert current(panel) == titles(panel)[0]


def test_up_in_the_first_row_goes_to_the_search(qtbot: QtBot, panel: ChatListPanel) -> None:
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.view, Qt.Key.Key_Up)
    assert panel.search.hasFocus()


def test_enter_in_the_search_opens_the_first_find_at_its_message(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    message = context.store.path(chats[2].id)[0]
    search(qtbot, panel, "soup")
    with qtbot.waitSignal(panel.chosen) as told:
        qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert told.args == [chats[2].id, message.id]


def test_enter_right_after_typing_waits_for_what_is_found(
    qtbot: QtBot, panel: ChatListPanel, chats: list[Conversation]
) -> None:
    panel.focus_search()
    with qtbot.waitSignal(panel.chosen) as told:
        qtbot.keyClicks(panel.search, "weather")
        qtbot.keyClick(panel.search, Qt.Key.Key_Return)
    assert told.args == [chats[1].id, 0]


# --- keyboard and mouse -----------------------------------------------------------------------------------------


def test_arrows_walk_over_the_headings_and_enter_opens(
    qtbot: QtBot, panel: ChatListPanel, chats: list[Conversation]
) -> None:
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    with qtbot.waitSignal(panel.chosen) as told:
        qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert told.args == [chats[1].id, 0]


def test_a_click_opens(qtbot: QtBot, panel: ChatListPanel, chats: list[Conversation]) -> None:
    place = panel.view.visualRect(panel.rows.index(3, 0)).center()
    with qtbot.waitSignal(panel.chosen) as told:
        qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert told.args == [chats[0].id, 0]


def test_a_click_on_a_heading_does_nothing(qtbot: QtBot, panel: ChatListPanel) -> None:
    place = panel.view.visualRect(panel.rows.index(0, 0)).center()
    with qtbot.assertNotEmitted(panel.chosen):
        qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=place)


def test_the_open_chat_is_marked_and_the_keyboard_starts_there(panel: ChatListPanel, chats: list[Conversation]) -> None:
    panel.set_open(chats[0].id)
    assert current(panel) == "Cats"
    assert panel.delegate.open_id == chats[0].id


def test_the_button_asks_for_a_new_chat(qtbot: QtBot, panel: ChatListPanel) -> None:
    with qtbot.waitSignal(panel.new_wanted):
        qtbot.mouseClick(panel.new_button, Qt.MouseButton.LeftButton)


def menu_of(panel: ChatListPanel) -> dict[str, QAction]:
    menu = next(m for m in panel.findChildren(QMenu) if m.isVisible())
    return {action.text(): action for action in menu.actions() if action.text()}


def test_a_click_on_the_dots_opens_the_menu(qtbot: QtBot, panel: ChatListPanel) -> None:
    dots = ChatDelegate.more_rect(panel.view.visualRect(panel.rows.index(1, 0))).center()
    with qtbot.assertNotEmitted(panel.chosen):
        qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=dots)
    assert list(menu_of(panel)) == [
        "Open beside",
        "Rename",
        "Pin",
        "Copy as Markdown",
        "Export as Markdown…",
        "Export as PDF…",
        "Export as JSON…",
        "Delete",
    ]
    next(m for m in panel.findChildren(QMenu) if m.isVisible()).close()


def test_a_chat_can_be_copied_as_markdown(panel: ChatListPanel) -> None:
    panel.open_menu(panel.rows.index(1, 0), panel.mapToGlobal(QPoint(10, 10)))
    menu_of(panel)["Copy as Markdown"].trigger()
    next(m for m in panel.findChildren(QMenu) if m.isVisible()).close()
    assert QApplication.clipboard().text().startswith("# Dinner")


# --- rename, delete, undo ---------------------------------------------------------------------------------------


def test_f2_renames_in_the_row(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.view, Qt.Key.Key_F2)
    qtbot.keyClicks(editor(panel), "Onion soup")
    qtbot.keyClick(editor(panel), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: titles(panel)[0] == "Onion soup")
    assert context.store.conversation(chats[2].id).title == "Onion soup"


def test_escape_leaves_the_title_as_it_was(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    panel.rename(chats[0].id)
    qtbot.keyClicks(editor(panel), "Dogs")
    with qtbot.waitSignal(panel.loaded):
        qtbot.keyClick(editor(panel), Qt.Key.Key_Escape)
    assert context.store.conversation(chats[0].id).title == "Cats"


def test_a_reload_does_not_take_the_field_away(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, chats: list[Conversation]
) -> None:
    panel.rename(chats[0].id)
    qtbot.keyClicks(editor(panel), "Dogs")
    context.store.create_conversation("Meanwhile")
    panel.reload()
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert editor(panel).text() == "Dogs"
    qtbot.keyClick(editor(panel), Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: titles(panel)[0] == "Meanwhile")
    assert "Dogs" in titles(panel)


def test_delete_takes_the_chat_away_and_undo_brings_it_back(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext
) -> None:
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: titles(panel) == ["Weather", "Cats"])
    assert [toast.text for toast in context.toasts.toasts] == ["Conversation deleted."]
    assert context.undo.undo()
    qtbot.waitUntil(lambda: titles(panel) == ["Dinner", "Weather", "Cats"])


def test_a_delete_that_cannot_be_stored_is_told_and_changes_nothing(
    qtbot: QtBot, panel: ChatListPanel, context: AppContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def full(_store: Store, _id: int) -> None:
        raise ThimbleError(Code.DISK_FULL, "The disk is full.")

    monkeypatch.setattr(Store, "delete", full)
    qtbot.keyClick(panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert [toast.text for toast in context.toasts.toasts] == ["The disk is full."]
    assert titles(panel) == ["Dinner", "Weather", "Cats"]
