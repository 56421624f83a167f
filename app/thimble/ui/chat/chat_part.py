"""Parts of what the window does with the shown conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.answering import Answering
    from thimble.ui.chat.controller import ChatController


class ChatPart(QObject):
    """One of them.

    Args:
        context: the window's shared parts.
        chat: the shown conversation; its owner.
    """

    def __init__(self, context: AppContext, chat: ChatController) -> None:
        super().__init__(chat)
        self._context = context
        self._chat = chat


class AnswersPart(ChatPart):
    """One that has to do with answers.

    Args:
        context, chat: see `ChatPart`.
        answering: who writes answers.
    """

    def __init__(self, context: AppContext, chat: ChatController, answering: Answering) -> None:
        super().__init__(context, chat)
        self._answers = answering
