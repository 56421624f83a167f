"""What can be done with a whole conversation, from the list and from the title row alike."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from thimble.conversations import Role, as_markdown
from thimble.errors import ThimbleError

if TYPE_CHECKING:
    from collections.abc import Callable

    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.controller import ChatController


class ChatActions(QObject):
    """Renames, copies and deletes conversations; deleting can be undone.

    Args:
        context: the window's shared parts.
        controller: knows which conversation is open.
        parent: owner.

    Signals:
        changed: titles are different now, or a conversation came or went.
        deleted: id of the conversation that was deleted.
        restored: id of the conversation whose deletion was undone.
    """

    changed = Signal()
    deleted = Signal(int)
    restored = Signal(int)

    def __init__(self, context: AppContext, controller: ChatController, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._controller = controller

    def rename(self, conversation_id: int, title: str) -> None:
        """Gives a conversation another title; an empty one changes nothing."""
        title = " ".join(title.split())
        if not title:
            return
        shown = self._controller.conversation
        if shown is not None and shown.id == conversation_id:
            self._controller.rename(title)
        elif self._try(partial(self._context.store.rename, conversation_id, title)):
            self.changed.emit()

    def copy_markdown(self, conversation_id: int) -> None:
        """Puts the shown path of a conversation on the clipboard."""
        store = self._context.store

        def copy() -> None:
            conversation = store.conversation(conversation_id)
            names: dict[str, str] = {
                Role.SYSTEM: self.tr("Instructions"),
                Role.USER: self.tr("You"),
                Role.ASSISTANT: self.tr("Answer"),
            }
            text = as_markdown(conversation, store.path(conversation_id), names, self.tr("New chat"))
            QGuiApplication.clipboard().setText(text)

        if self._try(copy):
            self._context.toasts.show(self.tr("The conversation is on the clipboard as Markdown."))

    def delete(self, conversation_id: int) -> None:
        """Takes a conversation away; a toast offers to bring it back."""
        if not self._try(partial(self._context.store.delete, conversation_id)):
            return
        self._context.undo.done(self.tr("Conversation deleted."), partial(self._restore, conversation_id))
        self.deleted.emit(conversation_id)
        self.changed.emit()

    def menu(self, parent: QWidget, conversation_id: int, rename: Callable[[], object]) -> QMenu:
        """The menu of a conversation; it deletes itself when it closes.

        Args:
            parent: whose menu it is.
            conversation_id: what it acts on.
            rename: begins editing the title in place.
        """
        theme = self._context.theme
        menu = QMenu(parent)
        menu.setAccessibleName(self.tr("Conversation"))
        menu.aboutToHide.connect(menu.deleteLater)
        for text, icon, keys, act in (
            (self.tr("Rename"), "ph.pencil-simple", "F2", rename),
            (self.tr("Copy as Markdown"), "ph.copy", "", partial(self.copy_markdown, conversation_id)),
            ("", "", "", None),
            (self.tr("Delete"), "ph.trash", "Del", partial(self.delete, conversation_id)),
        ):
            if act is None:
                menu.addSeparator()
                continue
            action = QAction(theme.icon(icon), text, menu)
            if keys:
                # Told, not installed: the key belongs to the list, which has the focus when it means this.
                action.setShortcut(QKeySequence(keys))
                action.setShortcutVisibleInContextMenu(True)
            action.triggered.connect(lambda _checked=False, act=act: act())
            menu.addAction(action)
        return menu

    def _restore(self, conversation_id: int) -> None:
        if self._try(partial(self._context.store.restore, conversation_id)):
            self.restored.emit(conversation_id)
            self.changed.emit()

    def _try(self, act: Callable[[], None]) -> bool:
        """Does it; a problem becomes a toast."""
        try:
            act()
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return False
        return True
