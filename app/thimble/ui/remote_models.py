"""The window's connections to other machines: what there is to choose, and how each is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import QObject, Signal

from thimble.errors import ThimbleError
from thimble.remote.connections import KEYS, Connection, Connections, RemoteModel, choice_of, chosen, written_by
from thimble.ui.calls import Calls

if TYPE_CHECKING:
    from pathlib import Path

    from thimble.client import CancelToken
    from thimble.keychain import Kept
    from thimble.remote.client import Health, RemoteClient
    from thimble.settings import Settings

NEW_CHATS_KEY: Final = "chat.remote_model"
"""In the window's state: the remote model that new chats begin with; "" for this computer's."""


@dataclass(frozen=True, slots=True)
class RemoteChoice:
    """A remote model that a chat uses.

    Attributes:
        connection: through which.
        model: which.
    """

    connection: Connection
    model: RemoteModel

    @property
    def key(self) -> str:
        """As a conversation remembers it."""
        return choice_of(self.connection.id, self.model.id)

    @property
    def name(self) -> str:
        """Model and connection, for people and in the store."""
        return written_by(self.connection, self.model.id)


class RemoteModels(QObject):
    """The connections, as this window knows them.

    Args:
        settings: for "Work offline".
        path: the connections' file.
        parent: owner.

    Signals:
        changed: there are other connections or models now.
        shown_changed: another chat is shown: perhaps with another remote model, or none.
    """

    changed = Signal()
    shown_changed = Signal()

    def __init__(self, settings: Settings, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._calls = Calls("remote-call", self)
        self._file = Connections(path)
        self.all = self._file.all()
        """The connections, in the order they were made."""
        self.shown: RemoteChoice | None = None
        """What the chat that is shown uses; None for this computer's engine."""

    # --- what chats choose --------------------------------------------------------------------------------------

    def find(self, choice: str) -> RemoteChoice | None:
        """The remote model of a choice; None for this computer, and for a connection that is gone."""
        named = chosen(choice)
        connection = next((one for one in self.all if named is not None and one.id == named[0]), None)
        if named is None or connection is None:
            return None
        known = next((model for model in connection.models if model.id == named[1]), RemoteModel(named[1]))
        return RemoteChoice(connection, known)

    def show(self, choice: RemoteChoice | None) -> None:
        """Tells what the chat that is shown uses."""
        if choice != self.shown:
            self.shown = choice
            self.shown_changed.emit()

    def opener(self, connection: Connection) -> Callable[[], RemoteClient]:
        """Makes the client in the thread of an answer: the keyring may take a moment."""
        offline = self._settings.switch("files.offline")

        def connect() -> RemoteClient:
            from thimble.remote.client import RemoteClient

            return RemoteClient(connection, KEYS.load(connection.key_name), offline=offline)

        return connect

    # --- what a person does with them ---------------------------------------------------------------------------

    def check(
        self,
        connection: Connection,
        done: Callable[[Health], Any],
        failed: Callable[[Any], Any],
    ) -> None:
        """Asks a server for its models, in a thread, and remembers them."""
        connect = self.opener(connection)

        def take(health: Health) -> None:
            now = next((one for one in self.all if one.id == connection.id), None)
            try:
                if now is not None and now.url == connection.url:
                    self._do(lambda: self._file.put(health.connection))
            except ThimbleError as error:  # a full disk, perhaps
                failed(error.problem)
                return
            done(health)

        self._calls.run(lambda token: connect().health(token), take, failed)

    def add(self, name: str, url: str) -> Connection:
        """A new connection; its key is kept by `keep_secret`. Raises as `Connections.add`."""
        made = self._file.add(name, url)
        self._read()
        return made

    def put(self, connection: Connection) -> None:
        """Changes one, or puts back one that was removed. Raises as `Connections.put`."""
        self._do(lambda: self._file.put(connection))

    def remove(self, connection: Connection) -> None:
        """Forgets one; its key goes with `keep_secret`. Raises as `Connections.remove`."""
        self._do(lambda: self._file.remove(connection.id))

    def keep_secret(
        self, connection: Connection, key: str, done: Callable[[Kept], Any], failed: Callable[[Any], Any]
    ) -> None:
        """Keeps a key, or forgets it when it is empty, in a thread; `done` is told where."""
        self._calls.run(lambda _token: KEYS.save(connection.key_name, key), done, failed)

    def take_secret(self, connection: Connection, taken: Callable[[str], Any]) -> None:
        """Forgets the key of a connection that was removed or moved; `taken` is told what it was, for an undo."""

        def work(_token: CancelToken) -> str:
            key = KEYS.load(connection.key_name)
            KEYS.save(connection.key_name, "")
            return key

        self._calls.run(work, taken, lambda _problem: None)

    def close(self) -> None:
        """The window closes."""
        self._calls.close()

    def _do(self, change: Callable[[], object]) -> None:
        try:
            change()
        finally:
            self._read()

    def _read(self) -> None:
        self.all = self._file.all()
        self.changed.emit()
