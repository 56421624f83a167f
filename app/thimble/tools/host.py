"""Runs tool servers and calls their tools, from a thread with an event loop of its own.

A server is started when it is first needed, and stopped when it is changed, when it is removed, or at the end. Each
has one task that owns its connection, because the SDK wants it closed where it was opened.
"""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

from thimble import paths
from thimble.addresses import is_loopback
from thimble.client import CancelToken
from thimble.errors import Code, ThimbleError
from thimble.tools.server_log import ServerLog
from thimble.tools.servers import Tool, ToolServer, environment

if TYPE_CHECKING:
    from mcp import Client
    from mcp.types import CallToolResult

log = logging.getLogger(__name__)

START_SECONDS: Final = 30.0
CALL_SECONDS: Final = 120.0
CLOSE_SECONDS: Final = 4.0
MOST_TOOLS: Final = 500
LONGEST_NAME: Final = 200
LONGEST_DESCRIPTION: Final = 32_000
"""Characters of a tool's description, and of its schema as JSON; one with more would fill the model's context alone."""
LONGEST_ANSWER: Final = 8 * 2**20
"""Bytes of one answer over HTTP, whatever is in it."""
_LONGEST_RESULT: Final = 50_000
"""Characters of a result that go to the model."""
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a call.

    Attributes:
        text: for the model, and for people.
        failed: the tool itself says that it failed; the model may try another way.
    """

    text: str
    failed: bool = False


class _Running:
    """One server that was started: its connection, once there is one, and the task that keeps it."""

    def __init__(self, server: ToolServer) -> None:
        self.server = server
        self.offers: list[Tool] | None = None  # as it was asked last
        self.ready: asyncio.Future[Client] = asyncio.get_running_loop().create_future()
        self.stop = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class ToolHost:
    """All running servers. Calls block; any thread may make them. Every failure is a `ThimbleError`.

    Args:
        start_seconds, call_seconds: so long may a start and a call take.
    """

    def __init__(self, *, start_seconds: float = START_SECONDS, call_seconds: float = CALL_SECONDS) -> None:
        self._start_seconds = start_seconds
        self._call_seconds = call_seconds
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._running: dict[str, _Running] = {}  # touched in the loop's thread only
        self._closed = False
        self._log: ServerLog | None = None

    # --- for any thread -----------------------------------------------------------------------------------------

    def tools(self, server: ToolServer, *, offline: bool = False, cancel: CancelToken | None = None) -> list[Tool]:
        """Starts a server if it does not run, and asks what it offers."""
        return self._wait(server, self._tools(server, offline=offline), cancel, self._start_seconds + 5)

    def call(
        self,
        server: ToolServer,
        tool: str,
        arguments: dict[str, Any],
        *,
        offline: bool = False,
        cancel: CancelToken | None = None,
    ) -> ToolResult:
        """Calls a tool; a server that does not run is started first."""
        seconds = self._start_seconds + self._call_seconds + 5
        return self._wait(server, self._call(server, tool, arguments, offline=offline), cancel, seconds)

    def stop(self, server_id: str) -> None:
        """Stops a server, if it runs; does not wait for that."""
        with self._lock:
            loop = self._loop if not self._closed else None
        if loop is not None:
            loop.call_soon_threadsafe(self._stop_one, server_id)

    def close(self) -> None:
        """Stops all servers and the thread; a program that does not end by itself is killed."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is None or thread is None:
            return
        ending = asyncio.run_coroutine_threadsafe(self._stop_all(), loop)
        with suppress(FutureTimeout, CancelledError):
            ending.result(CLOSE_SECONDS + 2)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(2)
        if self._log is not None:
            self._log.close()

    def _wait(
        self, server: ToolServer, work: Coroutine[Any, Any, _T], cancel: CancelToken | None, seconds: float
    ) -> _T:
        try:
            loop = self._started()
        except ThimbleError:
            work.close()
            raise
        future: Future[_T] = asyncio.run_coroutine_threadsafe(work, loop)

        def stop() -> None:
            future.cancel()

        forget = (cancel or CancelToken()).on_cancel(stop)
        try:
            return future.result(seconds)
        except CancelledError as error:
            raise ThimbleError(Code.CANCELLED, "Stopped.") from error
        except FutureTimeout as error:
            future.cancel()
            raise _late(server, seconds) from error
        finally:
            forget()

    def _started(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._closed:
                raise ThimbleError(Code.CANCELLED, "Thimble is closing.")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._run, args=(self._loop,), name="tool-host", daemon=True)
                self._thread.start()
            return self._loop

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    # --- in the loop's thread -----------------------------------------------------------------------------------

    async def _tools(self, server: ToolServer, *, offline: bool) -> list[Tool]:
        client = await self._client(server, offline=offline)
        offers: list[Tool] = []
        told = 0
        cursor: str | None = None
        try:
            while True:
                page = await client.list_tools(cursor=cursor)
                tools = (Tool(tool.name, tool.description or "", dict(tool.input_schema)) for tool in page.tools)
                offers += [tool for tool in tools if _is_reasonable(tool)]  # page by page: others would fill memory
                told += len(page.tools)
                cursor = page.next_cursor
                if not cursor or told > MOST_TOOLS:
                    break
        except Exception as error:
            raise await self._lost(server, error) from error
        offers = offers[:MOST_TOOLS]
        if server.id in self._running:
            self._running[server.id].offers = offers
        return offers

    async def _check_unchanged(self, server: ToolServer, name: str, *, offline: bool) -> None:
        """A person has seen and allowed what the server offered then; one that offers something else now is refused."""
        known = next((tool for tool in server.tools if tool.name == name), None)
        running = self._running.get(server.id)
        if known is None or running is None:
            return
        offers = running.offers if running.offers is not None else await self._tools(server, offline=offline)
        now = next((tool for tool in offers if tool.name == name), None)
        if now is not None and now != known:
            raise ThimbleError(
                Code.TOOL_FAILED,
                f"{server.name} describes its tool {name} otherwise than when you checked it, so it was not called.",
                "Check the server on the Connections page, then try again.",
                f"{known.description[:500]!r} became {now.description[:500]!r}",
            )

    async def _call(self, server: ToolServer, tool: str, arguments: dict[str, Any], *, offline: bool) -> ToolResult:
        client = await self._client(server, offline=offline)
        await self._check_unchanged(server, tool, offline=offline)
        try:
            async with asyncio.timeout(self._call_seconds):
                return _result_of(await client.call_tool(tool, arguments))
        except TimeoutError as error:
            raise _late(server, self._call_seconds) from error
        except Exception as error:
            raise await self._lost(server, error) from error

    async def _client(self, server: ToolServer, *, offline: bool) -> Client:
        if offline and not server.is_local and not is_loopback(urlsplit(server.url).hostname or ""):
            raise ThimbleError(
                Code.OFFLINE,
                f"{server.name} was not asked, because Thimble is set to work offline.",
                "Turn “Work offline” off in the settings.",
            )
        running = self._running.get(server.id)
        if running is not None and (running.stop.is_set() or not _same_program(running.server, server)):
            self._stop_one(server.id)
            running = None
        if running is None:
            running = self._running[server.id] = _Running(server)
            running.task = asyncio.create_task(self._keep(running))
        return await asyncio.shield(running.ready)

    async def _keep(self, running: _Running) -> None:
        """Holds one connection open until it is no longer wanted."""
        server = running.server
        try:
            async with asyncio.timeout(self._start_seconds) as limit:
                async with await self._opened(server) as client:
                    limit.reschedule(None)
                    running.ready.set_result(client)
                    await running.stop.wait()
        except TimeoutError:
            _fail(running.ready, _late(server, self._start_seconds))
        except Exception as error:
            log.warning("tool server %s: %s", server.name, error, exc_info=True)
            _fail(running.ready, _not_started(server, error))
        finally:
            _fail(running.ready, ThimbleError(Code.CANCELLED, "Stopped."))
            if self._running.get(server.id) is running:
                del self._running[server.id]

    async def _opened(self, server: ToolServer) -> Client:
        from mcp import Client, StdioServerParameters
        from mcp.client.stdio import stdio_client

        if server.url:
            from thimble.tools import bounded_http

            return Client(bounded_http.connected(server.url, LONGEST_ANSWER), read_timeout_seconds=self._call_seconds)
        command, *args = server.run()
        given = await asyncio.to_thread(environment, server.id)
        parameters = StdioServerParameters(command=command, args=args, env=given)
        if self._log is None:
            self._log = ServerLog(paths.log_dir() / "tools.log")
        return Client(stdio_client(parameters, errlog=self._log.pipe), read_timeout_seconds=self._call_seconds)

    async def _lost(self, server: ToolServer, error: Exception) -> ThimbleError:
        """The error of a request. A server that went away is forgotten, and started again when it is needed."""
        if isinstance(error, ThimbleError):
            return error
        if _is_too_long(error):
            return _too_long(server, error)
        running = self._running.get(server.id)
        if _is_closed(error) and running is not None:
            self._stop_one(server.id)
            return ThimbleError(
                Code.TOOL_FAILED,
                f"The tool server {server.name} ended unexpectedly.",
                "Try again: it is started anew.",
                f"{error!r}; log: {paths.log_dir() / 'tools.log'}",
            )
        return ThimbleError(
            Code.TOOL_FAILED, f"{server.name} answered with an error: “{_words(error)}”", "", repr(error)
        )

    def _stop_one(self, server_id: str) -> None:
        running = self._running.pop(server_id, None)
        if running is not None:
            running.stop.set()
            if not running.ready.done() and running.task is not None:
                running.task.cancel()

    async def _stop_all(self) -> None:
        tasks = [running.task for running in self._running.values() if running.task is not None]
        for server_id in tuple(self._running):
            self._stop_one(server_id)
        mine = asyncio.current_task()
        others = [task for task in asyncio.all_tasks() if task is not mine and task not in tasks]
        for task in others:
            task.cancel()
        if tasks or others:
            await asyncio.wait([*tasks, *others], timeout=CLOSE_SECONDS)


def _is_reasonable(tool: Tool) -> bool:
    try:
        length = max(len(tool.description), len(json.dumps(tool.schema)))
    except (ValueError, RecursionError):
        return False
    if length > LONGEST_DESCRIPTION or len(tool.name) > LONGEST_NAME:
        log.warning("the tool %.80r is left out: it has %d characters", tool.name, length)
        return False
    return True


def _same_program(one: ToolServer, other: ToolServer) -> bool:
    return (one.command, one.args, one.url) == (other.command, other.args, other.url)


def _fail(ready: asyncio.Future[Any], error: ThimbleError) -> None:
    if not ready.done():
        ready.set_exception(error)
        ready.exception()  # nobody may be waiting any more


def _is_closed(error: Exception) -> bool:
    from mcp import MCPError
    from mcp.types import CONNECTION_CLOSED

    return isinstance(error, MCPError) and error.error.code == CONNECTION_CLOSED


def _result_of(result: CallToolResult) -> ToolResult:
    from mcp.types import EmbeddedResource, ResourceLink, TextContent, TextResourceContents

    parts: list[str] = []
    for block in result.content:
        if isinstance(block, TextContent):
            parts.append(block.text)
        elif isinstance(block, EmbeddedResource) and isinstance(block.resource, TextResourceContents):
            parts.append(block.resource.text)
        elif isinstance(block, ResourceLink):
            parts.append(f"{block.name}: {block.uri}")
        else:
            parts.append(f"[{block.type}: not shown]")
    text = "\n".join(parts)
    if len(text) > _LONGEST_RESULT:
        text = f"{text[:_LONGEST_RESULT]}\n[cut: {len(text) - _LONGEST_RESULT} more characters]"
    return ToolResult(text, bool(result.is_error))


def _innermost(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup) and error.exceptions:
        error = error.exceptions[0]
    return error


def _words(error: BaseException) -> str:
    return " ".join(str(_innermost(error)).split())[:300]


def _not_started(server: ToolServer, error: BaseException) -> ThimbleError:
    inner = _innermost(error)
    detail = f"{server.where}: {inner!r}; log: {paths.log_dir() / 'tools.log'}"
    if isinstance(inner, ThimbleError):
        return inner
    if _is_too_long(inner):
        return _too_long(server, inner)
    if isinstance(inner, FileNotFoundError):
        return ThimbleError(
            Code.TOOL_FAILED,
            f"The program of {server.name} is not there: {server.command}",
            "Install it, or correct the command.",
            detail,
        )
    if isinstance(inner, PermissionError):
        return ThimbleError(
            Code.TOOL_FAILED, f"The program of {server.name} may not be run.", "Check its permissions.", detail
        )
    if server.url:
        return ThimbleError(
            Code.TOOL_FAILED,
            f"The tool server {server.name} cannot be reached.",
            "Check that it runs and that the address is right: it often ends in /mcp.",
            detail,
        )
    return ThimbleError(
        Code.TOOL_FAILED,
        f"The tool server {server.name} ended, or does not speak MCP.",
        "Try its command in a terminal; what it wrote is in the log.",
        detail,
    )


def _is_too_long(error: BaseException) -> bool:
    return f"exceeded the {LONGEST_ANSWER} byte limit" in str(error)  # the SDK hands on only an error's words


def _too_long(server: ToolServer, error: BaseException) -> ThimbleError:
    return ThimbleError(
        Code.TOOL_FAILED,
        f"{server.name} sent an answer of more than {LONGEST_ANSWER // 2**20} MiB, which was not read.",
        "Ask it for less at once.",
        repr(error),
    )


def _late(server: ToolServer, seconds: float) -> ThimbleError:
    return ThimbleError(
        Code.TOOL_FAILED,
        f"{server.name} did not answer within {round(seconds)} seconds.",
        "Try again, or look at what the server does.",
    )
