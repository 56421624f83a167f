"""The card with what other programs ask, live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from PySide6.QtCore import QDateTime, QLocale
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout

from thimble.ui import figures
from thimble.ui.theme import S1, S2, S_HALF, Theme
from thimble.ui.widgets.basic import Card, ElidedLabel, label, set_tone

SHOWN: Final = 12
WINDOW: Final = "window"
"""How the window names itself to the engine."""
_COLUMNS: Final = 6


class RequestsCard(Card):
    """One line for each request, the newest first. Nothing of what was said is known here."""

    def __init__(self, theme: Theme) -> None:
        title = self.tr("Requests")
        super().__init__(title)
        self._theme = theme
        self._lines: list[tuple[ElidedLabel, ...]] = []
        self.empty = label(
            theme, self.tr("Nothing was asked yet. Texts are not recorded, only what you see here."), "small", "muted"
        )
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(S2)
        self._grid.setVerticalSpacing(S_HALF + 2)
        for column, stretch in enumerate((0, 3, 4, 4, 3, 0)):
            self._grid.setColumnStretch(column, stretch)
        heads = ("", self.tr("Program"), self.tr("Asked for"), self.tr("Model"), self.tr("Tokens"), self.tr("Time"))
        self._heads: list[QLabel] = []
        for column, text in enumerate(heads):
            head = label(theme, text, "small", "muted")
            self._heads.append(head)
            self._grid.addWidget(head, 0, column)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2 - S_HALF, S2, S2)
        layout.setSpacing(S1)
        layout.addWidget(label(theme, title, "strong"))
        layout.addWidget(self.empty)
        layout.addLayout(self._grid)
        self.show_requests([])

    def show_requests(self, requests: Sequence[Mapping[str, Any]]) -> None:
        """Shows the newest; see `server.request_log.Entry` for the fields."""
        requests = [one for one in requests if not _is_housekeeping(one)]
        self.empty.setVisible(not requests)
        for head in self._heads:
            head.setVisible(bool(requests))
        shown = list(requests[:SHOWN])
        while len(self._lines) < len(shown):
            self._add_line()
        for number, cells in enumerate(self._lines):
            if number < len(shown):
                self._fill(cells, shown[number])
            for cell in cells:
                cell.setVisible(number < len(shown))

    def line(self, number: int) -> list[str]:
        """The texts of a line."""
        return [cell.whole_text() for cell in self._lines[number]]

    def _add_line(self) -> None:
        cells = tuple(ElidedLabel(self._theme, "", "small", stretch=0 < n < _COLUMNS - 1) for n in range(_COLUMNS))
        for column, cell in enumerate(cells):
            self._grid.addWidget(cell, len(self._lines) + 1, column)
        self._lines.append(cells)

    def _fill(self, cells: Sequence[ElidedLabel], request: Mapping[str, Any]) -> None:
        time, program, path, model, tokens, took = cells
        moment = QDateTime.fromSecsSinceEpoch(int(request.get("time", 0)))
        time.setText(QLocale().toString(moment.time(), QLocale.FormatType.ShortFormat))
        set_tone(time, "muted")
        name = str(request.get("program") or "?").partition(" ")[0]
        client = str(request.get("client") or "")
        if name == WINDOW:
            name = self.tr("this window")
        program.setText(name if client in {"", "127.0.0.1"} else f"{name} · {client}")
        path.setText(str(request.get("path", "")).removeprefix("/v1/"))
        model.setText(str(request.get("model") or figures.UNKNOWN))
        state, code = str(request.get("state", "")), str(request.get("code") or "")
        status = int(request.get("status", 0))
        if state == "waiting" and not status:
            tokens.setText(self.tr("waits, {0} before it").format(request.get("ahead", 0)))
        elif state == "reading":
            tokens.setText(self.tr("reads {0}").format(request.get("prompt_tokens", 0)))
        elif code or status >= 400:
            tokens.setText(f"{status} {code}".strip())
        elif state == "done" and not status:
            tokens.setText(self.tr("hung up"))
        else:
            tokens.setText(f"{request.get('prompt_tokens', 0)} + {request.get('generated_tokens', 0)}")
        set_tone(tokens, "danger" if code or status >= 400 else "accent" if state != "done" else "")
        took.setText(figures.fixed(float(request.get("milliseconds", 0)) / 1e3, 1) + " s")
        set_tone(took, "muted")


def _is_housekeeping(request: Mapping[str, Any]) -> bool:
    """Whether the window only counted or looked up something: it does so at every key, and nobody asked for it."""
    tokens = int(request.get("prompt_tokens", 0)) + int(request.get("generated_tokens", 0))
    is_done = request.get("state") == "done" and not request.get("code") and int(request.get("status", 0)) < 400
    return request.get("program") == WINDOW and is_done and not tokens
