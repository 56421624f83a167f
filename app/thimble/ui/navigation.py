"""How pages ask for other pages without knowing the window."""

from __future__ import annotations

import logging

from PySide6.QtCore import QObject, Signal

from thimble.errors import Code, Problem
from thimble.ui import problem_texts
from thimble.ui.toasts import ToastHost

log = logging.getLogger(__name__)

_LOOK_IN_LOG = frozenset({Code.INTERNAL, Code.ENGINE_FAILED, Code.ENGINE_DIED, Code.MODEL_LOAD_FAILED})
"""Problems whose detail is worth reading; the others say all there is in their sentence."""


class Navigation(QObject):
    """Requests to the window.

    Signals:
        page_requested: (page id: "chat", "models", "performance", "settings"; anchor on that page or "").
        log_requested: show the log.
        new_chat_requested: go to the chat page and start a conversation.
        chat_requested: (path of a model): load it and start a conversation.
        models_changed: the set of installed models is different now.
    """

    page_requested = Signal(str, str)
    log_requested = Signal()
    new_chat_requested = Signal()
    models_changed = Signal()
    chat_requested = Signal(str)

    def go(self, page: str, anchor: str = "") -> None:
        """Goes to a page."""
        self.page_requested.emit(page, anchor)

    def show_log(self) -> None:
        """Opens the log."""
        self.log_requested.emit()

    def chat_with(self, path: str) -> None:
        """Loads a model and starts a conversation."""
        self.chat_requested.emit(path)

    def new_chat(self) -> None:
        """Starts a conversation."""
        self.new_chat_requested.emit()

    def report(self, toasts: ToastHost, problem: Problem) -> None:
        """Shows a problem as a toast, with a way to the log where that helps; its detail goes to the log."""
        log.error("%s (%s)", problem, problem.detail)
        text = problem_texts.words(problem)
        if problem.code in _LOOK_IN_LOG:
            toasts.show(text, self.tr("Show log"), self.show_log, kind="problem")
        else:
            toasts.show(text, kind="problem")
