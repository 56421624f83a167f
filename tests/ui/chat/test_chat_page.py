"""The whole chat page: sending shows, stopping stops, switching loses nothing, what was open is open again."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QPlainTextEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.widgets import child
from tests.ui.chat.whole_page import asked, center, resize, shown, wait_over, write
from thimble import paths
from thimble.conversations import MessageState, Store
from thimble.settings import Settings
from thimble.ui.app import Session
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.chat_page import INSPECTOR_KEY, ChatPage
from thimble.ui.chat.empty_page import EmptyPage
from thimble.ui.chat.panes import CONVERSATION_KEYS
from thimble.ui.chat.side_panel import BESIDE
from thimble.ui.chat.user_view import UserView

TEMPERATURE = "answers.temperature"


# --- sending and stopping ---------------------------------------------------------------------------------------


def test_a_message_is_shown_answered_and_listed(qtbot: QtBot, page: ChatPage) -> None:
    write(qtbot, page, "Say hello")
    wait_over(qtbot, page)
    qtbot.waitUntil(lambda: shown(page) == [("user", "Say hello"), ("assistant", "Hello, world.")])
    assert page.pane.composer.text() == ""
    assert page.pane.title_row.title.whole_text() == "Say hello"
    qtbot.waitUntil(lambda: page.list_panel.rows.index(1, 0).data() == "Say hello")
    conversation = page.pane.controller.conversation
    assert conversation is not None
    assert page.list_panel.delegate.open_id == conversation.id


def test_a_click_on_an_example_sends_it(qtbot: QtBot, page: ChatPage) -> None:
    card = page.pane.content.empty.examples.cards[0]
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton)
    wait_over(qtbot, page)
    assert shown(page)[0] == ("user", card.prompt)


def test_escape_stops_the_answer_and_keeps_what_has_come(
    qtbot: QtBot, page: ChatPage, engine: FakeEngine, context: AppContext
) -> None:
    engine.hold_answers = True
    write(qtbot, page, "Say hello")
    qtbot.waitUntil(lambda: len(shown(page)) == 2 and shown(page)[1][1] == "Hello")
    page.stop()
    wait_over(qtbot, page)
    conversation = page.pane.controller.conversation
    assert conversation is not None
    last = context.store.path(conversation.id)[-1]
    assert (last.text, last.state) == ("Hello", MessageState.STOPPED)


def test_a_message_that_cannot_be_stored_stays_in_the_composer(
    qtbot: QtBot, page: ChatPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page.pane.controller, "send", lambda _text: False)
    write(qtbot, page, "Do not lose me")
    assert page.pane.composer.text() == "Do not lose me"


def test_up_in_the_empty_composer_edits_the_last_message(qtbot: QtBot, page: ChatPage) -> None:
    write(qtbot, page, "Say hello")
    wait_over(qtbot, page)
    qtbot.keyClick(page.pane.composer.field, Qt.Key.Key_Up)
    view = child(page.pane.view, UserView)
    assert view.editor is not None
    assert view.editor.toPlainText() == "Say hello"


def test_an_edited_message_is_asked_anew(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    write(qtbot, page, "Say hello")
    wait_over(qtbot, page)
    page.pane.view.edit_submitted.emit(page.pane.controller.last_user_message_id(), "Say goodbye")
    wait_over(qtbot, page)
    assert shown(page)[0] == ("user", "Say goodbye")
    assert engine.requests[-1].messages[-1]["content"] == "Say goodbye"


def test_a_dead_engine_is_told_under_the_answer(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    engine.hold_answers = True
    write(qtbot, page, "Say hello")
    qtbot.waitUntil(lambda: len(shown(page)) == 2 and shown(page)[1][1] == "Hello")
    engine.die()
    wait_over(qtbot, page)
    answer = child(page.pane.view, AnswerView)
    qtbot.waitUntil(lambda: answer.notice is not None)


# --- switching --------------------------------------------------------------------------------------------------


def test_an_answer_goes_on_while_another_conversation_is_shown(
    qtbot: QtBot, page: ChatPage, engine: FakeEngine, context: AppContext
) -> None:
    other = asked(context.store, "Other", "A", "B")
    engine.hold_answers = True
    write(qtbot, page, "Say hello")
    qtbot.waitUntil(lambda: len(shown(page)) == 2 and shown(page)[1][1] == "Hello")
    answering = page.pane.controller.conversation
    assert answering is not None
    page.open_conversation(other.id)
    assert shown(page) == [("user", "A"), ("assistant", "B")]
    page.open_conversation(answering.id)
    assert shown(page) == [("user", "Say hello"), ("assistant", "Hello")]
    engine.go_on.set()
    wait_over(qtbot, page)
    qtbot.waitUntil(lambda: shown(page)[1] == ("assistant", "Hello, world."))


def test_each_conversation_keeps_its_draft(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    one, two = asked(context.store, "One"), asked(context.store, "Two")
    page.open_conversation(one.id)
    qtbot.keyClicks(page.pane.composer.field, "half a thought")
    page.open_conversation(two.id)
    assert page.pane.composer.text() == ""
    page.open_conversation(one.id)
    assert page.pane.composer.text() == "half a thought"


def test_a_new_chat_is_empty_and_ready_to_write_in(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    page.open_conversation(asked(context.store, "One").id)
    page.new_chat()
    assert isinstance(center(page), EmptyPage)
    assert page.pane.composer.field.hasFocus()
    assert page.list_panel.delegate.open_id == 0


def test_a_conversation_that_is_gone_is_told_and_the_shown_one_stays(page: ChatPage, context: AppContext) -> None:
    one = asked(context.store, "One")
    page.open_conversation(one.id)
    page.open_conversation(4711)
    assert context.toasts.toasts
    assert shown(page) == [("user", "Hi"), ("assistant", "There")]


def test_something_found_in_another_branch_brings_that_branch(page: ChatPage, context: AppContext) -> None:
    one = asked(context.store, "One", "First question")
    found = context.store.path(one.id)[0]
    context.store.add_message(one.id, "user", "Second question", parent_id=None)
    page.open_conversation(one.id)
    assert shown(page) == [("user", "Second question")]
    page.open_conversation(one.id, found.id)
    assert shown(page) == [("user", "First question"), ("assistant", "There")]


def test_deleting_the_open_chat_begins_a_new_one_and_undo_opens_it_again(
    qtbot: QtBot, page: ChatPage, context: AppContext
) -> None:
    one = asked(context.store, "One")
    page.open_conversation(one.id)
    page.actions_on_chats.delete(one.id)
    assert isinstance(center(page), EmptyPage)
    context.undo.undo()
    assert shown(page) == [("user", "Hi"), ("assistant", "There")]


def test_a_chat_that_another_window_deleted_is_left(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    one = asked(context.store, "One")
    page.open_conversation(one.id)
    context.store.delete(one.id)
    page.list_panel.reload()
    qtbot.waitUntil(lambda: page.pane.controller.conversation is None)


def test_f2_edits_the_title(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    one = asked(context.store, "One")
    page.open_conversation(one.id)
    qtbot.keyClick(page.pane.composer.field, Qt.Key.Key_F2)
    qtbot.keyClicks(page.pane.title_row.field, "Uno")
    qtbot.keyClick(page.pane.title_row.field, Qt.Key.Key_Return)
    assert context.store.conversation(one.id).title == "Uno"
    qtbot.waitUntil(lambda: page.list_panel.rows.index(1, 0).data() == "Uno")
    assert page.pane.composer.field.hasFocus()


# --- what is remembered -----------------------------------------------------------------------------------------


def test_the_last_conversation_is_there_at_the_next_start(
    qtbot: QtBot, page: ChatPage, context: AppContext, make_page: Callable[[], ChatPage]
) -> None:
    one = asked(context.store, "One")
    page.open_conversation(one.id)
    page.prepare_close()
    again = make_page()
    assert shown(again) == [("user", "Hi"), ("assistant", "There")]
    assert again.pane.title_row.title.whole_text() == "One"


def test_a_last_conversation_that_is_gone_is_a_new_chat(
    context: AppContext, ready: AppContext, make_page: Callable[[], ChatPage]
) -> None:
    context.window_state.set(CONVERSATION_KEYS[0], 4711)
    assert isinstance(center(make_page()), EmptyPage)
    assert context.toasts.toasts == ()


def test_what_was_typed_for_a_new_chat_is_there_at_the_next_start(
    qtbot: QtBot, page: ChatPage, make_page: Callable[[], ChatPage]
) -> None:
    qtbot.keyClicks(page.pane.composer.field, "half a thought")
    page.prepare_close()
    assert make_page().pane.composer.text() == "half a thought"


def test_what_was_sent_does_not_come_back_as_a_draft(
    qtbot: QtBot, page: ChatPage, make_page: Callable[[], ChatPage]
) -> None:
    qtbot.keyClicks(page.pane.composer.field, "Say hello")
    page.new_chat()  # stores the draft at once
    write(qtbot, page, "")
    wait_over(qtbot, page)
    page.new_chat()
    page.prepare_close()
    assert make_page().pane.composer.text() == ""


# --- the inspector ----------------------------------------------------------------------------------------------


def open_inspector(qtbot: QtBot, page: ChatPage) -> None:
    qtbot.mouseClick(page.pane.title_row.inspector, Qt.MouseButton.LeftButton)


def set_temperature(page: ChatPage, steps: int) -> None:
    child(page.inspector.rows[TEMPERATURE].control, QSlider).setValue(steps)


def test_the_inspector_changes_this_conversation_only(
    qtbot: QtBot, page: ChatPage, context: AppContext, engine: FakeEngine
) -> None:
    one, two = asked(context.store, "One"), asked(context.store, "Two")
    page.open_conversation(one.id)
    open_inspector(qtbot, page)
    set_temperature(page, 13)
    assert context.store.conversation(one.id).settings == {TEMPERATURE: 1.3}
    page.open_conversation(two.id)
    assert page.inspector.rows[TEMPERATURE].control.value() == context.settings.value(TEMPERATURE)
    page.open_conversation(one.id)
    write(qtbot, page, "Say hello")
    wait_over(qtbot, page)
    assert engine.requests[-1].temperature == 1.3


def test_settings_of_a_new_chat_hold_from_its_first_message_and_make_no_empty_chat(
    qtbot: QtBot, page: ChatPage, context: AppContext, engine: FakeEngine
) -> None:
    open_inspector(qtbot, page)
    set_temperature(page, 13)
    assert context.store.conversations() == []
    write(qtbot, page, "Say hello")
    wait_over(qtbot, page)
    assert engine.requests[-1].temperature == 1.3
    assert context.store.conversations()[0].settings == {TEMPERATURE: 1.3}


def test_a_system_prompt_typed_a_moment_ago_goes_to_its_own_conversation(
    qtbot: QtBot, page: ChatPage, context: AppContext
) -> None:
    one, two = asked(context.store, "One"), asked(context.store, "Two")
    page.open_conversation(one.id)
    open_inspector(qtbot, page)
    child(page.inspector.rows["answers.system_prompt"].control, QPlainTextEdit).setPlainText("Be brief.")
    page.open_conversation(two.id)
    assert context.store.conversation(one.id).settings == {"answers.system_prompt": "Be brief."}
    assert context.store.conversation(two.id).settings == {}


def test_the_inspector_is_there_again_at_the_next_start(
    qtbot: QtBot, page: ChatPage, context: AppContext, make_page: Callable[[], ChatPage]
) -> None:
    open_inspector(qtbot, page)
    assert context.window_state.get(INSPECTOR_KEY, False)
    again = make_page()
    assert again.inspector_shown
    assert again.pane.title_row.inspector.isChecked()


def test_the_conversation_makes_room_for_the_inspector_where_there_is_room(qtbot: QtBot, page: ChatPage) -> None:
    resize(page, BESIDE)
    open_inspector(qtbot, page)
    qtbot.waitUntil(lambda: page.pane.title_row.width() == BESIDE - page.inspector.width())
    resize(page, BESIDE - 1)
    qtbot.waitUntil(lambda: page.pane.title_row.width() == BESIDE - 1)


def test_escape_takes_an_inspector_away_that_covers_the_conversation(qtbot: QtBot, page: ChatPage) -> None:
    resize(page, BESIDE - 100)
    open_inspector(qtbot, page)
    page.stop()
    assert not page.inspector_shown
    assert not page.pane.title_row.inspector.isChecked()


# --- small things -----------------------------------------------------------------------------------------------


def test_the_first_picture_does_not_wait_for_the_conversation_view(page: ChatPage) -> None:
    assert page.pane.content._view is None


def test_the_page_can_be_used_with_a_keyboard_only(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    one = asked(context.store, "One")
    page.list_panel.reload()
    qtbot.waitUntil(lambda: page.list_panel.rows.place_of(one.id) >= 0)
    page.focus_search()
    qtbot.keyClick(page.list_panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(page.list_panel.view, Qt.Key.Key_Return)
    conversation = page.pane.controller.conversation
    assert conversation is not None
    assert conversation.id == one.id
    assert page.pane.composer.field.hasFocus()


def test_adding_a_model_leads_to_the_models_page(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    with qtbot.waitSignal(context.navigation.page_requested) as told:
        page.pane.composer.add_model_requested.emit()
    assert told.args[0] == "models"


def test_every_control_of_the_page_has_a_name(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    page.open_conversation(asked(context.store, "One").id)
    open_inspector(qtbot, page)
    nameless = [
        widget
        for part in (page, page.list_panel)
        for widget in part.findChildren(QWidget)
        if widget.isVisible()
        and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        and not (widget.accessibleName() or widget.objectName().startswith("qt_"))
    ]
    assert nameless == []


def test_closing_the_window_stores_what_was_typed_a_moment_ago(
    qtbot: QtBot, qapp: QApplication, settings: Settings, engine: FakeEngine, model: str
) -> None:
    store = Store(paths.database_file())
    one = asked(store, "One")
    session = Session(qapp, settings, engine.make_supervisor)
    qtbot.addWidget(session.window)
    session.window.show()
    session.window.open_conversation(one.id)
    page = session.window.page("chat")
    assert isinstance(page, ChatPage)
    qtbot.keyClicks(page.pane.composer.field, "half a thought")
    session.window.close()
    session.toasts.clear()
    assert store.conversation(one.id).draft == "half a thought"
    store.close()
