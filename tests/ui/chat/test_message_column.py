"""The column of messages: those that come above wait for a place until it is worth it."""

from __future__ import annotations

import pytest

from tests.ui.chat.shown_messages import conversation
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.message_column import PLACE_AT, MessageColumn

VIEWPORT = 800


@pytest.fixture
def column(view: ConversationView) -> MessageColumn:
    """A column with sixteen messages in their places, and no other work."""
    view._idle.stop()
    made = MessageColumn()
    made.views = [view._make(message) for message in conversation(2 * PLACE_AT)]
    made.place(VIEWPORT)
    return made


def test_messages_above_wait_for_a_place_until_they_are_many(view: ConversationView, column: MessageColumn) -> None:
    due = []
    for message in conversation(4)[:3]:
        column.put_above(view._make(message))
        due.append(column.is_place_due)
    assert due == [False, False, True]


def test_a_message_that_waits_is_above_what_can_be_seen(view: ConversationView, column: MessageColumn) -> None:
    first = column.views[0].y()
    message, _ = conversation(2)
    made = view._make(message)
    column.put_above(made)
    assert made.y() + made.height() == 0
    assert column.views[1].y() == first
    assert made not in column.near(0, 600)


def test_all_get_their_places_in_order(view: ConversationView, column: MessageColumn) -> None:
    for message in conversation(2):
        column.put_above(view._make(message))
    height = column.place(VIEWPORT, len(column.views) - 1)
    tops = [each.y() for each in column.views]
    assert tops == sorted(set(tops))
    assert column.is_placed
    assert height > tops[-1]


def test_what_is_read_is_found_again_after_messages_came_above(view: ConversationView, column: MessageColumn) -> None:
    read = column.views[5]
    anchor = column.anchor(read.y())
    message, _ = conversation(2)
    height = column.put_above(view._make(message))
    top = read.y()
    column.place(VIEWPORT)
    assert anchor is not None
    assert column.y_of(anchor) == read.y() > top + height - 1
