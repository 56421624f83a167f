"""Calls of tools in an answer: stored, exported, copied, and told to a model in the protocol's order."""

from __future__ import annotations

import json

import pytest

from thimble.conversations import Role, StepState, Store, ToolStep, as_json
from thimble.conversations.importing.formats import from_thimble
from thimble.conversations.tool_steps import spoken, steps_of

ONE = ToolStep("c1", "add", "add", "Numbers", "a/add", '{"x": 1}', 6, 0, StepState.DONE, "2")
TWO = ToolStep("c2", "add", "add", "Numbers", "a/add", "", 6, 1, StepState.DENIED)


@pytest.fixture
def store() -> Store:
    return Store(None)


def test_words_and_calls_alternate() -> None:
    told = spoken("First then", [ONE, TWO])
    assert [(m["role"], m["content"]) for m in told] == [
        ("assistant", "First "),
        ("tool", "2"),
        ("assistant", ""),
        ("tool", "The user did not allow this call."),
        ("assistant", "then"),
    ]
    assert told[2]["tool_calls"][0]["function"]["arguments"] == "{}"


def test_calls_of_one_round_stand_together() -> None:
    told = spoken("", [ONE, ToolStep("c2", "add", round=0, state=StepState.STOPPED)])
    assert [m["role"] for m in told] == ["assistant", "tool", "tool"]
    assert told[2]["content"] == "The call was not finished."


def test_steps_are_stored_and_put_back(store: Store) -> None:
    chat = store.create_conversation()
    message = store.add_message(chat.id, Role.ASSISTANT, "First then", parent_id=None)
    store.update_message(message.id, steps=[ONE, TWO])
    assert store.message(message.id).steps == (ONE, TWO)
    removed = store.remove_message(message.id)
    store.put_back(removed)
    assert store.message(message.id).steps == (ONE, TWO)


def test_steps_survive_export_and_import(store: Store) -> None:
    chat = store.create_conversation()
    message = store.add_message(chat.id, Role.ASSISTANT, "First then", parent_id=None)
    store.update_message(message.id, steps=[ONE])
    imported = from_thimble(json.loads(as_json(chat, store.messages(chat.id))))
    assert imported is not None
    made = store.add_imported(imported)
    assert store.messages(made.id)[0].steps == (ONE,)


def test_a_chats_tools_are_its_own(store: Store) -> None:
    chat, other = store.create_conversation(), store.create_conversation()
    store.set_tools(chat.id, ["a/add"], ["a/add"])
    assert (store.conversation(chat.id).tools, store.conversation(chat.id).allowed) == (("a/add",), ("a/add",))
    assert store.conversation(other.id).tools == ()


def test_what_is_no_step_is_left_out() -> None:
    assert steps_of([1, None, {"id": "c", "function": "f", "at": "x", "round": True}]) == (ToolStep("c", "f"),)
