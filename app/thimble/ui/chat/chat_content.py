"""What stands between a chat's title and its composer: its messages, the empty page, or the first-run page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from thimble.ui.chat.empty_page import EmptyPage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.controller import ChatController
    from thimble.ui.chat.conversation_view import ConversationView
    from thimble.ui.chat.first_run import FirstRunPage
    from thimble.ui.chat.models_known import ModelsKnown
    from thimble.ui.chat.pictures import Thumbnails
    from thimble.ui.chat.shown import ShownMessage
    from thimble.ui.chat.speaker import Speaker


class ChatContent(QStackedWidget):
    """Follows the controller.

    The conversation view and the first-run page are made when they are first needed: the window's first picture must
    not wait for them.

    Args:
        context: the window's shared parts.
        controller: of the chat.
        models: whether there is a model.
        thumbnails: of the chat's pictures.
        speaker: reads aloud.
        welcomes: see below.

    Attributes:
        welcomes: whether the first-run page is shown here as long as there is no model.
        empty: the empty page.

    Signals:
        asked: words to send; what stands in the composer stays there.
        writable: whether there is something to write for; not on the first-run page.
        first_model: (path, prompt), see `FirstRunPage.ready`.
    """

    asked = Signal(str)
    writable = Signal(bool)
    first_model = Signal(str, str)

    def __init__(
        self,
        context: AppContext,
        controller: ChatController,
        models: ModelsKnown,
        thumbnails: Thumbnails,
        speaker: Speaker,
        *,
        welcomes: bool,
    ) -> None:
        super().__init__()
        self._context = context
        self._controller = controller
        self._models = models
        self._thumbnails = thumbnails
        self._speaker = speaker
        self._messages = 0
        self._view: ConversationView | None = None
        self._first_run: FirstRunPage | None = None
        self.welcomes = welcomes
        self.empty = EmptyPage(context)
        self.empty.prompt_chosen.connect(self.asked)
        self.addWidget(self.empty)
        controller.shown.connect(self._on_shown)
        controller.added.connect(self._on_added)
        controller.changed.connect(self._on_changed)
        controller.text.connect(self._on_text)
        controller.activity.connect(self._on_activity)
        controller.noticed.connect(self._on_noticed)
        controller.suggested.connect(self._on_suggested)
        controller.choice.changed.connect(self._on_choice)
        context.link.status_changed.connect(self._show_guide)
        models.changed.connect(self._on_models)
        if context.link.model_path or context.link.loading_path:  # a page that is made later than the model was loaded
            self._show_guide()

    @property
    def has_messages(self) -> bool:
        """Whether there is anything to read."""
        return self._messages > 0

    def choose(self) -> None:
        """Shows what there is now."""
        busy = self._first_run is not None and self._first_run.busy
        first_run = self.welcomes and not self._messages and (busy or not self._models.any)
        self.setCurrentWidget(self.view if self._messages else self.first_run if first_run else self.empty)
        self.writable.emit(not first_run)

    def take_focus(self) -> bool:
        """Whether the first-run page is there and has taken the focus."""
        if self._first_run is None or self.currentWidget() is not self._first_run:
            return False
        self._first_run.take_focus()
        return True

    def prepare_close(self) -> None:
        """The window closes."""
        if self._first_run is not None:
            self._first_run.prepare_close()

    # --- the conversation view ----------------------------------------------------------------------------------

    @property
    def view(self) -> ConversationView:
        """The conversation view, made now if it was not yet."""
        if self._view is None:
            from thimble.ui.chat.conversation_view import ConversationView

            view = ConversationView(self._context, thumbnails=self._thumbnails)
            acts = self._controller.messages
            view.regenerate_requested.connect(acts.regenerate)
            view.continue_requested.connect(acts.continue_answer)
            view.edit_submitted.connect(acts.edit)
            view.sibling_requested.connect(acts.show_sibling)
            view.remove_requested.connect(acts.remove)
            view.answer_requested.connect(acts.answer)
            view.fork_requested.connect(acts.fork)
            view.tool_allowed.connect(acts.allow_tool)
            view.tool_denied.connect(acts.deny_tool)
            view.turn_requested.connect(acts.switch_role)
            view.asked.connect(self.asked)
            view.spoken.connect(self._speaker.toggle)
            self._speaker.changed.connect(self._on_aloud)
            self._controller.answering_changed.connect(view.set_busy)
            view.set_busy(self._controller.answering)
            self._view = view
            self.addWidget(view)
        return self._view

    def _on_shown(self, messages: Sequence[ShownMessage]) -> None:
        self._messages = len(messages)
        if messages:
            self.view.show_messages(messages)
        elif self._view is not None:
            self._view.clear()
        self.choose()

    def _on_added(self, message: ShownMessage) -> None:
        if not self._messages:
            self.view.clear()
        self._messages += 1
        self.choose()
        self.view.append_message(message)

    def _on_changed(self, message: ShownMessage) -> None:
        self.view.update_message(message)

    def _on_text(self, message: int, text: str) -> None:
        self.view.append_text(message, text)

    def _on_activity(self, message: int, line: str) -> None:
        if self._messages:
            self.view.set_activity(message, line)

    def _on_noticed(self, message: int, sentence: str, buttons: list[tuple[str, Callable[[], None]]]) -> None:
        if self._messages:
            self.view.set_notice(message, sentence, buttons)

    def _on_suggested(self, message: int, questions: Sequence[str]) -> None:
        self.view.suggest(message, questions)

    def _on_aloud(self) -> None:
        self.view.set_aloud(self._speaker.reading)

    # --- what stands there without messages ---------------------------------------------------------------------

    @property
    def first_run(self) -> FirstRunPage:
        """The first-run page, made now if it was not yet."""
        if self._first_run is None:
            from thimble.ui.chat.first_run import FirstRunPage

            self._first_run = FirstRunPage(self._context)
            self._first_run.ready.connect(self.first_model)
            self.addWidget(self._first_run)
        return self._first_run

    def _on_models(self) -> None:
        if self._first_run is None or not self._first_run.busy:
            self.choose()

    def _on_choice(self) -> None:
        self.empty.show_place(self._controller.choice.remote)
        self.choose()

    def _show_guide(self) -> None:
        from thimble.modelfile.places import is_guide  # not before the window is there

        link = self._context.link
        self.empty.show_guide(is_guide(link.loading_path or link.loaded_path or link.model_path))
