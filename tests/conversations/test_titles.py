"""A title from the first message."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thimble.conversations import title_from


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("What is the capital of France?", "What is the capital of France?"),
        ("\n\n  Hello   there \nsecond line", "Hello there"),
        ("# A *heading* with **bold** and `code`", "A *heading* with bold and code"),
        ("- [a link](somewhere) first", "a link first"),
        ("```python\nprint(1)\n```", "print(1)"),
        ("> > quoted", "quoted"),
        ("1. first point", "first point"),
        ("---\n***\nwords", "words"),
        ("!!! ???", ""),
        ("", ""),
    ],
)
def test_the_first_line_with_words_without_markdown(text: str, title: str) -> None:
    assert title_from(text) == title


def test_a_long_line_is_cut_at_a_word() -> None:
    title = title_from("Explain to me in simple words how a mixture of experts model decides which expert to use")
    assert title == "Explain to me in simple words how a mixture of experts…"


def test_a_long_word_is_cut_anywhere() -> None:
    assert title_from("x" * 100) == "x" * 59 + "…"


@given(st.text(max_size=200))
def test_no_title_is_longer_than_asked_or_has_a_line_break(text: str) -> None:
    title = title_from(text, 20)
    assert len(title) <= 20
    assert len(title.splitlines()) <= 1
