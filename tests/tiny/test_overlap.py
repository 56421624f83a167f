"""The baseline that counts words."""

from __future__ import annotations

from assets.tiny.recipe.overlap import WordOverlap, jaccard_id

KNOWN = [
    ("How do I delete a model?", "delete"),
    ("How do I change the memory limit?", "limit"),
    ("What is an expert?", "expert"),
]


def test_the_rarer_word_decides() -> None:
    assert WordOverlap(KNOWN).id_of("how do i see an expert") == "expert"


def test_a_known_question_is_its_own_neighbour() -> None:
    assert [WordOverlap(KNOWN).id_of(question) for question, _ in KNOWN] == ["delete", "limit", "expert"]


def test_without_a_known_word_there_is_no_neighbour() -> None:
    assert WordOverlap(KNOWN).id_of("zebra crossing") is None


def test_jaccard_counts_common_words_only() -> None:
    assert jaccard_id("memory limit", KNOWN) == "limit"
