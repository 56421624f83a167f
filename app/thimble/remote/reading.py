"""Reads the chunks of a foreign server's answer: text, thoughts, tool calls, and the figures it tells, if any."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from thimble.characters import ends_in_half, whole
from thimble.client import ChatEvent, Finished, TextDelta, ToolCalls
from thimble.client.tool_calls import CallGatherer
from thimble.errors import ThimbleError
from thimble.protocol import StopReason, Timings
from thimble.remote import problems

_OPENING: Final = "<think>\n"
_CLOSING: Final = "\n</think>\n\n"
MOST_TEXT: Final = 8 * 2**20
"""Characters of an answer; no model writes a hundredth of it."""


class StreamReader:
    """The state of one answer.

    Thoughts that a server sends apart (`reasoning_content`, `reasoning`) become `<think>…</think>`, as our own engine
    sends them.

    Args:
        name: of the connection, for sentences.

    Attributes:
        begun: whether anything has come.
        ended: whether the server said that the answer is whole.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls = CallGatherer()
        self._thinking = False
        self._half = ""
        self._length = 0
        self._reason: str | None = None
        self._usage: dict[str, Any] = {}
        self._own: Timings | None = None
        self._asked = time.monotonic()
        self._first: float | None = None
        self._last = 0.0
        self.begun = False
        self.ended = False

    def take(self, data: str) -> Iterator[ChatEvent]:
        """One chunk of a stream."""
        chunk = self._parsed(data)
        self.begun = True
        self._note(chunk)
        for choice in chunk.get("choices") or ():
            if isinstance(choice, dict):
                yield from self._spoken(choice.get("delta") or {})
                self._end_by(choice.get("finish_reason"))

    def take_whole(self, data: str) -> Iterator[ChatEvent]:
        """An answer that came in one piece."""
        body = self._parsed(data)
        self._note(body)
        choices = body.get("choices")
        if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
            raise problems.not_understood(self._name, data)
        yield from self._spoken(choices[0].get("message") or {})
        self._end_by(choices[0].get("finish_reason"))
        self._first = None  # it says nothing about the speed of writing
        self.ended = True

    def close(self) -> Iterator[ChatEvent]:
        """The end of an answer that is whole."""
        if self._half:
            yield TextDelta(whole(self._half))
        if self._thinking:
            self._thinking = False
            yield TextDelta(_CLOSING)
        if calls := self._calls.calls():
            yield ToolCalls(tuple(replace(call, arguments=whole(call.arguments)) for call in calls))
        yield Finished(self.timings())

    def timings(self) -> Timings:
        """What is known: the server's own figures, and times as they were measured here."""
        if self._own is not None:
            return self._own
        details = self._usage.get("prompt_tokens_details")
        cached = _number(details.get("cached_tokens")) if isinstance(details, dict) else 0
        generated = _number(self._usage.get("completion_tokens"))
        return Timings(
            prompt_tokens=_number(self._usage.get("prompt_tokens")),
            cached_tokens=cached,
            generated_tokens=generated,
            first_token_ms=1000 * (self._first - self._asked) if self._first is not None else 0.0,
            decode_ms=1000 * (self._last - self._first) if self._first is not None and generated else 0.0,
            stop_reason=StopReason.MAX_TOKENS if self._reason == "length" else StopReason.END,
        )

    def _parsed(self, data: str) -> dict[str, Any]:
        try:
            chunk = json.loads(data)
        except (ValueError, RecursionError) as error:
            raise problems.not_understood(self._name, data) from error
        if not isinstance(chunk, dict):
            raise problems.not_understood(self._name, data)
        if chunk.get("error"):
            raise ThimbleError.of(problems.in_stream(self._name, chunk["error"]))
        return chunk

    def _note(self, chunk: dict[str, Any]) -> None:
        if isinstance(chunk.get("usage"), dict):
            self._usage = chunk["usage"]
        timings = chunk.get("timings")
        if isinstance(timings, dict) and "stop_reason" in timings:  # a Thimble on another machine
            self._own = Timings.from_json(timings)

    def _end_by(self, reason: object) -> None:
        if isinstance(reason, str) and reason:
            self._reason = reason
            self.ended = True

    def _spoken(self, delta: dict[str, Any]) -> Iterator[ChatEvent]:
        thought = delta.get("reasoning_content") or delta.get("reasoning")
        text = delta.get("content")
        self._calls.take(delta.get("tool_calls"))
        said = ""
        if isinstance(thought, str) and thought:
            said = thought if self._thinking else _OPENING + thought
            self._thinking = True
        if isinstance(text, str) and text:
            said += _CLOSING + text if self._thinking else text
            self._thinking = False
        if said:
            self._last = time.monotonic()
            self._first = self._first if self._first is not None else self._last
            self._length += len(said)
            if self._length > MOST_TEXT:
                raise problems.without_end(self._name, MOST_TEXT)
            said, self._half = self._half + said, ""
            if ends_in_half(said):  # some servers cut between the two halves of an emoji
                said, self._half = said[:-1], said[-1]
            if said:
                yield TextDelta(whole(said))


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0
