"""The title above a conversation: edited in place, with a menu."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from thimble.conversations import Conversation
from thimble.ui.app_context import AppContext
from thimble.ui.chat.actions import ChatActions
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.controller import ChatController
from thimble.ui.chat.title_row import TitleRow


@pytest.fixture
def chat(context: AppContext) -> Conversation:
    return context.store.create_conversation("Dinner")


@pytest.fixture
def title_row(
    qtbot: QtBot, context: AppContext, controller: ChatController, answering: Answering, chat: Conversation
) -> TitleRow:
    actions = ChatActions(context, answering, answering)
    made = TitleRow(context, actions)

    def show() -> None:
        controller.read_again()
        made.show_conversation(controller.conversation)

    controller.opened.connect(made.show_conversation)
    actions.changed.connect(show)
    qtbot.addWidget(made)
    made.resize(700, 48)
    made.show()
    qtbot.waitExposed(made)
    controller.open(chat.id)
    return made


def test_a_double_click_edits_and_enter_keeps(
    qtbot: QtBot, title_row: TitleRow, context: AppContext, chat: Conversation
) -> None:
    qtbot.mouseDClick(title_row.title, Qt.MouseButton.LeftButton)
    qtbot.keyClicks(title_row.field, "Onion soup")
    qtbot.keyClick(title_row.field, Qt.Key.Key_Return)
    assert context.store.conversation(chat.id).title == "Onion soup"
    assert title_row.title.whole_text() == "Onion soup"


def test_escape_drops_what_was_typed(
    qtbot: QtBot, title_row: TitleRow, context: AppContext, chat: Conversation
) -> None:
    title_row.edit()
    qtbot.keyClicks(title_row.field, "Nonsense")
    qtbot.keyClick(title_row.field, Qt.Key.Key_Escape)
    assert context.store.conversation(chat.id).title == "Dinner"
    assert title_row.title.isVisible()


def test_going_on_elsewhere_keeps_what_was_typed(
    qtbot: QtBot, title_row: TitleRow, context: AppContext, chat: Conversation
) -> None:
    title_row.edit()
    qtbot.keyClicks(title_row.field, "Lunch")
    title_row.inspector.setFocus()
    assert context.store.conversation(chat.id).title == "Lunch"


def test_an_empty_title_changes_nothing(
    qtbot: QtBot, title_row: TitleRow, context: AppContext, chat: Conversation
) -> None:
    title_row.edit()
    title_row.field.clear()
    qtbot.keyClick(title_row.field, Qt.Key.Key_Return)
    assert context.store.conversation(chat.id).title == "Dinner"


def test_another_conversation_ends_the_editing_without_a_trace(
    qtbot: QtBot,
    title_row: TitleRow,
    context: AppContext,
    controller: ChatController,
    answering: Answering,
    chat: Conversation,
) -> None:
    other = context.store.create_conversation("Other")
    title_row.edit()
    qtbot.keyClicks(title_row.field, "Half a ti")
    controller.open(other.id)
    assert title_row.title.whole_text() == "Other"
    assert [c.title for c in context.store.conversations()] == ["Other", "Dinner"]


def test_a_new_chat_has_no_title_and_no_menu(title_row: TitleRow, controller: ChatController) -> None:
    controller.new_chat()
    assert title_row.title.whole_text() == ""
    assert not title_row.more.isVisible()
    title_row.edit()
    assert not title_row.field.isVisible()


def test_the_menu_deletes_and_undo_restores(
    qtbot: QtBot, title_row: TitleRow, context: AppContext, chat: Conversation
) -> None:
    qtbot.mouseClick(title_row.more, Qt.MouseButton.LeftButton)
    menu = next(m for m in title_row.findChildren(QMenu) if m.isVisible())
    next(action for action in menu.actions() if action.text() == "Delete").trigger()
    menu.close()
    assert context.store.conversations() == []
    context.undo.undo()
    assert [c.id for c in context.store.conversations()] == [chat.id]


def test_the_button_asks_for_the_inspector(qtbot: QtBot, title_row: TitleRow) -> None:
    with qtbot.waitSignal(title_row.inspector_toggled) as told:
        qtbot.mouseClick(title_row.inspector, Qt.MouseButton.LeftButton)
    assert told.args == [True]


def test_a_long_title_is_shortened_and_told_whole_by_a_tooltip(title_row: TitleRow, controller: ChatController) -> None:
    title = ("A very long title " * 20).strip()
    assert controller.conversation is not None
    controller.store.rename(controller.conversation.id, title)
    controller.read_again()
    title_row.show_conversation(controller.conversation)
    assert title_row.title.text().endswith("…")
    assert title_row.title.toolTip() == title
