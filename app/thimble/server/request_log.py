"""What was asked lately, without a word of what was said: for the page of live requests, and a line each in the log."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from thimble import protocol
from thimble.engine.events import Event, PromptRead, TextPiece
from thimble.protocol import Timings

log = logging.getLogger(__name__)

KEPT: Final = 100
LONGEST: Final = 200
"""Letters of a path or a model's name."""
_KEY: Final = "thimble.request"
_RECORDED: Final = ("/v1/", "/tokenize", "/detokenize")


@dataclass(slots=True)
class Entry:
    """One request.

    Attributes:
        number: counts from 1 since the engine started.
        time: of its arrival, unix seconds.
        client: the address it came from.
        program: what the program calls itself.
        path: of the request.
        model: that was asked for, then the one that answers.
        state: "waiting", "reading", "answering" or "done".
        ahead: requests before it while it waits.
        status: HTTP status; 0 until there is one.
        code: of the problem, in words of `errors.Code`; "" for none.
        prompt_tokens, cached_tokens, generated_tokens: of the answer.
        milliseconds: it took, or has taken.
    """

    number: int
    time: float
    client: str
    program: str
    path: str
    model: str = ""
    state: str = "waiting"
    ahead: int = 0
    status: int = 0
    code: str = ""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    milliseconds: float = 0.0
    _began: float = 0.0

    def waits(self, ahead: int) -> None:
        """It is in the queue."""
        self.ahead = ahead

    def add(self, event: Event) -> None:
        """Something has come of it."""
        if isinstance(event, PromptRead):
            self.state, self.ahead, self.prompt_tokens = "reading", 0, event.total
        else:
            self.state = "answering"
            self.generated_tokens += isinstance(event, TextPiece)  # about; the end knows better

    def answered(self, timings: Timings) -> None:
        """The answer is whole."""
        self.prompt_tokens, self.cached_tokens = timings.prompt_tokens, timings.cached_tokens
        self.generated_tokens = timings.generated_tokens

    def to_json(self, now: float) -> dict[str, Any]:
        """As a JSON object."""
        fields = asdict(self)
        del fields["_began"]
        if self.state != "done":
            fields["milliseconds"] = (now - self._began) * 1e3
        return fields


class RequestLog:
    """The last requests, the newest first.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._count = 0

    def begin(self, scope: Scope) -> Entry:
        """A request has come."""
        self._count += 1
        headers, client = Headers(scope=scope), scope.get("client") or ("", 0)
        program = headers.get(protocol.CLIENT_HEADER.lower()) or headers.get("user-agent", "")
        path = one_line(scope["path"])
        entry = Entry(self._count, time.time(), str(client[0]), one_line(program, 80), path, _began=self._clock())
        self._entries.appendleft(entry)
        scope[_KEY] = entry
        return entry

    def end(self, entry: Entry) -> None:
        """It was answered, or its client has gone."""
        entry.milliseconds = (self._clock() - entry._began) * 1e3
        entry.state = "done"
        log.info(
            "%s %s %s: %s%s in %.0f ms, %d + %d tokens",
            entry.client,
            entry.path,
            entry.model,
            entry.status or "left",
            f" {entry.code}" if entry.code else "",
            entry.milliseconds,
            entry.prompt_tokens,
            entry.generated_tokens,
        )

    def entries(self) -> list[dict[str, Any]]:
        """All that is kept."""
        now = self._clock()
        return [entry.to_json(now) for entry in self._entries]


def one_line(text: str, most: int = LONGEST) -> str:
    """What a stranger sent, fit for a line of the log: not long, and without line breaks that would begin another."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text[:most])


def entry_of(scope: Scope) -> Entry | None:
    """The entry of this request, if it has one."""
    entry = scope.get(_KEY)
    return entry if isinstance(entry, Entry) else None


class Recorder:
    """ASGI middleware: keeps the log. It stands outside of the guard, so that refusals are in it.

    Args:
        app: what is recorded.
        requests: where.
    """

    def __init__(self, app: ASGIApp, requests: RequestLog) -> None:
        self._app = app
        self._requests = requests

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on."""
        if scope["type"] != "http" or not scope["path"].startswith(_RECORDED) or scope["method"] == "OPTIONS":
            await self._app(scope, receive, send)
            return
        entry = self._requests.begin(scope)

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                entry.status = message["status"]
                if entry.state == "waiting" and entry.status >= 400:
                    entry.ahead = 0
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            self._requests.end(entry)
