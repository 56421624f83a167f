"""Where a window's conversations are: the file, and the memory of a temporary chat."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal

from thimble.conversations import Conversation, Store, is_in_memory


class Stores(QObject):
    """The stored conversations and the one that is stored nowhere.

    Args:
        stored: the file's.
        parent: owner.

    Signals:
        temporary_gone: what was the temporary chat is no more; who shows it shows something else.
    """

    temporary_gone = Signal()

    def __init__(self, stored: Store, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.stored = stored
        self.memory: Store | None = None
        """The temporary chat's; None while there is none."""

    def of(self, an_id: int) -> Store:
        """Where the conversation, message or file of this number is."""
        return self.memory if self.memory is not None and is_in_memory(an_id) else self.stored

    @property
    def temporary(self) -> Conversation | None:
        """The chat that is only in memory; None while there is none."""
        found = self.memory.conversations() if self.memory is not None else []
        return found[0] if found else None

    def begin_temporary(self) -> Conversation:
        """Makes a chat that no file knows of; the one before must have been forgotten."""
        self.memory = Store(None)
        return self.memory.create_conversation()

    def forget_temporary(self) -> None:
        """Throws the temporary chat away."""
        store, self.memory = self.memory, None
        if store is not None:
            self.temporary_gone.emit()
            store.close()

    def close(self) -> None:
        """The window closes: what is only in memory goes. The file's store belongs to the window."""
        if self.memory is not None:
            self.memory.close()
            self.memory = None
