"""Messages for the conversation view's tests, and how to reach what is shown of them."""

from __future__ import annotations

from PySide6.QtCore import QPoint
from PySide6.QtWidgets import QAbstractButton, QScrollBar, QWidget
from pytestqt.qtbot import QtBot

from tests.benchmarks.replay_engine import tokens
from thimble.protocol import Timings
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.conversation_view import ConversationView
from thimble.ui.chat.message_view import MessageView
from thimble.ui.chat.scroller import Scroller
from thimble.ui.chat.shown import ShownMessage

LONG = "".join(tokens(6))
TIMINGS = Timings(812, 640, 41, 310, 0, 420, 1830)


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
