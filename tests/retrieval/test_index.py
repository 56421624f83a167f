"""The index on the disk: filled, asked, damaged, full."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from thimble.errors import Code, ThimbleError
from thimble.retrieval.index import Entry, Index, text_source
from thimble.retrieval.looking import Places, Question, look


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "index.sqlite3"


@pytest.fixture
def index(path: Path) -> Iterator[Index]:
    made = Index(path)
    yield made
    made.close()


def _names(index: Index, sources: list[str], text: str) -> list[str]:
    return [hit.name for hit in index.search(sources, text, 10)]


def test_a_text_is_indexed_once_and_found(index: Index) -> None:
    source = index.ensure_text("lease.txt", "The notice period is three months.")
    assert index.ensure_text("copy.txt", "The notice period is three months.") == source
    (hit,) = index.search([source], "How long is the notice period?", 10)
    assert (hit.name, hit.text, hit.start) == ("lease.txt", "The notice period is three months.", 0)


def test_only_the_sources_asked_for_are_searched(index: Index) -> None:
    one, other = index.ensure_text("a", "apples are red"), index.ensure_text("b", "apples are green")
    assert _names(index, [other], "apples") == ["b"]
    assert _names(index, [], "apples") == []
    index.keep_only([one])
    assert index.sources() == [one]


def test_a_file_read_again_replaces_what_was_known(index: Index) -> None:
    index.put("folder:/x", {"a.txt": Entry("a.txt", "old words", 1, 9)})
    index.put("folder:/x", {"a.txt": Entry("a.txt", "new words", 2, 9), "b.txt": Entry("b.txt", problem="locked")})
    assert _names(index, ["folder:/x"], "old") == []
    assert _names(index, ["folder:/x"], "new") == ["a.txt"]
    assert index.known("folder:/x") == {"a.txt": (2, 9), "b.txt": (0, 0)}
    assert index.problems("folder:/x") == [("b.txt", "locked")]
    assert index.counts("folder:/x") == (1, 1)
    index.remove("folder:/x", ["a.txt"])
    assert _names(index, ["folder:/x"], "new") == []


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("Die Kündigungsfrist beträgt drei Monate.", "Welche Kündigungsfristen gelten?"),
        ("def readDocument(path): ...", "where is the document read"),
        ("MAX_RETRY_COUNT = 3", "retry count"),
        ("東京の天気は晴れです。", "天気"),
        ("The café's menu", "CAFE"),
        ("He runs every day", "running"),
    ],
)
def test_words_are_found_in_other_forms(index: Index, text: str, question: str) -> None:
    source = index.ensure_text("a", text)
    assert _names(index, [source], question) == ["a"]


def test_a_file_is_found_by_its_name(index: Index) -> None:
    source = index.ensure_text("tax-return-2024.txt", "Line 12: 4,300")
    assert _names(index, [source], "what is in my tax return") == ["tax-return-2024.txt"]


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=60))
def test_no_question_breaks_the_query(question: str) -> None:
    index = Index(None)
    source = index.ensure_text("a", "some words here")
    index.search([source], question, 5)
    index.close()


def test_it_is_there_after_a_restart(path: Path) -> None:
    first = Index(path)
    source = first.ensure_text("a", "persistent words")
    first.close()
    second = Index(path)
    assert _names(second, [source], "persistent") == ["a"]
    second.close()


def test_a_damaged_file_is_made_anew_when_it_is_opened(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"this is no database, and never was one" * 200)
    index = Index(path)
    assert _names(index, [index.ensure_text("a", "words again")], "again") == ["a"]
    index.close()


def test_damage_found_while_searching_is_mended_and_the_search_done(path: Path) -> None:
    text = "\n\n".join(f"Paragraph {n} about subject{n}. " + "filler " * 100 for n in range(200))
    index = Index(path)
    index.ensure_text("a", text)
    index.close()
    size = path.stat().st_size
    with path.open("r+b") as file:  # all but the first pages, so that opening it goes well
        file.seek(12288)
        file.write(b"\xaa" * (size - 12288))
    index = Index(path)
    found = look(index, index, Places([("a", text)]), Question("subject77"), room=5000, most=3, count=len)
    assert any("subject77" in passage.text for passage in found.passages)
    index.close()


def test_an_index_of_another_version_is_made_anew(path: Path) -> None:
    index = Index(path)
    source = index.ensure_text("a", "words")
    index.close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    index = Index(path)
    assert index.known(source) == {}
    index.close()


def test_a_full_disk_is_said_and_what_was_stored_stays(index: Index) -> None:
    source = index.ensure_text("a", "first words")
    index._connection.execute(f"PRAGMA max_page_count = {index._connection.execute('PRAGMA page_count').fetchone()[0]}")
    with pytest.raises(ThimbleError) as raised:
        index.ensure_text("b", "many words " * 20_000)
    assert raised.value.problem.code == Code.DISK_FULL
    assert index.sources() == [source]
    assert _names(index, [source], "first") == ["a"]


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"
    blocked.write_text("a file where the folder should be")
    with pytest.raises(ThimbleError) as raised:
        Index(blocked / "index.sqlite3")
    assert raised.value.problem.code == Code.FILE_NOT_WRITABLE


def test_two_programs_share_one_file(path: Path, index: Index) -> None:
    other = Index(path)
    source = other.ensure_text("a", "shared words")
    assert _names(index, [source], "shared") == ["a"]
    other.close()


def test_the_same_text_has_the_same_source() -> None:
    assert text_source("a") == text_source("a") != text_source("b")
