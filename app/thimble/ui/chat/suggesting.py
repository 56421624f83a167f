"""Follow-up questions that the model suggests, for those who chose that: they cost a second, short answer."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thimble.conversations import Message, Store
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.aside import Aside

_WISH: Final = (
    "Suggest three short questions that I could ask you next, in the language of this conversation: "
    "one on each line, nothing else."
)
_LONGEST: Final = 120
MOST: Final = 3
_LONGEST_QUESTION: Final = 160
_MARK: Final = re.compile(r"^\s*(?:[-*•–]|\(?\d+[.):]?\)?)\s*")
_QUESTION: Final = re.compile(r"[?？؟;]\W*$")


def questions_in(text: str) -> list[str]:
    """The questions among a model's lines, without marks, each once; a beginning or an end in words is none."""
    found: dict[str, None] = {}
    for line in text.splitlines():
        words = _MARK.sub("", line).strip().strip("\"'“”„«»*_ ")
        if words and len(words) <= _LONGEST_QUESTION and _QUESTION.search(words):
            found.setdefault(words)
    return list(found)[:MOST]


class Suggesting(QObject):
    """Asks for follow-ups behind an answer, when nobody else wants the engine.

    Args:
        context: the window's shared parts.
        aside: who asks the model.
        parent: owner.

    Signals:
        suggested: (id of the answer, list of questions).
    """

    suggested = Signal(int, object)

    def __init__(self, context: AppContext, aside: Aside, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._aside = aside

    def consider(self, store: Store, path: Sequence[Message]) -> None:
        """After an answer: asks if the setting says so.

        Args:
            store: where the conversation is.
            path: its messages; the last one is the answer.
        """
        if not path or not self._aside.possible or not self._context.settings.switch("answers.follow_ups"):
            return
        answer = path[-1].id
        self._aside.ask(store, path, _WISH, _LONGEST, lambda text: self._take(answer, text))

    def _take(self, answer: int, text: str) -> None:
        found = questions_in(text)
        if found:
            self.suggested.emit(answer, found)
