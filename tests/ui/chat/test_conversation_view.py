"""The conversation view: what is shown, who is moved, and what its parts ask for."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QCursor, QDesktopServices
from PySide6.QtWidgets import QAbstractButton, QApplication, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from tests.benchmarks.replay_engine import tokens
from thimble.conversations import MessageState
from thimble.errors import Problem
from thimble.protocol import Timings
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.blocks import TableItem
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.jump_button import JumpButton
from thimble.ui.chat.message_view import MessageView
from thimble.ui.chat.scroller import Scroller
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.chat.user_view import UserView

LONG = "".join(tokens(6))
TIMINGS = Timings(812, 640, 41, 310, 0, 420, 1830)


@pytest.fixture
def view(context: AppContext, qtbot: QtBot) -> ConversationView:
    made = ConversationView(context)
    qtbot.addWidget(made)
    made.resize(900, 600)
    QCursor.setPos(0, 0)
    made.move(50, 50)  # away from the pointer
    made.show()
    qtbot.waitExposed(made)
    return made


def conversation(count: int) -> list[ShownMessage]:
    made = []
    for index in range(0, count, 2):
        made.append(ShownMessage(index + 1, "user", f"Question {index}"))
        made.append(ShownMessage(index + 2, "assistant", f"Answer {index}\n\n{LONG[:900]}", model="m", timings=TIMINGS))
    return made


def bar_of(view: ConversationView) -> QScrollBar:
    return view.findChildren(Scroller)[0].verticalScrollBar()


def message(view: ConversationView, message_id: int) -> MessageView:
    return next(m for m in view.findChildren(MessageView) if m.message.id == message_id and not m.isHidden())


def answer(view: ConversationView, message_id: int) -> AnswerView:
    found = message(view, message_id)
    assert isinstance(found, AnswerView)
    return found


def button(view: QWidget, name: str) -> QAbstractButton:
    return next(b for b in view.findChildren(QAbstractButton) if b.accessibleName() == name and not b.isHidden())


def names(view: QWidget) -> set[str]:
    return {b.accessibleName() for b in view.findChildren(QAbstractButton) if b.isVisible()}


def place_on_screen(view: ConversationView, message_id: int) -> int:
    return message(view, message_id).mapTo(view, QPoint(0, 0)).y()


def settle(view: ConversationView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: view.settled, timeout=30_000)


# --- where the reader is


def test_a_conversation_is_shown_at_its_end(view: ConversationView) -> None:
    view.show_messages(conversation(20))
    assert bar_of(view).value() == bar_of(view).maximum() > 0


def test_the_messages_above_come_later_and_the_end_stays_in_view(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages(conversation(500))
    assert len(view.findChildren(MessageView)) < 20
    place = place_on_screen(view, 500)
    settle(view, qtbot)
    assert len(view.findChildren(MessageView)) == 500
    assert place_on_screen(view, 500) == place


def test_a_reader_who_scrolled_up_is_not_moved_by_messages_that_come_above(
    view: ConversationView, qtbot: QtBot
) -> None:
    view.show_messages(conversation(200))
    bar_of(view).setValue(bar_of(view).maximum() - 200)
    place = place_on_screen(view, 200)
    settle(view, qtbot)
    assert place_on_screen(view, 200) == place


def test_streaming_does_not_move_a_reader_who_scrolled_up(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([*conversation(10), ShownMessage(11, "assistant", "", MessageState.WRITING)])
    settle(view, qtbot)
    bar_of(view).setValue(300)
    place = place_on_screen(view, 4)
    for piece in tokens(3):
        view.append_text(11, piece)
    qtbot.waitUntil(lambda: answer(view, 11).complete)
    assert place_on_screen(view, 4) == place
    assert bar_of(view).maximum() > 1000


def test_streaming_is_followed_by_a_reader_at_the_end(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(1, "user", "Go"), ShownMessage(2, "assistant", "", MessageState.WRITING)])
    for piece in tokens(5):
        view.append_text(2, piece)
    qtbot.waitUntil(lambda: answer(view, 2).complete)
    assert bar_of(view).value() == bar_of(view).maximum() > 0


def test_a_reader_who_comes_back_to_the_end_follows_again(view: ConversationView) -> None:
    view.show_messages([*conversation(6), ShownMessage(7, "assistant", "", MessageState.WRITING)])
    bar_of(view).setValue(0)
    bar_of(view).setValue(bar_of(view).maximum() - 30)
    view.append_text(7, LONG[:2000])
    assert view.at_end


def test_ones_own_message_is_always_scrolled_to(view: ConversationView) -> None:
    view.show_messages(conversation(10))
    bar_of(view).setValue(0)
    view.append_message(ShownMessage(11, "user", "And now?"))
    assert view.at_end


def test_an_answer_that_begins_does_not_move_a_reader_who_scrolled_up(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages(conversation(10))
    settle(view, qtbot)
    bar_of(view).setValue(100)
    view.append_message(ShownMessage(11, "assistant", "", MessageState.WRITING))
    assert bar_of(view).value() == 100


def test_another_width_keeps_what_is_being_read(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages(conversation(30))
    settle(view, qtbot)
    view.scroll_to(14)
    place = place_on_screen(view, 14)
    view.resize(560, 600)
    settle(view, qtbot)
    assert abs(place_on_screen(view, 14) - place) <= 2


def test_a_way_to_the_latest_appears_only_while_it_is_out_of_sight(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages(conversation(10))
    (jump,) = view.findChildren(JumpButton)
    assert jump.isHidden()
    bar_of(view).setValue(0)
    assert not jump.isHidden()
    qtbot.mouseClick(jump, Qt.MouseButton.LeftButton)
    assert view.at_end
    assert jump.isHidden()


def test_scrolling_to_a_message_that_is_not_made_yet_makes_it(view: ConversationView) -> None:
    view.show_messages(conversation(300))
    view.scroll_to(3)
    assert 0 <= place_on_screen(view, 3) <= 32


def test_the_same_beginning_keeps_its_place_and_its_widgets(view: ConversationView, qtbot: QtBot) -> None:
    messages = conversation(20)
    view.show_messages(messages)
    settle(view, qtbot)
    bar_of(view).setValue(200)
    first = message(view, 4)
    view.show_messages([*messages[:15], ShownMessage(99, "assistant", "Another", siblings=2, sibling=1)])
    assert message(view, 4) is first
    assert bar_of(view).value() == 200
    assert message(view, 99).message.text == "Another"
    assert not [m for m in view.findChildren(MessageView) if m.message.id == 18 and not m.isHidden()]


def test_clearing_leaves_nothing(view: ConversationView) -> None:
    view.show_messages(conversation(40))
    view.clear()
    assert not [m for m in view.findChildren(MessageView) if not m.isHidden()]
    assert bar_of(view).maximum() == 0
    assert view.settled


# --- text


def test_streamed_text_ends_as_the_same_blocks_as_the_whole(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(1, "assistant", "", MessageState.WRITING)])
    pieces = tokens(6)
    for piece in pieces:
        view.append_text(1, piece)
    qtbot.waitUntil(lambda: answer(view, 1).complete)
    streamed = [item.block for item in answer(view, 1).flow.items]
    view.show_messages([ShownMessage(2, "assistant", "".join(pieces))])
    qtbot.waitUntil(lambda: answer(view, 2).complete)
    assert [item.block for item in answer(view, 2).flow.items] == streamed


def test_finished_blocks_are_not_laid_out_again_while_text_comes(
    view: ConversationView, monkeypatch: pytest.MonkeyPatch
) -> None:
    view.show_messages([ShownMessage(1, "assistant", "One\n\nTwo\n\nThree\nand\nmore\n", MessageState.WRITING)])
    first = answer(view, 1).flow.items[0]
    laid_out: list[float] = []
    monkeypatch.setattr(first, "lay_out", laid_out.append)
    view.append_text(1, "words\n\n```python\nx = 1\n")
    view.append_text(1, "y = 2\n```\n\nend")
    assert answer(view, 1).flow.items[0] is first
    assert laid_out == []


def test_a_message_of_200_000_letters_is_shown_in_steps(view: ConversationView, qtbot: QtBot) -> None:
    text = (LONG * (200_000 // len(LONG) + 1))[:200_000]
    view.show_messages([ShownMessage(1, "assistant", text)])
    assert not answer(view, 1).complete
    qtbot.waitUntil(lambda: answer(view, 1).complete, timeout=60_000)
    assert answer(view, 1).source() == text
    assert bar_of(view).maximum() > 10_000
    assert view.at_end


def test_the_end_of_an_answer_brings_no_other_blocks(view: ConversationView) -> None:
    view.show_messages([ShownMessage(1, "assistant", "", MessageState.WRITING)])
    view.append_text(1, "Some *words*.")
    (item,) = answer(view, 1).flow.items
    view.update_message(ShownMessage(1, "assistant", "Some *words*.", timings=TIMINGS))
    assert list(answer(view, 1).flow.items) == [item]


def test_another_text_replaces_the_old_one(view: ConversationView) -> None:
    view.show_messages([ShownMessage(1, "assistant", "Old")])
    view.update_message(ShownMessage(1, "assistant", "New"))
    assert [item.text() for item in answer(view, 1).flow.items] == ["New"]


def test_a_message_that_waits_above_is_updated_too(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages(conversation(300))
    view.update_message(ShownMessage(2, "assistant", "Changed"))
    settle(view, qtbot)
    assert message(view, 2).message.text == "Changed"


def test_unknown_messages_are_ignored(view: ConversationView) -> None:
    view.show_messages(conversation(2))
    view.append_text(77, "x")
    view.set_activity(77, "x")
    view.set_notice(77, "x", ())
    view.update_message(ShownMessage(77, "assistant", "x"))
    view.edit(77)
    view.scroll_to(77)
    assert {m.message.id for m in view.findChildren(MessageView)} == {1, 2}


# --- what the buttons ask for


def test_the_last_answer_always_shows_its_actions(view: ConversationView) -> None:
    view.show_messages(conversation(4))
    assert "Write another answer" in names(message(view, 4))
    assert "Write another answer" not in names(message(view, 2))


def test_an_answer_being_written_has_no_actions_and_keeps_their_room(view: ConversationView) -> None:
    view.show_messages([ShownMessage(1, "assistant", "Words", MessageState.WRITING)])
    height = message(view, 1).height()
    assert not names(message(view, 1))
    view.update_message(ShownMessage(1, "assistant", "Words", timings=TIMINGS))
    assert message(view, 1).height() == height
    assert "Copy message" in names(message(view, 1))


def test_regenerate_names_the_answer(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages(conversation(2))
    with qtbot.waitSignal(view.regenerate_requested) as caught:
        button(message(view, 2), "Write another answer").click()
    assert caught.args == [2]


def test_versions_can_be_stepped_through(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(5, "assistant", "x", sibling=1, siblings=3)])
    with qtbot.waitSignal(view.sibling_requested) as caught:
        button(view, "Previous version").click()
    assert caught.args == [5, -1]
    with qtbot.waitSignal(view.sibling_requested) as caught:
        button(view, "Next version").click()
    assert caught.args == [5, 1]


@pytest.mark.parametrize(("sibling", "previous", "following"), [(0, False, True), (2, True, False)])
def test_the_first_and_the_last_version_have_no_neighbour(
    view: ConversationView, sibling: int, previous: bool, following: bool
) -> None:
    view.show_messages([ShownMessage(5, "assistant", "x", sibling=sibling, siblings=3)])
    assert button(view, "Previous version").isEnabled() is previous
    assert button(view, "Next version").isEnabled() is following


def test_an_only_version_has_no_steps(view: ConversationView) -> None:
    view.show_messages([ShownMessage(5, "assistant", "x")])
    assert "Next version" not in names(view)


def test_a_stopped_answer_can_be_continued(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(3, "assistant", "Half a", MessageState.STOPPED), *conversation(2)])
    with qtbot.waitSignal(view.continue_requested) as caught:
        button(message(view, 3), "Continue this answer").click()
    assert caught.args == [3]


def test_a_failed_answer_says_why_and_can_be_continued(view: ConversationView) -> None:
    problem = Problem("engine_died", "The engine ended.", "Try again.")
    view.show_messages([ShownMessage(3, "assistant", "Half a", MessageState.FAILED, problem=problem)])
    notice = answer(view, 3).notice
    assert notice is not None
    assert notice.sentence == "The engine ended. Try again."
    assert "Continue this answer" in names(view)


def test_a_notice_brings_its_own_buttons(view: ConversationView) -> None:
    pressed: list[str] = []
    view.show_messages([ShownMessage(3, "assistant", "x")])
    view.set_notice(3, "The disk is full.", [("Try again", lambda: pressed.append("again"))])
    button(view, "Try again").click()
    assert pressed == ["again"]
    view.set_notice(3, "", ())
    assert answer(view, 3).notice is None


def test_a_button_of_a_notice_may_remove_the_notice(view: ConversationView) -> None:
    view.show_messages([ShownMessage(3, "assistant", "x")])
    view.set_notice(3, "Not saved.", [("Try again", lambda: view.set_notice(3, "", ()))])
    button(view, "Try again").click()
    assert answer(view, 3).notice is None


def test_the_quiet_line_ends_with_the_first_text(view: ConversationView) -> None:
    view.show_messages([ShownMessage(3, "assistant", "", MessageState.WRITING)])
    view.set_activity(3, "Waiting for SmolLM2… 43 %")
    height = message(view, 3).height()
    assert answer(view, 3).activity == "Waiting for SmolLM2… 43 %"
    view.append_text(3, "First")
    assert answer(view, 3).activity == ""
    assert abs(message(view, 3).height() - height) <= 2


# --- changing one's own words


def edited(view: ConversationView) -> UserView:
    view.show_messages(conversation(4))
    view.edit(1)
    found = message(view, 1)
    assert isinstance(found, UserView)
    assert found.editor is not None
    return found


def test_enter_sends_the_changed_words(view: ConversationView, qtbot: QtBot) -> None:
    user = edited(view)
    assert user.editor is not None
    user.editor.setPlainText("Other words")
    with qtbot.waitSignal(view.edit_submitted) as caught:
        qtbot.keyClick(user.editor, Qt.Key.Key_Return)
    assert caught.args == [1, "Other words"]
    assert user.editor is None


def test_shift_enter_breaks_the_line(view: ConversationView, qtbot: QtBot) -> None:
    user = edited(view)
    assert user.editor is not None
    qtbot.keyClick(user.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert user.editor is not None
    assert "\n" in user.editor.toPlainText()


def test_escape_leaves_the_words_as_they_were(view: ConversationView, qtbot: QtBot) -> None:
    user = edited(view)
    assert user.editor is not None
    user.editor.setPlainText("Other words")
    with qtbot.assertNotEmitted(view.edit_submitted):
        qtbot.keyClick(user.editor, Qt.Key.Key_Escape)
    assert user.editor is None
    assert user.flow.items[0].text() == "Question 0"


def test_empty_words_are_not_sent(view: ConversationView, qtbot: QtBot) -> None:
    user = edited(view)
    assert user.editor is not None
    user.editor.setPlainText("  ")
    with qtbot.assertNotEmitted(view.edit_submitted):
        qtbot.keyClick(user.editor, Qt.Key.Key_Return)


# --- keys and names


def test_every_button_has_a_name(view: ConversationView) -> None:
    view.show_messages([replace(m, siblings=2) for m in conversation(4)])
    view.edit(3)
    assert all(b.accessibleName() for b in view.findChildren(QAbstractButton))


def test_tab_goes_through_the_messages_from_top_to_bottom(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(i, "user" if i % 2 else "assistant", f"m{i}") for i in range(1, 5)])
    view.activateWindow()
    message(view, 1).setFocus(Qt.FocusReason.TabFocusReason)
    seen: list[str] = []
    for _ in range(10):
        focused = QApplication.focusWidget()
        assert focused is not None
        seen.append(focused.accessibleName())
        qtbot.keyClick(focused, Qt.Key.Key_Tab)
    assert seen == [
        "Your message: m1",
        "Copy message",
        "Edit message",
        "Delete message",
        "Answer by the model",
        "Copy message",
        "Write another answer",
        "Edit answer",
        "Delete answer",
        "Your message: m3",
    ]


def test_tab_brings_what_has_the_focus_into_view(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages(conversation(10))
    settle(view, qtbot)
    message(view, 10).setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(40):
        focused = QApplication.focusWidget()
        assert focused is not None
        qtbot.keyClick(focused, Qt.Key.Key_Backtab)
        focused = QApplication.focusWidget()
        if focused is message(view, 1):
            break
    assert QApplication.focusWidget() is message(view, 1)
    assert place_on_screen(view, 1) >= 0


def test_an_answer_is_named_by_its_model_and_length(view: ConversationView) -> None:
    view.show_messages([ShownMessage(1, "assistant", "x", model="SmolLM2", timings=TIMINGS)])
    assert message(view, 1).accessibleName() == "Answer by SmolLM2, 41 tokens"


def test_links_are_reached_by_tab_and_opened_by_enter(
    view: ConversationView, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toString()))
    source = "[a](https://e.org/a) [b](https://e.org/b)\n\n| x |\n|---|\n| [c](https://e.org/c) |"
    view.show_messages([ShownMessage(1, "assistant", source)])
    view.activateWindow()
    message(view, 1).setFocus(Qt.FocusReason.TabFocusReason)
    for _ in range(3):
        qtbot.keyClick(message(view, 1), Qt.Key.Key_Tab)
        assert view.grab().width()
        qtbot.keyClick(message(view, 1), Qt.Key.Key_Return)
    assert opened == ["https://e.org/a", "https://e.org/b", "https://e.org/c"]
    qtbot.keyClick(message(view, 1), Qt.Key.Key_Backtab)
    qtbot.keyClick(message(view, 1), Qt.Key.Key_Return)
    assert opened[-1] == "https://e.org/b"


def test_a_table_that_grows_keeps_the_layout_of_its_rows(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(1, "assistant", "| a | b |\n|---|---|\n| 1 | 2 |\n", MessageState.WRITING)])
    (table,) = answer(view, 1).flow.items
    assert isinstance(table, TableItem)
    row = table._cells[1]
    view.append_text(1, "| 3 | 4 |\n| 5 |")
    qtbot.waitUntil(lambda: answer(view, 1).complete)
    assert answer(view, 1).flow.items[0] is table
    assert table._cells[1] is row
    assert table.text() == "a\tb\n1\t2\n3\t4\n5\t"


def test_code_that_is_written_keeps_its_button(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(1, "assistant", "", MessageState.WRITING)])
    buttons = set()
    for piece in ("```p", "ython\nx =", " 1\n`", "`", "`\n\nend"):
        view.append_text(1, piece)
        qtbot.waitUntil(lambda: answer(view, 1).complete)
        buttons |= {b for b in answer(view, 1).flow.findChildren(QAbstractButton) if b.isVisible()}
    assert {b.accessibleName() for b in buttons} == {"Copy Python code"}
    assert len(buttons) == 1
    assert answer(view, 1).flow.items[0].text() == "x = 1"


def test_words_are_found_from_the_end_and_selected_where_they_stand(view: ConversationView, qtbot: QtBot) -> None:
    texts = ["The Thames", "A **river**, a `River`.\n\n| a | b |\n|---|---|\n| x | riverbank |", "no match"]
    many = [ShownMessage(n, "assistant", texts[n % 3]) for n in range(90)]
    view.show_messages(many)
    hits = view.find_words("river")
    assert len(hits) == 30 * 3
    assert hits[0] == (1, 0)
    view.show_found(1, 2, "river")
    found = message(view, 1)
    assert found.selected_text() == "river"
    assert not view.at_end
    assert found.y() + found.height() > view._scroller.verticalScrollBar().value()
    view.show_found(1, 0, "river")
    assert found.selected_text() == "river"
    assert view.find_words("  ") == []


def test_what_is_found_in_folded_words_is_unfolded(view: ConversationView, qtbot: QtBot) -> None:
    long = "\n".join(f"line {n}" for n in range(60)) + "\nneedle"
    view.show_messages([ShownMessage(1, "user", long), ShownMessage(2, "assistant", "<think>a needle</think>done")])
    for number in (1, 2):
        view.show_found(number, 0, "needle")
        assert message(view, number).selected_text() == "needle"


def test_a_place_only_in_the_source_brings_the_message_into_view(view: ConversationView, qtbot: QtBot) -> None:
    view.show_messages([ShownMessage(1, "assistant", "[words](https://needle.example)"), *conversation(20)[1:]])
    view.show_found(1, 0, "needle")
    assert message(view, 1).selected_text() == ""
    assert view._scroller.verticalScrollBar().value() <= message(view, 1).y()


def test_who_wants_to_stay_is_not_taken_along(view: ConversationView, context: AppContext, qtbot: QtBot) -> None:
    context.settings.set("look.follow", "never")
    view.show_messages(conversation(12))
    settle(view, qtbot)
    view.append_message(ShownMessage(101, "user", "More?"))
    view.append_message(ShownMessage(102, "assistant", "", state="writing"))
    before = view._scroller.verticalScrollBar().value()
    view.append_text(102, "line\n\n" * 60)
    settle(view, qtbot)
    assert view._scroller.verticalScrollBar().value() == before
    assert not view.at_end
    context.settings.set("look.follow", "end")
    view.scroll_to_end()
    view.append_text(102, "line\n\n" * 60)
    settle(view, qtbot)
    assert view.at_end
