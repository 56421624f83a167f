"""Markdown that grows equals Markdown read at once, however it was cut into pieces."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.benchmarks.replay_engine import tokens
from thimble.ui.chat.incremental import LONGEST_LINE, AnswerText, Incremental
from thimble.ui.chat.markdown import parse
from thimble.ui.chat.rich_blocks import Block, CodeBlock, TextBlock
from thimble.ui.chat.thought_tags import TAGS, split_thoughts

PIECES = [
    "text",
    "\\[",
    "\\]",
    "$$",
    "$$\n",
    "\n\\[\n",
    "\n\\]\n",
    "$x$",
    "\\(y\\)",
    "two words",
    " ",
    "  ",
    "    ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "- ",
    "* ",
    "+ ",
    "-",
    "1. ",
    "2) ",
    "10.",
    "> ",
    ">",
    "# ",
    "###",
    "#",
    "===",
    "---",
    "--",
    "***",
    "```",
    "```py\n",
    "~~~",
    "`",
    "``",
    "**",
    "*",
    "_",
    "~~",
    "| a | b |",
    "|---|:-:|",
    "|",
    "|--",
    "[foo]",
    "[foo]: /u",
    "[foo]: https://e.org 'ti\ntle'",
    "[foo]: ",
    "[",
    "]",
    "(https://e.org)",
    "![alt](x.png)",
    "<b>",
    "</b>",
    "<!-- ",
    "https://e.org/a_b",
    "&amp;",
    "\\",
    "é",
    "שלום",
    "\x00",
    "<think>",
    "</think>",
    "<",
    "[bar]: <https://b.org>",
    "[bar][foo]",
    "x | y\n--|--\n",
    "\n\n\n",
    "   code",
    "    code\n",
]
TEXTS = st.lists(st.sampled_from(PIECES), max_size=40).map("".join)


def cut(text: str, places: Iterable[int]) -> list[str]:
    edges = [0, *sorted({place % (len(text) + 1) for place in places}), len(text)]
    return [text[a:b] for a, b in pairwise(edges)]


@given(TEXTS, st.lists(st.integers(0, 10_000), max_size=30))
@settings(max_examples=400, deadline=None)
def test_text_in_any_pieces_gives_the_same_blocks_as_the_whole(text: str, places: list[int]) -> None:
    growing = Incremental()
    for piece in cut(text, places):
        growing.append(piece)
    whole = Incremental()
    whole.append(text)
    assert growing.blocks == whole.blocks == parse(text.replace("\0", "\ufffd"))


@example("text\n\\[\ntext\n\n\\]text")
@given(TEXTS)
@settings(max_examples=150, deadline=None)
def test_text_letter_by_letter_gives_the_same_blocks_at_every_letter(text: str) -> None:
    growing = Incremental()
    for end in range(1, len(text) + 1):
        growing.append(text[end - 1 : end])
        assert growing.blocks == parse(text[:end].replace("\0", "\ufffd"))


@given(st.sampled_from(["", "<think>", " \n<think>"]), TEXTS, st.lists(st.integers(0, 10_000), max_size=30))
@settings(max_examples=200, deadline=None)
def test_thoughts_and_words_do_not_depend_on_the_pieces(opening: str, text: str, places: list[int]) -> None:
    growing, whole = AnswerText(), AnswerText()
    for piece in cut(opening + text, places):
        growing.append(piece)
    growing.finish()
    whole.append(opening + text)
    whole.finish()
    assert growing.thoughts.blocks == whole.thoughts.blocks
    assert growing.words.blocks == whole.words.blocks
    assert growing.has_thoughts == whole.has_thoughts


def test_finished_blocks_stay_the_same_objects_while_text_comes() -> None:
    growing = Incremental()
    growing.append("# One\n\nTwo\n\nThree\nfour\nfive\n")
    first = growing.blocks[0]
    growing.append("more and more")
    assert growing.blocks[0] is first


def test_a_long_answer_is_parsed_piece_by_piece_only_at_its_end() -> None:
    growing = Incremental()
    longest = 0
    for piece in tokens(30):
        growing.append(piece)
        longest = max(longest, growing.open_length)
    assert longest < 1_000


def test_a_definition_that_comes_late_turns_earlier_brackets_into_links() -> None:
    growing = Incremental()
    growing.append("See [the map].\n\nA\n\nB\n\nC\n\n")
    growing.append("[the map]: https://example.org/map\n")
    first = growing.blocks[0]
    assert isinstance(first, TextBlock)
    assert first.rich.spans[0].href == "https://example.org/map"


def test_an_endless_line_goes_on_in_new_paragraphs() -> None:
    growing = Incremental()
    for _ in range(5 * LONGEST_LINE // 10):
        growing.append("again and ")
    assert len(growing.blocks) == 5
    assert growing.open_length < 2 * LONGEST_LINE


def test_a_long_line_of_code_is_not_broken() -> None:
    line = "x = [" + "1, " * LONGEST_LINE + "]"
    growing = Incremental()
    growing.append(f"```python\n{line}\n```\n")
    (block,) = growing.blocks
    assert isinstance(block, CodeBlock)
    assert block.code == line


@pytest.mark.parametrize("text", ["<", "<thi", "<think", "  <think>", "<think>so</thin"])
def test_what_only_looks_like_a_tag_is_shown_when_nothing_follows(text: str) -> None:
    answer = AnswerText()
    answer.append(text)
    answer.finish()
    shown: list[Block] = answer.thoughts.blocks + answer.words.blocks
    assert bool(shown) == (text.strip() != "<think>")


def test_a_thought_is_told_apart_from_the_words() -> None:
    answer = AnswerText()
    for piece in ("<th", "ink>Hm", "m.</th", "ink>\n\nYes."):
        answer.append(piece)
    assert [b.rich.text for b in answer.thoughts.blocks if isinstance(b, TextBlock)] == ["Hmm."]
    assert [b.rich.text for b in answer.words.blocks if isinstance(b, TextBlock)] == ["Yes."]


def test_a_thought_that_goes_on_is_known_as_such() -> None:
    answer = AnswerText()
    answer.append("<think>Let me see")
    assert answer.thinking


@pytest.mark.parametrize(("opening", "closing"), sorted(TAGS.items()))
@pytest.mark.parametrize("piece", [1, 3, 100])
def test_thoughts_are_told_by_the_tags_of_known_models(opening: str, closing: str, piece: int) -> None:
    text = f"\n{opening}Hm, <b>.{closing}\n\nForty-two, not {opening}."
    answer = AnswerText()
    for at in range(0, len(text), piece):
        answer.append(text[at : at + piece])
    answer.finish()
    assert answer.has_thoughts
    assert list(answer.thoughts.blocks) == list(parse("Hm, <b>."))
    assert list(answer.words.blocks) == list(parse(f"Forty-two, not {opening}."))
    assert split_thoughts(text) == ("Hm, <b>.", f"Forty-two, not {opening}.")
