"""A title from a conversation's first message."""

from __future__ import annotations

import re
from typing import Final

LONGEST_TITLE: Final = 60  # characters; about what a 260 px column shows on two lines

_LINE_START: Final = re.compile(r"^\s*(?:#{1,6}\s+|>\s*|[-*+]\s+|\d+[.)]\s+)+")
_FENCE: Final = re.compile(r"^\s*(?:```|~~~)")
_MARKUP: Final = re.compile(r"\*\*|__|`|!?\[([^\]]*)\]\([^)]*\)")


def title_from(text: str, longest: int = LONGEST_TITLE) -> str:
    """The first line with words, without Markdown, cut at a word.

    Returns:
        At most `longest` characters; empty when the text has no words.
    """
    for line in text.splitlines():
        if _FENCE.match(line):
            continue
        plain = _MARKUP.sub(lambda found: found.group(1) or "", _LINE_START.sub("", line))
        plain = " ".join(plain.split())
        if any(character.isalnum() for character in plain):
            return _cut(plain, longest)
    return ""


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    head = text[: longest - 1]
    at_word = head.rsplit(" ", 1)[0] if " " in head[longest // 2 :] else head
    return at_word.rstrip(" ,;:.-") + "…"
