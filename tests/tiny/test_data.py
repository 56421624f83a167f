"""The guide's training data: its form, and that no question leads to two answers."""

from __future__ import annotations

import json
import random
import re
from collections import defaultdict

import pytest

from assets.tiny.recipe.data import build, phrasing, sources, tales
from thimble.settings_table import SETTINGS
from thimble.ui.shortcuts import SHORTCUTS

MOST_ANSWER_WORDS = 48
MOST_STORY_WORDS = 130
FEWEST_QUESTIONS = 9


@pytest.fixture(scope="module")
def handbook() -> list[sources.Intent]:
    return sources.handbook()


@pytest.fixture(scope="module")
def every(handbook: list[sources.Intent]) -> list[sources.Intent]:
    """All intents that have one answer."""
    more = [sources.intents(sources.FOLDER / name) for name in ("smalltalk.txt", "explain.txt")]
    return [*handbook, *more[0], *more[1]]


@pytest.fixture(scope="module")
def rows() -> dict[str, list[build.Row]]:
    return dict(build.everything())


def test_each_intent_has_an_answer_and_enough_questions(every: list[sources.Intent]) -> None:
    few = [each.id for each in every if not each.answer or len(each.questions + each.doings + each.things) < 3]
    assert few == []


def test_intents_of_the_handbook_are_asked_in_many_ways(handbook: list[sources.Intent]) -> None:
    counts = {each.id: len(each.questions) + len(each.doings) + len(each.things) for each in handbook}
    assert [name for name, count in counts.items() if count < FEWEST_QUESTIONS] == []


def test_topics_and_intents_are_the_same(handbook: list[sources.Intent]) -> None:
    assert sorted(sources.topics()) == sorted(each.id for each in handbook)


def test_names_occur_once(every: list[sources.Intent]) -> None:
    names = [each.id for each in every]
    assert len(set(names)) == len(names)


def test_no_written_question_belongs_to_two_intents(every: list[sources.Intent]) -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for each in every:
        for question in each.questions + each.things + each.doings:
            owners[phrasing.plain(question)].add(each.id)
    assert {question: names for question, names in owners.items() if len(names) > 1} == {}


def test_answers_are_short_and_end_as_sentences(every: list[sources.Intent]) -> None:
    wrong = [each.id for each in every if len(each.answer.split()) > MOST_ANSWER_WORDS or each.answer[-1] not in ".!?"]
    assert wrong == []


def test_the_handbook_names_only_settings_that_there_are(handbook: list[sources.Intent]) -> None:
    """ "... in Settings under Engine": the heading must be one, and so must what is set."""
    headings = {setting.section for setting in SETTINGS}
    named = {found for each in handbook for found in re.findall(r"in Settings,? under (\w+(?: and \w+)?)", each.answer)}
    assert named <= headings
    titles = {setting.title for setting in SETTINGS}
    written = re.compile(r"(?:Set|Turn on|Raise|Change) ((?:[A-Z][\w-]+)(?: [a-z]+)*?) (?:to|in|on|and|or) ")
    told = {found for each in handbook if "Settings" in each.answer for found in written.findall(each.answer)}
    assert told
    assert {title for title in told if title not in titles} == set()


def test_the_handbook_names_only_shortcuts_that_there_are(handbook: list[sources.Intent]) -> None:
    known = {shortcut.keys.replace("Return", "Enter") for shortcut in SHORTCUTS} | {"Ctrl+Z"}
    told = {found for each in handbook for found in re.findall(r"\b(?:Ctrl|Alt|Shift)(?:\+\w+)+", each.answer)}
    assert told <= known


def test_everything_is_ascii_and_well_formed(rows: dict[str, list[build.Row]]) -> None:
    for part in rows.values():
        for row in part:
            read = json.loads(row.line())
            roles = [message["role"] for message in read["messages"]]
            assert roles == ["user", "assistant"] * (len(roles) // 2), row
            assert all(message["content"].strip() and message["content"].isascii() for message in read["messages"]), row


def test_a_question_has_one_answer_in_all_files(rows: dict[str, list[build.Row]]) -> None:
    answers: dict[str, set[str]] = defaultdict(set)
    for name in ("handbook", "smalltalk", "explain", "unknown"):
        for row in rows[name]:
            answers[phrasing.plain(row.said[0])].add(row.id)
    assert {question: names for question, names in answers.items() if len(names) > 1} == {}


def test_kinds_are_known(rows: dict[str, list[build.Row]]) -> None:
    kinds = {row.kind for part in rows.values() for row in part}
    assert kinds == {"handbook", "smalltalk", "explain", "unknown", "story", "chat"}


def test_the_same_bytes_come_out_each_time() -> None:
    dice = [random.Random(3), random.Random(3)]
    some = sources.handbook()[:20]
    first, second = (build.asked("handbook", some, 30, each) for each in dice)
    assert first == second


def test_stories_keep_to_their_length_and_differ() -> None:
    told = tales.tales(300, 7)
    assert len({tale.text for tale in told}) == 300
    lengths = [len(tale.text.split()) for tale in told]
    assert min(lengths) >= 40
    assert max(lengths) <= MOST_STORY_WORDS
    assert not any("{" in tale.text + tale.prompt for tale in told)


def test_a_story_is_about_what_was_asked_for() -> None:
    for tale in tales.tales(200, 8):
        about = re.search(r"about (?:a|an) ([a-z]+)", tale.prompt)
        assert about is None or about.group(1) in tale.text.lower(), tale
