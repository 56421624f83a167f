"""One conversation, or two side by side, each with its own composer and settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QRect, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDragLeaveEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QSplitter, QVBoxLayout, QWidget

from thimble.errors import Code, ThimbleError
from thimble.ui.chat.chat_pane import ChatPane
from thimble.ui.chat.drop_mark import DropMark, chat_in

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.actions import ChatActions
    from thimble.ui.chat.answering import Answering
    from thimble.ui.chat.models_known import ModelsKnown

CONVERSATION_KEYS: Final = ("chat.conversation", "chat.conversation2")
SPLIT_KEY: Final = "chat.split"
SIZES_KEY: Final = "chat.split_sizes"
PANE_MINIMUM: Final = 260


class Panes(QWidget):
    """Makes, shows and closes the panes, and knows in which of them the person is.

    Args:
        context: the window's shared parts.
        answering: the window's answers.
        actions: what can be done with whole conversations.
        models: whether there is a model.

    Signals:
        made: a `ChatPane`, before it shows anything.
        leaving: the person goes from one pane to the other; who edits something of the former stores it.
        activated: the person is in another pane now.
    """

    made = Signal(object)
    leaving = Signal()
    activated = Signal()

    def __init__(self, context: AppContext, answering: Answering, actions: ChatActions, models: ModelsKnown) -> None:
        super().__init__()
        self._context = context
        self._parts = (answering, actions, models)
        self.panes: list[ChatPane] = []
        self._active = 0
        self._mark: DropMark | None = None
        self.setAcceptDrops(True)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.splitterMoved.connect(lambda *_: self._remember_sizes())
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.splitter)
        QApplication.instance().focusChanged.connect(self._on_focus)  # type: ignore[union-attr]

    # --- which there are ----------------------------------------------------------------------------------------

    @property
    def active(self) -> ChatPane:
        """The pane in which the person is."""
        return self.panes[self._active]

    @property
    def is_split(self) -> bool:
        """Whether there are two."""
        return len(self.panes) > 1

    def other(self, pane: ChatPane) -> ChatPane | None:
        """The one beside it."""
        return next((one for one in self.panes if one is not pane), None)

    def showing(self, conversation_id: int) -> ChatPane | None:
        """The pane that shows a conversation: never more than one."""
        for pane in self.panes:
            shown = pane.controller.conversation
            if shown is not None and shown.id == conversation_id:
                return pane
        return None

    def restore(self) -> None:
        """Shows what was shown when the window closed."""
        state = self._context.window_state
        split = state.get(SPLIT_KEY, False)
        self._make()
        self._open_last(self.panes[0], 0)
        if split:
            self._make()
            self._open_last(self.panes[1], 1)
            sizes = state.get(SIZES_KEY, [])
            if len(sizes) == 2 and all(isinstance(size, int) for size in sizes):
                self.splitter.setSizes(sizes)
        self._dress()

    def _open_last(self, pane: ChatPane, place: int) -> None:
        last = self._context.window_state.get(CONVERSATION_KEYS[place], 0)
        if not last or self.showing(last) or not self._is_there(last) or not pane.open_conversation(last):
            pane.new_chat()

    def _is_there(self, conversation_id: int) -> bool:
        """False when another window has deleted it for good since: nobody need be told that."""
        try:
            self._context.store.conversation(conversation_id)
        except ThimbleError as error:
            return error.problem.code != Code.NOT_FOUND
        return True

    def remember(self, pane: ChatPane) -> None:
        """Remembers what a pane shows; nothing of a chat that is stored nowhere."""
        if pane not in self.panes:
            return
        shown = pane.controller.conversation
        kept = shown.id if shown is not None and not pane.controller.is_temporary else None
        self._context.window_state.set(CONVERSATION_KEYS[self.panes.index(pane)], kept)

    def _make(self) -> ChatPane:
        pane = ChatPane(self._context, *self._parts, is_first=not self.panes)
        pane.setMinimumWidth(PANE_MINIMUM)
        self.panes.append(pane)
        self.splitter.addWidget(pane)
        pane.title_row.split_wanted.connect(self.split)
        pane.title_row.close_wanted.connect(lambda: self.close_pane(pane))
        pane.both_asked.connect(lambda text: self._ask_both(pane, text))
        self.made.emit(pane)
        return pane

    def _ask_both(self, pane: ChatPane, text: str) -> None:
        other = self.other(pane)
        if other is not None:
            pane.ask_with(other, text)

    # --- splitting ----------------------------------------------------------------------------------------------

    def split(self, conversation_id: int = 0) -> None:
        """Shows a conversation beside the one in which the person is; 0 is a new chat."""
        known = self.showing(conversation_id) if conversation_id else None
        if known is not None and self.is_split:
            self.activate(known)
            known.take_focus()
            return
        if not self.is_split:
            width = self.width()
            self._make()
            self.splitter.setSizes([width // 2, width // 2])
            self._context.window_state.set(SPLIT_KEY, True)
        pane = self.other(self.active)
        assert pane is not None  # noqa: S101 - made above
        if conversation_id and known is None:
            pane.open_conversation(conversation_id)
        else:
            pane.new_chat()
        pane.show()
        self._dress()
        self._remember_sizes()
        self.activate(pane)
        pane.take_focus()

    def close_pane(self, pane: ChatPane) -> None:
        """Shows one conversation only; what was typed and what is being answered in the other goes on and is kept."""
        other = self.other(pane)
        if other is None:
            return
        self.activate(other)
        pane.put_away()
        self.panes.remove(pane)
        self._active = 0
        other.become_first()
        pane.hide()
        pane.deleteLater()
        state = self._context.window_state
        state.set(SPLIT_KEY, False)
        state.set(CONVERSATION_KEYS[1], None)
        self.remember(other)
        self._dress()
        other.take_focus()

    def toggle(self) -> None:
        """Two chats, or only the one in which the person is."""
        other = self.other(self.active)
        if other is None:
            self.split()
        else:
            self.close_pane(other)

    def activate(self, pane: ChatPane) -> None:
        """The person is in this pane now."""
        if pane is self.active:
            return
        self.leaving.emit()
        self._active = self.panes.index(pane)
        self._dress()
        self.activated.emit()

    def go_to_other(self) -> None:
        """F6: to the other pane."""
        other = self.other(self.active)
        if other is not None:
            self.activate(other)
            other.take_focus()

    def _dress(self) -> None:
        for pane in self.panes:
            pane.set_place(active=pane is self.active, split=self.is_split)

    def _remember_sizes(self) -> None:
        if self.is_split:
            self._context.window_state.set(SIZES_KEY, self.splitter.sizes())

    def _on_focus(self, _old: QWidget | None, new: QWidget | None) -> None:
        if new is not None and self.is_split:
            pane = next((one for one in self.panes if one.isAncestorOf(new)), None)
            self.activate(pane or self.active)

    # --- chats that are dragged here ----------------------------------------------------------------------------

    def _target(self, at: QPoint) -> QRect:
        """Where what is dropped at a point would be shown."""
        if self.is_split:
            return next((p.geometry() for p in self.panes if p.geometry().contains(at)), self.panes[0].geometry())
        right = self.rect().adjusted(self.width() // 2, 0, 0, 0)
        return right if right.contains(at) else self.rect()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes chats."""
        if chat_in(event.mimeData()):
            event.acceptProposedAction()

    def dragMoveEvent(self, event: QDragMoveEvent) -> None:
        """Marks the place."""
        if self._mark is None:
            self._mark = DropMark(self._context.theme, self)
        self._mark.mark(self._target(event.position().toPoint()))
        event.acceptProposedAction()

    def dragLeaveEvent(self, _event: QDragLeaveEvent) -> None:
        """It went elsewhere."""
        if self._mark is not None:
            self._mark.hide()

    def dropEvent(self, event: QDropEvent) -> None:
        """Shows the chat in the marked place."""
        if self._mark is not None:
            self._mark.hide()
        conversation_id = chat_in(event.mimeData())
        if not conversation_id:
            return
        event.acceptProposedAction()
        at = event.position().toPoint()
        if self.is_split:
            pane = next((p for p in self.panes if p.geometry().contains(at)), self.active)
            self.show_in(pane, conversation_id)
        elif self._target(at) != self.rect():
            self.split(conversation_id)
        else:
            self.show_in(self.active, conversation_id)

    def show_in(self, pane: ChatPane, conversation_id: int, message_id: int = 0) -> None:
        """Shows a conversation in a pane, or goes to the pane that shows it already."""
        pane = self.showing(conversation_id) or pane
        if pane.open_conversation(conversation_id, message_id):
            self.activate(pane)
            pane.take_focus()
