"""What the Models page asks of the hub, as work for jobs; each can be left at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.library.choices import HubFile
    from thimble.library.connection import Connection
    from thimble.library.hub import FoundModel, Repository
    from thimble.modelfile.forecast import Facts

    Failed = Callable[[Problem], None]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Opened:
    """A repository whose files are known.

    Attributes:
        repository: what the hub says.
        facts: of its smallest model, read from its header; None when it could not be read.
        problem: why not.
    """

    repository: Repository
    facts: Facts | None
    problem: Problem | None = None


class HubWork:
    """Asks the hub in jobs. A newer question of the same kind ends the older one; `close` ends all."""

    def __init__(self, context: AppContext) -> None:
        self._context = context
        self._asking: dict[str, tuple[JobHandle, list[Connection]]] = {}

    def search(self, words: str, done: Callable[[list[FoundModel]], None], failed: Callable[[Problem], None]) -> None:
        """Looks for repositories."""

        def work(connection: Connection) -> list[FoundModel]:
            from thimble.library.hub import Hub

            return Hub(connection).search(words)

        self._ask("search", work, done, failed)

    def open(
        self,
        repository: str,
        context_tokens: int,
        cache: tuple[str, str],
        done: Callable[[Opened], None],
        failed: Callable[[Problem], None],
    ) -> None:
        """Asks what a repository holds, and reads the header of its smallest model: what it takes with so many tokens
        of context, and keys and values of these types."""

        def work(connection: Connection) -> Opened:
            from thimble.errors import ThimbleError
            from thimble.library.hub import Hub
            from thimble.library.remote_header import read_remote_header
            from thimble.modelfile.forecast import facts_of

            found = Hub(connection).repository(repository)
            if not found.choices:
                return Opened(found, None)
            try:
                header = read_remote_header(connection, repository, found.commit, found.choices[0])
            except ThimbleError as error:
                return Opened(found, None, error.problem)
            return Opened(found, facts_of(header, context_tokens, cache))

        self._ask(f"open {repository}", work, done, failed)

    def find(self, repository: str, path: str, done: Callable[[HubFile, str], None], failed: Failed) -> None:
        """Asks for one file of any kind, and the commit that it belongs to."""

        def work(connection: Connection) -> tuple[HubFile, str]:
            from thimble.library.choices import HubFile
            from thimble.library.hub import Hub

            place = Hub(connection).locate(repository, "main", path)
            return HubFile(path, place.size, place.hash), place.commit

        self._ask(f"find {repository}/{path}", work, lambda found: done(*found), failed)

    def newest(
        self, repository: str, path: str, done: Callable[[str], None], failed: Callable[[Problem], None]
    ) -> None:
        """Asks for the hash that a file has on the hub now; empty when it is gone."""

        def work(connection: Connection) -> str:
            from thimble.library.hub import Hub

            found = Hub(connection).repository(repository)
            return next((file.hash for choice in found.choices for file in choice.files if file.path == path), "")

        self._ask(f"newest {repository}/{path}", work, done, failed)

    def stop(self, kind: str) -> None:
        """Ends a question of one kind."""
        asked = self._asking.pop(kind, None)
        if asked is not None:
            handle, connections = asked
            handle.cancel()
            for connection in connections:
                connection.interrupt()

    def close(self) -> None:
        """Ends all questions."""
        for kind in tuple(self._asking):
            self.stop(kind)

    def _ask(
        self,
        kind: str,
        work: Callable[[Connection], T],
        done: Callable[[T], None],
        failed: Callable[[Problem], None],
    ) -> None:
        self.stop(kind)
        settings = self._context.settings
        opened: list[Connection] = []

        def run(handle: JobHandle) -> T:
            from thimble.library import tokens
            from thimble.library.connection import Connection, access_of

            access = access_of(settings)
            if not access.offline:
                access = replace(access, token=tokens.load(access.host))
            with Connection(access) as connection:
                opened.append(connection)
                handle.check()
                return work(connection)

        handle = self._context.jobs.run(run, done=done, failed=failed, name=kind)
        self._asking[kind] = (handle, opened)
        handle.finished.connect(lambda: self._forget(kind, handle))

    def _forget(self, kind: str, handle: JobHandle) -> None:
        if self._asking.get(kind, (None,))[0] is handle:
            del self._asking[kind]
