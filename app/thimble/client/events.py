"""What goes into a chat and what comes out of it, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from thimble.protocol import Timings


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """One request for an answer.

    Attributes:
        messages: `{"role": "system"|"user"|"assistant", "content": text}`, oldest first.
        model: id or path; "" for the resident model.
        temperature: 0 takes the likeliest token.
        repeat_penalty: above 1, tokens that were just used become less likely.
        max_tokens: longest answer; 0 for as long as the context allows.
        continue_final: the last message is the assistant's and is continued.
        context_policy: what happens when the prompt does not fit: "error" or "drop_oldest".
        seed: of the sampler; None for a random one.
        top_k, top_p, min_p: None for the engine's own.
        presence_penalty, frequency_penalty: 0 for none.
        json_answer: the answer has to be a JSON object.
        grammar: GBNF that the answer has to fit; "" for none.
        thinking: whether a model that can is to reason first; None leaves that to its template.
        reasoning_budget: tokens after which a model has to stop thinking and begin its answer; None for no limit.
        tools: what the model may call, as OpenAI's `tools`.
    """

    messages: Sequence[dict[str, Any]]
    model: str = ""
    temperature: float = 0.6
    repeat_penalty: float = 1.0
    max_tokens: int = 0
    continue_final: bool = False
    context_policy: str = "drop_oldest"
    seed: int | None = None
    top_k: int | None = None
    top_p: float | None = None
    min_p: float | None = None
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    thinking: bool | None = None
    reasoning_budget: int | None = None
    json_answer: bool = False
    grammar: str = ""
    tools: Sequence[dict[str, Any]] = ()

    def to_json(self) -> dict[str, Any]:
        """The body of `POST /v1/chat/completions`, streaming, with prompt progress."""
        body: dict[str, Any] = {
            "messages": list(self.messages),
            "reasoning_format": "inline",  # the window finds it between <think> and </think>, and keeps it so
            "model": self.model,
            "temperature": self.temperature,
            "repeat_penalty": self.repeat_penalty,
            "stream": True,
            "prompt_progress": True,
            "continue_final": self.continue_final,
            "context_policy": self.context_policy,
        }
        if self.max_tokens > 0:
            body["max_tokens"] = self.max_tokens
        if self.seed is not None:
            body["seed"] = self.seed
        given = {"top_k": self.top_k, "top_p": self.top_p, "min_p": self.min_p}
        body |= {name: value for name, value in given.items() if value is not None}
        penalties = {"presence_penalty": self.presence_penalty, "frequency_penalty": self.frequency_penalty}
        body |= {name: value for name, value in penalties.items() if value}
        if self.json_answer:
            body["response_format"] = {"type": "json_object"}
        if self.grammar:
            body["grammar"] = self.grammar
        if self.tools:
            body["tools"] = list(self.tools)
        if self.thinking is not None:
            body["chat_template_kwargs"] = {"enable_thinking": self.thinking}
        if self.reasoning_budget is not None:
            body["reasoning_budget"] = self.reasoning_budget
        return body


@dataclass(frozen=True, slots=True)
class Queued:
    """The request waits; `ahead` others come first."""

    ahead: int


@dataclass(frozen=True, slots=True)
class PromptProgress:
    """The engine reads the prompt: `processed` of `total` tokens."""

    processed: int
    total: int


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What the model wants to have done.

    Attributes:
        id: names the call; its result names it, too.
        name: of the function.
        arguments: JSON, as the model wrote it: perhaps none at all.
    """

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolCalls:
    """The model waits for the results of these calls; `Finished` follows."""

    calls: tuple[ToolCall, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The answer is over; the last event of every stream that did not fail."""

    timings: Timings


ChatEvent = Queued | PromptProgress | TextDelta | ToolCalls | Finished
