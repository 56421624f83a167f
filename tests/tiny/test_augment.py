"""Questions as people type them."""

from __future__ import annotations

import numpy as np

from assets.tiny.recipe.augment import Augmenter
from assets.tiny.recipe.overlap import words

QUESTION = "How do I change the memory limit?"


def many(question: str, count: int = 400) -> list[str]:
    random = np.random.default_rng(3)
    return [Augmenter().question(question, random) for _ in range(count)]


def test_the_same_numbers_give_the_same_question() -> None:
    assert many(QUESTION, 20) == many(QUESTION, 20)


def test_a_question_is_asked_in_many_ways() -> None:
    assert len(set(many(QUESTION))) > 120


def test_some_of_them_are_the_question_itself() -> None:
    assert 0.2 < many(QUESTION).count(QUESTION) / 400 < 0.6


def test_most_still_say_what_they_are_about() -> None:
    about = [{"limit", "cap", "maximum"} & set(words(each)) for each in many(QUESTION)]
    assert sum(map(bool, about)) / len(about) > 0.8


def test_nothing_is_ever_empty() -> None:
    assert all(each.strip() for question in ("a?", "x", "Why?", "is it") for each in many(question, 100))


def test_a_text_to_work_on_stays_as_it_is() -> None:
    text = "Please summarise this. " + "It is a long text about thimbles and needles. " * 5
    assert set(many(text, 50)) == {text}
