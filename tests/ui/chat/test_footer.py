"""The row under a message where there is hardly room for it."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from thimble.ui.chat.message_parts import Footer
from thimble.ui.theme import Theme

ICONS = 4
NARROW = 236
"""Width of a message beside another chat in a window 900 wide."""


@pytest.mark.parametrize("words", ["Gestoppt", "Höchstlänge erreicht"])
def test_words_make_room_for_the_link(qtbot: QtBot, theme: Theme, words: str) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    footer = Footer(theme, owner, at_end=False)
    for _ in range(ICONS):
        footer.add_button("ph.copy", "Copy", lambda: None)
    said = footer.add_words(words)
    link = footer.add_link("Fortsetzen", "", lambda: None)
    footer.finish()
    footer.resize(NARROW, footer.height())
    owner.show()
    qtbot.waitExposed(owner)
    assert link.width() >= link.sizeHint().width()
    assert link.geometry().right() < NARROW
    assert said.text().endswith("…")
    assert said.accessibleName() == words
