"""Answers as OpenAI's responses: items of reasoning, messages and function calls."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.responses import Response

from thimble.engine.events import Event, PromptRead, ReasoningPiece, TextPiece, ToolCallArguments, ToolCallBegin
from thimble.errors import Problem
from thimble.protocol import StopReason
from thimble.server.answering import Gathered, new_id
from thimble.server.errors import problem_response
from thimble.server.service import Waiting
from thimble.server.streaming import frame

_CUT: Final = {StopReason.MAX_TOKENS: "max_output_tokens", StopReason.CONTEXT_FULL: "max_output_tokens"}
_PREFIXES: Final = {"message": "msg_", "reasoning": "rs_", "function_call": "fc_"}


class ResponseForm:
    """See `Dialect`.

    Args:
        echoed: fields of the request that the response repeats.
    """

    def __init__(self, echoed: Mapping[str, Any]) -> None:
        self._id = new_id("resp_")
        self._created = int(time.time())
        self._echoed = dict(echoed)
        self._model = ""
        self._sequence = -1
        self._items: list[dict[str, Any]] = []
        self._open: dict[str, Any] | None = None

    def whole(self, answer: Gathered) -> dict[str, Any]:
        """See `Dialect`."""
        self._model = answer.model
        if answer.reasoning:
            self._items.append(_item("reasoning", answer.reasoning))
        if answer.text or not answer.calls:
            self._items.append(_item("message", answer.text))
        for call in answer.calls:
            self._items.append(_item("function_call", call.arguments, name=call.name, call_id=call.id))
        return self._response(answer)

    def waiting(self, event: Waiting | PromptRead) -> Iterable[bytes]:  # noqa: ARG002 - it has no word for it
        """See `Dialect`."""
        return ()

    def begin(self, model: str) -> Iterable[bytes]:
        """See `Dialect`."""
        self._model = model
        yield self._event("response.created", response=self._response(None))
        yield self._event("response.in_progress", response=self._response(None))

    def frames(self, event: Event) -> Iterable[bytes]:
        """See `Dialect`."""
        if isinstance(event, TextPiece):
            yield from self._more("message", event.text, "response.output_text.delta", logprobs=[])
        elif isinstance(event, ReasoningPiece):
            yield from self._more("reasoning", event.text, "response.reasoning_text.delta")
        elif isinstance(event, ToolCallBegin):
            yield from self._close()
            yield from self._begin(_item("function_call", "", name=event.name, call_id=event.id))
        elif isinstance(event, ToolCallArguments):
            yield from self._more("function_call", event.text, "response.function_call_arguments.delta")

    def end(self, answer: Gathered) -> Iterable[bytes]:
        """See `Dialect`."""
        yield from self._close()
        if not self._items:
            yield from self._begin(_item("message", ""))
            yield from self._close()
        response = self._response(answer)
        yield self._event(f"response.{response['status']}", response=response)

    def broken(self, problem: Problem) -> bytes:
        """See `Dialect`."""
        failed = self._response(None) | {"status": "failed", "error": {"code": "server_error", "message": str(problem)}}
        return self._event("response.failed", response=failed)

    def refusal(self, error: Exception) -> Response:
        """See `Dialect`."""
        return problem_response(error)

    def _response(self, answer: Gathered | None) -> dict[str, Any]:
        cut = _CUT.get(StopReason(answer.timings.stop_reason)) if answer is not None else None
        timings = answer.timings if answer is not None else None
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created,
            "status": "in_progress" if answer is None else "incomplete" if cut else "completed",
            "error": None,
            "incomplete_details": {"reason": cut} if cut else None,
            "model": self._model,
            "output": list(self._items) if answer is not None else [],
            "previous_response_id": None,
            "store": False,
            **self._echoed,
            "usage": None
            if timings is None
            else {
                "input_tokens": timings.prompt_tokens,
                "input_tokens_details": {"cached_tokens": timings.cached_tokens, "cache_write_tokens": 0},
                "output_tokens": timings.generated_tokens,
                "output_tokens_details": {"reasoning_tokens": timings.reasoning_tokens},
                "total_tokens": timings.prompt_tokens + timings.generated_tokens,
            },
            **({"timings": timings.to_json()} if timings is not None else {}),
        }

    def _event(self, kind: str, **fields: Any) -> bytes:
        self._sequence += 1
        return frame({"type": kind, "sequence_number": self._sequence, **fields}, kind)

    def _place(self) -> dict[str, Any]:
        assert self._open is not None  # noqa: S101 - whoever asks has opened one
        place = {"item_id": self._open["id"], "output_index": len(self._items)}
        return place if self._open["type"] == "function_call" else {**place, "content_index": 0}

    def _more(self, kind: str, text: str, event: str, **fields: Any) -> Iterable[bytes]:
        if self._open is None or self._open["type"] != kind:
            yield from self._close()
            yield from self._begin(_item(kind, ""))
        assert self._open is not None  # noqa: S101 - just opened
        if kind == "function_call":
            self._open["arguments"] += text
        else:
            self._open["content"][0]["text"] += text
        yield self._event(event, **self._place(), delta=text, **fields)

    def _begin(self, item: dict[str, Any]) -> Iterable[bytes]:
        self._open = item
        shown = {**item, "status": "in_progress"} | ({} if item["type"] == "function_call" else {"content": []})
        yield self._event("response.output_item.added", output_index=len(self._items), item=shown)
        if item["type"] != "function_call":
            yield self._event("response.content_part.added", **self._place(), part=dict(item["content"][0]))

    def _close(self) -> Iterable[bytes]:
        item = self._open
        if item is None:
            return
        if item["type"] == "function_call":
            done = {"arguments": item["arguments"], "name": item["name"]}
            yield self._event("response.function_call_arguments.done", **self._place(), **done)
        else:
            part = item["content"][0]
            name = "output_text" if item["type"] == "message" else "reasoning_text"
            more: dict[str, Any] = {"logprobs": []} if item["type"] == "message" else {}
            yield self._event(f"response.{name}.done", **self._place(), text=part["text"], **more)
            yield self._event("response.content_part.done", **self._place(), part=part)
        yield self._event("response.output_item.done", output_index=len(self._items), item=item)
        self._items.append(item)
        self._open = None


def _item(kind: str, text: str, *, name: str = "", call_id: str = "") -> dict[str, Any]:
    item: dict[str, Any] = {"type": kind, "id": new_id(_PREFIXES[kind]), "status": "completed"}
    if kind == "function_call":
        return item | {"call_id": call_id, "name": name, "arguments": text}
    if kind == "reasoning":
        return item | {"summary": [], "content": [{"type": "reasoning_text", "text": text}]}
    part = {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return item | {"role": "assistant", "content": [part]}
