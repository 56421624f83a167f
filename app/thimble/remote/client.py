"""OpenAI's protocol against a server that is not ours, as blocking calls that any thread may make.

What such a server does not tell stays unknown: no figure is estimated here. Proxies come from the environment
(HTTPS_PROXY, NO_PROXY), certificates from SSL_CERT_FILE; httpx reads both. Redirects are not followed, so that a key
never goes to another host.
"""

from __future__ import annotations

import json
import logging
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Final

import httpx
from httpx_sse import EventSource, SSEError

from thimble import __version__
from thimble.client import CancelToken, ChatEvent, ChatRequest, Finished
from thimble.errors import Code, ThimbleError
from thimble.protocol import StopReason
from thimble.remote import dialects, problems
from thimble.remote.connections import Connection, RemoteModel
from thimble.remote.reading import StreamReader

log = logging.getLogger(__name__)

CONNECT_SECONDS: Final = 10.0
ANSWER_SECONDS: Final = 20.0
"""For the list of models."""
SILENCE_SECONDS: Final = 600.0
"""So long may a server say nothing in an answer: it may have to load a model, or read a long prompt."""
MOST_LIST_BYTES: Final = 8 * 2**20
MOST_ERROR_BYTES: Final = 2**20
MOST_ANSWER_BYTES: Final = 64 * 2**20
"""Of a list of models, of a refusal, and of an answer with all that streams add: more is never read."""
MOST_MODELS: Final = 1000
LONGEST_ID: Final = 300


@dataclass(frozen=True, slots=True)
class Health:
    """What a server said when it was asked.

    Attributes:
        connection: the connection with what was found.
        answer_ms: until the list of models was there.
    """

    connection: Connection
    answer_ms: float


class RemoteClient:
    """Talks to one endpoint. Every failure is a `ThimbleError` that names the connection.

    Args:
        connection: which.
        key: its key; empty for none.
        offline: the setting "Work offline": only servers of this computer are asked.
        silence_seconds: see `SILENCE_SECONDS`.
    """

    def __init__(
        self, connection: Connection, key: str = "", *, offline: bool = False, silence_seconds: float = SILENCE_SECONDS
    ) -> None:
        self._connection = connection
        self._key = key.strip()
        self._offline = offline
        self._silence = silence_seconds

    @property
    def _name(self) -> str:
        return self._connection.name

    def health(self, cancel: CancelToken | None = None) -> Health:
        """Asks for the models, and so whether the address and the key are right."""
        begun = time.monotonic()
        with self._request(
            "GET", "/models", cancel or CancelToken(), seconds=ANSWER_SECONDS, most=MOST_LIST_BYTES
        ) as response:
            content = response.read()
        text = content.decode("utf-8", "replace")
        try:
            body = json.loads(text)
            found = [model for model in body["data"] if isinstance(model, dict) and model.get("id")]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise problems.not_understood(self._name, text) from error
        named = [(str(model["id"]), model) for model in found]
        models = tuple(
            RemoteModel(name, dialects.context_of(model)) for name, model in named if len(name) <= LONGEST_ID
        )[:MOST_MODELS]
        connection = replace(self._connection, kind=dialects.recognise({"data": found}), models=models)
        return Health(connection, 1000 * (time.monotonic() - begun))

    def chat(self, request: ChatRequest, cancel: CancelToken | None = None) -> Iterator[ChatEvent]:
        """Streams one answer of `request.model`; the last event is `Finished`.

        A cancelled token ends it with what had come and the stop reason "cancelled". Figures the server did not tell
        are 0 in the timings.

        Raises:
            ThimbleError: the server refused or failed; REMOTE_CUT when the connection broke in mid-answer.
        """
        cancel = cancel or CancelToken()
        reader = StreamReader(self._name)
        body = dialects.body_of(request, request.model, self._connection.kind)
        try:
            try:
                yield from self._events(body, reader, cancel)
            except _Strict:
                del body["stream_options"]
                yield from self._events(body, reader, cancel)
        except ThimbleError as error:
            whole = reader.ended and error.problem.code == Code.REMOTE_CUT  # only its figures are missing
            if not cancel.cancelled and not whole:
                raise
        if cancel.cancelled:
            yield Finished(replace(reader.timings(), stop_reason=StopReason.CANCELLED))
        elif not reader.ended:
            raise problems.cut(self._name, "the stream ended early") if reader.begun else problems.empty(self._name)
        else:
            yield from reader.close()

    def _events(self, body: dict[str, Any], reader: StreamReader, cancel: CancelToken) -> Iterator[ChatEvent]:
        with self._request("POST", "/chat/completions", cancel, body, seconds=self._silence, reader=reader) as response:
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "application/json":  # a server that does not stream
                yield from reader.take_whole(response.read().decode("utf-8", "replace"))
                return
            if kind != "text/event-stream":
                response.read()
                raise problems.not_understood(self._name, response.text)
            for event in EventSource(response).iter_sse():
                if event.data == "[DONE]":
                    reader.ended = True
                    return
                if event.data:
                    yield from reader.take(event.data)

    @contextmanager
    def _request(
        self,
        method: str,
        path: str,
        cancel: CancelToken,
        body: dict[str, Any] | None = None,
        *,
        seconds: float,
        most: int = MOST_ANSWER_BYTES,
        reader: StreamReader | None = None,
    ) -> Iterator[httpx.Response]:
        """One request over a connection of its own, whose socket `cancel` can close; `most` bytes are read."""
        here = self._connection.is_here
        if self._offline and not here:
            raise problems.offline(self._name)
        sockets: list[socket.socket] = []

        def on_event(name: str, info: dict[str, Any]) -> None:
            made = info.get("return_value") if name.endswith(("connect_tcp.complete", "start_tls.complete")) else None
            opened = made.get_extra_info("socket") if made is not None else None
            if isinstance(opened, socket.socket):
                sockets.append(opened)
                if cancel.cancelled:
                    end()

        def end() -> None:
            for opened in sockets:
                with suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)

        headers = {
            "User-Agent": f"thimble/{__version__}",
            "Accept": "text/event-stream, application/json",
            "Accept-Encoding": "identity",  # what is packed has no size one could trust
        }
        if self._key:
            if not (self._key.isascii() and self._key.isprintable()):  # the HTTP library's error would repeat it
                raise problems.key_unusable(self._name)
            headers["Authorization"] = f"Bearer {self._key}"
        forget = cancel.on_cancel(end)
        try:
            with (
                # a proxy of the environment must not see what stays on this computer
                httpx.Client(timeout=httpx.Timeout(seconds, connect=CONNECT_SECONDS), trust_env=not here) as http,
                http.stream(
                    method, self._connection.url + path, json=body, headers=headers, extensions={"trace": on_event}
                ) as response,
            ):
                if response.headers.get("content-encoding", "identity").lower() != "identity":
                    raise problems.not_understood(self._name, "packed, although it was asked not to")
                body_limit = most if response.is_success else MOST_ERROR_BYTES
                response.stream = _Bounded(response.stream, body_limit)
                if not response.is_success:
                    response.read()
                    if body and "stream_options" in body and _dislikes_options(response):
                        raise _Strict
                    what = str(body["model"]) if body else ""
                    raise problems.refused(self._name, response, key=bool(self._key), what=what)
                yield response
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.InvalidURL, httpx.ProxyError) as error:
            raise problems.unreachable(self._name, error) from error
        except httpx.ReadTimeout as error:
            raise problems.silent(self._name, seconds) from error
        except _TooLong as error:
            raise problems.without_end(self._name, error.most) from error
        except SSEError as error:
            raise problems.not_understood(self._name, str(error)) from error
        except (httpx.HTTPError, httpx.StreamError, UnicodeError) as error:
            if reader is None or not reader.begun:
                raise problems.unreachable(self._name, error) from error
            raise problems.cut(self._name, repr(error)) from error
        finally:
            forget()


class _TooLong(Exception):  # noqa: N818 - it becomes a problem with a sentence
    """More came than is read."""

    def __init__(self, most: int) -> None:
        super().__init__(f"more than {most} bytes")
        self.most = most


class _Bounded(httpx.SyncByteStream):
    """The bytes of a response, of which there may be so many."""

    def __init__(self, stream: Any, most: int) -> None:
        self._stream: httpx.SyncByteStream = stream
        self._most = most

    def __iter__(self) -> Iterator[bytes]:
        come = 0
        for piece in self._stream:
            come += len(piece)
            if come > self._most:
                raise _TooLong(self._most)
            yield piece

    def close(self) -> None:
        """Closes the connection."""
        self._stream.close()


class _Strict(Exception):  # noqa: N818 - no failure: the request is sent again without the field
    """The server refuses a request for the usage of a stream."""


def _dislikes_options(response: httpx.Response) -> bool:
    return response.status_code in {400, 422} and "stream_options" in response.text
