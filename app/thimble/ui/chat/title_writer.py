"""Titles that the model writes, for those who chose that: asked for after a chat's first answer."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, Signal

from thimble.conversations import Message, Role, Store, title_from
from thimble.errors import ThimbleError
from thimble.remote.connections import chosen
from thimble.ui.chat.thought_tags import split_thoughts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thimble.ui.answer_stream import AnswerStream
    from thimble.ui.app_context import AppContext

log = logging.getLogger(__name__)

_WISH: Final = "Write a title for this conversation: at most six words, in its language, nothing else."
_LONGEST: Final = 24
_BY_MODEL: Final = "model"


def clean_title(text: str) -> str:
    """A model's words as a title: one line, without thoughts, quotes and a label."""
    line = title_from(split_thoughts(text)[1])
    line = re.sub(r"^(?:title|titel)\s*:\s*", "", line, flags=re.IGNORECASE)
    return line.strip(" \"'“”„«»*.")


class TitleWriter(QObject):
    """Asks for one title at a time, and gives way to whoever wants an answer.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        written: a conversation has another title now.
    """

    written = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._stream: AnswerStream | None = None

    def consider(self, store: Store, conversation_id: int, path: Sequence[Message]) -> None:
        """After an answer: asks for a title if this was the first one and the setting says so.

        Args:
            store: where the conversation is.
            conversation_id: which.
            path: its messages.
        """
        settings, model = self._context.settings, self._context.link.status.model
        if self._stream is not None or model is None or settings.text("answers.titles") != _BY_MODEL:
            return
        spoken = [message for message in path if message.role != Role.SYSTEM]
        try:
            conversation = store.conversation(conversation_id)
        except ThimbleError:
            return
        if chosen(conversation.model) is not None:
            return  # what was said to another machine is not read again here
        if conversation.named or [message.role for message in spoken] != [Role.USER, Role.ASSISTANT]:
            return
        from thimble.client import ChatRequest
        from thimble.ui.chat.prompt import as_prompt

        # Behind the conversation as it is: so the engine need not read it again.
        key = self._context.link.model_key
        system = str(settings.value("answers.system_prompt", model=key, conversation=conversation.settings))
        messages = as_prompt(list(spoken), system, store.files_of(conversation_id, searched_too=False))
        messages.append({"role": str(Role.USER), "content": _WISH})
        request = ChatRequest(messages, temperature=0.0, max_tokens=_LONGEST, thinking=False)
        words: list[str] = []
        stream = self._stream = self._context.link.chat(request)
        stream.text.connect(words.append)
        stream.finished.connect(lambda _timings: self._take(store, conversation_id, "".join(words)))
        stream.over.connect(self._forget)

    def give_way(self) -> None:
        """Somebody wants an answer, or the window closes: the title is not that important."""
        if self._stream is not None:
            self._stream.abandon()
            self._stream = None

    def _forget(self) -> None:
        self._stream = None

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
