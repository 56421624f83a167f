"""Answers as OpenAI's chat completions and completions say them."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, Final

from starlette.responses import Response

from thimble.engine.events import (
    Event,
    PromptRead,
    ReasoningPiece,
    TextPiece,
    TokenChance,
    TokenChosen,
    ToolCallArguments,
    ToolCallBegin,
)
from thimble.errors import Problem
from thimble.protocol import StopReason, Timings
from thimble.server.answering import Gathered, new_id, token_text
from thimble.server.errors import body_of, problem_response
from thimble.server.service import Waiting
from thimble.server.streaming import frame

DONE: Final = b"data: [DONE]\n\n"
_FINISH: Final = {StopReason.MAX_TOKENS: "length", StopReason.CONTEXT_FULL: "length"}


def usage(timings: Timings) -> dict[str, Any]:
    """OpenAI's token counts."""
    return {
        "prompt_tokens": timings.prompt_tokens,
        "completion_tokens": timings.generated_tokens,
        "total_tokens": timings.prompt_tokens + timings.generated_tokens,
        "prompt_tokens_details": {"cached_tokens": timings.cached_tokens},
        "completion_tokens_details": {"reasoning_tokens": timings.reasoning_tokens},
    }


def finish_reason(answer: Gathered) -> str:
    """OpenAI's word for why the answer ended."""
    return _FINISH.get(StopReason(answer.timings.stop_reason), "tool_calls" if answer.calls else "stop")


class _Form(ABC):
    """What chat and plain completions share."""

    prefix = "cmpl-"
    whole_object = chunk_object = "text_completion"

    def __init__(self, *, usage_apart: bool, progress: bool) -> None:
        self._usage_apart = usage_apart
        self._progress = progress
        self._head: dict[str, Any] = {"id": new_id(self.prefix), "created": int(time.time())}
        self._tokens: list[TokenChosen] = []

    def whole(self, answer: Gathered) -> dict[str, Any]:
        """See `Dialect`."""
        choice = {"index": 0, **self.whole_choice(answer), "finish_reason": finish_reason(answer)}
        head = {**self._head, "object": self.whole_object, "model": answer.model}
        return {
            **head,
            "choices": [choice],
            "usage": usage(answer.timings),
            "timings": answer.timings.to_json(),
        }

    def begin(self, model: str) -> Iterable[bytes]:
        """See `Dialect`."""
        self._head |= {"object": self.chunk_object, "model": model}
        return ()

    def waiting(self, event: Waiting | PromptRead) -> Iterable[bytes]:
        """See `Dialect`."""
        if not self._progress:
            return ()
        if isinstance(event, Waiting):
            progress = {"queued": event.ahead}
        else:
            progress = {"prompt_tokens": event.total, "processed": event.processed}
        return (frame({"object": "thimble.progress", "progress": progress}),)

    def frames(self, event: Event) -> Iterable[bytes]:
        """See `Dialect`."""
        if isinstance(event, TokenChosen):
            self._tokens.append(event)
            return ()
        content = self.chunk_content(event)
        if content is None:
            return ()
        tokens, self._tokens = self._tokens, []
        logprobs = self.logprobs(tokens) if isinstance(event, TextPiece) else None
        return (self.chunk({**content, "logprobs": logprobs, "finish_reason": None}),)

    def end(self, answer: Gathered) -> Iterable[bytes]:
        """See `Dialect`."""
        choice = {
            **self.empty_content(),
            "logprobs": self.logprobs(self._tokens),
            "finish_reason": finish_reason(answer),
        }
        last = {"usage": usage(answer.timings), "timings": answer.timings.to_json()}
        if self._usage_apart:  # OpenAI's form: a chunk of its own, without choices, which only those who asked expect
            return (self.chunk(choice), frame({**self._head, "choices": [], **last}), DONE)
        return (self.chunk(choice, **last), DONE)

    def broken(self, problem: Problem) -> bytes:
        """See `Dialect`."""
        return frame(body_of(problem))

    def refusal(self, error: Exception) -> Response:
        """See `Dialect`."""
        return problem_response(error)

    def chunk(self, choice: dict[str, Any], **more: Any) -> bytes:
        """One chunk."""
        return frame({**self._head, "choices": [{"index": 0, **choice}], **more})

    @abstractmethod
    def whole_choice(self, answer: Gathered) -> dict[str, Any]:
        """The choice of a whole answer."""

    @abstractmethod
    def chunk_content(self, event: Event) -> dict[str, Any] | None:
        """What a chunk says of an event; None for nothing."""

    @abstractmethod
    def empty_content(self) -> dict[str, Any]:
        """What the last chunk says."""

    @abstractmethod
    def logprobs(self, tokens: list[TokenChosen]) -> dict[str, Any] | None:
        """The chances of tokens; None when nobody asked."""


class CompletionForm(_Form):
    """`/v1/completions`."""

    def __init__(self, *, usage_apart: bool, progress: bool) -> None:
        super().__init__(usage_apart=usage_apart, progress=progress)
        self._offset = 0

    def whole_choice(self, answer: Gathered) -> dict[str, Any]:
        """See `_Form`."""
        return {"text": answer.text, "logprobs": self.logprobs(answer.tokens)}

    def chunk_content(self, event: Event) -> dict[str, Any] | None:
        """See `_Form`."""
        return {"text": event.text} if isinstance(event, TextPiece) else None

    def empty_content(self) -> dict[str, Any]:
        """See `_Form`."""
        return {"text": ""}

    def logprobs(self, tokens: list[TokenChosen]) -> dict[str, Any] | None:
        """See `_Form`."""
        if not tokens:
            return None
        offsets = []
        for token in tokens:
            offsets.append(self._offset)
            self._offset += len(token.chosen.data.decode("utf-8", "ignore"))
        return {
            "tokens": [token_text(token.chosen.data) for token in tokens],
            "token_logprobs": [token.chosen.logprob for token in tokens],
            "top_logprobs": [{token_text(one.data): one.logprob for one in token.top} for token in tokens],
            "text_offset": offsets,
        }


class ChatForm(_Form):
    """`/v1/chat/completions`."""

    prefix = "chatcmpl-"
    whole_object = "chat.completion"
    chunk_object = "chat.completion.chunk"

    def begin(self, model: str) -> Iterable[bytes]:
        """See `Dialect`."""
        super().begin(model)
        delta = {"role": "assistant", "content": ""}
        return (self.chunk({"delta": delta, "logprobs": None, "finish_reason": None}),)

    def whole_choice(self, answer: Gathered) -> dict[str, Any]:
        """See `_Form`."""
        message: dict[str, Any] = {"role": "assistant", "content": answer.text, "refusal": None}
        if answer.reasoning:
            message["reasoning_content"] = answer.reasoning
        if answer.calls:
            message["content"] = answer.text or None
            message["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                for call in answer.calls
            ]
        return {"message": message, "logprobs": self.logprobs(answer.tokens)}

    def chunk_content(self, event: Event) -> dict[str, Any] | None:
        """See `_Form`."""
        if isinstance(event, TextPiece):
            return {"delta": {"content": event.text}}
        if isinstance(event, ReasoningPiece):
            return {"delta": {"reasoning_content": event.text}}
        if isinstance(event, ToolCallBegin):
            function = {"name": event.name, "arguments": ""}
            call = {"index": event.index, "id": event.id, "type": "function", "function": function}
        elif isinstance(event, ToolCallArguments):
            call = {"index": event.index, "function": {"arguments": event.text}}
        else:
            return None
        return {"delta": {"tool_calls": [call]}}

    def empty_content(self) -> dict[str, Any]:
        """See `_Form`."""
        return {"delta": {}}

    def logprobs(self, tokens: list[TokenChosen]) -> dict[str, Any] | None:
        """See `_Form`."""
        if not tokens:
            return None
        content = [{**_chance(token.chosen), "top_logprobs": list(map(_chance, token.top))} for token in tokens]
        return {"content": content, "refusal": None}


def _chance(chance: TokenChance) -> dict[str, Any]:
    return {"token": token_text(chance.data), "logprob": chance.logprob, "bytes": list(chance.data)}
