"""The whole chat page: sending shows, stopping stops, switching loses nothing, what was open is open again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QPlainTextEdit, QSlider, QWidget
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.gguf_files import small
from tests.helpers.widgets import child
from thimble import paths
from thimble.conversations import Conversation, MessageState, Store
from thimble.library import starter
from thimble.settings import Settings
from thimble.ui.app import Session
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.chat_page import CONVERSATION_KEY, INSPECTOR_KEY, ChatPage
from thimble.ui.chat.empty_page import EmptyPage
from thimble.ui.chat.message_view import MessageView
from thimble.ui.chat.side_panel import BESIDE
from thimble.ui.chat.user_view import UserView
from thimble.ui.theme import LIST_WIDTH

TEMPERATURE = "answers.temperature"


@pytest.fixture
def model(settings: Settings) -> str:
    """A model is installed."""
    path = settings.models_folder() / "tiny.gguf"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(small())
    return str(path)


@pytest.fixture
def ready(qtbot: QtBot, context: AppContext, model: str) -> AppContext:
    """It is resident, too."""
    context.link.start(model)
    qtbot.waitUntil(lambda: context.link.loaded_path == model)
    return context


@pytest.fixture
def make_page(qtbot: QtBot, context: AppContext) -> Iterator[Callable[[], ChatPage]]:
    """Builds the page in a window with its list, as the main window does; pages are closed at the end."""
    made: list[ChatPage] = []
    windows: list[QWidget] = []

    def make() -> ChatPage:
        page = ChatPage(context)
        made.append(page)
        window = QWidget()
        windows.append(window)
        qtbot.addWidget(window)
        layout = QHBoxLayout(window)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        page.list_panel.setFixedWidth(LIST_WIDTH)
        layout.addWidget(page.list_panel)
        layout.addWidget(page, 1)
        resize(page, 900)
        window.show()
        qtbot.waitExposed(window)
        qtbot.waitUntil(lambda: context.jobs.running == 0)
        return page

    yield make
    for page in made:
        page.prepare_close()


@pytest.fixture
def page(make_page: Callable[[], ChatPage], ready: AppContext) -> ChatPage:
    return make_page()


def resize(page: ChatPage, width: int) -> None:
    """Gives the page this width."""
    page.window().resize(width + LIST_WIDTH, 640)


def shown(page: ChatPage) -> list[tuple[str, str]]:
    """(role, text) of what stands in the conversation view, top to bottom."""
    views = sorted((v for v in page.view.findChildren(MessageView) if v.isVisible()), key=lambda view: view.y())
    return [(v.message.role, v.source() if isinstance(v, AnswerView) else v.message.text) for v in views]


def write(qtbot: QtBot, page: ChatPage, text: str) -> None:
    qtbot.keyClicks(page.composer.field, text)
    qtbot.keyClick(page.composer.field, Qt.Key.Key_Return)


def wait_over(qtbot: QtBot, page: ChatPage) -> None:
    qtbot.waitUntil(lambda: not page.controller.answering)


def center(page: ChatPage) -> QWidget | None:
    return page.stack.currentWidget()


def asked(store: Store, title: str, question: str = "Hi", answer: str = "There") -> Conversation:
    """A stored conversation with one question and one answer."""
    made = store.create_conversation(title)
    first = store.add_message(made.id, "user", question, parent_id=None)
    store.add_message(made.id, "assistant", answer, parent_id=first.id, model="tiny")
    return store.conversation(made.id)


# --- sending and stopping ---------------------------------------------------------------------------------------


def test_a_message_is_shown_answered_and_listed(qtbot: QtBot, page: ChatPage) -> None:
    write(qtbot, page, "Say hello")
    wait_over(qtbot, page)
    qtbot.waitUntil(lambda: shown(page) == [("user", "Say hello"), ("assistant", "Hello, world.")])
    assert page.composer.text() == ""
    assert page.title_row.title.whole_text() == "Say hello"
    qtbot.waitUntil(lambda: page.list_panel.rows.index(1, 0).data() == "Say hello")
    conversation = page.controller.conversation
    assert conversation is not None
    assert page.list_panel.delegate.open_id == conversation.id


def test_a_click_on_an_example_sends_it(qtbot: QtBot, page: ChatPage) -> None:
    card = page.empty.examples.cards[0]
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
    conversation = page.controller.conversation
    assert conversation is not None
    last = context.store.path(conversation.id)[-1]
    assert (last.text, last.state) == ("Hello", MessageState.STOPPED)


def test_a_message_that_cannot_be_stored_stays_in_the_composer(
    qtbot: QtBot, page: ChatPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page.controller, "send", lambda _text: False)
    write(qtbot, page, "Do not lose me")
    assert page.composer.text() == "Do not lose me"


def test_up_in_the_empty_composer_edits_the_last_message(qtbot: QtBot, page: ChatPage) -> None:
    write(qtbot, page, "Say hello")
    wait_over(qtbot, page)
    qtbot.keyClick(page.composer.field, Qt.Key.Key_Up)
    view = child(page.view, UserView)
    assert view.editor is not None
    assert view.editor.toPlainText() == "Say hello"


def test_an_edited_message_is_asked_anew(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    write(qtbot, page, "Say hello")
    wait_over(qtbot, page)
    page.view.edit_submitted.emit(page.controller.last_user_message_id(), "Say goodbye")
    wait_over(qtbot, page)
    assert shown(page)[0] == ("user", "Say goodbye")
    assert engine.requests[-1].messages[-1]["content"] == "Say goodbye"


def test_a_dead_engine_is_told_under_the_answer(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    engine.hold_answers = True
    write(qtbot, page, "Say hello")
    qtbot.waitUntil(lambda: len(shown(page)) == 2 and shown(page)[1][1] == "Hello")
    engine.die()
    wait_over(qtbot, page)
    answer = child(page.view, AnswerView)
    qtbot.waitUntil(lambda: answer.notice is not None)


# --- switching --------------------------------------------------------------------------------------------------


def test_an_answer_goes_on_while_another_conversation_is_shown(
    qtbot: QtBot, page: ChatPage, engine: FakeEngine, context: AppContext
) -> None:
    other = asked(context.store, "Other", "A", "B")
    engine.hold_answers = True
    write(qtbot, page, "Say hello")
    qtbot.waitUntil(lambda: len(shown(page)) == 2 and shown(page)[1][1] == "Hello")
    answering = page.controller.conversation
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
    qtbot.keyClicks(page.composer.field, "half a thought")
    page.open_conversation(two.id)
    assert page.composer.text() == ""
    page.open_conversation(one.id)
    assert page.composer.text() == "half a thought"


def test_a_new_chat_is_empty_and_ready_to_write_in(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    page.open_conversation(asked(context.store, "One").id)
    page.new_chat()
    assert isinstance(center(page), EmptyPage)
    assert page.composer.field.hasFocus()
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
    qtbot.waitUntil(lambda: page.controller.conversation is None)


def test_f2_edits_the_title(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    one = asked(context.store, "One")
    page.open_conversation(one.id)
    qtbot.keyClick(page.composer.field, Qt.Key.Key_F2)
    qtbot.keyClicks(page.title_row.field, "Uno")
    qtbot.keyClick(page.title_row.field, Qt.Key.Key_Return)
    assert context.store.conversation(one.id).title == "Uno"
    qtbot.waitUntil(lambda: page.list_panel.rows.index(1, 0).data() == "Uno")
    assert page.composer.field.hasFocus()


# --- what is remembered -----------------------------------------------------------------------------------------


def test_the_last_conversation_is_there_at_the_next_start(
    qtbot: QtBot, page: ChatPage, context: AppContext, make_page: Callable[[], ChatPage]
) -> None:
    one = asked(context.store, "One")
    page.open_conversation(one.id)
    page.prepare_close()
    again = make_page()
    assert shown(again) == [("user", "Hi"), ("assistant", "There")]
    assert again.title_row.title.whole_text() == "One"


def test_a_last_conversation_that_is_gone_is_a_new_chat(
    context: AppContext, ready: AppContext, make_page: Callable[[], ChatPage]
) -> None:
    context.window_state.set(CONVERSATION_KEY, 4711)
    assert isinstance(center(make_page()), EmptyPage)


def test_what_was_typed_for_a_new_chat_is_there_at_the_next_start(
    qtbot: QtBot, page: ChatPage, make_page: Callable[[], ChatPage]
) -> None:
    qtbot.keyClicks(page.composer.field, "half a thought")
    page.prepare_close()
    assert make_page().composer.text() == "half a thought"


def test_what_was_sent_does_not_come_back_as_a_draft(
    qtbot: QtBot, page: ChatPage, make_page: Callable[[], ChatPage]
) -> None:
    qtbot.keyClicks(page.composer.field, "Say hello")
    page.new_chat()  # stores the draft at once
    write(qtbot, page, "")
    wait_over(qtbot, page)
    page.new_chat()
    page.prepare_close()
    assert make_page().composer.text() == ""


# --- the inspector ----------------------------------------------------------------------------------------------


def open_inspector(qtbot: QtBot, page: ChatPage) -> None:
    qtbot.mouseClick(page.title_row.inspector, Qt.MouseButton.LeftButton)


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
    assert again.title_row.inspector.isChecked()


def test_the_conversation_makes_room_for_the_inspector_where_there_is_room(qtbot: QtBot, page: ChatPage) -> None:
    resize(page, BESIDE)
    open_inspector(qtbot, page)
    qtbot.waitUntil(lambda: page.title_row.width() == BESIDE - page.inspector.width())
    resize(page, BESIDE - 1)
    qtbot.waitUntil(lambda: page.title_row.width() == BESIDE - 1)


def test_escape_takes_an_inspector_away_that_covers_the_conversation(qtbot: QtBot, page: ChatPage) -> None:
    resize(page, BESIDE - 100)
    open_inspector(qtbot, page)
    page.stop()
    assert not page.inspector_shown
    assert not page.title_row.inspector.isChecked()


# --- without a model --------------------------------------------------------------------------------------------


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
    assert center(page) is page.first_run
    assert not page.composer.isVisible()
    qtbot.mouseClick(page.first_run.get_button, Qt.MouseButton.LeftButton)
    expected = [("user", page.first_run.examples.chosen), ("assistant", "Hello, world.")]
    qtbot.waitUntil(lambda: bool(page.controller.conversation) and shown(page) == expected)
    assert page.composer.isVisible()
    wait_over(qtbot, page)


def test_a_model_that_comes_while_one_reads_something_else_interrupts_nothing(
    qtbot: QtBot, make_page: Callable[[], ChatPage], context: AppContext, model: str
) -> None:
    Path(model).unlink()
    page = make_page()
    one = asked(context.store, "One")
    assert center(page) is page.first_run
    page.open_conversation(one.id)
    page.first_run.ready.emit(model, "Why?")
    assert shown(page) == [("user", "Hi"), ("assistant", "There")]
    assert context.toasts.toasts


def test_conversations_can_be_read_without_a_model(make_page: Callable[[], ChatPage], context: AppContext) -> None:
    one = asked(context.store, "One")
    page = make_page()
    page.open_conversation(one.id)
    assert page.composer.isVisible()


def test_the_first_run_page_goes_when_a_model_is_added_elsewhere(
    qtbot: QtBot, make_page: Callable[[], ChatPage], context: AppContext, settings: Settings
) -> None:
    page = make_page()
    assert center(page) is page.first_run
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
    assert center(page) is page.first_run
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
    qtbot.waitUntil(lambda: center(page) is page.first_run)


def test_a_damaged_model_is_no_model(qtbot: QtBot, make_page: Callable[[], ChatPage], settings: Settings) -> None:
    folder = settings.models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "bad.gguf").write_text("<!DOCTYPE html>")
    page = make_page()
    qtbot.waitUntil(lambda: center(page) is page.first_run)


# --- small things -----------------------------------------------------------------------------------------------


def test_the_first_picture_does_not_wait_for_the_conversation_view(page: ChatPage) -> None:
    assert page._view is None


def test_the_page_can_be_used_with_a_keyboard_only(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    one = asked(context.store, "One")
    page.list_panel.reload()
    qtbot.waitUntil(lambda: page.list_panel.rows.place_of(one.id) >= 0)
    page.focus_search()
    qtbot.keyClick(page.list_panel.search, Qt.Key.Key_Down)
    qtbot.keyClick(page.list_panel.view, Qt.Key.Key_Return)
    conversation = page.controller.conversation
    assert conversation is not None
    assert conversation.id == one.id
    assert page.composer.field.hasFocus()


def test_adding_a_model_leads_to_the_models_page(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    with qtbot.waitSignal(context.navigation.page_requested) as told:
        page.composer.add_model_requested.emit()
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
    qtbot.keyClicks(page.composer.field, "half a thought")
    session.window.close()
    session.toasts.clear()
    assert store.conversation(one.id).draft == "half a thought"
    store.close()
