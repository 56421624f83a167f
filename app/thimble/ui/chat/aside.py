"""What the model is asked beside the conversation: titles and follow-up questions. It gives way to every answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from thimble.conversations import Role
from thimble.errors import ThimbleError
from thimble.remote.connections import chosen
from thimble.ui.chat.thought_tags import split_thoughts

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thimble.conversations import Message, Store
    from thimble.ui.answer_stream import AnswerStream
    from thimble.ui.app_context import AppContext

log = logging.getLogger(__name__)


def without_thoughts(text: str) -> str:
    """What a model says, without what it thought."""
    return split_thoughts(text)[1]


class Aside(QObject):
    """Asks for one thing at a time; whoever wants an answer or types takes the engine from it.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        over: nothing is asked any more.
    """

    over = Signal()

    def __init__(self, context: AppContext, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._stream: AnswerStream | None = None

    @property
    def busy(self) -> bool:
        """Whether something is being asked."""
        return self._stream is not None

    @property
    def possible(self) -> bool:
        """Whether the engine has a model that can do such things (the Thimble guide cannot) and nobody waits for it."""
        from thimble.modelfile.places import is_guide

        status = self._context.link.status
        return not self.busy and status.model is not None and not status.queued and not is_guide(status.model.path)

    def ask(self, store: Store, path: Sequence[Message], wish: str, longest: int, take: Callable[[str], None]) -> None:
        """Asks behind the conversation as it is: so the engine need not read it again.

        Args:
            store: where the conversation is.
            path: its messages.
            wish: what the model is to write.
            longest: tokens.
            take: called with its words, without thoughts, when they are whole.
        """
        from thimble.client import ChatRequest
        from thimble.ui.chat.prompt import as_prompt

        spoken = [message for message in path if message.role != Role.SYSTEM]
        if not spoken:
            return
        owner = spoken[0].conversation_id
        try:
            conversation = store.conversation(owner)
            if chosen(conversation.model) is not None:
                return  # what was said to another machine is not read again here
            own = conversation.settings
            files = store.files_of(owner, searched_too=False)
        except ThimbleError as error:
            log.warning("nothing is asked beside a chat that cannot be read: %s", error.problem.detail)
            return
        key = self._context.link.model_key
        system = str(self._context.settings.value("answers.system_prompt", model=key, conversation=own))
        messages = [*as_prompt(spoken, system, files), {"role": str(Role.USER), "content": wish}]
        request = ChatRequest(messages, temperature=0.0, max_tokens=longest, thinking=False)
        words: list[str] = []
        stream = self._stream = self._context.link.chat(request)
        stream.queued.connect(self._on_queued)
        stream.text.connect(words.append)
        stream.finished.connect(lambda _timings: take(without_thoughts("".join(words))))
        stream.over.connect(self._forget)

    def give_way(self) -> None:
        """Somebody wants an answer, types, or closes the window."""
        if self._stream is not None:
            self._stream.abandon()
            self._stream = None

    def _on_queued(self, ahead: int) -> None:
        if ahead > 0:  # another program's answer comes first: this is not worth a place in the queue
            self.give_way()

    def _forget(self) -> None:
        self._stream = None
        self.over.emit()
