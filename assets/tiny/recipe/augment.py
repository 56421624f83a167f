"""Questions as people type them: one question becomes many that mean the same.

What is changed, each with its own probability: words by others of the same meaning, the polite words around, case,
punctuation, order (keywords only), words left out, letters exchanged. None of it was made by looking at the questions
that the guide is examined with.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from assets.tiny.recipe.synonyms import GROUPS, OPENINGS

_WORD: Final = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_PREFIXES: Final = (
    "hey, ",
    "hi, ",
    "hello, ",
    "hi! ",
    "please tell me: ",
    "tell me, ",
    "can you tell me: ",
    "quick question: ",
    "so, ",
    "ok, ",
    "sorry, ",
    "excuse me, ",
    "one question: ",
    "i have a question. ",
    "i was wondering, ",
    "well, ",
    "hey thimble, ",
    "hi there, ",
    "um, ",
    "okay so ",
    "and ",
    "but ",
    "please, ",
    "question: ",
    "help: ",
    "hmm, ",
)
_SUFFIXES: Final = (
    ", please",
    " please",
    " thanks",
    ", thanks",
    " in thimble",
    " in short",
    " again",
    " exactly",
    " for me",
    " here",
    " then",
    " thank you",
    " on my computer",
    " anyway",
    " really",
    " now",
    " in this app",
    " with thimble",
    " on my pc",
)
_FILLER: Final = frozenset(
    re.findall(
        r"\w+",
        "a an the is are do does did can could would should i you it its my me of to in on for with at by be "
        "will what how why when where which who there that this these if and or so please have has get any "
        "some your from as about",
    )
)
_NEIGHBOURS: Final = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uo", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "ad", "t": "ry",
    "u": "yi", "v": "cb", "w": "qe", "x": "zc", "y": "tu", "z": "x",
}  # fmt: skip


class Augmenter:
    """Changes questions."""

    def __init__(self) -> None:
        self._same: dict[str, list[str]] = {}
        for group in GROUPS:
            for word in group:
                self._same.setdefault(word, []).extend(other for other in group if other != word)
        longest_first = sorted(self._same, key=len, reverse=True)
        self._known = re.compile(r"\b(" + "|".join(re.escape(word) for word in longest_first) + r")\b", re.IGNORECASE)
        openings = sorted((text for group in OPENINGS for text in group), key=len, reverse=True)
        self._group_of = {text: group for group in OPENINGS for text in group}
        self._opening = re.compile(r"^(" + "|".join(re.escape(text) for text in openings) + r")\b", re.IGNORECASE)

    def question(self, text: str, random: np.random.Generator) -> str:
        """A question that means the same, now and then the same one."""
        if random.random() < 0.35:
            return text
        if len(text) > 160:
            return text  # a text to work on rather than a question
        if random.random() < 0.4:
            text = self._opening.sub(lambda found: self._other_opening(found.group(), random), text, count=1)
        if random.random() < 0.45:
            rate = random.uniform(0.2, 0.6)
            text = self._known.sub(lambda found: self._synonym(found.group(), rate, random), text)
        kind = random.random()
        if kind < 0.04:
            text = _keywords(text, random)
        elif kind < 0.14:
            text = _with_words_left_out(text, random)
        if random.random() < 0.2:
            text = _pick(_PREFIXES, random) + _lower_first(text)
        if random.random() < 0.12:
            end = re.search(r"[?.!]*$", text)
            at = end.start() if end else len(text)
            text = text[:at] + _pick(_SUFFIXES, random) + text[at:]
        if random.random() < 0.12:
            for _ in range(random.integers(1, 3)):
                text = _mistyped(text, random)
        if random.random() < 0.4:
            text = text.lower()
        if random.random() < 0.35:
            text = text.rstrip("?.! ")
        if random.random() < 0.03:
            text += "?" * int(random.integers(1, 3))
        if random.random() < 0.02:
            text = text.upper()
        return text

    def _synonym(self, word: str, rate: float, random: np.random.Generator) -> str:
        others = self._same[word.lower()]
        if random.random() > rate:
            return word
        found = _pick(others, random)
        return found[0].upper() + found[1:] if word[0].isupper() else found

    def _other_opening(self, text: str, random: np.random.Generator) -> str:
        group = self._group_of.get(text.lower())
        if group is None:
            return text
        found = _pick(group, random)
        return found[0].upper() + found[1:] if text[0].isupper() else found


def _pick(among: tuple[str, ...] | list[str], random: np.random.Generator) -> str:
    return among[int(random.integers(len(among)))]


def _lower_first(text: str) -> str:
    """The first letter small, unless it is "I" or an abbreviation."""
    return text if re.match(r"I\b|[A-Z][A-Z]", text) else text[:1].lower() + text[1:]


def _keywords(text: str, random: np.random.Generator) -> str:
    """As typed into a search box."""
    words = [word for word in _WORD.findall(text) if word.lower() not in _FILLER]
    if len(words) < 2:
        return text
    if random.random() < 0.4:
        random.shuffle(words)
    return " ".join(words).lower()


def _with_words_left_out(text: str, random: np.random.Generator) -> str:
    """Without one or two of the words that mean little."""
    words = text.split(" ")
    little = [at for at, word in enumerate(words) if word.lower() in _FILLER]
    if len(words) < 5 or not little:
        return text
    gone = set(random.choice(little, size=min(len(little), int(random.integers(1, 3))), replace=False).tolist())
    return " ".join(word for at, word in enumerate(words) if at not in gone)


def _mistyped(text: str, random: np.random.Generator) -> str:
    """One letter left out, doubled, exchanged with the next or with its neighbour on the keyboard."""
    letters = [at for at in range(1, len(text) - 1) if text[at - 1 : at + 2].isalpha()]
    if not letters:
        return text
    at = int(random.choice(letters))
    letter = text[at]
    match int(random.integers(4)):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + letter + text[at:]
        case 2:
            return text[:at] + text[at + 1] + letter + text[at + 2 :]
        case _:
            return text[:at] + _pick(list(_NEIGHBOURS.get(letter.lower(), letter)), random) + text[at + 1 :]
