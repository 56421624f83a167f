"""What can be done about an answer that failed, as buttons under it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication

from thimble.conversations import Message
from thimble.errors import Code, Problem

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.controller import ChatController

ENGINE_GONE: Final = frozenset({Code.ENGINE_DIED, Code.ENGINE_UNREACHABLE})
NEEDS_A_MODEL: Final = frozenset({Code.NO_MODEL, Code.MODEL_DAMAGED})
WORTH_THE_LOG: Final = frozenset({Code.ENGINE_FAILED, Code.INTERNAL, Code.MODEL_LOAD_FAILED})
REMOTE: Final = frozenset(
    {
        Code.UNAUTHORIZED,
        Code.REMOTE_UNREACHABLE,
        Code.REMOTE_REFUSED,
        Code.REMOTE_BUSY,
        Code.REMOTE_FAILED,
        Code.REMOTE_CUT,
    }
)
Button = tuple[str, Callable[[], None]]


def remedies(controller: ChatController, context: AppContext, message: Message, problem: Problem) -> list[Button]:
    """The buttons: the most helpful first."""
    translate, navigation = QCoreApplication.translate, context.navigation
    show_log: Button = (translate("Remedies", "Show log"), navigation.show_log)
    again: Button = (translate("Remedies", "Try again"), lambda: controller.messages.regenerate(message.id))
    if problem.code in ENGINE_GONE and not context.link.alive:
        return [(translate("Remedies", "Restart engine"), controller.notices.restart_engine), show_log]
    if problem.code in ENGINE_GONE and message.text.strip():
        return [(translate("Remedies", "Continue"), lambda: controller.messages.continue_answer(message.id)), again]
    if problem.code in NEEDS_A_MODEL:
        return [(translate("Remedies", "Choose a model"), lambda: navigation.go("models")), again]
    if problem.code == Code.TOOLS_UNSUPPORTED:
        return [(translate("Remedies", "Without tools"), lambda: _without_tools(controller, message)), again]
    if problem.code == Code.OFFLINE:
        return [(translate("Remedies", "Settings"), lambda: navigation.go("settings", "files.offline")), again]
    if problem.code in REMOTE:
        go_on: Button = (translate("Remedies", "Continue"), lambda: controller.messages.continue_answer(message.id))
        look: Button = (translate("Remedies", "Connections"), lambda: navigation.go("connections"))
        return [go_on, again, look] if message.text.strip() else [again, look]
    if problem.code == Code.CONTEXT_TOO_LONG:
        search: Button = (
            translate("Remedies", "Search in the files"),
            lambda: controller.messages.search_in_files(message.id),
        )
        longer = [search] if controller.messages.has_whole_files() else []
        return [
            *longer,
            (translate("Remedies", "Longer context"), lambda: navigation.go("settings", "engine.context")),
            again,
        ]
    if problem.code in WORTH_THE_LOG:
        return [again, show_log]
    return [again]


def _without_tools(controller: ChatController, message: Message) -> None:
    controller.tools.switch(list(controller.tools.on), on=False)
    controller.messages.regenerate(message.id)
