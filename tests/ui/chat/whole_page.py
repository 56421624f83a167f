"""How the tests of the whole chat page use it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from thimble.conversations import Conversation, Store
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.message_view import MessageView
from thimble.ui.theme import LIST_WIDTH

TEMPERATURE = "answers.temperature"


def resize(page: ChatPage, width: int) -> None:
    """Gives the page this width."""
    page.window().resize(width + LIST_WIDTH, 640)


def shown(page: ChatPage) -> list[tuple[str, str]]:
    """(role, text) of what stands in the conversation view, top to bottom."""
    views = sorted((v for v in page.pane.view.findChildren(MessageView) if v.isVisible()), key=lambda view: view.y())
    return [(v.message.role, v.source() if isinstance(v, AnswerView) else v.message.text) for v in views]


def write(qtbot: QtBot, page: ChatPage, text: str) -> None:
    qtbot.keyClicks(page.pane.composer.field, text)
    qtbot.keyClick(page.pane.composer.field, Qt.Key.Key_Return)


def wait_over(qtbot: QtBot, page: ChatPage) -> None:
    qtbot.waitUntil(lambda: not page.pane.controller.answering)


def center(page: ChatPage) -> QWidget | None:
    return page.pane.content.currentWidget()


def asked(store: Store, title: str, question: str = "Hi", answer: str = "There") -> Conversation:
    """A stored conversation with one question and one answer."""
    made = store.create_conversation(title)
    first = store.add_message(made.id, "user", question, parent_id=None)
    store.add_message(made.id, "assistant", answer, parent_id=first.id, model="tiny")
    return store.conversation(made.id)
