"""Folders, pins, the trash, removed messages, and a store that lives in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thimble.conversations import Role, Store, path_in
from thimble.conversations.opening import FIRST_IN_MEMORY
from thimble.errors import Code, ThimbleError


def test_a_folder_holds_conversations_and_its_removal_leaves_them(store: Store) -> None:
    folder = store.create_folder("Work")
    inside, outside = store.create_conversation("in", folder_id=folder.id), store.create_conversation("out")
    store.move(outside.id, folder.id)
    assert {c.folder_id for c in store.conversations()} == {folder.id}
    store.move(outside.id, None)
    assert store.conversation(outside.id).folder_id is None
    assert store.remove_folder(folder.id) == [inside.id]
    assert store.folders() == []
    assert store.conversation(inside.id).folder_id is None


def test_folders_come_by_name_and_can_be_renamed(store: Store) -> None:
    first, second = store.create_folder("zebra"), store.create_folder("Apple")
    assert [f.name for f in store.folders()] == ["Apple", "zebra"]
    store.rename_folder(first.id, "aardvark")
    assert [f.id for f in store.folders()] == [first.id, second.id]


def test_a_folder_that_is_gone_is_named_by_a_sentence(store: Store) -> None:
    conversation = store.create_conversation()
    for call in (
        lambda: store.rename_folder(9, "x"),
        lambda: store.remove_folder(9),
        lambda: store.move(conversation.id, 9),
    ):
        with pytest.raises(ThimbleError) as raised:
            call()
        assert raised.value.problem.code == Code.NOT_FOUND


def test_a_pin_stays_and_can_be_taken_back(store: Store) -> None:
    conversation = store.create_conversation()
    store.pin(conversation.id, pinned=True)
    assert store.conversation(conversation.id).pinned
    store.pin(conversation.id, pinned=False)
    assert not store.conversation(conversation.id).pinned


def test_the_trash_survives_a_restart_and_can_be_emptied(database: Path) -> None:
    first = Store(database)
    kept, gone = first.create_conversation("kept"), first.create_conversation("gone")
    first.delete(kept.id)
    first.delete(gone.id)
    first.close()
    second = Store(database)
    assert [c.title for c in second.trash()] == ["gone", "kept"]
    second.restore(kept.id)
    second.purge(gone.id)
    assert (second.trash(), [c.title for c in second.conversations()]) == ([], ["kept"])
    second.close()


def test_only_what_is_in_the_trash_can_be_taken_away_for_good(store: Store) -> None:
    conversation = store.create_conversation()
    with pytest.raises(ThimbleError):
        store.purge(conversation.id)
    assert store.conversation(conversation.id) == conversation


def test_a_persons_title_is_not_replaced_by_another(store: Store) -> None:
    conversation = store.create_conversation("first words")
    store.rename(conversation.id, "by the model", by_person=False)
    assert store.conversation(conversation.id).title == "by the model"
    store.rename(conversation.id, "mine")
    store.rename(conversation.id, "by the model again", by_person=False)
    assert store.conversation(conversation.id).title == "mine"


def test_a_removed_message_leaves_its_followers_and_comes_back(store: Store) -> None:
    conversation = store.create_conversation()
    one = store.add_message(conversation.id, Role.USER, "one", parent_id=None)
    two = store.add_message(conversation.id, Role.ASSISTANT, "two", parent_id=one.id)
    three = store.add_message(conversation.id, Role.USER, "three", parent_id=two.id)
    before = store.path(conversation.id)
    removed = store.remove_message(two.id)
    assert [m.text for m in store.path(conversation.id)] == ["one", "three"]
    assert store.message(three.id).parent_id == one.id
    assert store.search("two") == []
    store.put_back(removed)
    assert store.path(conversation.id) == before
    assert [hit.message_id for hit in store.search("two")] == [two.id]


def test_what_followed_a_removed_message_comes_back_before_it(store: Store) -> None:
    conversation = store.create_conversation()
    parent = None
    ids: list[int] = []
    for text in ("one", "two", "three", "four"):
        parent = store.add_message(conversation.id, Role.USER, text, parent_id=parent).id
        ids.append(parent)
    before = store.path(conversation.id)
    three, two = store.remove_message(ids[2]), store.remove_message(ids[1])
    store.put_back(three)
    assert [m.text for m in store.path(conversation.id)] == ["one", "three", "four"]
    store.put_back(two)
    assert store.path(conversation.id) == before


def test_the_end_of_the_path_can_be_removed_with_its_files_and_comes_back(store: Store) -> None:
    conversation = store.create_conversation()
    one = store.add_message(conversation.id, Role.USER, "one", parent_id=None)
    two = store.add_message(conversation.id, Role.USER, "two", parent_id=one.id)
    file = store.attach(conversation.id, "notes.txt", "words")
    store.give_attachments([file.id], conversation.id, two.id)
    removed = store.remove_message(two.id)
    assert store.conversation(conversation.id).leaf_id == one.id
    assert store.attachments(conversation.id) == {}
    store.put_back(removed)
    assert store.conversation(conversation.id).leaf_id == two.id
    assert [a.name for a in store.attachments(conversation.id)[two.id]] == ["notes.txt"]


def test_what_was_said_after_a_removal_stays_when_it_is_undone(store: Store) -> None:
    conversation = store.create_conversation()
    one = store.add_message(conversation.id, Role.USER, "one", parent_id=None)
    two = store.add_message(conversation.id, Role.ASSISTANT, "two", parent_id=one.id)
    removed = store.remove_message(two.id)
    later = store.add_message(conversation.id, Role.USER, "later", parent_id=one.id)
    store.put_back(removed)
    assert store.path(conversation.id) == [one, later]
    assert {m.text for m in store.siblings(later.id)} == {"two", "later"}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=25), st.data())
def test_removing_and_putting_back_in_any_order_changes_nothing(parents: list[int], data: st.DataObject) -> None:
    store = Store(None)
    conversation = store.create_conversation()
    ids: list[int] = []
    for number, choice in enumerate(parents):
        parent = ids[choice % len(ids)] if ids and choice % 7 else None
        ids.append(store.add_message(conversation.id, Role.USER, f"m{number}", parent_id=parent).id)
    store.set_leaf(conversation.id, data.draw(st.sampled_from(ids)))
    before = store.messages(conversation.id), store.path(conversation.id)
    assert path_in(before[0], store.conversation(conversation.id).leaf_id) == before[1]
    removed = []
    for message in data.draw(st.permutations(ids))[:8]:
        removed.append(store.remove_message(message))
        assert len(store.messages(conversation.id)) == len(ids) - len(removed)
    for one in data.draw(st.permutations(removed)):
        store.put_back(one)
    assert (store.messages(conversation.id), store.path(conversation.id)) == before
    store.close()


def test_a_waiting_file_is_kept_over_a_restart_and_goes_with_the_message(database: Path) -> None:
    first = Store(database)
    first.attach(None, "plan.pdf", "first page", pages=2)
    first.close()
    second = Store(database)
    (file,) = second.waiting_attachments(None)
    assert (file.name, file.characters, file.pages, file.message_id) == ("plan.pdf", 10, 2, None)
    conversation = second.create_conversation()
    message = second.add_message(conversation.id, Role.USER, "what does it say?", parent_id=None)
    second.give_attachments([file.id], conversation.id, message.id)
    assert second.waiting_attachments(None) == []
    assert second.attachment_text(file.id) == "first page"
    edited = second.add_message(conversation.id, Role.USER, "and now?", parent_id=None)
    second.copy_attachments(message.id, edited.id)
    assert [a.name for a in second.attachments(conversation.id)[edited.id]] == ["plan.pdf"]
    second.close()


def test_only_a_file_that_waits_can_be_detached(store: Store) -> None:
    conversation = store.create_conversation()
    message = store.add_message(conversation.id, Role.USER, "x", parent_id=None)
    file = store.attach(conversation.id, "a.txt", "a")
    store.give_attachments([file.id], conversation.id, message.id)
    store.detach(file.id)
    assert store.attachment_text(file.id) == "a"
    other = store.attach(conversation.id, "b.txt", "b")
    store.detach(other.id)
    with pytest.raises(ThimbleError):
        store.attachment_text(other.id)


def test_a_store_in_memory_leaves_no_file_and_shares_no_id(tmp_path: Path, store: Store) -> None:
    memory = Store(None)
    here, there = memory.create_conversation("secret"), store.create_conversation("kept")
    message = memory.add_message(here.id, Role.USER, "nobody reads this", parent_id=None)
    assert here.id > FIRST_IN_MEMORY > there.id
    assert message.id > FIRST_IN_MEMORY
    assert [h.message_id for h in memory.search("nobody")] == [message.id]
    assert store.search("nobody") == []
    memory.close()
    assert not any(b"nobody reads this" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
