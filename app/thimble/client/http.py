"""The engine's protocol over HTTP, as blocking calls that any thread may make."""

from __future__ import annotations

import json
import logging
import os
import socket
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from thimble import protocol
from thimble.client.cancel import CancelToken
from thimble.client.events import ChatEvent, ChatRequest, Finished, PromptProgress, Queued, TextDelta, ToolCalls
from thimble.client.tool_calls import CallGatherer
from thimble.errors import Code, Problem, ThimbleError
from thimble.protocol import (
    AnswerRecord,
    EngineStatus,
    LoadOptions,
    Measurement,
    MeasureStage,
    Role,
    Sample,
    StopReason,
    Timings,
)

if TYPE_CHECKING:
    import httpx
    from httpx_sse import ServerSentEvent

log = logging.getLogger(__name__)

CONNECT_SECONDS = 5.0
READ_SECONDS = 30.0
"""For answers that come at once; streams and loads wait as long as the connection lives."""


class EngineClient:
    """Talks to one engine. Thread-safe. Every failure is a `ThimbleError`.

    Args:
        base_url: `http://host:port`.
        token: the bearer token.
        client_name: name in the engine's fair queue.
    """

    def __init__(self, base_url: str, token: str, client_name: str = "") -> None:
        import httpx

        self.base_url = base_url.rstrip("/")
        self.token = token
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        if client_name:
            headers[protocol.CLIENT_HEADER] = client_name
        self._closed = False
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._http = httpx.Client(
            base_url=self.base_url,
            headers=headers,
            timeout=httpx.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
            trust_env=False,  # a proxy of the environment must not see the local engine
        )

    def close(self) -> None:
        """Closes the connections; calls and streams of other threads end, also those that wait for a load."""
        self._closed = True
        for connection in tuple(self._sockets):
            _wake(connection)
        self._http.close()

    def status(self, seconds: float = READ_SECONDS) -> EngineStatus:
        """The engine now; it has so long to answer."""
        return EngineStatus.from_json(self._json("GET", protocol.STATUS, seconds=seconds))

    def load(self, path: str, options: LoadOptions) -> EngineStatus:
        """Loads a model and returns when it is resident (progress comes through `attach`)."""
        return EngineStatus.from_json(self._json("POST", protocol.LOAD, _load_body(path, options), seconds=None))

    def unload(self) -> EngineStatus:
        """Frees the resident model."""
        return EngineStatus.from_json(self._json("POST", protocol.UNLOAD, {}, seconds=None))

    def measure(self, path: str, options: LoadOptions, cancel: CancelToken) -> Iterator[MeasureStage | Measurement]:
        """Measures a model: stages, then the result; `cancel` ends it without one.

        Raises:
            ThimbleError: ENGINE_BUSY, or the model cannot be loaded so.
        """
        with self._stream("POST", protocol.MEASURE, cancel, json_body=_load_body(path, options)) as events:
            for event in events:
                if event.event == "stage":
                    yield MeasureStage(json.loads(event.data)["stage"])
                elif event.event == "result":
                    yield Measurement.from_json(json.loads(event.data))
                    return
                else:
                    raise ThimbleError.of(_problem(json.loads(event.data)))
        if not cancel.cancelled:
            raise _died("the stream ended early")

    def check_template(self, source: str) -> tuple[str, bool]:
        """Tries a chat template: how a sample conversation reads in it, and whether it has a place for a system prompt.

        Raises:
            ThimbleError: BAD_REQUEST: it does not work.
        """
        told = self._json("POST", protocol.TEMPLATE, {"template": source})
        return str(told.get("prompt", "")), bool(told.get("system"))

    def cancel(self) -> bool:
        """Stops the running load or answer; whether there was one."""
        return bool(self._json("POST", protocol.CANCEL, {}).get("cancelled"))

    def models(self) -> list[str]:
        """Ids of the models the engine can answer with, the resident one first."""
        return [str(item["id"]) for item in self._json("GET", protocol.MODELS).get("data", ())]

    def count_tokens(self, messages: Sequence[dict[str, Any]], tools: Sequence[dict[str, Any]] = ()) -> int:
        """Length in tokens of these messages, and of the tools it is told of, in the resident model's chat template."""
        body = {"messages": list(messages), **({"tools": list(tools)} if tools else {})}
        return len(self._json("POST", protocol.TOKENIZE, body).get("tokens", ()))

    def divide_memory(self, limit: int) -> None:
        """Gives the running model another memory limit, bytes; 0: none. Returns when memory was taken or given back."""
        self._json("POST", protocol.MEMORY, {"memory_limit": limit}, seconds=None)

    def experts(self) -> dict[str, Any]:
        """Every expert of the resident model, packed: see `insight.expert_map`."""
        return self._json("GET", f"{protocol.EXPERTS}?packed=1")

    def outlook(self, limits: Sequence[int]) -> dict[str, Any]:
        """What these memory limits would do: see `insight.outlook`."""
        return self._json("POST", protocol.OUTLOOK, {"limits": list(limits)})

    def answers(self, after: int = 0) -> tuple[str, list[AnswerRecord]]:
        """The engine's epoch, and its last answers with a higher number."""
        data = self._json("GET", f"{protocol.ANSWERS}?after={after}")
        records = [AnswerRecord.from_json(record) for record in data.get("answers", ())]
        return str(data.get("engine_epoch", "")), records

    def chat(self, request: ChatRequest, cancel: CancelToken | None = None) -> Iterator[ChatEvent]:
        """Streams one answer; the last event is `Finished`.

        A cancelled token ends the request at the engine too; the stream then ends with what had come so far and a
        `Finished` whose stop reason is "cancelled".

        Raises:
            ThimbleError: the engine refused or failed; `ENGINE_DIED` when it went away in mid-answer.
        """
        timings: Timings | None = None
        calls = CallGatherer()
        cancel = cancel or CancelToken()
        with self._stream("POST", protocol.CHAT_COMPLETIONS, cancel, json_body=request.to_json()) as events:
            for event in events:
                if event.data == "[DONE]":
                    break
                chunk = json.loads(event.data)
                if "error" in chunk:
                    raise ThimbleError.of(_problem(chunk))
                if chunk.get("object") == "thimble.progress":
                    yield _progress(chunk.get("progress") or {})
                    continue
                for choice in chunk.get("choices") or ():
                    delta = choice.get("delta") or {}
                    if text := delta.get("content"):
                        yield TextDelta(text)
                    calls.take(delta.get("tool_calls"))
                if "timings" in chunk:
                    timings = Timings.from_json(chunk["timings"])
        if timings is None:
            if not cancel.cancelled:
                raise _died("the stream ended early")
            timings = Timings(stop_reason=StopReason.CANCELLED)
        elif wanted := calls.calls():
            yield ToolCalls(wanted)
        yield Finished(timings)

    def door(self, name: str) -> dict[str, Any]:
        """How a door for other programs is: `open`, and then `port`, `lan`, `addresses`."""
        return self._json("GET", f"{protocol.DOORS}?name={quote(name, safe='')}")

    def open_door(
        self, name: str, *, port: int, lan: bool, key: str, origins: Sequence[str] = (), owner: int = 0
    ) -> dict[str, Any]:
        """Opens a door for other programs, or changes it; see `server.doors.DoorWish`."""
        wish = {"port": port, "lan": lan, "key": key, "origins": list(origins), "owner": owner}
        return self._json("POST", protocol.DOORS, {"name": name, "open": True, **wish})

    def shut_door(self, name: str) -> None:
        """Shuts it."""
        self._json("POST", protocol.DOORS, {"name": name, "open": False})

    def requests(self) -> list[dict[str, Any]]:
        """The last requests of other programs, the newest first; see `server.request_log.Entry`."""
        return list(self._json("GET", protocol.REQUESTS).get("requests", ()))

    def telemetry(self, cancel: CancelToken) -> Iterator[Sample]:
        """Samples until `cancel`; raises `ThimbleError` when the engine goes away."""
        with self._stream("GET", protocol.TELEMETRY, cancel) as events:
            for event in events:
                if event.event == "sample":
                    yield Sample.from_json(json.loads(event.data))

    def attach(self, role: Role, cancel: CancelToken) -> Iterator[EngineStatus]:
        """Keeps the engine alive, and tells every change of its status, until `cancel`."""
        with self._stream("GET", protocol.ATTACH, cancel, params={"role": str(role)}) as events:
            for event in events:
                if event.event == "status":
                    yield EngineStatus.from_json(json.loads(event.data))

    def _json(
        self, method: str, path: str, body: object = None, *, seconds: float | None = READ_SECONDS
    ) -> dict[str, Any]:
        import httpx

        timeout = httpx.Timeout(seconds, connect=CONNECT_SECONDS)
        try:
            response = self._http.request(
                method, path, content=_encoded(body), timeout=timeout, extensions={"trace": self._follow}
            )
        except httpx.ConnectError as error:
            raise _unreachable(str(error)) from error
        except httpx.HTTPError as error:
            raise _died(repr(error)) from error
        except RuntimeError as error:
            if not self._http.is_closed:
                raise
            raise _died(str(error)) from error  # httpx's word for a client that another thread has closed
        _check(response)
        try:
            data = response.json()
        except ValueError as error:
            raise _not_understood(response.text) from error
        return data if isinstance(data, dict) else {}

    def _follow(self, event: str, facts: dict[str, Any]) -> None:
        """Remembers each connection (httpx's `trace`): it hands out sockets only with an answer's beginning."""
        if event == "connection.connect_tcp.complete":
            connection = facts["return_value"].get_extra_info("socket")
            if connection is not None:
                self._sockets.add(connection)
                if self._closed:
                    _wake(connection)

    @contextmanager
    def _stream(
        self,
        method: str,
        path: str,
        cancel: CancelToken,
        *,
        json_body: object = None,
        params: dict[str, str] | None = None,
    ) -> Iterator[Iterator[ServerSentEvent]]:
        import httpx
        from httpx_sse import EventSource, SSEError

        timeout = httpx.Timeout(None, connect=CONNECT_SECONDS)
        handed = False
        try:
            with self._http.stream(
                method, path, content=_encoded(json_body), params=params, timeout=timeout
            ) as response:
                forget = cancel.on_cancel(lambda: _interrupt(response))
                try:
                    if response.is_error:
                        response.read()
                        _check(response)
                    handed = True
                    yield EventSource(response).iter_sse()
                finally:
                    forget()
        except httpx.ConnectError as error:
            raise _unreachable(str(error)) from error
        except (httpx.HTTPError, httpx.StreamError, SSEError) as error:
            if not cancel.cancelled:
                raise _died(repr(error)) from error
            if not handed:
                yield iter(())
        except RuntimeError as error:
            if not self._http.is_closed:
                raise
            raise _died(str(error)) from error  # httpx's word for a client that another thread has closed


def _load_body(path: str, options: LoadOptions) -> dict[str, Any]:
    return {"path": os.path.abspath(Path(path).expanduser()), **options.to_json()}  # noqa: PTH100 - keeps a link's name


def _encoded(body: object) -> bytes | None:
    """The body as JSON in ASCII: so it can hold what no UTF-8 can, such as a wrong byte on the command line."""
    return None if body is None else json.dumps(body).encode("ascii")


def _interrupt(response: httpx.Response) -> None:
    """Wakes the thread that reads this response; closing alone would leave it waiting in recv."""
    stream = response.extensions.get("network_stream")
    raw = stream.get_extra_info("socket") if stream is not None else None
    if raw is not None:
        _wake(raw)


def _wake(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _progress(data: dict[str, Any]) -> Queued | PromptProgress:
    if "queued" in data:
        return Queued(int(data["queued"]))
    return PromptProgress(int(data.get("processed", 0)), int(data.get("prompt_tokens", 0)))


def _problem(body: dict[str, Any]) -> Problem:
    """The problem inside an OpenAI error object, ours or another server's."""
    error = body.get("error")
    if not isinstance(error, dict):
        return Problem(Code.INTERNAL, "The engine answered with an error it did not explain.", detail=str(body)[:500])
    if "sentence" in error:
        return Problem.from_json(error)
    return Problem(
        str(error.get("code") or Code.INTERNAL),
        str(error.get("message") or "The engine answered with an error it did not explain."),
        detail=json.dumps(error)[:500],
    )


def _check(response: httpx.Response) -> None:
    if not response.is_error:
        return
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        raise ThimbleError.of(_problem(body))
    raise ThimbleError(
        Code.ENGINE_FAILED,
        f"The engine answered with an error (HTTP {response.status_code}).",
        "Look at the log.",
        response.text[:500],
    )


def _not_understood(text: str) -> ThimbleError:
    return ThimbleError(
        Code.ENGINE_FAILED, "The engine gave an answer that is no JSON.", "Restart the engine.", text[:500]
    )


def _died(detail: str) -> ThimbleError:
    return ThimbleError(
        Code.ENGINE_DIED,
        "The engine stopped unexpectedly; what it had written so far is kept.",
        "Restart the engine and go on.",
        detail,
    )


def _unreachable(detail: str) -> ThimbleError:
    return ThimbleError(Code.ENGINE_UNREACHABLE, "The engine cannot be reached.", "Restart the engine.", detail)
