"""Sending, storing, stopping, failing, branching: the chat page without its widgets, over an engine that behaves."""

from __future__ import annotations

from typing import Any

import pytest
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.gguf_files import write_model
from thimble.client import ChatRequest
from thimble.conversations import MessageState, Store
from thimble.errors import Code, Problem, ThimbleError
from thimble.ui.answer_stream import AnswerStream
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.controller import ChatController
from thimble.ui.chat.shown import ShownMessage

MODEL = "/models/tiny.gguf"


class Seen:
    """Everything the controller told."""

    def __init__(self, controller: ChatController) -> None:
        self.texts: list[str] = []
        self.shown: list[ShownMessage] = []
        self.added: list[ShownMessage] = []
        self.changed: list[ShownMessage] = []
        self.activity: list[str] = []
        self.notices: list[tuple[str, dict[str, Any]]] = []
        self.tokens: list[tuple[int, int]] = []
        controller.text.connect(lambda _id, text: self.texts.append(text))
        controller.shown.connect(self._show)
        controller.added.connect(self.added.append)
        controller.changed.connect(self.changed.append)
        controller.activity.connect(lambda _id, line: self.activity.append(line))
        controller.noticed.connect(lambda _id, sentence, buttons: self.notices.append((sentence, dict(buttons))))
        controller.tokens_changed.connect(lambda used, capacity: self.tokens.append((used, capacity)))

    def _show(self, messages: list[ShownMessage]) -> None:
        self.shown = messages


@pytest.fixture
def seen(controller: ChatController) -> Seen:
    return Seen(controller)


@pytest.fixture
def ready(qtbot: QtBot, context: AppContext) -> AppContext:
    """A model is resident."""
    context.link.start(MODEL)
    qtbot.waitUntil(lambda: context.link.loaded_path == MODEL)
    return context


def path_of(store: Store) -> list[tuple[str, str, str]]:
    conversation = store.conversations()[0]
    return [(message.role, message.text, message.state) for message in store.path(conversation.id)]


def wait_over(qtbot: QtBot, controller: ChatController) -> None:
    qtbot.waitUntil(lambda: not controller.answering)


def test_an_answer_is_streamed_and_stored(
    qtbot: QtBot, ready: AppContext, controller: ChatController, seen: Seen
) -> None:
    assert controller.send("Say hello")
    wait_over(qtbot, controller)
    assert "".join(seen.texts) == "Hello, world."
    assert path_of(ready.store) == [
        ("user", "Say hello", MessageState.DONE),
        ("assistant", "Hello, world.", MessageState.DONE),
    ]
    assert seen.changed[-1].timings is not None


def test_the_question_is_stored_before_the_engine_is_asked(
    qtbot: QtBot, ready: AppContext, controller: ChatController, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored: list[tuple[str, str, str]] = []
    ask = ready.link.chat

    def look_then_ask(request: ChatRequest) -> AnswerStream:
        stored.extend(path_of(ready.store))
        return ask(request)

    monkeypatch.setattr(ready.link, "chat", look_then_ask)
    controller.send("Say hello")
    assert stored == [("user", "Say hello", MessageState.DONE), ("assistant", "", MessageState.WRITING)]
    wait_over(qtbot, controller)


def test_the_title_comes_from_the_first_message(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    controller.send("Soup recipes for cold days")
    wait_over(qtbot, controller)
    assert ready.store.conversations()[0].title == "Soup recipes for cold days"


def test_the_prompt_holds_the_system_prompt_and_every_turn(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    ready.settings.set("answers.system_prompt", "Be brief.")
    for text in ("One", "Two"):
        controller.send(text)
        wait_over(qtbot, controller)
    assert [(m["role"], m["content"]) for m in engine.requests[-1].messages] == [
        ("system", "Be brief."),
        ("user", "One"),
        ("assistant", "Hello, world."),
        ("user", "Two"),
    ]


def test_the_conversations_own_settings_win(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    controller.send("Hello")
    wait_over(qtbot, controller)
    controller.set_overrides({"answers.temperature": 0.0, "answers.max_tokens": 64, "answers.context_full": "error"})
    controller.send("Hi")
    wait_over(qtbot, controller)
    assert (engine.requests[-1].temperature, engine.requests[-1].max_tokens) == (0.0, 64)
    assert engine.requests[-1].context_policy == "error"


def test_stop_keeps_what_has_come(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.hold_answers = True
    controller.send("Say hello")
    qtbot.waitUntil(lambda: bool(seen.texts))
    controller.stop()
    wait_over(qtbot, controller)
    assert path_of(ready.store)[1] == ("assistant", "Hello", MessageState.STOPPED)


def test_streamed_text_is_stored_while_it_streams(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    controller.send("Say hello")
    qtbot.waitUntil(lambda: path_of(ready.store)[-1] == ("assistant", "Hello", MessageState.WRITING))
    controller.stop()
    wait_over(qtbot, controller)


def test_continue_goes_on_where_it_stopped(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.hold_answers = True
    controller.send("Say hello")
    qtbot.waitUntil(lambda: bool(seen.texts))
    controller.stop()
    wait_over(qtbot, controller)
    engine.hold_answers = False
    engine.chunks = [" again"]
    controller.messages.continue_answer(seen.changed[-1].id)
    wait_over(qtbot, controller)
    assert engine.requests[-1].continue_final
    assert engine.requests[-1].messages[-1] == {"role": "assistant", "content": "Hello"}
    assert path_of(ready.store)[1] == ("assistant", "Hello again", MessageState.DONE)


def test_a_dying_engine_leaves_the_partial_answer_and_a_restart_button(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.hold_answers = True
    controller.send("Say hello")
    qtbot.waitUntil(lambda: bool(seen.texts))
    engine.die()
    wait_over(qtbot, controller)
    qtbot.waitUntil(lambda: bool(seen.notices) and len(seen.notices[-1][1]) == 2)
    assert path_of(ready.store)[1] == ("assistant", "Hello", MessageState.FAILED)
    sentence, buttons = seen.notices[-1]
    assert "stopped unexpectedly" in sentence
    assert next(iter(buttons)) == "Restart engine"


def test_after_the_restart_the_answer_can_be_continued(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.hold_answers = True
    controller.send("Say hello")
    qtbot.waitUntil(lambda: bool(seen.texts))
    engine.die()
    qtbot.waitUntil(lambda: bool(seen.notices) and "Restart engine" in seen.notices[-1][1])
    engine.hold_answers = False
    engine.chunks = [", again."]
    seen.notices[-1][1]["Restart engine"]()
    qtbot.waitUntil(lambda: "Continue" in seen.notices[-1][1])
    seen.notices[-1][1]["Continue"]()
    qtbot.waitUntil(lambda: path_of(ready.store)[1] == ("assistant", "Hello, again.", MessageState.DONE))
    assert engine.starts == 2


def test_a_message_sent_while_the_model_loads_waits_visibly(
    qtbot: QtBot, context: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.hold_loads = True
    context.link.start(MODEL)
    qtbot.waitUntil(lambda: context.link.status.load_progress == 0.5)
    controller.send("Say hello")
    assert seen.activity[-1] == "Waiting for tiny… 50 %"
    engine.go_on.set()
    wait_over(qtbot, controller)
    assert path_of(context.store)[1][1] == "Hello, world."


def test_a_waiting_message_can_be_stopped(
    qtbot: QtBot, context: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    engine.hold_loads = True
    context.link.start(MODEL)
    controller.send("Say hello")
    controller.stop()
    assert not controller.answering
    assert path_of(context.store)[1] == ("assistant", "", MessageState.STOPPED)
    engine.go_on.set()
    qtbot.waitUntil(lambda: context.link.loaded_path == MODEL)


def test_cancelling_the_load_ends_the_wait(
    qtbot: QtBot, context: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    engine.hold_loads = True
    context.link.start(MODEL)
    qtbot.waitUntil(lambda: context.link.status.load_progress == 0.5)
    controller.send("Say hello")
    context.link.cancel_load()
    wait_over(qtbot, controller)
    assert path_of(context.store)[1] == ("assistant", "", MessageState.STOPPED)


def test_a_failed_load_is_said_under_the_waiting_message(
    qtbot: QtBot, context: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.load_problem = Problem(Code.MODEL_TRUNCATED, "The file is cut off.", "Download it again.")
    context.link.start(MODEL)
    controller.new_chat()
    controller.send("Say hello")
    wait_over(qtbot, controller)
    assert seen.notices[-1][0] == "The file is cut off."
    assert path_of(context.store)[1][2] == MessageState.FAILED


def test_under_a_damaged_model_the_way_to_another_is_offered(
    qtbot: QtBot, context: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.load_problem = Problem(Code.MODEL_DAMAGED, "“a.gguf” has damaged weights.", "Download it again.")
    context.link.start(MODEL)
    controller.new_chat()
    controller.send("Say hello")
    wait_over(qtbot, controller)
    assert list(seen.notices[-1][1]) == ["Choose a model", "Try again"]


def test_without_a_model_the_way_to_one_is_offered(qtbot: QtBot, controller: ChatController, seen: Seen) -> None:
    controller.send("Say hello")
    wait_over(qtbot, controller)
    assert list(seen.notices[-1][1]) == ["Choose a model", "Try again"]


def test_the_only_installed_model_is_loaded_for_a_message_that_found_none(
    qtbot: QtBot, context: AppContext, controller: ChatController
) -> None:
    model = write_model(context.settings.models_folder() / "only.gguf")
    controller.send("Say hello")
    wait_over(qtbot, controller)
    assert context.link.loaded_path == str(model)
    assert path_of(context.store)[1][1] == "Hello, world."


def test_regenerate_keeps_the_first_version(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    controller.send("Say hello")
    wait_over(qtbot, controller)
    engine.chunks = ["Good day."]
    controller.messages.regenerate(seen.changed[-1].id)
    wait_over(qtbot, controller)
    assert path_of(ready.store)[1][1] == "Good day."
    answer = seen.changed[-1]
    assert (answer.sibling, answer.siblings) == (1, 2)
    controller.messages.show_sibling(answer.id, -1)
    assert seen.shown[-1].text == "Hello, world."


def test_editing_makes_a_branch_and_asks_again(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    controller.send("Say hello")
    wait_over(qtbot, controller)
    question = controller.last_user_message_id()
    assert question is not None
    controller.messages.edit(question, "Say good day")
    wait_over(qtbot, controller)
    assert engine.requests[-1].messages[-1]["content"] == "Say good day"
    assert seen.shown[0].text == "Say good day"
    assert seen.shown[0].siblings == 2


def test_an_answer_goes_on_while_another_conversation_is_shown(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.hold_answers = True
    controller.send("Say hello")
    qtbot.waitUntil(lambda: bool(seen.texts))
    first = controller.conversation
    assert first is not None
    controller.new_chat()
    assert not controller.answering
    controller.open(first.id)
    assert controller.answering
    assert (seen.shown[-1].text, seen.shown[-1].state) == ("Hello", MessageState.WRITING)
    controller.new_chat()
    engine.go_on.set()
    qtbot.waitUntil(lambda: path_of(ready.store)[1] == ("assistant", "Hello, world.", MessageState.DONE))


def test_a_full_disk_keeps_the_answer_on_screen_and_stores_it_later(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, seen: Seen
) -> None:
    engine.hold_answers = True
    engine.chunks = ["x" * 200_000]
    controller.send("Say hello")
    disk = ready.store._connection
    pages = disk.execute("PRAGMA page_count").fetchone()[0]
    disk.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then behaves as on a full disk
    qtbot.waitUntil(lambda: bool(seen.notices))
    controller.stop()
    wait_over(qtbot, controller)
    sentence, buttons = seen.notices[-1]
    assert "disk is full" in sentence.lower()
    assert seen.changed[-1].text == "x" * 200_000
    disk.execute("PRAGMA max_page_count = 1073741823")
    buttons["Try again"]()
    assert path_of(ready.store)[1][1] == "x" * 200_000


def test_a_question_that_cannot_be_stored_stays_with_the_person(ready: AppContext, controller: ChatController) -> None:
    ready.store.close()
    assert not controller.send("Say hello")


def test_drafts_are_kept_per_conversation(qtbot: QtBot, ready: AppContext, controller: ChatController) -> None:
    controller.send("One")
    wait_over(qtbot, controller)
    first = controller.conversation
    assert first is not None
    controller.outbox.write("half a thought")
    controller.new_chat()
    controller.outbox.write("another")
    controller.open(first.id)
    assert controller.outbox.draft == "half a thought"
    controller.new_chat()
    assert controller.outbox.draft == "another"


def test_closing_the_window_stores_the_running_answer(
    qtbot: QtBot, ready: AppContext, controller: ChatController, answering: Answering, engine: FakeEngine, seen: Seen
) -> None:
    engine.hold_answers = True
    controller.send("Say hello")
    qtbot.waitUntil(lambda: bool(seen.texts))
    controller.close()
    answering.close()
    assert path_of(ready.store)[1] == ("assistant", "Hello", MessageState.STOPPED)


def test_tokens_are_counted_with_the_draft(
    qtbot: QtBot, ready: AppContext, controller: ChatController, seen: Seen
) -> None:
    ready.settings.set("answers.system_prompt", "")
    controller.outbox.write("four words of draft")
    qtbot.waitUntil(lambda: (4, 4096) in seen.tokens)


def test_tokens_are_counted_when_the_model_comes_after_the_conversation(
    qtbot: QtBot, context: AppContext, controller: ChatController, seen: Seen
) -> None:
    context.settings.set("answers.system_prompt", "")
    conversation = context.store.create_conversation("Old")
    context.store.add_message(conversation.id, "user", "three old words", parent_id=None)
    controller.open(conversation.id)
    context.link.start(MODEL)
    qtbot.waitUntil(lambda: (3, 4096) in seen.tokens)


def _full(*_arguments: object, **_options: object) -> None:
    raise ThimbleError(Code.DISK_FULL, "The disk is full.", "Free some space.")


def test_an_unsaved_answer_is_stored_when_the_window_closes(
    qtbot: QtBot, ready: AppContext, controller: ChatController, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "update_message", _full)
        controller.send("Hello")
        wait_over(qtbot, controller)
    controller.close()
    answering.close()
    assert path_of(ready.store)[1] == ("assistant", "Hello, world.", MessageState.DONE)


def test_an_unsaved_answer_is_there_when_its_conversation_is_opened_again(
    qtbot: QtBot, ready: AppContext, controller: ChatController, seen: Seen, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(Store, "update_message", _full)
        controller.send("Hello")
        wait_over(qtbot, controller)
    first = controller.conversation
    assert first is not None
    controller.new_chat()
    controller.open(first.id)
    assert (seen.shown[-1].text, seen.shown[-1].state) == ("Hello, world.", MessageState.DONE)
    assert seen.notices[-1][0].startswith("The disk is full.")
