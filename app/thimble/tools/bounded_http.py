"""MCP over HTTP whose answers have a limit: the SDK by itself reads a body of any length into memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import httpx2

if TYPE_CHECKING:
    from mcp.client._transport import TransportStreams


class _Bounded(httpx2.AsyncByteStream):
    """A body that breaks off behind the limit, or before its first byte when it is compressed all the same."""

    def __init__(self, body: httpx2.AsyncByteStream, *, compressed: bool, longest: int | None) -> None:
        self._body = body
        self._compressed = compressed
        self._longest = longest

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self._compressed:
            raise httpx2.StreamError("The answer is compressed, though that was not asked for.")
        length = 0
        async for part in self._body:
            length += len(part)
            if self._longest is not None and length > self._longest:
                raise httpx2.StreamError(f"The answer exceeded the {self._longest} byte limit.")
            yield part

    async def aclose(self) -> None:
        await self._body.aclose()


@asynccontextmanager
async def connected(url: str, longest: int) -> AsyncIterator[TransportStreams]:
    """The SDK's transport to a server at an address.

    Nothing compressed is taken: a few bytes of it could become any number in memory.

    Args:
        url: the address.
        longest: bytes of one answer, or of one event where a server answers by events. The words of the error beyond
            are "exceeded the N byte limit" in both cases.
    """
    from mcp.client.streamable_http import streamable_http_client
    from mcp.shared._httpx_utils import create_mcp_http_client

    async def bound(response: httpx2.Response) -> None:
        kind = response.headers.get("content-type", "").lower()
        events = response.is_success and kind.startswith("text/event-stream")
        response.stream = _Bounded(
            cast("httpx2.AsyncByteStream", response.stream),
            compressed=response.headers.get("content-encoding", "identity").lower() != "identity",
            longest=None if events else longest,  # events go on as long as the connection; each has a limit of its own
        )

    async with create_mcp_http_client(headers={"Accept-Encoding": "identity"}) as http:
        http.event_hooks = {"response": [bound]}
        async with streamable_http_client(url, http_client=http, max_sse_event_size=longest) as streams:
            yield streams
