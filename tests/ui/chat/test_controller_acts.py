"""What can be done with a chat besides asking: queueing, editing, removing, files, temporary chats, titles."""

from __future__ import annotations

import threading
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from thimble.conversations import AttachedFile, Message, MessageState, Role, Store
from thimble.ui.app_context import AppContext
from thimble.ui.chat.answering import Answering
from thimble.ui.chat.aside import without_thoughts
from thimble.ui.chat.controller import ChatController
from thimble.ui.chat.prompt import as_prompt, with_files
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.chat.title_writer import clean_title

MODEL = "/models/tiny.gguf"


@pytest.fixture
def ready(qtbot: QtBot, context: AppContext) -> AppContext:
    """A model is resident."""
    context.link.start(MODEL)
    qtbot.waitUntil(lambda: context.link.loaded_path == MODEL)
    return context


def texts(store: Store) -> list[tuple[str, str]]:
    return [(m.role, m.text) for m in store.path(store.conversations()[0].id)]


def over(qtbot: QtBot, controller: ChatController) -> None:
    qtbot.waitUntil(lambda: not controller.answering)


# --- queue -----------------------------------------------------------------------------------------------------------


def test_what_is_sent_while_an_answer_is_written_is_stored_at_once_and_answered_next(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    controller.send("One")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    assert controller.send("Two")
    assert controller.send("Three")
    assert [text for role, text in texts(ready.store) if role == "user"] == ["One", "Two", "Three"]
    assert len(engine.requests) == 1
    engine.hold_answers = False
    engine.go_on.set()
    qtbot.waitUntil(lambda: len(engine.requests) == 2)
    over(qtbot, controller)
    assert [m["content"] for m in engine.requests[1].messages if m["role"] == "user"] == ["One", "Two\n\nThree"]
    assert texts(ready.store)[-1] == ("assistant", "Hello, world.")


def test_after_a_stop_what_was_queued_waits_for_the_person(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    controller.send("One")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    controller.send("Two")
    controller.stop()
    over(qtbot, controller)
    assert texts(ready.store)[-1] == ("user", "Two")
    assert len(engine.requests) == 1
    engine.hold_answers = False
    last = controller.last_user_message_id()
    assert last is not None
    controller.messages.answer(last)
    over(qtbot, controller)
    assert texts(ready.store)[-1] == ("assistant", "Hello, world.")


def test_what_was_queued_behind_a_failed_answer_is_answered_after_the_next_try(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    controller.send("One")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    controller.send("Two")
    controller.stop()
    over(qtbot, controller)
    engine.hold_answers = False
    stopped = ready.store.path(ready.store.conversations()[0].id)[1]
    controller.messages.regenerate(stopped.id)
    qtbot.waitUntil(lambda: len(engine.requests) == 3)
    over(qtbot, controller)
    assert texts(ready.store) == [
        ("user", "One"),
        ("assistant", "Hello, world."),
        ("user", "Two"),
        ("assistant", "Hello, world."),
    ]


def test_a_queued_message_of_a_chat_that_is_not_shown_is_answered_too(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    controller.send("One")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    controller.send("Two")
    controller.new_chat()
    engine.hold_answers = False
    engine.go_on.set()
    qtbot.waitUntil(lambda: texts(ready.store)[-1] == ("assistant", "Hello, world.") and len(texts(ready.store)) == 4)
    assert not controller.answering
    assert controller.conversation is None


# --- editing and removing --------------------------------------------------------------------------------------------


def test_an_edited_answer_is_a_version_beside_it_and_asks_for_nothing(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    controller.send("One")
    over(qtbot, controller)
    path = ready.store.path(ready.store.conversations()[0].id)
    controller.messages.edit(path[1].id, "Better.")
    assert texts(ready.store) == [("user", "One"), ("assistant", "Better.")]
    assert [m.text for m in ready.store.siblings(path[1].id)] == ["Hello, world.", "Better."]
    assert len(engine.requests) == 1
    controller.send("Two")
    over(qtbot, controller)
    assert ("assistant", "Better.") in [(m["role"], m["content"]) for m in engine.requests[1].messages]


def test_a_removed_message_comes_back_by_undo(qtbot: QtBot, ready: AppContext, controller: ChatController) -> None:
    controller.send("One")
    over(qtbot, controller)
    before = texts(ready.store)
    shown: list[list[ShownMessage]] = []
    controller.shown.connect(shown.append)
    first = ready.store.path(ready.store.conversations()[0].id)[0]
    controller.messages.remove(first.id)
    assert texts(ready.store) == [("assistant", "Hello, world.")]
    assert [m.text for m in shown[-1]] == ["Hello, world."]
    assert ready.undo.undo()
    assert texts(ready.store) == before
    assert [m.text for m in shown[-1]] == ["One", "Hello, world."]


def test_nothing_is_removed_or_edited_while_an_answer_is_written(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    controller.send("One")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    first = ready.store.path(ready.store.conversations()[0].id)[0]
    controller.messages.remove(first.id)
    controller.messages.edit(first.id, "Other")
    assert texts(ready.store)[0] == ("user", "One")
    engine.go_on.set()
    over(qtbot, controller)


def test_a_chat_goes_on_from_a_message_in_a_new_one(
    qtbot: QtBot, ready: AppContext, controller: ChatController, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a")
    with qtbot.waitSignal(controller.outbox.files_changed):
        controller.outbox.attach([tmp_path / "a.txt"])
    for text in ("One", "Two"):
        controller.send(text)
        over(qtbot, controller)
    old = ready.store.conversations()[0]
    controller.messages.fork(ready.store.path(old.id)[1].id)
    assert controller.conversation is not None
    assert controller.conversation.id != old.id
    new = ready.store.path(controller.conversation.id)
    assert [(m.role, m.text) for m in new] == [("user", "One"), ("assistant", "Hello, world.")]
    assert [a.name for a in ready.store.attachments(controller.conversation.id)[new[0].id]] == ["a.txt"]
    assert len(ready.store.path(old.id)) == 4


def test_a_note_is_stored_and_asks_for_nothing(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    tokens: list[int] = []
    controller.tokens_changed.connect(lambda used, _capacity: tokens.append(used))
    assert controller.note("remember this")
    assert not controller.note("  ")
    assert texts(ready.store) == [("user", "remember this")]
    assert engine.requests == []
    controller.outbox.write("and this")
    qtbot.waitUntil(lambda: bool(tokens) and tokens[-1] == 4 + len(["You", "are", "a", "helpful", "assistant."]))
    controller.send("and this")
    over(qtbot, controller)
    assert [m["content"] for m in engine.requests[0].messages if m["role"] == "user"] == ["remember this\n\nand this"]


# --- files -----------------------------------------------------------------------------------------------------------


def test_an_attached_file_goes_to_the_model_with_the_message_and_is_kept(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine, tmp_path: Path
) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Salt the water.\n```\ncode\n```")
    with qtbot.waitSignal(controller.outbox.files_changed) as told:
        controller.outbox.attach([path])
    assert [file.name for file in told.args[0]] == ["notes.txt"]
    controller.send("What does it say?")
    over(qtbot, controller)
    asked = engine.requests[-1].messages[-1]["content"]
    assert asked.startswith("File “notes.txt”:\n````\nSalt the water.")
    assert asked.endswith("````\n\nWhat does it say?")
    assert texts(ready.store)[0] == ("user", "What does it say?")
    first = ready.store.path(ready.store.conversations()[0].id)[0]
    controller.messages.edit(first.id, "And now?")
    over(qtbot, controller)
    assert "Salt the water." in engine.requests[-1].messages[-1]["content"]


def test_a_file_that_waits_is_there_again_after_a_restart(
    qtbot: QtBot, ready: AppContext, controller: ChatController, answering: Answering, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a")
    with qtbot.waitSignal(controller.outbox.files_changed):
        controller.outbox.attach([tmp_path / "a.txt"])
    again = ChatController(ready, answering, answering)
    with qtbot.waitSignal(again.outbox.files_changed) as told:
        again.new_chat()
    assert [file.name for file in told.args[0]] == ["a.txt"]
    again.outbox.detach(told.args[0][0].id)
    assert ready.store.waiting_attachments(None) == []
    again.close()


def test_a_pasted_text_of_fifty_megabytes_is_kept_and_sent(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    text = "a line of words, مرحبا and 世界\n" * 1_400_000
    with qtbot.waitSignal(controller.outbox.files_changed, timeout=30_000):
        controller.outbox.attach_text("Pasted text", text)
    controller.outbox.choose_search(controller.outbox.files[0].id, False)  # all of it is wanted
    controller.send("Sum it up")
    over(qtbot, controller)
    conversation = ready.store.conversations()[0]
    ((file,),) = ready.store.attachments(conversation.id).values()
    assert ready.store.attachment_text(file.id) == text
    assert len(engine.requests[-1].messages[-1]["content"]) > len(text)


def test_tokens_of_files_are_counted_apart(
    qtbot: QtBot, ready: AppContext, controller: ChatController, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("one two three")
    (tmp_path / "b.txt").write_text("four")
    told: list[int] = []
    controller.file_tokens_changed.connect(told.append)
    controller.outbox.attach([tmp_path / "a.txt", tmp_path / "b.txt"])
    qtbot.waitUntil(lambda: bool(told) and told[-1] == 4)
    assert sorted(controller.file_tokens.values()) == [1, 3]
    controller.outbox.detach(next(iter(controller.file_tokens)))
    qtbot.waitUntil(lambda: told[-1] in {1, 3})


def test_attached_files_are_not_read_for_counting_in_the_thread_of_the_window(
    qtbot: QtBot, ready: AppContext, controller: ChatController, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.txt").write_text("one two three")
    with qtbot.waitSignal(controller.outbox.files_changed):
        controller.outbox.attach([tmp_path / "a.txt"])
    told: list[int] = []
    controller.file_tokens_changed.connect(told.append)
    qtbot.waitUntil(lambda: told == [3])
    readers: list[threading.Thread] = []
    read = ready.store.attachment_text

    def watched(attachment_id: int) -> str:
        readers.append(threading.current_thread())
        return read(attachment_id)

    monkeypatch.setattr(ready.store, "attachment_text", watched)
    controller.outbox.write("more words")
    qtbot.waitUntil(lambda: told == [3, 3])
    assert readers
    assert threading.main_thread() not in readers


def test_a_file_without_text_is_refused_with_a_toast(
    qtbot: QtBot, ready: AppContext, controller: ChatController, tmp_path: Path
) -> None:
    (tmp_path / "photo.png").write_bytes(b"\x89PNG")
    controller.outbox.attach([tmp_path / "photo.png"])
    qtbot.waitUntil(lambda: any("picture" in toast.text for toast in ready.toasts.toasts))
    assert ready.store.waiting_attachments(None) == []


@given(st.lists(st.tuples(st.text("ab`\n", max_size=12), st.text("ab`\n", max_size=30)), max_size=3), st.text("a`\n"))
def test_the_marks_around_a_file_do_not_occur_in_it(files: list[tuple[str, str]], text: str) -> None:
    made = with_files(text, [AttachedFile(name, content) for name, content in files])
    for _, content in files:
        longest = max((len(run) for run in content.replace("a", " ").replace("b", " ").split()), default=0)
        assert f"\n{'`' * max(3, longest + 1 if longest >= 3 else 3)}\n{content}\n" in made
    assert made.endswith(text)


# --- prompts ---------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.sampled_from([Role.USER, Role.ASSISTANT]), st.text("xy ", max_size=4)), max_size=12))
def test_roles_take_turns_and_no_word_is_lost(said: list[tuple[Role, str]]) -> None:
    messages = [Message(n + 1, 1, n or None, role, text, "done", "", 0.0) for n, (role, text) in enumerate(said)]
    prompt = as_prompt(messages, "")
    assert all(one["role"] != two["role"] for one, two in pairwise(prompt))
    assert "\n\n".join(p["content"] for p in prompt) == "\n\n".join(text for _, text in said if text)


def test_the_sampler_of_the_conversation_is_asked_for(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    controller.send("One")
    over(qtbot, controller)
    first = engine.requests[-1]
    assert (first.top_k, first.top_p, first.min_p, first.seed, first.thinking) == (40, 0.95, 0.05, None, None)
    controller.set_overrides({"answers.top_k": 5, "answers.seed": 7, "answers.thinking": "off", "answers.min_p": 0})
    controller.send("Two")
    over(qtbot, controller)
    body = engine.requests[-1].to_json()
    assert (body["top_k"], body["seed"], body["min_p"]) == (5, 7, 0)
    assert body["chat_template_kwargs"] == {"enable_thinking": False}


# --- temporary chats -------------------------------------------------------------------------------------------------


def test_a_temporary_chat_is_answered_and_stored_nowhere(
    qtbot: QtBot, ready: AppContext, controller: ChatController, answering: Answering
) -> None:
    controller.begin_temporary()
    controller.send("nobody shall know")
    over(qtbot, controller)
    assert controller.is_temporary
    assert ready.store.conversations() == []
    chat = controller.stores.temporary
    assert chat is not None
    assert chat.title == "nobody shall know"
    controller.new_chat()
    controller.open(chat.id)
    assert [m.text for m in controller.stores.of(chat.id).path(chat.id)] == ["nobody shall know", "Hello, world."]
    answering.discard_temporary()
    assert controller.stores.temporary is None
    assert ready.store.search("nobody") == []


def test_a_temporary_chat_can_be_kept_after_all(qtbot: QtBot, ready: AppContext, controller: ChatController) -> None:
    controller.begin_temporary()
    controller.send("worth keeping")
    over(qtbot, controller)
    controller.keep_temporary()
    assert controller.stores.temporary is None
    assert not controller.is_temporary
    assert texts(ready.store) == [("user", "worth keeping"), ("assistant", "Hello, world.")]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_what_is_being_written_in_a_temporary_chat_is_kept_with_it(
    qtbot: QtBot, ready: AppContext, controller: ChatController, tmp_path: Path, elsewhere: bool
) -> None:
    (tmp_path / "a.txt").write_text("words of the file")
    controller.begin_temporary()
    controller.send("worth keeping")
    over(qtbot, controller)
    with qtbot.waitSignal(controller.outbox.files_changed):
        controller.outbox.attach([tmp_path / "a.txt"])
    controller.outbox.write("half a thought")
    if elsewhere:
        controller.new_chat()
    controller.keep_temporary()
    assert controller.outbox.draft == "half a thought"
    (chat,) = ready.store.conversations()
    assert chat.draft == "half a thought"
    (file,) = ready.store.waiting_attachments(chat.id)
    assert (file.name, ready.store.attachment_text(file.id)) == ("a.txt", "words of the file")


def test_a_temporary_chat_is_not_stored_by_a_new_chat_from_it(
    qtbot: QtBot, ready: AppContext, controller: ChatController
) -> None:
    controller.begin_temporary()
    controller.send("nobody shall know")
    over(qtbot, controller)
    chat = controller.stores.temporary
    assert chat is not None
    controller.messages.fork(controller.stores.of(chat.id).path(chat.id)[-1].id)
    assert ready.store.conversations() == []
    assert controller.is_temporary


def test_discarding_a_temporary_chat_ends_its_answer(
    qtbot: QtBot, ready: AppContext, controller: ChatController, answering: Answering, engine: FakeEngine
) -> None:
    engine.hold_answers = True
    controller.begin_temporary()
    controller.send("stop me")
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    answering.discard_temporary()
    controller.new_chat()
    assert not controller.answering
    qtbot.waitUntil(lambda: all(thread.name != "engine-answer" for thread in threading.enumerate()))


# --- titles and progress ---------------------------------------------------------------------------------------------


def test_the_model_writes_a_title_only_when_that_was_chosen(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    controller.send("first words")
    over(qtbot, controller)
    assert len(engine.requests) == 1
    ready.settings.set("answers.titles", "model")
    controller.new_chat()
    controller.send("other words")
    qtbot.waitUntil(lambda: ready.store.conversations()[0].title == "Hello, world")
    assert engine.requests[-1].max_tokens == 24
    assert engine.requests[-1].thinking is False


def test_a_title_that_a_person_gave_is_not_asked_for_again(
    qtbot: QtBot, ready: AppContext, controller: ChatController, engine: FakeEngine
) -> None:
    ready.settings.set("answers.titles", "model")
    engine.hold_answers = True
    controller.send("first words")
    ready.store.rename(ready.store.conversations()[0].id, "Mine")
    engine.go_on.set()
    over(qtbot, controller)
    assert len(engine.requests) == 1
    assert ready.store.conversations()[0].title == "Mine"


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ('"Soup for two"', "Soup for two"),
        ("<think>hm, soup</think>\n\n**Title: Soup**", "Soup"),
        ("<think>never ends", ""),
        ("Titel: Suppe.", "Suppe"),
    ],
)
def test_what_a_model_writes_becomes_a_clean_title(written: str, title: str) -> None:
    assert clean_title(without_thoughts(written)) == title


def test_how_long_the_reading_will_take_is_told_once_its_rate_is_known(store_and_answer: tuple[Store, Message]) -> None:
    from thimble.ui.chat.answer import Answer

    answer = Answer(*store_and_answer)
    assert answer.reading_left_s(100, 1000, now=0.0) is None
    assert answer.reading_left_s(200, 1000, now=1.0) is None
    assert answer.reading_left_s(300, 1000, now=2.0) == pytest.approx(7.0)
    assert answer.reading_left_s(1000, 1000, now=9.0) is None
    answer.deleteLater()


@pytest.fixture
def store_and_answer(context: AppContext) -> tuple[Store, Message]:
    conversation = context.store.create_conversation()
    return context.store, context.store.add_message(
        conversation.id, Role.ASSISTANT, "", parent_id=None, state=MessageState.WRITING
    )
