"""Two chats side by side: each has its conversation, composer and settings; one engine answers both."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.chat.whole_page import asked, resize
from thimble.ui.app_context import AppContext
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.chat_pane import ChatPane
from thimble.ui.chat.drop_mark import CHAT_MIME, DropMark, mime_of_chat
from thimble.ui.chat.panes import SPLIT_KEY
from thimble.ui.chat.user_view import UserView


def titles(page: ChatPage) -> list[str]:
    return [c.title if (c := pane.controller.conversation) else "" for pane in page.panes.panes]


def write(qtbot: QtBot, pane: ChatPane, text: str) -> None:
    pane.composer.take_focus()
    qtbot.keyClicks(pane.composer.field, text)
    qtbot.keyClick(pane.composer.field, Qt.Key.Key_Return)


def said(pane: ChatPane) -> list[tuple[str, str]]:
    return [(message.role, message.text) for message in pane.controller.path]


def drop(page: ChatPage, conversation_id: int, at: QPoint) -> None:
    """Drags a chat to a point of the panes."""
    mime, panes = mime_of_chat(conversation_id), page.panes
    button, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    copy = Qt.DropAction.CopyAction
    panes.dragEnterEvent(QDragEnterEvent(at, copy, mime, button, none))
    panes.dragMoveEvent(QDragMoveEvent(at, copy, mime, button, none))
    panes.dropEvent(QDropEvent(QPointF(at), copy, mime, button, none))


def test_a_chat_is_opened_beside_the_shown_one(qtbot: QtBot, page: ChatPage, context: AppContext) -> None:
    cats, soup = asked(context.store, "Cats"), asked(context.store, "Soup")
    page.open_conversation(cats.id)
    page.actions_on_chats.beside_wanted.emit(soup.id)
    assert titles(page) == ["Cats", "Soup"]
    assert page.pane is page.panes.panes[1]
    assert page.list_panel.delegate.open_id == soup.id
    qtbot.waitUntil(page.pane.composer.field.hasFocus)


def test_a_chat_is_never_shown_twice(page: ChatPage, context: AppContext) -> None:
    cats, soup = asked(context.store, "Cats"), asked(context.store, "Soup")
    page.open_conversation(cats.id)
    page.panes.split(soup.id)
    page.open_conversation(cats.id)
    assert titles(page) == ["Cats", "Soup"]
    assert page.pane is page.panes.panes[0]
    page.panes.split(soup.id)
    assert titles(page) == ["Cats", "Soup"]
    assert page.pane is page.panes.panes[1]


def test_the_shown_chat_beside_itself_is_a_new_chat(page: ChatPage, context: AppContext) -> None:
    cats = asked(context.store, "Cats")
    page.open_conversation(cats.id)
    page.panes.split(cats.id)
    assert titles(page) == ["Cats", ""]


def test_both_ask_and_the_second_waits_for_the_other(
    qtbot: QtBot, page: ChatPage, context: AppContext, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    page.toggle_split()
    left, right = page.panes.panes
    write(qtbot, left, "one")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    write(qtbot, right, "two")
    qtbot.waitUntil(lambda: len(engine.requests) == 2)
    answer = page.answering.of_conversation(right.controller.path[0].conversation_id)
    assert answer is not None
    answer.queued.emit(1)  # as the engine tells it
    assert "Waits for the other chat…" in {label.text() for label in right.findChildren(QLabel)}
    engine.go_on.set()
    qtbot.waitUntil(lambda: not left.controller.answering and not right.controller.answering)
    assert said(left) == [("user", "one"), ("assistant", "Hello, world.")]
    assert said(right) == [("user", "two"), ("assistant", "Hello, world.")]


def test_escape_stops_only_the_answer_of_the_chat_one_is_in(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    engine.hold_answers = True
    page.toggle_split()
    left, right = page.panes.panes
    write(qtbot, left, "one")
    write(qtbot, right, "two")
    qtbot.waitUntil(lambda: len(engine.requests) == 2)
    page.stop()
    qtbot.waitUntil(lambda: not right.controller.answering)
    assert left.controller.answering
    engine.go_on.set()
    qtbot.waitUntil(lambda: not left.controller.answering)


def test_one_question_goes_to_both_and_what_is_written_beside_stays(
    qtbot: QtBot, page: ChatPage, engine: FakeEngine
) -> None:
    page.toggle_split()
    left, right = page.panes.panes
    qtbot.keyClicks(right.composer.field, "half a thought")
    left.composer.take_focus()
    qtbot.keyClicks(left.composer.field, "Why?")
    qtbot.keyClick(
        left.composer.field,
        Qt.Key.Key_Return,
        Qt.KeyboardModifier.AltModifier,
    )
    qtbot.waitUntil(lambda: not left.controller.answering and not right.controller.answering)
    assert said(left) == said(right) == [("user", "Why?"), ("assistant", "Hello, world.")]
    assert right.composer.text() == right.controller.outbox.draft == "half a thought"
    assert left.composer.text() == ""


def test_files_go_with_a_question_to_both(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    page.toggle_split()
    left, right = page.panes.panes
    with qtbot.waitSignal(right.controller.outbox.files_changed):
        right.controller.store_new()
        right.controller.outbox.attach_text("notes", "Salt the water.")
    right.both_asked.emit("How?")
    qtbot.waitUntil(lambda: not left.controller.answering and not right.controller.answering)
    for request in engine.requests:
        assert "Salt the water." in request.messages[-1]["content"]
    assert [view.message.files[0].name for view in left.findChildren(UserView)] == ["notes"]


def test_without_a_second_chat_nothing_offers_to_ask_both(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    qtbot.keyClicks(page.pane.composer.field, "Why?")
    assert page.pane.composer.both.isHidden()
    qtbot.keyClick(
        page.pane.composer.field,
        Qt.Key.Key_Return,
        Qt.KeyboardModifier.AltModifier,
    )
    assert engine.requests == []
    page.toggle_split()
    assert not page.panes.panes[0].composer.both.isHidden()


def test_both_are_there_at_the_next_start(make_page: Callable[[], ChatPage], ready: AppContext) -> None:
    cats, soup = asked(ready.store, "Cats"), asked(ready.store, "Soup")
    page = make_page()
    page.open_conversation(cats.id)
    page.panes.split(soup.id)
    page.prepare_close()
    assert titles(make_page()) == ["Cats", "Soup"]


def test_closing_a_side_leaves_the_other_and_its_answer(
    qtbot: QtBot, page: ChatPage, context: AppContext, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    page.toggle_split()
    left, right = page.panes.panes
    write(qtbot, left, "one")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    qtbot.mouseClick(left.title_row.close_side, Qt.MouseButton.LeftButton)
    assert page.panes.panes == [right]
    assert page.pane is right
    assert not context.window_state.get(SPLIT_KEY, True)
    engine.go_on.set()
    qtbot.waitUntil(lambda: context.store.path(context.store.conversations()[0].id)[-1].state == "done")
    assert context.store.path(context.store.conversations()[0].id)[-1].text == "Hello, world."


def test_words_for_a_new_chat_are_kept_when_its_side_is_closed(
    qtbot: QtBot, page: ChatPage, context: AppContext
) -> None:
    page.toggle_split()
    qtbot.keyClicks(page.pane.composer.field, "half a thought")
    page.panes.close_pane(page.pane)
    assert [chat.draft for chat in context.store.conversations()] == ["half a thought"]
    assert page.pane.composer.text() == ""


def test_settings_beside_are_those_of_the_chat_one_is_in(page: ChatPage, context: AppContext) -> None:
    cats, soup = asked(context.store, "Cats"), asked(context.store, "Soup")
    page.open_conversation(cats.id)
    page.panes.split(soup.id)
    page.show_inspector(True)
    page.inspector.rows["answers.temperature"].chosen.emit(1.5)
    assert context.store.conversation(soup.id).settings == {"answers.temperature": 1.5}
    page.go_to_other()
    assert page.inspector.rows["answers.temperature"].reset_button.isHidden()
    assert page.panes.panes[0].title_row.inspector.isChecked()
    assert not page.panes.panes[1].title_row.inspector.isChecked()
    page.inspector.rows["answers.temperature"].chosen.emit(0.1)
    assert context.store.conversation(cats.id).settings == {"answers.temperature": 0.1}
    assert context.store.conversation(soup.id).settings == {"answers.temperature": 1.5}


def test_a_chat_dropped_at_the_right_is_shown_beside(page: ChatPage, context: AppContext) -> None:
    cats, soup, tea = (asked(context.store, title) for title in ("Cats", "Soup", "Tea"))
    page.open_conversation(cats.id)
    drop(page, soup.id, QPoint(page.width() - 20, 200))
    assert titles(page) == ["Cats", "Soup"]
    assert page.panes.findChildren(DropMark)[0].isHidden()
    drop(page, tea.id, QPoint(20, 200))
    assert titles(page) == ["Tea", "Soup"]


def test_a_chat_dropped_at_the_left_takes_the_place_of_the_shown_one(page: ChatPage, context: AppContext) -> None:
    cats, soup = asked(context.store, "Cats"), asked(context.store, "Soup")
    page.open_conversation(cats.id)
    drop(page, soup.id, QPoint(20, 200))
    assert titles(page) == ["Soup"]


def test_a_row_is_dragged_not_opened_while_the_button_is_down(
    qtbot: QtBot, page: ChatPage, context: AppContext
) -> None:
    asked(context.store, "Cats")
    panel = page.list_panel
    panel.reload()
    qtbot.waitUntil(lambda: panel.rows.rowCount() == 2)
    view = panel.view.viewport()
    start = panel.view.visualRect(panel.rows.index(1, 0)).center()
    dragged: list[int] = []
    panel.view.dragged.disconnect()  # the drag itself waits for the pointer
    panel.view.dragged.connect(lambda index: dragged.append(index.row()))
    with qtbot.assertNotEmitted(panel.chosen):
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        move_pressed(view, start + QPoint(40, 0))
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start)
    assert dragged == [1]


def move_pressed(widget: QWidget, to: QPoint) -> None:
    """A move while the left button is down."""
    from PySide6.QtCore import QEvent
    from PySide6.QtGui import QMouseEvent
    from PySide6.QtWidgets import QApplication

    where = QPointF(widget.mapToGlobal(to))
    left = Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    QApplication.sendEvent(
        widget, QMouseEvent(QEvent.Type.MouseMove, QPointF(to), where, Qt.MouseButton.NoButton, left, none)
    )


def test_what_is_dragged_says_nothing_to_other_programs() -> None:
    assert mime_of_chat(7).formats() == [CHAT_MIME]


def test_two_chats_fit_into_the_smallest_window(page: ChatPage) -> None:
    resize(page, 900 - 56 - 1)
    page.toggle_split()
    assert page.minimumSizeHint().width() <= 900 - 56 - 260 - 2
    for pane in page.panes.panes:
        assert pane.composer.minimumSizeHint().width() <= pane.minimumWidth()
        assert pane.title_row.minimumSizeHint().width() <= pane.minimumWidth()
        assert pane.content.empty.minimumSizeHint().width() <= pane.minimumWidth()
