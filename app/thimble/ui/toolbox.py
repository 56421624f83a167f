"""The window's tool servers: what they offer, and calls of their tools, made in threads and told in the GUI thread."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal

from thimble.errors import ThimbleError
from thimble.tools.calls import Offered, offered
from thimble.tools.servers import Tool, ToolServer, ToolServers
from thimble.ui.calls import Calls

if TYPE_CHECKING:
    from pathlib import Path

    from thimble.client import CancelToken
    from thimble.errors import Problem
    from thimble.keychain import Kept
    from thimble.settings import Settings
    from thimble.tools.host import ToolHost, ToolResult


class Toolbox(QObject):
    """The servers, as this window knows them. The host, and with it the SDK, comes with the first use.

    Args:
        settings: for "Work offline".
        path: the servers' file.
        parent: owner.

    Signals:
        changed: there are other servers or tools now.
    """

    changed = Signal()

    def __init__(self, settings: Settings, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._file = ToolServers(path)
        self._host: ToolHost | None = None
        self._calls = Calls("tool-call", self)
        self._host_lock = threading.Lock()
        self.all = self._file.all()
        """The servers, in the order they were made."""

    # --- what there is ------------------------------------------------------------------------------------------

    def offered(self, switched_on: Collection[str]) -> list[Offered]:
        """The tools that a chat has switched on, as a model sees them."""
        return offered(self.all, switched_on) if switched_on else []

    def add(self, name: str, *, command: str = "", args: Collection[str] = (), url: str = "") -> ToolServer:
        """A new server. Raises as `ToolServers.add`."""
        made = self._file.add(name, command=command, args=tuple(args), url=url)
        self._read()
        return made

    def put(self, server: ToolServer) -> None:
        """Changes one, or puts back one that was removed. Raises as `ToolServers.put`."""
        if self._host is not None:
            self._host.stop(server.id)
        try:
            self._file.put(server)
        finally:
            self._read()

    def remove(self, server: ToolServer) -> None:
        """Stops one and forgets it. Raises as `ToolServers.remove`."""
        if self._host is not None:
            self._host.stop(server.id)
        try:
            self._file.remove(server.id)
        finally:
            self._read()

    def keep_secret(
        self,
        server: ToolServer,
        values: Mapping[str, str],
        done: Callable[[Kept], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Keeps its environment; `done` is told where."""
        from thimble.tools.servers import save_environment

        self._calls.run(lambda _token: save_environment(server.id, values), done, failed)

    def take_secret(self, server: ToolServer, taken: Callable[[dict[str, str]], object]) -> None:
        """Forgets the environment of a server that was removed; `taken` is told what it was, for an undo."""
        from thimble.tools.servers import environment, save_environment

        def work(_token: CancelToken) -> dict[str, str]:
            values = environment(server.id)
            save_environment(server.id, {})
            return values

        self._calls.run(work, taken, lambda _problem: None)

    # --- in threads ---------------------------------------------------------------------------------------------

    def check(
        self, server: ToolServer, done: Callable[[list[Tool]], object], failed: Callable[[Problem], object]
    ) -> CancelToken:
        """Starts a server if it does not run, and remembers what it offers."""
        offline = self._settings.switch("files.offline")

        def take(tools: list[Tool]) -> None:
            try:
                self._file.set_tools(server.id, tools)
            except ThimbleError as error:  # a full disk, perhaps
                failed(error.problem)
                return
            self._read()
            done(tools)

        return self._calls.run(lambda token: self._hosted().tools(server, offline=offline, cancel=token), take, failed)

    def call(
        self,
        server: ToolServer,
        tool: str,
        arguments: dict[str, Any],
        done: Callable[[ToolResult], object],
        failed: Callable[[Problem], object],
    ) -> CancelToken:
        """Calls a tool; the token ends it."""
        offline = self._settings.switch("files.offline")
        return self._calls.run(
            lambda token: self._hosted().call(server, tool, arguments, offline=offline, cancel=token), done, failed
        )

    def close(self) -> None:
        """Ends all calls and servers. A server that does not end by itself is killed; the process waits for that."""
        self._calls.close()
        host, self._host = self._host, None
        if host is not None:  # not a daemon: no server may outlive the window, and the window need not wait for it
            threading.Thread(target=host.close, name="tools-close").start()

    def _hosted(self) -> ToolHost:
        from thimble.tools.host import ToolHost

        with self._host_lock:
            if self._host is None:
                self._host = ToolHost()
            return self._host

    def _read(self) -> None:
        self.all = self._file.all()
        self.changed.emit()
