"""Folders: read, changed, locked, huge, looped, unplugged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from thimble.conversations import documents
from thimble.errors import Code, ThimbleError
from thimble.retrieval import FolderState, Index, folder_source, update_folder


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    made = Index(tmp_path / "index.sqlite3")
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "notes"
    (made / "deep" / "er").mkdir(parents=True)
    (made / "a.md").write_text("Alpha is the first letter.")
    (made / "deep" / "er" / "b.py").write_text("def beta(): pass")
    return made


def _found(index: Index, folder: Path, words: str) -> list[str]:
    return [hit.key for hit in index.search([folder_source(folder)], words, 10)]


def test_files_in_all_depths_are_indexed_with_progress(index: Index, folder: Path) -> None:
    told: list[tuple[int, int]] = []
    state = update_folder(index, folder, lambda done, total: told.append((done, total)))
    assert state == FolderState(files=2)
    assert told == [(0, 2), (1, 2), (2, 2)]
    assert _found(index, folder, "beta") == ["deep/er/b.py"]


def test_what_changed_is_read_again_and_nothing_else(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_folder(index, folder)
    (folder / "a.md").write_text("Omega is the last letter, not the first.")
    (folder / "new.txt").write_text("gamma rays")
    (folder / "deep" / "er" / "b.py").unlink()
    told: list[tuple[int, int]] = []
    assert update_folder(index, folder, lambda done, total: told.append((done, total))) == FolderState(files=2)
    assert told[-1] == (2, 2)
    assert (_found(index, folder, "alpha"), _found(index, folder, "beta")) == ([], [])
    assert (_found(index, folder, "omega"), _found(index, folder, "gamma")) == (["a.md"], ["new.txt"])
    told.clear()
    update_folder(index, folder, lambda done, total: told.append((done, total)))
    assert told == [(0, 0)]


def test_the_same_length_at_another_time_counts_as_changed(index: Index, folder: Path) -> None:
    update_folder(index, folder)
    (folder / "a.md").write_text("Delta is the first letter.")
    os.utime(folder / "a.md", ns=(5, 5))
    update_folder(index, folder)
    assert _found(index, folder, "delta") == ["a.md"]


def test_files_without_text_are_passed_over_and_broken_ones_are_named(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    (folder / "program").write_bytes(b"\x7fELF\0\0")
    (folder / "empty.txt").write_bytes(b"")
    (folder / "broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (folder / "cut.pdf").write_bytes(b"%PDF-")
    (folder / "huge.txt").write_text("word " * 100)
    monkeypatch.setattr(documents, "MOST_BYTES", 300)
    state = update_folder(index, folder)
    assert (state.files, state.unreadable) == (5, 3)
    assert [name for name, _ in index.problems(folder_source(folder))] == ["broken.pdf", "cut.pdf", "huge.txt"]
    assert "larger" in index.problems(folder_source(folder))[2][1]


def test_a_docx_file_is_read(index: Index, folder: Path) -> None:
    docx = pytest.importorskip("docx")  # missing in an environment that is older than this
    document = docx.Document()
    document.add_heading("Prices", 1)
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Zeppelin", "12 euros"
    document.save(str(folder / "list.docx"))
    update_folder(index, folder)
    (hit,) = index.search([folder_source(folder)], "zeppelin", 5)
    assert hit.text == "# Prices\n\n| Zeppelin | 12 euros |"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_locked_file_and_a_locked_folder_are_named(index: Index, folder: Path) -> None:
    update_folder(index, folder)
    (folder / "a.md").chmod(0)
    (folder / "deep").chmod(0)
    os.utime(folder / "a.md", ns=(5, 5))
    update_folder(index, folder)
    (folder / "deep").chmod(0o700)
    assert [name for name, _ in index.problems(folder_source(folder))] == ["a.md", "deep"]
    assert _found(index, folder, "beta") == ["deep/er/b.py"]  # what was read before is kept


def test_a_folder_that_cannot_be_looked_into_is_named_and_kept(
    index: Index, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    update_folder(index, folder)
    scan = os.scandir

    def refuse(place: Path) -> object:
        if place.name == "deep":
            raise PermissionError(13, "Permission denied")
        return scan(place)

    monkeypatch.setattr(os, "scandir", refuse)
    state = update_folder(index, folder)
    assert (state.files, state.unreadable) == (2, 1)
    assert _found(index, folder, "beta") == ["deep/er/b.py"]
    monkeypatch.setattr(os, "scandir", scan)
    assert update_folder(index, folder) == FolderState(files=2)


def test_links_to_folders_are_not_followed_and_hidden_files_are_left_out(index: Index, folder: Path) -> None:
    (folder / "loop").symlink_to(folder)
    (folder / "up").symlink_to(folder.parent)
    (folder / "dead").symlink_to(folder / "nowhere")
    (folder / "link.md").symlink_to(folder / "a.md")
    (folder / ".git").mkdir()
    (folder / ".git" / "config").write_text("secret")
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "x.js").write_text("secret")
    os.mkfifo(folder / "pipe")
    assert update_folder(index, folder) == FolderState(files=3)
    assert _found(index, folder, "secret") == []


def test_a_folder_that_is_gone_keeps_its_passages_until_it_is_back(index: Index, folder: Path) -> None:
    update_folder(index, folder)
    folder.rename(folder.with_name("unplugged"))
    assert update_folder(index, folder) == FolderState(files=2, missing=True)
    assert _found(index, folder, "alpha") == ["a.md"]


def test_ten_thousand_files_and_a_stop_in_the_middle(index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    for group in range(100):
        (folder / f"{group:02}").mkdir(parents=True)
        for number in range(100):
            (folder / f"{group:02}" / f"{number:02}.txt").write_text(f"item{group}x{number}")
    asked = iter(range(10**9))
    state = update_folder(index, folder, stopped=lambda: next(asked) > 10_100 + 5_000)
    assert state.unread is not None
    assert state.files + state.unread == 10_000
    assert 0 < state.unread < 10_000
    assert update_folder(index, folder) == FolderState(files=10_000)
    assert _found(index, folder, "item42x17") == ["42/17.txt"]


def test_a_stop_before_the_files_are_known_says_so(index: Index, folder: Path) -> None:
    assert update_folder(index, folder, stopped=lambda: True) == FolderState(unread=None)


def test_a_full_disk_ends_the_update_with_its_sentence(index: Index, folder: Path) -> None:
    update_folder(index, folder)
    (folder / "long.txt").write_text("many words " * 20_000)
    index._connection.execute(f"PRAGMA max_page_count = {index._connection.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(ThimbleError) as raised:
        update_folder(index, folder)
    assert raised.value.problem.code == Code.DISK_FULL
    assert _found(index, folder, "alpha") == ["a.md"]
