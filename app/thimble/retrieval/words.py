"""The words by which passages are found: what the index holds besides the text, and what a question asks it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

MOST_WORDS: Final = 32
_STEM_FROM: Final = 7
"""From so many letters on a word finds those that differ in their last letters only."""
_STEM_CUT: Final = 3

# Scripts without spaces: the index holds pairs of neighbouring characters there.
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_HUMPS: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_HUMPED: Final = re.compile(r"\b\w*[a-z][A-Z]\w*\b")
_WORD: Final = re.compile(r"[^\W_]+")

# Words that say nothing about what a passage is about. BM25 gives frequent words little weight by itself, but not in
# a folder of ten passages.
_COMMON: Final = frozenset(
    """a about all also an and any are as at be been but by can could did do does for from get give had has have he her
    his how i if in into is it its just let like make many may me more most much my no not of on one or our out please
    say says she should show so some tell than that the their them then there these they this those to two up us use
    was we were what when where which while who whom whose why will with would you your
    aber alle als am an auch auf aus bei bin bis bitte da dann das dass dein dem den der des die dies diese dieser dir
    du ein eine einem einen einer eines er es etwas für gib gibt hat hast hatte ich ihr ihre im in ist ja kann kein
    keine können man mein mich mir mit muss nach nicht noch nur ob oder ohne sag sagt schon sein seine sich sie sind so
    über um und uns unter viel viele vom von vor war warum was welche welcher welches wenn wer werden wie wieviel wir
    wird wo wurde zeig zu zum zur""".split()  # noqa: SIM905 - a list of one word a line would be a page
)


def extra_words(text: str) -> str:
    """What the index's tokenizer does not see as words: parts of camelCase, pairs of characters in Han, Thai, ….

    Returns:
        Words with spaces between; "" for most texts.
    """
    words: list[str] = []
    for run in _UNSPACED.findall(text):
        words += _pairs(run)
    for name in _HUMPED.findall(text):
        words += _HUMPS.findall(name)
    return " ".join(words)


def _pairs(run: str) -> list[str]:
    return [run] if len(run) == 1 else [run[at : at + 2] for at in range(len(run) - 1)]


def words_of(text: str) -> list[str]:
    """The words of a question, each once; common ones only when there are no others."""
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFC", text)):
        if _UNSPACED.search(word):
            found += [pair for run in _UNSPACED.findall(word) for pair in _pairs(run)]
        else:
            found.append(word.casefold())
            if _HUMPED.fullmatch(word):
                found += [part.casefold() for part in _HUMPS.findall(word)]
    once = list(dict.fromkeys(found))
    telling = [word for word in once if word not in _COMMON and (len(word) > 1 or not word.isascii() or word.isdigit())]
    return (telling or once)[:MOST_WORDS]


def query_of(text: str) -> str:
    """A full-text query that finds passages with any of the words; "" for a text without words.

    A long word asks for its beginning, too: "Kündigungsfristen" also finds "Kündigungsfrist", with less weight.
    """
    parts: list[str] = []
    for word in words_of(text):
        parts.append(f'"{word}"')
        if len(word) >= _STEM_FROM and word.isalpha():
            parts.append(f'"{word[:-_STEM_CUT]}"*')
    return " OR ".join(parts)
