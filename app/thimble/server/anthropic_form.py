"""Answers as Anthropic's messages: blocks of text, thinking and tool use."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, Final

from starlette.responses import Response

from thimble.engine.events import Event, PromptRead, ReasoningPiece, TextPiece, ToolCallArguments, ToolCallBegin
from thimble.errors import Problem
from thimble.protocol import StopReason, Timings
from thimble.server.answering import Gathered, new_id
from thimble.server.errors import body_of, problem_response
from thimble.server.service import Waiting
from thimble.server.streaming import frame

_REASONS: Final = {
    StopReason.MAX_TOKENS: "max_tokens",
    StopReason.CONTEXT_FULL: "model_context_window_exceeded",
    StopReason.STOP_STRING: "stop_sequence",
}


class MessageForm:
    """See `Dialect`."""

    def __init__(self) -> None:
        self._id = new_id("msg_")
        self._block: str | None = None  # the type of the open one
        self._index = -1
        self._read = PromptRead(0, 0)

    def whole(self, answer: Gathered) -> dict[str, Any]:
        """See `Dialect`."""
        content: list[dict[str, Any]] = []
        if answer.reasoning:
            content.append({"type": "thinking", "thinking": answer.reasoning, "signature": ""})
        if answer.text:
            content.append({"type": "text", "text": answer.text})
        content += [
            {"type": "tool_use", "id": call.id, "name": call.name, "input": arguments_of(call.arguments)}
            for call in answer.calls
        ]
        return {
            **self._head(answer.model),
            "content": content,
            **_stop(answer),
            "usage": usage(answer.timings),
            "timings": answer.timings.to_json(),
        }

    def waiting(self, event: Waiting | PromptRead) -> Iterable[bytes]:
        """See `Dialect`."""
        if isinstance(event, PromptRead) and not self._read.total:
            self._read = event
        return ()

    def begin(self, model: str) -> Iterable[bytes]:
        """See `Dialect`."""
        counted = usage(Timings(prompt_tokens=self._read.total, cached_tokens=self._read.processed))
        message = {**self._head(model), "content": [], "stop_reason": None, "stop_sequence": None, "usage": counted}
        return (_event("message_start", message=message),)

    def frames(self, event: Event) -> Iterable[bytes]:
        """See `Dialect`."""
        if isinstance(event, TextPiece):
            yield from self._in_block({"type": "text", "text": ""})
            yield self._delta({"type": "text_delta", "text": event.text})
        elif isinstance(event, ReasoningPiece):
            yield from self._in_block({"type": "thinking", "thinking": "", "signature": ""})
            yield self._delta({"type": "thinking_delta", "thinking": event.text})
        elif isinstance(event, ToolCallBegin):
            yield from self._in_block({"type": "tool_use", "id": event.id, "name": event.name, "input": {}}, new=True)
        elif isinstance(event, ToolCallArguments):
            yield self._delta({"type": "input_json_delta", "partial_json": event.text})

    def end(self, answer: Gathered) -> Iterable[bytes]:
        """See `Dialect`."""
        yield from self._close()
        yield _event(
            "message_delta", delta=_stop(answer), usage=usage(answer.timings), timings=answer.timings.to_json()
        )
        yield _event("message_stop")

    def broken(self, problem: Problem) -> bytes:
        """See `Dialect`."""
        return frame(body_of(problem), "error")

    def refusal(self, error: Exception) -> Response:
        """See `Dialect`."""
        return problem_response(error)

    def _head(self, model: str) -> dict[str, Any]:
        return {"id": self._id, "type": "message", "role": "assistant", "model": model}

    def _in_block(self, block: dict[str, Any], *, new: bool = False) -> Iterable[bytes]:
        """Opens a block, unless one of its type is open."""
        if self._block == block["type"] and not new:
            return
        yield from self._close()
        self._block = block["type"]
        self._index += 1
        yield _event("content_block_start", index=self._index, content_block=block)

    def _close(self) -> Iterable[bytes]:
        if self._block is not None:
            self._block = None
            yield _event("content_block_stop", index=self._index)

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return _event("content_block_delta", index=self._index, delta=delta)


def usage(timings: Timings) -> dict[str, Any]:
    """Anthropic's token counts: what was read from the cache is not among the input."""
    return {
        "input_tokens": timings.prompt_tokens - timings.cached_tokens,
        "cache_read_input_tokens": timings.cached_tokens,
        "cache_creation_input_tokens": 0,
        "output_tokens": timings.generated_tokens,
    }


def arguments_of(text: str) -> dict[str, Any]:
    """A call's arguments as an object; of what was cut short, an empty one."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _stop(answer: Gathered) -> dict[str, Any]:
    reason = _REASONS.get(StopReason(answer.timings.stop_reason), "tool_use" if answer.calls else "end_turn")
    return {"stop_reason": reason, "stop_sequence": answer.timings.stop_string or None}


def _event(kind: str, **fields: Any) -> bytes:
    return frame({"type": kind, **fields}, kind)
