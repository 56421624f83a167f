"""Text from bytes: whole characters, and nothing of a stop string."""

from __future__ import annotations

import pytest

from thimble.engine.text import StopFilter, TextDecoder


def test_an_emoji_split_over_four_tokens_appears_once_and_whole() -> None:
    decoder = TextDecoder()
    assert [decoder.feed(bytes([byte])) for byte in "🙂".encode()] == ["", "", "", "🙂"]


def test_bytes_that_are_no_text_become_replacement_characters() -> None:
    decoder = TextDecoder()
    assert decoder.feed(b"a\xff") + decoder.feed(b"b") == "a\ufffdb"


def test_half_a_character_at_the_end_is_never_shown() -> None:
    assert TextDecoder().feed("é".encode()[:1]) == ""


def test_text_without_stop_strings_passes_at_once() -> None:
    assert StopFilter(()).feed("abc") == "abc"


def test_a_stop_string_split_over_tokens_is_not_shown() -> None:
    stop = StopFilter(("END",))
    shown = [stop.feed(piece) for piece in ("one E", "N", "D two")]
    assert ("".join(shown), stop.stopped) == ("one ", True)


def test_the_beginning_of_a_stop_string_that_does_not_come_is_shown_later() -> None:
    stop = StopFilter(("END",))
    assert [stop.feed("E"), stop.feed("N"), stop.feed("O")] == ["", "", "ENO"]


def test_what_was_held_back_comes_when_the_answer_ends() -> None:
    stop = StopFilter(("END",))
    assert stop.feed("the EN") + stop.finish() == "the EN"


def test_after_a_stop_string_nothing_more_comes() -> None:
    stop = StopFilter(("x",))
    assert stop.feed("axb") + stop.feed("c") + stop.finish() == "a"


def test_the_earliest_of_several_stop_strings_ends_the_text() -> None:
    assert StopFilter(("later", "now")).feed("right now or later") == "right "


@pytest.mark.parametrize("text", ["aab", "ab", "aaab"])
def test_a_stop_string_that_begins_like_itself_is_found(text: str) -> None:
    stop = StopFilter(("ab",))
    shown = "".join(stop.feed(character) for character in text)
    assert (shown, stop.stopped) == (text[:-2], True)
