"""Requests for answers, and for their tokens."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field

from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.tools.definitions import Tools
from thimble.errors import FieldError
from thimble.server.schemas.body import Body
from thimble.server.schemas.messages import Message, template_messages
from thimble.server.schemas.sampling import SamplingBody
from thimble.server.schemas.tools import MOST_TOOLS, ChosenTool, ToolBody, tools_of

_COMPLETION_TOKENS: Final = 16
"""OpenAI's default for /v1/completions: plain text has no natural end."""


def _one_prompt(value: object) -> object:
    """A prompt is text or tokens; clients may put their only one into a list."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | list):
        value = value[0]
    if isinstance(value, list) and any(isinstance(item, str | list) for item in value):
        raise ValueError("only one prompt at a time is understood")
    if not isinstance(value, str | list):
        raise ValueError("it must be text or a list of tokens")
    return value


class Reasoning(Body):
    """How much a model is to think.

    `max_tokens` is no word of OpenAI's: routers that speak its form have it.
    """

    effort: str | None = None
    max_tokens: int | None = Field(default=None, ge=-1)

    def variables(self) -> dict[str, Any]:
        """For the template."""
        return (
            {} if self.effort is None else {"reasoning_effort": self.effort, "enable_thinking": self.effort != "none"}
        )


def budget_of(*given: int | None) -> int | None:
    """How many tokens may be thought, by the first of these that says something; -1 and None are no limit."""
    said = next((tokens for tokens in given if tokens is not None), -1)
    return said if said >= 0 else None


class ChatBody(SamplingBody):
    """`POST /v1/chat/completions`."""

    messages: list[Message] = Field(min_length=1)
    max_tokens: int | None = Field(None, ge=-1)
    max_completion_tokens: int | None = Field(None, ge=-1)
    continue_final: bool = False
    context_policy: Literal["error", "drop_oldest"] = "error"
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)
    tools: Annotated[list[ToolBody], Field(max_length=MOST_TOOLS, default_factory=list)]
    tool_choice: Literal["none", "auto", "required"] | ChosenTool = "auto"
    parallel_tool_calls: bool = True
    reasoning_format: Literal["split", "inline"] = "split"
    reasoning_budget: int | None = Field(None, ge=-1)
    reasoning: Reasoning | None = None
    logprobs: bool = False
    top_logprobs: int = Field(0, ge=0, le=20)

    def task(self) -> AnswerTask:
        """What the engine is to do."""
        if self.continue_final and self.messages[-1].role != "assistant":
            raise FieldError("continue_final", "“continue_final” needs the assistant's message as the last one.")
        if self.top_logprobs and not self.logprobs:
            raise FieldError("top_logprobs", "“top_logprobs” needs “logprobs”: true.")
        limit = self.max_completion_tokens if self.max_completion_tokens is not None else self.max_tokens
        prompt = ChatPrompt(
            template_messages(self.messages),
            continue_final=self.continue_final,
            drop_oldest=self.context_policy == "drop_oldest",
            variables=(self.reasoning.variables() if self.reasoning else {}) | self.chat_template_kwargs,
            tools=self.offered(),
            split_reasoning=self.reasoning_format == "split",
            reasoning_budget=budget_of(self.reasoning_budget, self.reasoning.max_tokens if self.reasoning else None),
        )
        return AnswerTask(
            prompt,
            self.sampling(),
            max(0, limit or 0),
            tuple(self.stop),
            logprobs=self.top_logprobs if self.logprobs else None,
        )

    def offered(self) -> Tools | None:
        """The tools that may be called."""
        choice = self.tool_choice
        return tools_of(
            [tool.tool() for tool in self.tools],
            choice if isinstance(choice, str) else "auto",
            "" if isinstance(choice, str) else choice.function.name,
            parallel=self.parallel_tool_calls,
        )


class CompletionBody(SamplingBody):
    """`POST /v1/completions`."""

    prompt: Annotated[str | list[int], BeforeValidator(_one_prompt)]
    max_tokens: int = Field(_COMPLETION_TOKENS, ge=-1)
    logprobs: int | None = Field(None, ge=0, le=20)
    echo: Literal[False] = False
    suffix: Literal[""] = ""
    best_of: Literal[1] = 1

    def task(self) -> AnswerTask:
        """What the engine is to do."""
        return AnswerTask(
            self.prompt, self.sampling(), max(0, self.max_tokens), tuple(self.stop), logprobs=self.logprobs
        )


class TokenizeBody(Body):
    """`POST /tokenize`: either content or messages."""

    content: str | None = None
    messages: list[Message] | None = None
    tools: Annotated[list[ToolBody], Field(max_length=MOST_TOOLS, default_factory=list)]
    add_special: bool = False
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)


class DetokenizeBody(Body):
    """`POST /detokenize`."""

    tokens: list[int]
