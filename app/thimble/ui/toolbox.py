"""The window's tool servers: what they offer, and calls of their tools, made in threads and told in the GUI thread."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from thimble.client import CancelToken
from thimble.tools.calls import Offered, offered
from thimble.tools.servers import Tool, ToolServer, ToolServers
from thimble.ui.jobs import problem_of

if TYPE_CHECKING:
    from pathlib import Path

    from thimble.errors import Problem
    from thimble.settings import Settings
    from thimble.tools.host import ToolHost, ToolResult

log = logging.getLogger(__name__)


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
    _handed = Signal(object)

    def __init__(self, settings: Settings, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._file = ToolServers(path)
        self._host: ToolHost | None = None
        self._running: set[CancelToken] = set()
        self._threads: set[threading.Thread] = set()
        self._closed = False
        self._hand_lock = threading.Lock()
        self.all = self._file.all()
        """The servers, in the order they were made."""
        self._handed.connect(self._run_handed, Qt.ConnectionType.QueuedConnection)

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

    def keep_environment(
        self,
        server: ToolServer,
        values: Mapping[str, str],
        done: Callable[[bool], object],
        failed: Callable[[Problem], object],
    ) -> None:
        """Keeps its environment; `done` is told whether in the keyring."""
        from thimble.tools.servers import save_environment

        self._work(lambda _token: save_environment(server.id, values), done, failed)

    # --- in threads ---------------------------------------------------------------------------------------------

    def check(
        self, server: ToolServer, done: Callable[[list[Tool]], object], failed: Callable[[Problem], object]
    ) -> CancelToken:
        """Starts a server if it does not run, and remembers what it offers."""
        offline = self._settings.switch("files.offline")

        def take(tools: list[Tool]) -> None:
            self._file.set_tools(server.id, tools)
            self._read()
            done(tools)

        return self._work(lambda token: self._hosted().tools(server, offline=offline, cancel=token), take, failed)

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
        return self._work(
            lambda token: self._hosted().call(server, tool, arguments, offline=offline, cancel=token), done, failed
        )

    def close(self) -> None:
        """Ends all calls and servers. A server that does not end by itself is killed; the process waits for that."""
        with self._hand_lock:
            self._closed = True
        for token in tuple(self._running):
            token.cancel()
        for thread in tuple(self._threads):
            thread.join(1)
        host, self._host = self._host, None
        if host is not None:  # not a daemon: no server may outlive the window, and the window need not wait for it
            threading.Thread(target=host.close, name="tools-close").start()

    def _hosted(self) -> ToolHost:
        from thimble.tools.host import ToolHost

        with self._hand_lock:
            if self._host is None:
                self._host = ToolHost()
            return self._host

    def _work(
        self, work: Callable[[CancelToken], Any], done: Callable[[Any], object], failed: Callable[[Problem], object]
    ) -> CancelToken:
        token = CancelToken()
        self._running.add(token)

        def end(tell: Callable[[], object]) -> None:
            self._running.discard(token)
            self._threads.discard(thread)
            tell()

        def run() -> None:
            try:
                result = work(token)
            except Exception as error:  # noqa: BLE001 - a thread's failure becomes a sentence
                problem = problem_of(error)
                log.info("tools: %s (%s)", problem, problem.detail)
                self._hand(lambda: end(lambda: failed(problem)))
            else:
                self._hand(lambda: end(lambda: done(result)))

        thread = threading.Thread(target=run, name="tool-call", daemon=True)
        self._threads.add(thread)
        thread.start()
        return token

    def _hand(self, call: Callable[[], object]) -> None:
        with self._hand_lock:
            if not self._closed:
                self._handed.emit(call)

    @Slot(object)
    def _run_handed(self, call: Callable[[], object]) -> None:
        if not self._closed:
            call()

    def _read(self) -> None:
        self.all = self._file.all()
        self.changed.emit()
