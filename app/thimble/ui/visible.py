"""Foreign text as it really is: nothing of it is invisible, turns the line around, or is taken for HTML."""

from __future__ import annotations

import unicodedata
from html import escape

_HARMLESS = "\n\t\u200c\u200d"
"""Line breaks, tabs, and the joiners of Persian, Hindi and of emoji."""


def visible(text: str) -> str:
    """The text with every control character and invisible format character as its number, such as ⟨U+202E⟩."""
    return "".join(
        f"⟨U+{ord(letter):04X}⟩"
        if letter not in _HARMLESS and unicodedata.category(letter) in {"Cc", "Cf", "Co", "Cs"}
        else letter
        for letter in text
    )


def tip(text: str) -> str:
    """A tool tip: what looks like HTML is shown, not followed. Qt would even read pictures from the disk for it."""
    text = visible(text)
    return f"<qt>{escape(text).replace(chr(10), '<br/>')}</qt>" if "<" in text else text
