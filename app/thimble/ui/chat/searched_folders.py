"""The folders in which the shown conversation looks; those of a new chat wait for its first message."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from thimble.errors import ThimbleError

if TYPE_CHECKING:
    from thimble.conversations import Conversation
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.folder_updates import FolderUpdates
    from thimble.ui.chat.outbox import Outbox
    from thimble.ui.chat.stores import Stores

log = logging.getLogger(__name__)


class SearchedFolders(QObject):
    """Adds and takes away folders, and tells how they stand.

    Args:
        context: the window's shared parts.
        outbox: knows whether folders of a new chat wait here.
        stores: where the conversations are.
        updates: the window's indexed folders.
        parent: owner.

    Signals:
        changed: list of `FolderStatus`.
    """

    changed = Signal(object)

    def __init__(
        self,
        context: AppContext,
        outbox: Outbox,
        stores: Stores,
        updates: FolderUpdates,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._outbox = outbox
        self._stores = stores
        self.updates = updates
        self._conversation: int | None = None
        self.paths: list[str] = []
        updates.changed.connect(self._on_changed)

    def turn_to(self, conversation: Conversation | None) -> None:
        """Shows those of another conversation; None for a new one."""
        self._conversation = conversation.id if conversation is not None else None
        self.paths = []
        try:
            if self._conversation is not None or self._outbox.is_first:
                self.paths = self._stores.of(self._conversation or 0).searched_folders(self._conversation)
        except ThimbleError as error:
            log.warning("folders not read: %s", error.problem.detail)
        for path in self.paths:
            self.updates.look(path)
        self._tell()

    def became(self, conversation: Conversation) -> None:
        """The new chat has its conversation now.

        Raises:
            ThimbleError: the store refuses.
        """
        self._conversation = conversation.id
        if self.paths:
            store = self._stores.of(conversation.id)
            store.set_searched_folders(conversation.id, self.paths)
            store.set_searched_folders(None, [])

    def others(self) -> list[str]:
        """Folders of other chats, which could be looked in here, too; the one added last first."""
        try:
            known = self._stores.stored.all_searched_folders()
        except ThimbleError as error:
            log.warning("folders not read: %s", error.problem.detail)
            return []
        return [path for path in known if path not in self.paths]

    def add(self, folders: Sequence[Path]) -> None:
        """Looks in these, too."""
        paths = [str(folder.absolute()) for folder in folders]
        self._take([*self.paths, *(path for path in dict.fromkeys(paths) if path not in self.paths)])
        for path in paths:
            if path in self.paths:
                self.updates.update(path)

    def remove(self, path: str) -> None:
        """Looks in it no more; its index stays while another chat looks in it."""
        self._take([known for known in self.paths if known != path])
        if path not in self.paths and path not in self.others():
            self.updates.stop(path)

    def _take(self, paths: list[str]) -> None:
        try:
            self._stores.of(self._conversation or 0).set_searched_folders(self._conversation, paths)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return
        self.paths = paths
        self._tell()

    def _on_changed(self, path: str) -> None:
        if path in self.paths:
            self._tell()

    def _tell(self) -> None:
        self.changed.emit([self.updates.status(path) for path in self.paths])
