"""Titles that the model writes, for those who chose that: asked for after a chat's first answer."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from thimble.conversations import Message, Role, Store, title_from
from thimble.errors import ThimbleError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.aside import Aside

log = logging.getLogger(__name__)

_WISH: Final = "Write a title for this conversation: at most six words, in its language, nothing else."
_LONGEST: Final = 24
_BY_MODEL: Final = "model"


def clean_title(text: str) -> str:
    """A model's words as a title: one line, without quotes and a label."""
    line = re.sub(r"^(?:title|titel)\s*:\s*", "", title_from(text), flags=re.IGNORECASE)
    return line.strip(" \"'“”„«»*.")


class TitleWriter(QObject):
    """Asks for titles.

    Args:
        context: the window's shared parts.
        aside: who asks the model.
        parent: owner.

    Signals:
        written: a conversation has another title now.
    """

    written = Signal()

    def __init__(self, context: AppContext, aside: Aside, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._aside = aside

    def consider(self, store: Store, conversation_id: int, path: Sequence[Message]) -> None:
        """After an answer: asks for a title if this was the first one and the setting says so.

        Args:
            store: where the conversation is.
            conversation_id: which.
            path: its messages.
        """
        if not self._aside.possible or self._context.settings.text("answers.titles") != _BY_MODEL:
            return
        try:
            named = store.conversation(conversation_id).named
        except ThimbleError:
            return
        roles = [message.role for message in path if message.role != Role.SYSTEM]
        if not named and roles == [Role.USER, Role.ASSISTANT]:
            self._aside.ask(store, path, _WISH, _LONGEST, lambda text: self._take(store, conversation_id, text))

    def _take(self, store: Store, conversation_id: int, text: str) -> None:
        title = clean_title(text)
        if not title:
            return
        try:
            store.rename(conversation_id, title, by_person=False)
        except ThimbleError as error:
            log.warning("a title was not stored: %s", error.problem.detail)
            return
        self.written.emit()
