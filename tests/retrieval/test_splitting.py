"""Texts cut into passages: nothing lost, places right."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import example, given, settings
from hypothesis import strategies as st

from thimble.retrieval.splitting import LENGTH, OVERLAP, split

_LONGEST = LENGTH * 4 // 3
_TEXTS = st.lists(
    st.one_of(
        st.text(max_size=40),
        st.sampled_from(
            ["\n", "\n\n", "\f", "\f\f", " \n \n", "word " * 60, "x" * 1000, "One. Two! 三。", "- item\n" * 90]
        ),
    ),
    max_size=30,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(_TEXTS)
@example("")
@example("a" * 5000)
@example("Heading\n\n" + "word " * 179)
def test_every_character_that_is_no_space_is_in_a_passage(text: str) -> None:
    covered = bytearray(len(text))
    for piece in split(text):
        assert 0 <= piece.start < piece.end <= len(text)
        covered[piece.start : piece.end] = b"\1" * (piece.end - piece.start)
    assert all(there or character.isspace() for there, character in zip(covered, text, strict=True))


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_passages_are_in_order_short_and_overlap_a_little(text: str) -> None:
    pieces = split(text)
    for piece in pieces:
        assert piece.end - piece.start <= _LONGEST
        assert text[piece.start : piece.end].strip() == text[piece.start : piece.end]
    for one, following in pairwise(pieces):
        assert one.start < following.start
        assert one.end < following.end
        assert one.end - following.start <= OVERLAP


@settings(max_examples=200, deadline=None)
@given(_TEXTS)
def test_pages_are_counted_by_form_feeds(text: str) -> None:
    for piece in split(text):
        if "\f" in text:
            expected = (text.count("\f", 0, piece.start) + 1, text.count("\f", 0, piece.end) + 1)
            assert (piece.first_page, piece.last_page) == expected
        else:
            assert (piece.first_page, piece.last_page) == (0, 0)


def test_a_paragraph_is_not_cut_where_it_need_not_be() -> None:
    paragraphs = [f"Paragraph {number}. " + "word " * 60 for number in range(9)]
    text = "\n\n".join(paragraphs)
    passages = [text[piece.start : piece.end] for piece in split(text)]
    assert all(passage.startswith("Paragraph") for passage in passages)
    assert all(any(paragraph.strip() in passage for passage in passages) for paragraph in paragraphs)


def test_items_and_sentences_of_a_long_list_are_not_cut() -> None:
    items = [
        f"- Item {n} begins here and goes on for\n  a while on its second line, so that it is\n  long."
        for n in range(30)
    ]
    text = "\n".join(items)
    for piece in split(text):
        passage = text[piece.start : piece.end]
        assert passage.startswith("- Item")
        assert passage.endswith("long.")


def test_a_heading_stays_with_what_it_heads() -> None:
    text = "before " * 120 + "\n\nPrices\n\n" + "price " * 150
    assert any("Prices\n\nprice" in text[piece.start : piece.end] for piece in split(text))
