"""A title and pairs of name and value."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout

from thimble.ui import figures
from thimble.ui.theme import S1, S2, S_HALF, Theme
from thimble.ui.widgets.basic import Card, ElidedLabel, card_heading, label


class Facts(Card):
    """Two columns of pairs."""

    def __init__(self, theme: Theme, title: str, names: Sequence[tuple[str, str]]) -> None:
        super().__init__(title)
        self._values: dict[str, ElidedLabel] = {}
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1 + 2)
        layout.addWidget(card_heading(theme, title))
        grid = QGridLayout()
        grid.setHorizontalSpacing(S2)
        grid.setVerticalSpacing(S_HALF + 1)
        grid.setColumnStretch(1, 3)
        grid.setColumnStretch(3, 2)
        half = (len(names) + 1) // 2
        for number, (key, text) in enumerate(names):
            line, place = number % half, 2 * (number // half)
            value = ElidedLabel(theme, figures.UNKNOWN, "small", stretch=True)
            name = label(theme, text, "small", "muted")
            name.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
            grid.addWidget(name, line, place)
            grid.addWidget(value, line, place + 1)
            self._values[key] = value
        layout.addLayout(grid)
        layout.addStretch(1)

    def value(self, key: str) -> str:
        """The text shown for a key."""
        return self._values[key].whole_text()

    def show_values(self, values: dict[str, str]) -> None:
        """Shows values by key; those not named become unknown."""
        for key, shown in self._values.items():
            shown.setText(values.get(key) or figures.UNKNOWN)
