"""Whose words a message is, and how chats are shown: roles turned, answers as plain text, the size of texts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.chat.shown_messages import answer, bar_of, conversation, place_on_screen
from tests.ui.chat.whole_page import asked, shown, wait_over
from thimble.settings import Settings
from thimble.ui.app_context import AppContext
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.message_view import MessageView
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.theme import S2

MARKED = "**Slice** onions:\n\n1. thinly"


def choose(view: MessageView, text: str) -> None:
    """Chooses an entry of a message's menu."""
    next(action for action in view.menu(QPoint(5, 5)).actions() if action.text() == text).trigger()


def first(page: ChatPage, role: str) -> MessageView:
    views = sorted((v for v in page.pane.view.findChildren(MessageView) if v.isVisible()), key=lambda view: view.y())
    return next(view for view in views if view.message.role == role)


# --- roles -----------------------------------------------------------------------------------------------------------


def test_a_message_can_become_the_other_sides_and_back(page: ChatPage, context: AppContext) -> None:
    page.open_conversation(asked(context.store, "Soup").id)
    choose(first(page, "user"), "Turn into an answer of the model")
    assert shown(page) == [("assistant", "Hi"), ("assistant", "There")]
    choose(first(page, "assistant"), "Turn into your message")
    assert shown(page) == [("user", "Hi"), ("assistant", "There")]
    choose(first(page, "assistant"), "Turn into your message")
    assert shown(page) == [("user", "Hi"), ("user", "There")]
    context.undo.undo()
    assert shown(page) == [("user", "Hi"), ("assistant", "There")]


def test_an_answer_can_be_put_into_the_models_mouth(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    keys = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    field = page.pane.composer.field
    qtbot.keyClicks(field, "Hi")
    qtbot.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClicks(field, "Arr!")
    qtbot.keyClick(field, Qt.Key.Key_Return, keys)
    assert shown(page) == [("user", "Hi"), ("assistant", "Arr!")]
    assert engine.requests == []
    qtbot.keyClicks(field, "Again")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    wait_over(qtbot, page)
    assert [m["role"] for m in engine.requests[0].messages][1:] == ["user", "assistant", "user"]


def test_the_send_button_has_a_menu_of_what_else_can_be_done(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    composer = page.pane.composer
    assert not any(action.isEnabled() for action in composer.send_menu().actions())
    qtbot.keyClicks(composer.field, "Arr!")
    actions = composer.send_menu().actions()
    assert [a.text() for a in actions] == ["Send", "Add, ask nothing", "Add as an answer of the model"]
    actions[2].trigger()
    assert shown(page) == [("assistant", "Arr!")]


# --- plain text ------------------------------------------------------------------------------------------------------


def lines(view: ConversationView) -> str:
    flow = answer(view, 1).flow
    flow.select_all()
    return flow.selected_text()


@pytest.mark.parametrize("streamed", [False, True])
def test_an_answer_can_be_read_as_it_was_written(view: ConversationView, streamed: bool) -> None:
    view.show_messages([ShownMessage(1, "assistant", "" if streamed else MARKED, state="writing")])
    choose_plain(view)
    if streamed:
        for letter in MARKED:
            view.append_text(1, letter)
            answer(view, 1).reveal()
    assert lines(view) == MARKED
    answer(view, 1).show_plain(False)
    assert lines(view) == "Slice onions:\n\n1. thinly"


def choose_plain(view: ConversationView) -> None:
    entry = dict(answer(view, 1).more_entries())
    entry["Show as plain text"]()
    names = {name for name, _act in answer(view, 1).more_entries()}
    assert "Show formatted" in names
    assert "Show as plain text" not in names


def test_all_answers_can_be_shown_plain(view: ConversationView, settings: Settings) -> None:
    view.show_messages([ShownMessage(1, "assistant", "<think>hm *hm*</think>\n" + MARKED)])
    settings.set("look.answers", "plain")
    assert lines(view) == MARKED
    settings.set("look.answers", "formatted")
    assert lines(view) == "Slice onions:\n\n1. thinly"


# --- size ------------------------------------------------------------------------------------------------------------


def test_larger_letters_keep_what_is_being_read(view: ConversationView, settings: Settings, qtbot: QtBot) -> None:
    view.show_messages(conversation(40))
    qtbot.waitUntil(lambda: view.settled)
    view.scroll_to(21)
    bar_of(view).setValue(bar_of(view).value())
    height, place = answer(view, 22).height(), place_on_screen(view, 21)
    settings.set("look.text_size", 150)
    assert answer(view, 22).height() > 1.3 * height
    assert abs(place_on_screen(view, 21) - place) <= S2
    qtbot.waitUntil(lambda: view.settled)
    assert abs(place_on_screen(view, 21) - place) <= S2
    settings.set("look.text_size", 100)
    qtbot.waitUntil(lambda: view.settled)
    assert answer(view, 22).height() == height


def test_the_size_is_there_from_the_beginning(
    make_page: Callable[[], ChatPage], ready: AppContext, settings: Settings
) -> None:
    settings.set("look.text_size", 200)
    page = make_page()
    assert page.pane.composer.field.font().pixelSize() == 28
    page.open_conversation(asked(ready.store, "Soup").id)
    small = first(page, "user").flow.height()
    assert small == 2 * 21
