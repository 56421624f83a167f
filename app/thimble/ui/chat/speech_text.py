"""An answer as it is read aloud: words only, in sentences, and in which language."""

from __future__ import annotations

import re
from typing import Final

from thimble.ui.chat.markdown import parse
from thimble.ui.chat.rich_blocks import FORMULA, LINE_BREAK, TableBlock, TextBlock
from thimble.ui.chat.thought_tags import split_thoughts

LONGEST: Final = 400
"""Letters that are handed over at once: so a stop is heard at once."""
_ENDS: Final = re.compile(r"(?<=[.!?…:;。！？])\s+")
_LETTERS: Final = (
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
)
_WORDS: Final = {
    "en": "the of and to in is that it for with as on are this be by you not or from",
    "de": "der die das und ist nicht ein eine mit zu auf für von den im sich auch es dem des sie",
    "fr": "le la les et est un une des dans pour que qui sur pas avec vous ce du au il",
    "es": "el la los y es un una de que en por con para no se las del al su lo",
    "it": "il la che di e un una per con non si del della è le i gli sono da al",
    "pt": "o a os e é um uma de que em por com para não se do da as no na",
    "nl": "de het een en is van dat niet met op voor zijn te aan er die ook om bij",
    "pl": "i w na z się nie do to że jest o jak po co za od przez dla są",
}
"""The commonest words of languages that are written with the same letters."""


def speakable(text: str) -> list[str]:
    """What is read aloud of an answer: no thoughts, code, formulas and marks; pieces of a few sentences at most."""
    pieces: list[str] = []
    for block in parse(split_thoughts(text)[1]):
        if isinstance(block, TextBlock):
            pieces += _cut(_clean(block.rich.text))
        elif isinstance(block, TableBlock):
            for row in block.rows:
                pieces += _cut(", ".join(cell for cell in (_clean(cell.text) for cell in row) if cell))
    return [piece for piece in pieces if any(letter.isalnum() for letter in piece)]


def language_of(text: str, otherwise: str) -> str:
    """The two letters of a text's language, by its letters and commonest words.

    Args:
        text: some sentences.
        otherwise: the language when nothing tells.
    """
    letters = sum(letter.isalpha() for letter in text)
    for language, pattern in _LETTERS:
        if len(pattern.findall(text)) * 3 > letters > 0:
            return language
    words = re.findall(r"[^\W\d_]+", text.lower())
    counts = {language: sum(word in set(common.split()) for word in words) for language, common in _WORDS.items()}
    best = max(counts, key=lambda language: (counts[language], language == otherwise))
    return best if counts[best] else otherwise


def _clean(text: str) -> str:
    return " ".join(text.replace(LINE_BREAK, " ").replace(FORMULA, " ").split())


def _cut(text: str) -> list[str]:
    """A paragraph in pieces that end with a sentence, where there are sentences."""
    made, piece = [], ""
    for sentence in _ENDS.split(text):
        if piece and len(piece) + len(sentence) > LONGEST:
            made.append(piece)
            piece = ""
        piece = f"{piece} {sentence}".strip()
    return [*made, piece] if piece else made
