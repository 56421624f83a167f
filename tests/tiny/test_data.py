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
MOST_STORY_WORDS = 110
FEWEST_QUESTIONS = 9
FEWEST_WAYS = 40
FEWEST_OF_A_KIND = 45


@pytest.fixture(scope="module")
def handbook() -> list[sources.Intent]:
    return sources.handbook()


@pytest.fixture(scope="module")
def every(handbook: list[sources.Intent]) -> list[sources.Intent]:
    """All intents that have one answer."""
    more = [sources.intents(sources.FOLDER / name) for name in ("smalltalk.txt", "explain.txt", "refusals.txt")]
    return [*handbook, *(intent for part in more for intent in part)]


@pytest.fixture(scope="module")
def rows() -> dict[str, list[build.Row]]:
    return dict(build.everything())


def test_each_intent_has_an_answer_and_enough_questions(every: list[sources.Intent]) -> None:
    few = [each.id for each in every if not each.answer or len(each.questions + each.doings + each.things) < 3]
    assert few == []


def test_intents_of_the_handbook_are_asked_in_many_ways(handbook: list[sources.Intent]) -> None:
    counts = {each.id: len(each.questions) + len(each.doings) + len(each.things) for each in handbook}
    assert [name for name, count in counts.items() if count < FEWEST_QUESTIONS] == []


def test_the_talk_is_asked_for_in_many_ways() -> None:
    for name in ("smalltalk.txt", "explain.txt"):
        ways = {
            each.id: len(each.questions) + len(phrasing.templated(each))
            for each in sources.intents(sources.FOLDER / name)
        }
        assert [name for name, count in ways.items() if count < FEWEST_WAYS] == []


def test_each_kind_of_refusal_has_many_questions_and_an_answer_that_begins_in_its_own_way() -> None:
    """The first words of an answer decide which it is."""
    kinds = [*sources.refusals(), *sources.unknown()]
    assert [each.id for each in kinds if len(each.questions) < FEWEST_OF_A_KIND] == []
    answers = {each.answer for each in kinds}
    assert len({answer[:12] for answer in answers}) == len(answers)


def test_places_for_words_are_filled_with_words_of_their_own() -> None:
    made = phrasing.filled(
        ["{a} and {a}", "is it a {b}", "plain"], {"a": ["x", "y", "z"], "b": ["owl"]}, 2, random.Random(1)
    )
    assert len(made) == 4
    assert made[2:] == ["is it an owl", "plain"]
    assert all(len(set(each.split(" and "))) == 2 for each in made[:2])


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
    for name in ("handbook", "smalltalk", "explain", "refusals", "unknown"):
        for row in rows[name]:
            answers[phrasing.plain(row.said[0])].add(row.id)
    assert {question: names for question, names in answers.items() if len(names) > 1} == {}


def test_no_question_of_the_exam_is_trained_on(rows: dict[str, list[build.Row]]) -> None:
    exam = {phrasing.plain(question) for question in sources.exam()}
    trained = {phrasing.plain(text) for part in rows.values() for row in part for text in row.said[::2]}
    assert len(exam) > 700
    assert exam & trained == set()


def test_kinds_are_known(rows: dict[str, list[build.Row]]) -> None:
    kinds = {row.kind for part in rows.values() for row in part}
    assert kinds == {"handbook", "smalltalk", "explain", "refusal", "unknown", "story", "chat"}


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
    """All that the question names is in the first two sentences."""
    for tale in tales.tales(1000, 8):
        first = " ".join(re.split(r"(?<=[.!?]) ", tale.text)[:2])
        assert all(word.lower() in first.lower() for word in tale.asked), tale
        about = re.search(r"about (?:a|an) ([a-z]+)", tale.prompt)
        assert about is None or about.group(1) in tale.text.lower(), tale


def test_a_name_alone_decides_between_she_and_he() -> None:
    assert set(tales.WORDS["she"]).isdisjoint(tales.WORDS["he"])
    for tale in tales.tales(1000, 9):
        found = {word.lower() for word in re.findall(r"\b(?:she|her|he|him|his)\b", tale.text, re.IGNORECASE)}
        hers, his = found & {"she", "her"}, found & {"he", "him", "his"}
        assert not (hers and his), tale
        name = next(word for word in re.findall(r"named (\w+)|^(\w+) was", tale.text))
        known = name[0] or name[1]
        assert known not in tales.WORDS["she"] or not his, tale
        assert known not in tales.WORDS["he"] or not hers, tale


def test_stories_have_more_words_than_a_small_model_learns_by_heart() -> None:
    assert len({*tales.HEROES, *tales.WORDS["thing"]}) > 300
    assert len(tales.PLOTS) >= 10
    assert {tale.plot for tale in tales.tales(500, 5)} == set(tales.PLOTS)
