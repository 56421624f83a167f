"""The conversation view: what is shown, who is moved, and what its parts ask for."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QAbstractButton, QApplication
from pytestqt.qtbot import QtBot

from tests.benchmarks.replay_engine import tokens
from tests.ui.chat.shown_messages import (
    LONG,
    TIMINGS,
    answer,
    bar_of,
    conversation,
    message,
    place_on_screen,
    settle,
)
from thimble.conversations import MessageState
from thimble.ui.app_context import AppContext
from thimble.ui.chat.blocks import TableItem
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.jump_button import JumpButton
from thimble.ui.chat.message_view import MessageView
from thimble.ui.chat.shown import ShownMessage

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


def test_messages_that_are_gone_are_freed_without_the_garbage_collector(view: ConversationView, qtbot: QtBot) -> None:
    kinds = "```python\nprint()\n```\n\n| a | b |\n|---|---|\n| 1 | $x$ |"
    view.show_messages([*conversation(4), ShownMessage(5, "assistant", kinds)])
    settle(view, qtbot)
    gone = [weakref.ref(each) for each in view.findChildren(MessageView)]
    gc.collect()
    gc.disable()
    try:
        view.clear()
        QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        assert [each() for each in gone] == [None] * 5
    finally:
        gc.enable()
