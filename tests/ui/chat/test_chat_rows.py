"""Groups by the calendar, one row for each conversation found, and snippets cut to what was found."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester

from thimble.conversations import Conversation, SearchHit
from thimble.ui.chat.chat_rows import Age, ChatRows, Row, age_of, dated_rows, found_rows, from_first_mark

TODAY = date(2026, 3, 15)


def noon(days_ago: int) -> float:
    return (datetime(2026, 3, 15, 12).astimezone() - timedelta(days=days_ago)).timestamp()


def chat(number: int, days_ago: int = 0, title: str = "A title", draft: str = "") -> Conversation:
    return Conversation(number, title, noon(days_ago), noon(days_ago), draft=draft)


@pytest.mark.parametrize(
    ("days_ago", "age"),
    [
        (-1, Age.TODAY),
        (0, Age.TODAY),
        (1, Age.YESTERDAY),
        (2, Age.WEEK),
        (7, Age.WEEK),
        (8, Age.OLDER),
        (900, Age.OLDER),
    ],
)
def test_the_group_follows_the_calendar(days_ago: int, age: Age) -> None:
    assert age_of(noon(days_ago), TODAY) == age


def test_one_minute_before_midnight_is_yesterday() -> None:
    late = datetime(2026, 3, 14, 23, 59).astimezone().timestamp()
    assert age_of(late, TODAY) == Age.YESTERDAY


def test_each_group_has_one_heading_and_empty_groups_none() -> None:
    rows = dated_rows([chat(3), chat(2), chat(1, 30)], TODAY, lambda age: age.name, "untitled")
    assert [row.text if row.is_section else row.conversation_id for row in rows] == ["TODAY", 3, 2, "OLDER", 1]


def test_a_chat_without_a_title_is_called_something() -> None:
    assert dated_rows([chat(1, title="")], TODAY, lambda age: age.name, "untitled")[1].text == "untitled"


def test_a_draft_of_blanks_is_no_draft() -> None:
    rows = dated_rows([chat(2, draft="so"), chat(1, draft=" \n")], TODAY, lambda age: age.name, "untitled")
    assert [row.has_draft for row in rows[1:]] == [True, False]


def hit(conversation: int, message: int | None, snippet: str, marks: tuple[tuple[int, int], ...]) -> SearchHit:
    return SearchHit(conversation, f"Chat {conversation}", message, "user" if message else "", snippet, marks, 0.0)


def test_a_chat_found_by_title_and_by_message_is_one_row_with_both() -> None:
    rows = found_rows([hit(1, None, "Chat 1", ((0, 4),)), hit(1, 9, "a chat here", ((2, 6),))], "untitled")
    assert rows == [Row("Chat 1", 1, 9, ((0, 4),), "a chat here", ((2, 6),))]


def test_only_the_first_message_found_in_a_chat_is_told() -> None:
    rows = found_rows([hit(1, 9, "newer", ()), hit(1, 5, "older", ()), hit(2, 3, "other", ())], "untitled")
    assert [(row.conversation_id, row.message_id) for row in rows] == [(1, 9), (2, 3)]


def test_a_snippet_is_cut_at_a_word_so_that_what_was_found_is_seen() -> None:
    text, marks = from_first_mark("one two three four", ((8, 13),), lambda head: len(head) <= 10)
    assert text == "…two three four"
    assert [text[start:end] for start, end in marks] == ["three"]


def test_a_snippet_whose_find_fits_stays_whole() -> None:
    assert from_first_mark("one two", ((0, 3),), lambda head: len(head) <= 10) == ("one two", ((0, 3),))


def test_something_found_that_is_wider_than_the_row_begins_it() -> None:
    text, marks = from_first_mark("so Donaudampfschiff", ((3, 19),), lambda head: len(head) <= 5)
    assert (text, marks) == ("…Donaudampfschiff", ((1, 17),))


@pytest.fixture
def rows() -> ChatRows:
    model = ChatRows()
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    model.set_rows([Row("Today"), Row("First", 1), Row("Second", 2)])
    return model


def test_the_model_keeps_to_the_rules_of_models(rows: ChatRows) -> None:
    rows.set_rows([Row("Today"), Row("First again", 1), Row("Second", 2)])
    rows.set_rows([])
    rows.set_rows([Row("Older"), Row("Third", 3)])
    assert rows.rowCount() == 2


def test_a_heading_can_be_neither_chosen_nor_edited(rows: ChatRows) -> None:
    flags = rows.flags(rows.index(0, 0))
    assert not flags & (Qt.ItemFlag.ItemIsSelectable | Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsEditable)


def test_another_title_does_not_reset_the_view(rows: ChatRows) -> None:
    resets: list[bool] = []
    changes: list[int] = []
    rows.modelReset.connect(lambda: resets.append(True))
    rows.dataChanged.connect(lambda first, _last, _roles: changes.append(first.row()))
    rows.set_rows([Row("Today"), Row("First", 1), Row("Renamed", 2)])
    assert (resets, changes) == ([], [2])


def test_a_new_title_is_told_without_its_outer_blanks(rows: ChatRows) -> None:
    told: list[tuple[int, str]] = []
    rows.renamed.connect(lambda conversation, title: told.append((conversation, title)))
    assert rows.setData(rows.index(1, 0), "  A  better\ttitle ")
    assert told == [(1, "A better title")]


@pytest.mark.parametrize("title", ["", "   "])
def test_an_empty_title_is_refused(rows: ChatRows, title: str) -> None:
    assert not rows.setData(rows.index(1, 0), title)


def test_a_screen_reader_hears_the_snippet(rows: ChatRows) -> None:
    rows.set_rows([Row("First", 1, 7, (), "some words")])
    assert rows.data(rows.index(0, 0), Qt.ItemDataRole.AccessibleTextRole) == "First, some words"
