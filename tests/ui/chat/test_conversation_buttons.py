"""The conversation view: what the buttons of messages ask for, and how one's own words are changed."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.ui.chat.shown_messages import (
    TIMINGS,
    answer,
    button,
    conversation,
    message,
    names,
)
from thimble.conversations import MessageState
from thimble.errors import Problem
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.chat.user_view import UserView

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
