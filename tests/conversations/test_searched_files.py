"""Files and folders in which passages are looked for, and what was found, as the store keeps them."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from thimble.conversations import AttachedFile, Role, Store, as_json, migrations
from thimble.conversations.importing import ImportedConversation, ImportedMessage, read_conversations
from thimble.conversations.rescue import rescue
from thimble.errors import Code, ThimbleError

FOUND = {"passages": [{"name": "a.pdf", "text": "words", "pages": [3, 3], "tokens": 1}], "notes": []}


def _filled(store: Store) -> tuple[int, int]:
    chat = store.create_conversation("chat")
    question = store.add_message(chat.id, Role.USER, "why?", parent_id=None)
    file = store.attach(chat.id, "a.pdf", "one\ftwo", 2, searched=True)
    store.give_attachments([file.id], chat.id, question.id)
    store.update_message(question.id, passages=FOUND)
    store.set_searched_folders(chat.id, ["/notes", "/code", "/notes"])
    return chat.id, question.id


def test_what_was_found_stays_with_the_question(store: Store) -> None:
    chat, question = _filled(store)
    assert store.message(question).passages == FOUND
    assert store.files_of(chat)[question] == [AttachedFile("a.pdf", "one\ftwo", 2, searched=True)]
    assert store.files_of(chat, searched_too=False)[question][0].text == ""
    assert list(store.searched_texts()) == ["one\ftwo"]
    removed = store.remove_message(question)
    store.put_back(removed)
    assert store.message(question).passages == FOUND
    assert store.attachments(chat)[question][0].searched


def test_a_file_can_be_read_whole_again(store: Store) -> None:
    file = store.attach(None, "a.txt", "text", searched=True)
    store.set_searched(file.id, searched=False)
    assert [waiting.searched for waiting in store.waiting_attachments(None)] == [False]


def test_another_version_of_a_question_keeps_its_files_as_they_are(store: Store) -> None:
    chat, question = _filled(store)
    other = store.add_message(chat, Role.USER, "how?", parent_id=None)
    store.copy_attachments(question, other.id)
    assert store.attachments(chat)[other.id][0].searched
    assert store.message(other.id).passages is None


def test_folders_belong_to_their_conversation(store: Store) -> None:
    chat, _ = _filled(store)
    store.set_searched_folders(None, ["/new"])
    assert store.searched_folders(chat) == ["/notes", "/code"]
    assert store.searched_folders(None) == ["/new"]
    assert store.all_searched_folders() == ["/new", "/code", "/notes"]
    store.delete(chat)
    store.purge(chat)
    assert store.all_searched_folders() == ["/new"]


def test_the_json_form_carries_it_there_and_back(store: Store, tmp_path: Path) -> None:
    chat, _ = _filled(store)
    path = tmp_path / "chat.json"
    path.write_text(as_json(store.conversation(chat), store.messages(chat), store.files_of(chat)))
    (found,) = read_conversations(path)
    again = store.add_imported(found)
    (message,) = store.messages(again.id)
    assert message.passages == FOUND
    assert store.files_of(again.id)[message.id] == [AttachedFile("a.pdf", "one\ftwo", 2, searched=True)]
    assert json.loads(path.read_text())["messages"][0]["attachments"][0]["searched"] is True


def test_a_database_of_version_two_gets_the_new_columns(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.sqlite3"
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:2])
        old = Store(path)
        with old._transaction() as connection:
            connection.execute("INSERT INTO attachment (name, text, created) VALUES ('a.txt', 'kept', 0)")
        old.close()
    store = Store(path)
    (file,) = store.waiting_attachments(None)
    assert (file.name, file.searched) == ("a.txt", False)
    _filled(store)
    store.close()


def test_a_rescue_brings_it_over(tmp_path: Path) -> None:
    old = Store(tmp_path / "old.sqlite3")
    chat, question = _filled(old)
    old.close()
    new = Store(tmp_path / "new.sqlite3")
    assert rescue(tmp_path / "old.sqlite3", new._connection) == 1
    assert new.message(question).passages == FOUND
    assert new.attachments(chat)[question][0].searched
    assert new.searched_folders(chat) == ["/notes", "/code"]
    new.close()


def test_an_import_with_files_waiting_keeps_them(store: Store) -> None:
    waiting = [AttachedFile("a.txt", "text", 0, searched=True)]
    made = store.add_imported(
        ImportedConversation("t", messages=[ImportedMessage("user", "hi", None)]), waiting=waiting
    )
    assert [file.searched for file in store.waiting_attachments(made.id)] == [True]


def test_a_folder_whose_name_is_no_text_is_refused_and_the_others_stay(store: Store) -> None:
    chat, _question = _filled(store)
    before = store.searched_folders(chat)
    with pytest.raises(ThimbleError) as caught:
        store.set_searched_folders(chat, ["/new", os.fsdecode(b"/caf\xe9")])
    assert caught.value.problem.code == Code.BAD_REQUEST
    assert store.searched_folders(chat) == before
