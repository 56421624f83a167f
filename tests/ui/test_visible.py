"""Foreign text is shown as it is."""

from __future__ import annotations

import pytest

from thimble.ui.visible import tip, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ä, 漢, 👩\u200d🚀\n\tmore", "plain, ä, 漢, 👩\u200d🚀\n\tmore"),
        ("exe\u202egpj.", "exe⟨U+202E⟩gpj."),
        ("a\u200bb\x1b[2J\U000e0041", "a⟨U+200B⟩b⟨U+001B⟩[2J⟨U+E0041⟩"),
    ],
)
def test_nothing_is_invisible(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_a_tool_tip_with_tags_shows_them() -> None:
    hostile = 'See <img src="file:///etc/passwd"> & more'
    made = tip(hostile)
    assert "<img" not in made
    assert "&lt;img" in made
    assert tip("plain") == "plain"
