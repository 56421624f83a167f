"""A Markdown copy of every chat, in step with the chats."""

from __future__ import annotations

from pathlib import Path

import pytest

from thimble.conversations import MessageState, Role, Store
from thimble.conversations.copies import LIST_FILE, write_copies
from thimble.conversations.export import ENGLISH_NAMES, save_text
from thimble.errors import Code, ThimbleError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "copies"
    made.mkdir()
    return made


def _copy(store: Store, folder: Path) -> int:
    return write_copies(store, folder, ENGLISH_NAMES, "New chat")


def _chat(store: Store, title: str, text: str = "Hi") -> int:
    chat = store.create_conversation(title)
    store.add_message(chat.id, Role.USER, text, parent_id=None)
    return chat.id


def _files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".json")


def test_every_chat_has_a_copy_and_nothing_is_written_twice(store: Store, folder: Path) -> None:
    for title in ("Cats", "Cats", "a/b: c?"):
        _chat(store, title)
    assert _copy(store, folder) == 3
    assert _files(folder) == ["Cats 2.md", "Cats.md", "a b c.md"]
    assert (folder / "Cats.md").read_text() == "# Cats\n\n## You\n\nHi\n"
    assert _copy(store, folder) == 0


def test_a_change_is_written_a_new_title_moves_the_file_and_a_deleted_chat_loses_it(store: Store, folder: Path) -> None:
    chat, other = _chat(store, "Cats"), _chat(store, "Dogs")
    _copy(store, folder)
    store.add_message(chat, Role.ASSISTANT, "Meow", parent_id=store.path(chat)[-1].id, model="tiny")
    assert _copy(store, folder) == 1
    assert (folder / "Cats.md").read_text().endswith("## Answer (tiny)\n\nMeow\n")
    store.rename(chat, "Tigers")
    store.delete(other)
    _copy(store, folder)
    assert _files(folder) == ["Tigers.md"]
    store.restore(other)
    _copy(store, folder)
    assert _files(folder) == ["Dogs.md", "Tigers.md"]


def test_an_answer_that_is_being_written_waits_and_a_continued_one_is_copied_again(store: Store, folder: Path) -> None:
    chat = _chat(store, "Cats")
    answer = store.add_message(
        chat, Role.ASSISTANT, "Me", parent_id=store.path(chat)[-1].id, state=MessageState.WRITING
    )
    assert _copy(store, folder) == 0
    store.update_message(answer.id, state=MessageState.STOPPED)
    assert _copy(store, folder) == 1
    store.update_message(answer.id, text="Meow", state=MessageState.DONE)
    assert _copy(store, folder) == 1
    assert "Meow" in (folder / "Cats.md").read_text()


def test_files_of_others_are_neither_replaced_nor_removed(store: Store, folder: Path) -> None:
    (folder / "cats.md").write_text("mine")
    chat = _chat(store, "Cats")
    _copy(store, folder)
    store.delete(chat)
    _copy(store, folder)
    assert _files(folder) == ["cats.md"]
    assert (folder / "cats.md").read_text() == "mine"


@pytest.mark.parametrize("damage", ["", "{", '{"version": 1, "chats": {"x": 1}}', '{"version": 9, "chats": {}}'])
def test_without_its_list_copies_are_recognised_by_what_they_say(store: Store, folder: Path, damage: str) -> None:
    _chat(store, "Cats")
    _copy(store, folder)
    (folder / LIST_FILE.format(store.identity)).write_text(damage)
    assert _copy(store, folder) == 0
    assert _files(folder) == ["Cats.md"]


def test_a_list_cannot_name_files_outside_the_folder(store: Store, folder: Path) -> None:
    outside = folder.parent / "outside.md"
    outside.write_text("mine")
    (folder / LIST_FILE.format(store.identity)).write_text(
        '{"version": 1, "chats": {"99": {"file": "../outside.md", "title": "", "state": []}}}'
    )
    _copy(store, folder)
    assert outside.exists()


@pytest.mark.parametrize("chats", [0, 2])
def test_copies_outlive_the_chats_that_were_lost(store: Store, folder: Path, tmp_path: Path, chats: int) -> None:
    _chat(store, "Cats")
    _chat(store, "Dogs")
    _copy(store, folder)
    new = Store(tmp_path / "new" / "conversations.db")  # another computer's, or what begins after a loss
    for number in range(chats):
        _chat(new, f"Other {number}")
    _copy(new, folder)
    assert {"Cats.md", "Dogs.md"} <= set(_files(folder))
    assert (folder / "Cats.md").read_text() == "# Cats\n\n## You\n\nHi\n"
    assert len(_files(folder)) == 2 + chats
    assert _copy(store, folder) == 0
    new.close()


def test_a_copy_that_somebody_removed_comes_back(store: Store, folder: Path) -> None:
    _chat(store, "Cats")
    _copy(store, folder)
    (folder / "Cats.md").unlink()
    assert _copy(store, folder) == 1


def test_a_folder_that_is_gone_is_said_and_not_made(store: Store, folder: Path) -> None:
    folder.rmdir()
    with pytest.raises(ThimbleError, match="not there") as raised:
        _copy(store, folder)
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE
    assert not folder.exists()


def test_a_full_disk_leaves_what_was_written_whole(store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from thimble.conversations import copies

    _chat(store, "Cats")
    _chat(store, "Dogs")
    save = save_text

    def full(path: Path, text: str) -> None:
        if path.name == "Dogs.md":
            raise ThimbleError(Code.DISK_FULL, "The disk is full.")
        save(path, text)

    monkeypatch.setattr(copies, "save_text", full)
    with pytest.raises(ThimbleError, match="full"):
        _copy(store, folder)
    assert "Hi" in (folder / "Cats.md").read_text()
    monkeypatch.setattr(copies, "save_text", save)
    assert _copy(store, folder) == 1
