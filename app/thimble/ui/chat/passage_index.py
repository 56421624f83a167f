"""The window's indexes: the stored chats' in a file, the temporary chat's in memory only."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

from thimble.errors import Code, ThimbleError

if TYPE_CHECKING:
    from thimble.conversations import Store
    from thimble.retrieval import Index


class PassageIndex:
    """Opens the indexes when they are first needed, in the thread that needs them.

    Args:
        path: the file.
        store: the stored conversations: what none of them looks in any more is forgotten at the first opening.
    """

    def __init__(self, path: Path, store: Store) -> None:
        self._path = path
        self._store = store
        self._lock = threading.Lock()
        self._disk: Index | None = None
        self._memory: Index | None = None
        self._closed = False

    def on_disk(self) -> Index:
        """The stored chats' texts, and all folders.

        Raises:
            ThimbleError: the file cannot be opened, or the window has closed (CANCELLED).
        """
        from thimble.retrieval import Index, folder_source, text_source

        with self._lock:
            self._check()
            if self._disk is None:
                index = Index(self._path)
                used = {text_source(text) for text in self._store.searched_texts()}
                index.keep_only(used | {folder_source(path) for path in self._store.all_searched_folders()})
                self._disk = index
            return self._disk

    def in_memory(self) -> Index:
        """The temporary chat's texts, which no file may hold."""
        from thimble.retrieval import Index

        with self._lock:
            self._check()
            if self._memory is None:
                self._memory = Index(None)
            return self._memory

    def forget_memory(self) -> None:
        """The temporary chat is gone."""
        with self._lock:
            if self._memory is not None:
                self._memory.close()
                self._memory = None

    def close(self) -> None:
        """The window closes."""
        self.forget_memory()
        with self._lock:
            self._closed = True
            if self._disk is not None:
                self._disk.close()
                self._disk = None

    def _check(self) -> None:
        if self._closed:
            raise ThimbleError(Code.CANCELLED, "Thimble is closing.")
