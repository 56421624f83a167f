"""Chats that another machine answers: asked there and nowhere else, said everywhere, remembered by the chat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.scripted_server import Exchange, ScriptedServer, scripted_server
from thimble.conversations import MessageState
from thimble.errors import Code
from thimble.remote.connections import RemoteModel, choice_of
from thimble.ui.app_context import AppContext
from thimble.ui.chat import ChatPage
from thimble.ui.chat.controller import ChatController

ANSWER = "Hello from afar"


class Far:
    """A server on another machine; `cut` makes it break off in mid-answer."""

    def __init__(self) -> None:
        self.cut = False
        self.server: ScriptedServer

    def answer(self, exchange: Exchange) -> None:
        exchange.start_events()
        for word in ANSWER.split():
            exchange.event({"choices": [{"delta": {"content": f"{word} "}}]})
            if self.cut:
                return
        exchange.event({"choices": [{"delta": {}, "finish_reason": "stop"}]})
        exchange.event({"choices": [], "usage": {"prompt_tokens": 20, "completion_tokens": 3}})
        exchange.event("[DONE]")


@pytest.fixture
def far() -> Iterator[Far]:
    made = Far()
    with scripted_server(made.answer) as server:
        made.server = server
        yield made


@pytest.fixture
def choice(context: AppContext, far: Far) -> str:
    """A remote model that can be chosen."""
    connection = context.remotes.add("Office", far.server.base_url)
    context.remotes.put(replace(connection, models=(RemoteModel("big", 4096),)))
    return choice_of(connection.id, "big")


@pytest.fixture
def page(qtbot: QtBot, context: AppContext, choice: str) -> Iterator[ChatPage]:
    made = ChatPage(context)
    qtbot.addWidget(made)
    qtbot.addWidget(made.list_panel)
    yield made
    made.prepare_close()


@pytest.fixture
def chat(page: ChatPage) -> ChatController:
    return page.panes.active.controller


def ask(qtbot: QtBot, chat: ChatController, text: str = "Hi") -> None:
    chat.send(text)
    qtbot.waitUntil(lambda: not chat.answering)


def test_a_remote_model_answers_and_the_engine_is_not_asked(
    qtbot: QtBot, chat: ChatController, choice: str, far: Far, engine: FakeEngine
) -> None:
    chat.choice.choose(choice)
    ask(qtbot, chat)
    assert chat.path[-1].text.strip() == ANSWER
    assert chat.path[-1].model == "big @ Office"
    assert far.server.seen[0].body["model"] == "big"
    assert engine.requests == []
    assert engine.starts == 0


def test_everything_says_that_the_chat_leaves_this_computer(
    qtbot: QtBot, page: ChatPage, chat: ChatController, context: AppContext, choice: str
) -> None:
    chat.choice.choose(choice)
    assert "Office" in page.panes.active.content.empty.sentence.text()
    assert "Office" in page.panes.active.title_row.remote.text()
    assert not page.panes.active.title_row.remote.isHidden()
    assert "big @ Office" in page.panes.active.composer.picker.accessibleName()
    assert context.remotes.shown is not None
    chat.choice.choose("")
    assert page.panes.active.title_row.remote.isHidden()
    assert "stays on this computer" in page.panes.active.content.empty.sentence.text()
    assert context.remotes.shown is None


def test_each_chat_remembers_its_own_choice(qtbot: QtBot, chat: ChatController, choice: str) -> None:
    chat.choice.choose(choice)
    ask(qtbot, chat)
    first = chat.conversation
    chat.new_chat()
    assert chat.choice.key == choice  # a new chat begins with what was chosen last
    chat.choice.choose("")
    assert chat.choice.key == ""
    assert first is not None
    chat.open(first.id)
    assert chat.choice.key == choice


def test_a_fork_goes_on_where_its_original_did(qtbot: QtBot, chat: ChatController, choice: str) -> None:
    chat.choice.choose(choice)
    ask(qtbot, chat)
    before = chat.conversation
    chat.messages.fork(chat.path[-1].id)
    assert chat.conversation is not None
    assert before is not None
    assert chat.conversation.id != before.id
    assert chat.choice.key == choice


def test_tokens_are_the_servers_and_unknown_before(qtbot: QtBot, chat: ChatController, choice: str) -> None:
    told: list[tuple[int, int]] = []
    chat.tokens_changed.connect(lambda used, capacity: told.append((used, capacity)))
    chat.choice.choose(choice)
    assert told[-1] == (0, 0)
    ask(qtbot, chat)
    assert (23, 4096) in told


def test_a_cut_answer_is_kept_and_goes_on(qtbot: QtBot, chat: ChatController, choice: str, far: Far) -> None:
    notices: list[tuple[str, list[str]]] = []
    chat.noticed.connect(lambda _id, sentence, buttons: notices.append((sentence, [label for label, _ in buttons])))
    chat.choice.choose(choice)
    far.cut = True
    ask(qtbot, chat)
    message = chat.path[-1]
    assert (message.text, message.state) == ("Hello ", MessageState.FAILED)
    assert "Office broke in mid-answer" in notices[-1][0]
    assert notices[-1][1][0] == "Continue"
    far.cut = False
    chat.messages.continue_answer(message.id)
    qtbot.waitUntil(lambda: not chat.answering)
    assert chat.path[-1].text.startswith("Hello Hello from")
    assert {"role": "assistant", "content": "Hello "} in far.server.seen[-1].body["messages"]


def test_a_removed_connection_is_said_and_nothing_is_asked_elsewhere(
    qtbot: QtBot, chat: ChatController, context: AppContext, choice: str, engine: FakeEngine
) -> None:
    chat.choice.choose(choice)
    context.remotes.remove(context.remotes.all[0])
    assert chat.choice.is_gone
    ask(qtbot, chat)
    assert chat.path[-1].problem is not None
    assert chat.path[-1].problem["code"] == Code.NOT_FOUND
    assert engine.requests == []


def test_the_picker_lists_each_connections_models(page: ChatPage, chat: ChatController, choice: str) -> None:
    menu = page.panes.active.composer.picker.menu_of_models()
    below = next(action.menu() for action in menu.actions() if action.text() == "Office")
    assert isinstance(below, QMenu)
    (big,) = below.actions()
    big.trigger()
    assert chat.choice.key == choice
    menu.deleteLater()


def test_stop_keeps_what_had_come(qtbot: QtBot, context: AppContext, chat: ChatController, choice: str) -> None:
    def slow(exchange: Exchange) -> None:
        exchange.start_events()
        exchange.event({"choices": [{"delta": {"content": "Once"}}]})
        exchange.wait_until_client_leaves()

    with scripted_server(slow) as server:
        connection = context.remotes.add("Slow", server.base_url)
        chat.choice.choose(choice_of(connection.id, "m"))
        chat.send("Hi")
        texts: list[str] = []
        chat.text.connect(lambda _id, text: texts.append(text))
        qtbot.waitUntil(lambda: bool(texts))
        chat.stop()
        qtbot.waitUntil(lambda: not chat.answering)
    assert (chat.path[-1].text, chat.path[-1].state) == ("Once", MessageState.STOPPED)


def test_a_remote_model_alone_is_enough_to_begin(page: ChatPage, context: AppContext) -> None:
    pane = page.panes.active
    page.models.set(False)
    assert pane.content.currentWidget() is pane.content.empty
    for connection in tuple(context.remotes.all):
        context.remotes.remove(connection)
    assert pane.content.currentWidget() is pane.content.first_run
