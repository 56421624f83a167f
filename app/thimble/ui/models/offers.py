"""Models that can be had without a hub: the starter model and the Thimble guide, each a card with one button."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from thimble.ui.theme import S2, S3, S_HALF, Theme
from thimble.ui.widgets.basic import Card, button, label


class OfferCard(Card):
    """Name, one sentence, and a button that gets it.

    Args:
        theme: colours and fonts.
        kind: what the card is called by screen readers.
        name: of the model.
        sentence: what it is good for.
        get: (word on the button, its accessible name, its icon).
    """

    def __init__(self, theme: Theme, kind: str, name: str, sentence: str, get: tuple[str, str, str]) -> None:
        super().__init__(kind)
        text, accessible, icon = get
        self.button = button(theme, text, "primary", icon, name=accessible)
        words = QVBoxLayout()
        words.setSpacing(S_HALF)
        words.addWidget(label(theme, name, "heading"))
        self.sentence = label(theme, sentence, "body", "muted", wrap=True)
        words.addWidget(self.sentence)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S3 - S_HALF, S2, S2, S2)
        layout.setSpacing(S2)
        layout.addLayout(words, 1)
        layout.addWidget(self.button)
        self._usual = (sentence, text, accessible)
        self.hide()

    def offer_newer(self, newer: tuple[str, str, str] | None) -> None:
        """Offers it in place of the one that is here: (sentence, word on the button, its accessible name)."""
        sentence, text, accessible = newer or self._usual
        self.sentence.setText(sentence)
        self.button.setText(text)
        self.button.setAccessibleName(accessible)
