"""Suggested questions: asked for only when chosen and when nobody else wants the engine, and gone when one types."""

from __future__ import annotations

import threading

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QAbstractButton
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.chat.whole_page import wait_over, write
from thimble.settings import Settings
from thimble.ui.app_context import AppContext
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.suggesting import questions_in

QUESTIONS = "1. How long?\n- **Which wine?**\nSome words first.\nHow long?\n3) Why so slowly?\nAnd then what?"


@pytest.fixture
def wished(settings: Settings) -> None:
    settings.set("answers.follow_ups", True)


def buttons(page: ChatPage) -> list[QAbstractButton]:
    found = [b for b in page.pane.view.findChildren(QAbstractButton) if b.accessibleName().startswith("Ask: ")]
    return sorted((b for b in found if b.isVisible()), key=lambda b: b.y())


def suggest(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    """One question, its answer, and the suggestions behind it."""
    engine.chunks = [QUESTIONS]
    write(qtbot, page, "Soup")
    qtbot.waitUntil(lambda: bool(buttons(page)))


def test_questions_are_found_among_a_models_lines() -> None:
    assert questions_in(QUESTIONS) == ["How long?", "Which wine?", "Why so slowly?"]
    assert questions_in("下一步呢？\nνα πω κι άλλα;") == ["下一步呢？", "να πω κι άλλα;"]
    assert questions_in("Certainly! Here they are:\n") == []


def test_nothing_is_asked_unless_it_was_chosen(qtbot: QtBot, page: ChatPage, engine: FakeEngine) -> None:
    write(qtbot, page, "Soup")
    wait_over(qtbot, page)
    assert len(engine.requests) == 1


def test_a_suggested_question_is_one_click_away(qtbot: QtBot, wished: None, page: ChatPage, engine: FakeEngine) -> None:
    suggest(qtbot, page, engine)
    assert [b.text() for b in buttons(page)] == ["How long?", "Which wine?", "Why so slowly?"]
    first, second = (request.messages for request in engine.requests)
    assert second[: len(first)] == first
    assert second[len(first)] == {"role": "assistant", "content": QUESTIONS}
    qtbot.keyClicks(page.pane.composer.field, "half a thought")
    qtbot.mouseClick(buttons(page)[1], Qt.MouseButton.LeftButton)
    assert page.pane.controller.path[-2].text == "Which wine?"
    assert page.pane.composer.text() == page.pane.controller.outbox.draft == "half a thought"
    qtbot.waitUntil(lambda: not page.pane.controller.answering)


def test_suggestions_go_when_something_else_is_said(
    qtbot: QtBot, wished: None, page: ChatPage, engine: FakeEngine
) -> None:
    suggest(qtbot, page, engine)
    engine.hold_answers = True
    write(qtbot, page, "Tea")
    assert buttons(page) == []
    engine.go_on.set()
    wait_over(qtbot, page)


def test_the_keyboard_reaches_them(qtbot: QtBot, wished: None, page: ChatPage, engine: FakeEngine) -> None:
    suggest(qtbot, page, engine)
    from thimble.ui.chat.answer_view import AnswerView
    from thimble.ui.chat.stops import stops_of

    answer = page.pane.view.findChildren(AnswerView)[-1]
    assert [stop.widget for stop in stops_of(answer)][-3:] == buttons(page)


def test_typing_takes_the_engine_from_them_at_once(
    qtbot: QtBot, wished: None, page: ChatPage, engine: FakeEngine, context: AppContext
) -> None:
    page.answering.over.connect(lambda _answer: setattr(engine, "hold_answers", True))
    write(qtbot, page, "Soup")
    qtbot.waitUntil(lambda: len(engine.requests) == 2)
    qtbot.keyClicks(page.pane.composer.field, "a")
    qtbot.waitUntil(lambda: all(thread.name != "engine-answer" for thread in threading.enumerate()))
    assert buttons(page) == []


def test_a_title_comes_before_them(
    qtbot: QtBot, wished: None, page: ChatPage, engine: FakeEngine, context: AppContext
) -> None:
    context.settings.set("answers.titles", "model")
    suggest(qtbot, page, engine)
    assert [request.max_tokens for request in engine.requests[1:]] == [24, 120]
