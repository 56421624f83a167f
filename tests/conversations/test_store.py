"""Conversations and their trees of messages."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from thimble.conversations import MessageState, Role, Store
from thimble.conversations.tool_steps import ToolStep
from thimble.errors import Code, ThimbleError


def test_a_new_conversation_is_empty_and_has_what_it_was_given(store: Store) -> None:
    made = store.create_conversation("Rivers", model="starter")
    assert (made.title, made.model, made.leaf_id, made.draft, made.settings) == ("Rivers", "starter", None, "", {})
    assert store.conversation(made.id) == made
    assert store.path(made.id) == []


def test_what_was_stored_is_there_after_reopening(database: Path) -> None:
    first = Store(database)
    conversation = first.create_conversation("Kept")
    message = first.add_message(conversation.id, Role.USER, "Grüße, 世界 🌍\n\n```py\nx\n```", parent_id=None)
    first.close()
    second = Store(database)
    assert second.path(conversation.id) == [message]
    assert second.warning == ""
    second.close()


def test_the_most_recently_changed_conversation_comes_first(store: Store) -> None:
    older, newer = store.create_conversation("older"), store.create_conversation("newer")
    assert [c.title for c in store.conversations()] == ["newer", "older"]
    store.add_message(older.id, Role.USER, "again", parent_id=None)
    assert [c.id for c in store.conversations()] == [older.id, newer.id]


def test_title_draft_model_and_settings_are_kept_without_moving_the_conversation(store: Store) -> None:
    conversation = store.create_conversation()
    store.rename(conversation.id, "Named")
    store.set_draft(conversation.id, "half a sen")
    store.set_model(conversation.id, "big")
    store.set_settings(conversation.id, {"answers.temperature": 0.2})
    found = store.conversation(conversation.id)
    assert (found.title, found.draft, found.model, found.settings) == (
        "Named",
        "half a sen",
        "big",
        {"answers.temperature": 0.2},
    )
    assert found.updated == conversation.updated


def test_a_message_becomes_the_end_of_the_shown_path(store: Store) -> None:
    conversation = store.create_conversation()
    question = store.add_message(conversation.id, Role.USER, "?", parent_id=None)
    answer = store.add_message(conversation.id, Role.ASSISTANT, "!", parent_id=question.id, model="m")
    assert store.conversation(conversation.id).leaf_id == answer.id
    assert store.path(conversation.id) == [question, answer]
    assert (answer.role, answer.state, answer.model) == ("assistant", "done", "m")


def test_a_second_answer_is_a_sibling_and_the_path_shows_one_of_them(store: Store) -> None:
    conversation = store.create_conversation()
    question = store.add_message(conversation.id, Role.USER, "?", parent_id=None)
    one = store.add_message(conversation.id, Role.ASSISTANT, "one", parent_id=question.id)
    two = store.add_message(conversation.id, Role.ASSISTANT, "two", parent_id=question.id)
    assert store.siblings(one.id) == store.siblings(two.id) == [one, two]
    assert store.path(conversation.id) == [question, two]
    store.set_leaf(conversation.id, one.id)
    assert store.path(conversation.id) == [question, one]


def test_first_messages_are_siblings_of_their_own_conversation_only(store: Store) -> None:
    here, there = store.create_conversation(), store.create_conversation()
    first = store.add_message(here.id, Role.USER, "first", parent_id=None)
    edited = store.add_message(here.id, Role.USER, "edited", parent_id=None)
    store.add_message(there.id, Role.USER, "elsewhere", parent_id=None)
    assert store.siblings(first.id) == [first, edited]


def test_switching_to_a_branch_finds_its_newest_end(store: Store) -> None:
    conversation = store.create_conversation()
    root = store.add_message(conversation.id, Role.USER, "root", parent_id=None)
    old = store.add_message(conversation.id, Role.ASSISTANT, "old", parent_id=root.id)
    end = store.add_message(conversation.id, Role.USER, "end of the old branch", parent_id=old.id)
    new = store.add_message(conversation.id, Role.ASSISTANT, "new", parent_id=root.id)
    assert store.newest_leaf(old.id) == end.id
    assert store.newest_leaf(root.id) == new.id


def test_all_messages_of_the_tree_come_in_the_order_they_were_written(store: Store) -> None:
    conversation = store.create_conversation()
    one = store.add_message(conversation.id, Role.USER, "one", parent_id=None)
    two = store.add_message(conversation.id, Role.USER, "two", parent_id=None)
    assert store.messages(conversation.id) == [one, two]


def test_the_path_can_be_emptied(store: Store) -> None:
    conversation = store.create_conversation()
    store.add_message(conversation.id, Role.USER, "x", parent_id=None)
    store.set_leaf(conversation.id, None)
    assert store.path(conversation.id) == []


def test_a_streamed_answer_grows_and_ends_with_its_timings(store: Store) -> None:
    conversation = store.create_conversation()
    answer = store.add_message(conversation.id, Role.ASSISTANT, "", parent_id=None, state=MessageState.WRITING)
    assert store.update_message(answer.id, text="Par").text == "Par"
    done = store.update_message(answer.id, text="Paris.", state=MessageState.DONE, timings={"generated_tokens": 2})
    assert (done.text, done.state, done.timings, done.problem) == ("Paris.", "done", {"generated_tokens": 2}, None)
    assert store.message(answer.id) == done


def test_an_update_of_nothing_changes_nothing(store: Store) -> None:
    conversation = store.create_conversation()
    message = store.add_message(conversation.id, Role.USER, "same", parent_id=None)
    assert store.update_message(message.id) == message


def test_a_failed_answer_keeps_its_problem(store: Store) -> None:
    conversation = store.create_conversation()
    answer = store.add_message(conversation.id, Role.ASSISTANT, "Par", parent_id=None, state=MessageState.WRITING)
    failed = store.update_message(answer.id, state=MessageState.FAILED, problem={"code": "engine_died"})
    assert (failed.text, failed.problem) == ("Par", {"code": "engine_died"})


def test_a_deleted_conversation_leaves_the_list_and_comes_back(store: Store) -> None:
    conversation = store.create_conversation("gone")
    store.delete(conversation.id)
    assert store.conversations() == []
    store.restore(conversation.id)
    assert [c.id for c in store.conversations()] == [conversation.id]


@pytest.mark.parametrize("missing", [0, 999])
def test_an_id_that_is_not_there_is_named_by_a_sentence(store: Store, missing: int) -> None:
    for call in (
        lambda: store.conversation(missing),
        lambda: store.path(missing),
        lambda: store.rename(missing, "x"),
        lambda: store.message(missing),
        lambda: store.update_message(missing, text="x"),
        lambda: store.siblings(missing),
        lambda: store.add_message(missing, Role.USER, "x", parent_id=None),
    ):
        with pytest.raises(ThimbleError) as raised:
            call()
        assert raised.value.problem.code == Code.NOT_FOUND


def test_a_parent_in_another_conversation_is_refused_and_nothing_is_added(store: Store) -> None:
    here, there = store.create_conversation(), store.create_conversation()
    parent = store.add_message(here.id, Role.USER, "here", parent_id=None)
    with pytest.raises(ThimbleError):
        store.add_message(there.id, Role.USER, "there", parent_id=parent.id)
    assert store.messages(there.id) == []
    assert store.conversation(there.id).leaf_id is None


def test_a_leaf_of_another_conversation_is_refused(store: Store) -> None:
    here, there = store.create_conversation(), store.create_conversation()
    elsewhere = store.add_message(here.id, Role.USER, "here", parent_id=None)
    with pytest.raises(ThimbleError):
        store.set_leaf(there.id, elsewhere.id)


def test_two_windows_see_each_others_changes(database: Path, store: Store) -> None:
    other = Store(database)
    before = store.change_token()
    conversation = other.create_conversation("from the other window")
    assert store.change_token() != before
    assert store.conversations() == [conversation]
    other.close()


def test_own_changes_leave_the_change_token_alone(store: Store) -> None:
    before = store.change_token()
    store.create_conversation()
    assert store.change_token() == before


def test_several_threads_and_windows_write_at_once_and_nothing_is_lost(database: Path, store: Store) -> None:
    other = Store(database)
    conversation = store.create_conversation()
    failures: list[BaseException] = []

    def write(which: Store, name: str) -> None:
        try:
            for number in range(25):
                which.add_message(conversation.id, Role.USER, f"{name} {number}", parent_id=None)
        except BaseException as error:  # noqa: BLE001 - handed to the test's own thread
            failures.append(error)

    threads = [threading.Thread(target=write, args=(which, str(n))) for n, which in enumerate((store, store, other))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    other.close()
    assert failures == []
    assert len(store.messages(conversation.id)) == 75


def test_a_closed_store_says_so_and_closes_again(database: Path) -> None:
    store = Store(database)
    store.close()
    store.close()
    with pytest.raises(ThimbleError, match="closed"):
        store.conversations()


def test_conversations_are_private_to_the_user(store: Store, database: Path) -> None:
    assert database.stat().st_mode & 0o077 == 0


def test_halves_of_characters_are_stored_as_what_can_be_stored(store: Store) -> None:
    half, odd = "\ud83d", "\N{REPLACEMENT CHARACTER}"
    chat = store.create_conversation("t")
    message = store.add_message(chat.id, Role.USER, f"{half}\ude80{half}", parent_id=None)
    assert message.text == f"\N{ROCKET}{odd}"
    changed = store.update_message(message.id, text=half, steps=(ToolStep("1", half),), passages={"a": half})
    assert (changed.text, changed.steps, changed.passages) == (odd, (ToolStep("1", odd),), {"a": odd})
    assert store.attach(chat.id, f"a{half}.txt", half).name == f"a{odd}.txt"
    store.set_draft(chat.id, half)
    assert store.conversation(chat.id).draft == odd
