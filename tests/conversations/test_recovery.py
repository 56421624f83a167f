"""After a crash: half-written answers, old deletions, copies before a migration, damaged files."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from thimble.conversations import MessageState, Role, Store, migrations
from thimble.conversations import store as store_module
from thimble.conversations.rescue import rescue
from thimble.conversations.tool_steps import StepState, ToolStep
from thimble.errors import Code, ThimbleError

_KILLED_WRITER = """
import os, sys
from pathlib import Path
from thimble.conversations import MessageState, Store
store = Store(Path(sys.argv[1]))
conversation = store.create_conversation("killed")
message = store.add_message(conversation.id, "assistant", "", parent_id=None, state=MessageState.WRITING)
store.update_message(message.id, text="The capital of")
os.kill(os.getpid(), 9)
"""


def test_an_answer_of_a_killed_process_is_stopped_and_keeps_its_text(database: Path, store: Store) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(migrations.__file__).parents[2])}
    killed = subprocess.run([sys.executable, "-c", _KILLED_WRITER, str(database)], check=False, env=environment)
    assert killed.returncode == -9
    assert store.recover() == 1
    (message,) = store.path(store.conversations()[0].id)
    assert (message.state, message.text) == (MessageState.STOPPED, "The capital of")


def test_an_answer_that_another_window_is_writing_is_left_alone(database: Path, store: Store) -> None:
    conversation = store.create_conversation()
    answer = store.add_message(conversation.id, Role.ASSISTANT, "so far", parent_id=None, state=MessageState.WRITING)
    other = Store(database)
    assert other.recover() == 0
    assert other.message(answer.id).state == MessageState.WRITING
    other.close()


def test_an_answer_left_by_a_closed_store_is_stopped(database: Path) -> None:
    first = Store(database)
    conversation = first.create_conversation()
    first.add_message(conversation.id, Role.ASSISTANT, "so far", parent_id=None, state=MessageState.WRITING)
    first.close()
    second = Store(database)
    assert second.recover() == 1
    assert [hit.snippet for hit in second.search("far")] == ["so far"]
    second.close()


def test_a_conversation_deleted_long_ago_is_purged_with_all_its_messages(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, kept = store.create_conversation(), store.create_conversation()
    parent = None
    for number in range(1200):  # deeper than SQLite lets one deletion trigger the next
        parent = store.add_message(old.id, Role.USER, f"river {number}", parent_id=parent).id
    store.delete(old.id)
    store.delete(kept.id)
    store.restore(kept.id)
    monkeypatch.setattr(store_module, "KEEP_DELETED_S", -1.0)
    store.recover()
    store._connection.execute("INSERT INTO message_index (message_index, rank) VALUES ('integrity-check', 1)")
    with pytest.raises(ThimbleError):
        store.conversation(old.id)
    assert store.messages(old.id) == []
    assert [c.id for c in store.conversations()] == [kept.id]


def test_a_conversation_deleted_just_now_stays_restorable(store: Store) -> None:
    conversation = store.create_conversation()
    store.delete(conversation.id)
    store.recover()
    store.restore(conversation.id)
    assert [c.id for c in store.conversations()] == [conversation.id]


def test_a_file_that_is_no_database_is_set_aside_and_a_new_one_begins(database: Path) -> None:
    database.parent.mkdir()
    database.write_bytes(b"this was a database once " * 400)
    store = Store(database)
    (aside,) = database.parent.glob("*.damaged-*")
    assert aside.read_bytes().startswith(b"this was")
    assert aside.name in store.warning
    assert store.conversations() == []
    store.close()


def _break_the_middle(database: Path, share: float) -> None:
    """Overwrites pages around the first third of the file; the first pages hold the list of tables."""
    content = bytearray(database.read_bytes())
    pages = len(content) // 4096
    first, last = int(pages * (0.35 - share / 2)), int(pages * (0.35 + share / 2))
    content[first * 4096 : last * 4096] = b"\xff" * ((last - first) * 4096)
    database.write_bytes(content)


def _fill(database: Path, conversations: int) -> None:
    store = Store(database)
    for number in range(conversations):
        conversation = store.create_conversation(f"talk {number}")
        question = store.add_message(conversation.id, Role.USER, f"river {number} " * 50, parent_id=None)
        store.add_message(conversation.id, Role.ASSISTANT, f"sea {number} " * 50, parent_id=question.id)
    store.close()


def test_what_can_still_be_read_of_a_damaged_database_is_rescued(database: Path) -> None:
    _fill(database, 200)
    _break_the_middle(database, 0.2)
    store = Store(database)
    assert len(list(database.parent.glob("*.damaged-*"))) == 1
    assert f"{len(store.conversations())} conversations were rescued" in store.warning
    whole = [c for c in store.conversations() if c.title.startswith("talk") and len(store.path(c.id)) == 2]
    assert 50 < len(whole) < 200
    for conversation in whole:
        number = conversation.title.removeprefix("talk ")
        starts = [message.text.split()[:2] for message in store.path(conversation.id)]
        assert starts == [["river", number], ["sea", number]]
    store.close()


def test_rescued_messages_are_found_and_can_be_answered(database: Path) -> None:
    _fill(database, 200)
    _break_the_middle(database, 0.2)
    store = Store(database)
    assert store.search("river 199")
    conversation = store.conversations()[0]
    added = store.add_message(conversation.id, Role.USER, "go on", parent_id=conversation.leaf_id)
    assert store.path(conversation.id)[-1] == added
    store.close()


def test_calls_of_tools_are_rescued_and_must_be_allowed_anew(database: Path) -> None:
    _fill(database, 1)
    step = ToolStep("1", "clock", state=StepState.DONE, result="noon")
    old = Store(database)
    old.update_message(2, steps=(step,))
    old.set_tools(1, ["server/clock"], ["server/clock"])
    old.close()
    fresh = Store(database.with_name("fresh.sqlite3"))
    assert rescue(database, fresh._connection) == 1
    assert fresh.path(1)[-1].steps == (step,)
    assert (fresh.conversation(1).tools, fresh.conversation(1).allowed) == (("server/clock",), ())
    fresh.close()


def test_a_message_whose_parent_is_lost_begins_its_path(database: Path) -> None:
    _fill(database, 1)
    damaged = sqlite3.connect(database)
    damaged.execute("DELETE FROM message WHERE id = 1")
    damaged.execute("DELETE FROM conversation")
    damaged.commit()
    fresh = Store(database.with_name("fresh.sqlite3"))
    assert rescue(database, fresh._connection) == 1
    (message,) = fresh.path(1)
    assert (message.id, message.parent_id) == (2, None)
    assert fresh.conversation(1).title.startswith("sea 0 sea 0")
    fresh.close()
    damaged.close()


def test_a_second_damaged_file_does_not_overwrite_the_first(database: Path) -> None:
    database.parent.mkdir()
    for text in (b"first " * 300, b"second " * 300):
        database.write_bytes(text)
        Store(database).close()
        for side in ("-wal", "-shm"):
            database.with_name(database.name + side).unlink(missing_ok=True)
    assert sorted(path.read_bytes()[:5] for path in database.parent.glob("*.damaged-*")) == [b"first", b"secon"]


def test_damage_that_shows_while_open_is_named(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    damage = sqlite3.DatabaseError("database disk image is malformed")
    damage.sqlite_errorcode = sqlite3.SQLITE_CORRUPT

    class Damaged:
        def execute(self, *_: object) -> None:
            raise damage

    monkeypatch.setattr(store, "_connection", Damaged())
    with pytest.raises(ThimbleError) as raised:
        store.conversations()
    assert raised.value.problem.code == Code.DATA_DAMAGED
    monkeypatch.undo()


def test_a_database_of_a_newer_version_is_refused_and_left_alone(database: Path) -> None:
    Store(database).close()
    connection = sqlite3.connect(database)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(ThimbleError, match="newer version") as raised:
        Store(database)
    assert raised.value.problem.code == Code.DATA_TOO_NEW
    connection = sqlite3.connect(database)
    assert migrations.version_of(connection) == 99
    connection.close()


def test_a_fresh_database_is_made_without_a_copy(store: Store, database: Path) -> None:
    assert not list(database.parent.glob("*.before-version-*"))


def _add_column(connection: sqlite3.Connection) -> None:
    connection.execute("ALTER TABLE conversation ADD COLUMN colour TEXT NOT NULL DEFAULT ''")


def test_an_older_database_is_copied_and_then_migrated(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        Store(database).close()
    old = sqlite3.connect(database)
    old.execute("INSERT INTO conversation (title, created, updated) VALUES ('from version one', 1, 2)")
    old.commit()
    old.close()
    new = Store(database)
    (kept,) = new.conversations()
    assert (kept.title, kept.pinned, kept.folder_id, kept.named) == ("from version one", False, None, True)
    new.close()
    copy = sqlite3.connect(database.with_name(database.name + ".before-version-1"))
    assert copy.execute("SELECT title FROM conversation").fetchall() == [("from version one",)]
    assert migrations.version_of(copy) == 1
    copy.close()


@pytest.mark.skipif(os.name != "posix", reason="permissions as POSIX knows them")
def test_the_copy_of_an_older_database_is_nobody_elses(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        Store(database).close()
    Store(database).close()
    copy = database.with_name(database.name + ".before-version-1")
    assert copy.stat().st_mode & 0o077 == 0


def _fail_half_way(connection: sqlite3.Connection) -> None:
    _add_column(connection)
    connection.execute("SELECT nothing FROM nowhere")


def test_a_migration_that_fails_leaves_the_old_version_whole(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Store(database).close()
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, _fail_half_way))
        with pytest.raises(ThimbleError):
            Store(database)
    store = Store(database)
    assert store.warning == ""
    assert store.create_conversation("works").title == "works"
    store.close()
