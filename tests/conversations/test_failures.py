"""A full disk, a folder that cannot be written, a busy file: one sentence each, and nothing lost."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from thimble.conversations import MessageState, Role, Store, opening
from thimble.errors import Code, ThimbleError

_BIG = "a long answer " * 4000


def _fill_the_disk(store: Store) -> None:
    """SQLite refuses to grow its file from here on, exactly as on a full disk."""
    connection = store._connection
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")


def _free_the_disk(store: Store) -> None:
    store._connection.execute("PRAGMA max_page_count = 1000000")


def test_a_full_disk_refuses_the_message_and_keeps_the_conversation(store: Store) -> None:
    conversation = store.create_conversation("kept")
    question = store.add_message(conversation.id, Role.USER, "question", parent_id=None)
    _fill_the_disk(store)
    with pytest.raises(ThimbleError) as raised:
        store.add_message(conversation.id, Role.ASSISTANT, _BIG, parent_id=question.id)
    assert raised.value.problem.code == Code.DISK_FULL
    assert raised.value.problem.sentence.count(".") == 1
    assert store.path(conversation.id) == [question]


def test_a_full_disk_while_an_answer_streams_keeps_what_was_stored(store: Store) -> None:
    conversation = store.create_conversation()
    answer = store.add_message(conversation.id, Role.ASSISTANT, "so far", parent_id=None, state=MessageState.WRITING)
    _fill_the_disk(store)
    with pytest.raises(ThimbleError):
        store.update_message(answer.id, text=_BIG)
    assert store.message(answer.id) == answer


def test_storing_works_again_once_there_is_room(store: Store) -> None:
    conversation = store.create_conversation()
    _fill_the_disk(store)
    with pytest.raises(ThimbleError):
        store.add_message(conversation.id, Role.USER, _BIG, parent_id=None)
    _free_the_disk(store)
    assert store.add_message(conversation.id, Role.USER, _BIG, parent_id=None).text == _BIG


def test_a_file_that_may_only_be_read_refuses_writes_and_still_reads(store: Store) -> None:
    conversation = store.create_conversation("readable")
    store._connection.execute("PRAGMA query_only = ON")
    with pytest.raises(ThimbleError) as raised:
        store.rename(conversation.id, "x")
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE
    assert store.conversation(conversation.id).title == "readable"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ThimbleError) as raised:
        Store(tmp_path / "file" / "conversations.sqlite3")
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE


def test_a_folder_in_the_files_place_is_not_a_damaged_database(tmp_path: Path) -> None:
    (tmp_path / "conversations.sqlite3").mkdir()
    with pytest.raises(ThimbleError) as raised:
        Store(tmp_path / "conversations.sqlite3")
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE
    assert not list(tmp_path.glob("*.damaged-*"))


def test_a_file_kept_busy_by_another_program_is_named(
    database: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "BUSY_TIMEOUT_MS", 1)
    other = Store(database)
    blocker = sqlite3.connect(database, isolation_level=None)
    blocker.execute("BEGIN IMMEDIATE")
    with pytest.raises(ThimbleError, match="busy"):
        other.create_conversation()
    blocker.execute("ROLLBACK")
    blocker.close()
    assert other.create_conversation("now").title == "now"
    other.close()


def test_a_failed_read_names_the_file_in_the_detail(store: Store, database: Path) -> None:
    store._connection.execute("DROP TABLE message_index")
    with pytest.raises(ThimbleError) as raised:
        store.search("x")
    assert str(database) in raised.value.problem.detail
