"""What requests may say, checked by pydantic; unknown fields are ignored, as OpenAI's clients expect."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from starlette.requests import Request

from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.grammar import grammar_of_json
from thimble.engine.prompt import PICTURES
from thimble.engine.sampling import Sampling
from thimble.engine.tools.definitions import Tool, ToolChoice, Tools
from thimble.errors import Code, FieldError, ThimbleError
from thimble.protocol import CacheType, ExpertPolicy, LoadOptions
from thimble.server.pictures import Content, content_of, read_picture

MOST_TEMPLATE: Final = 500_000
MOST_BODY_BYTES: Final = 64 * 2**20
MOST_TOOLS: Final = 128
MOST_TEXTS: Final = 2048
"""In one request for embeddings; OpenAI's own limit."""
_TOKENS: Final = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}
_TEXT: Final = {"type": "string", "minLength": 1}
_TEXTS: Final[dict[str, Any]] = {
    "anyOf": [
        _TEXT,
        {"type": "array", "items": {"anyOf": [_TEXT, _TOKENS]}, "minItems": 1, "maxItems": MOST_TEXTS},
        _TOKENS,
    ]
}
_DEFAULT: Final = Sampling()
_COMPLETION_TOKENS: Final = 16
"""OpenAI's default for /v1/completions: plain text has no natural end."""

M = TypeVar("M", bound="Body")


class Body(BaseModel):
    """A request's JSON object."""

    model_config = ConfigDict(extra="ignore", strict=False, protected_namespaces=())

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        """Some clients send null for whatever nobody has set; it then means the default."""
        return {k: v for k, v in value.items() if v is not None} if isinstance(value, dict) else value


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _one_prompt(value: object) -> object:
    """A prompt is text or tokens; clients may put their only one into a list."""
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str | list):
        value = value[0]
    if isinstance(value, list) and any(isinstance(item, str | list) for item in value):
        raise ValueError("only one prompt at a time is understood")
    if not isinstance(value, str | list):
        raise ValueError("it must be text or a list of tokens")
    return value


class CalledFunction(Body):
    """What an earlier answer called."""

    name: str = Field(min_length=1)
    arguments: str | dict[str, Any] = ""


class MessageCall(Body):
    """A tool call of an earlier answer."""

    id: str = ""
    function: CalledFunction

    def for_template(self) -> dict[str, Any]:
        """As chat templates know it: the arguments are an object, which they write out in their own way."""
        arguments: object = self.function.arguments
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments or "{}")
            except (ValueError, RecursionError):
                arguments = self.function.arguments  # the model wrote it so; it may learn from the answer to it
        return {"id": self.id, "type": "function", "function": {"name": self.function.name, "arguments": arguments}}


class Message(Body):
    """One message of a chat."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[Content, PlainValidator(content_of)] = Content()
    name: str | None = None
    reasoning_content: str | None = Field(default=None, validation_alias=AliasChoices("reasoning_content", "reasoning"))
    tool_calls: list[MessageCall] = []
    tool_call_id: str | None = None

    def for_template(self) -> dict[str, Any]:
        """As chat templates know it; OpenAI's newer "developer" is their "system". Decodes pictures: not in the loop's
        thread."""
        message: dict[str, Any] = {
            "role": "system" if self.role == "developer" else self.role,
            "content": self.content.text,
        }
        if self.content.addresses:
            message[PICTURES] = [read_picture(address) for address in self.content.addresses]
        if self.name:
            message["name"] = self.name
        if self.reasoning_content and self.role == "assistant":
            message["reasoning_content"] = message["thinking"] = self.reasoning_content
        if self.tool_calls and self.role == "assistant":
            message["tool_calls"] = [call.for_template() for call in self.tool_calls]
        if self.tool_call_id:
            message["tool_call_id"] = self.tool_call_id
        return message


class FunctionBody(Body):
    """A function that the model may call."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,128}$")]
    description: str = ""
    parameters: dict[str, Any] = {}


class ToolBody(Body):
    """A tool that the model may call: a function."""

    type: Literal["function"] = "function"
    function: FunctionBody

    def tool(self) -> Tool:
        """For the engine."""
        return Tool(self.function.name, self.function.description, self.function.parameters)


class ChosenName(Body):
    """The name of a function."""

    name: str


class ChosenTool(Body):
    """The one tool that must be called."""

    type: Literal["function"] = "function"
    function: ChosenName


def tools_of(offered: Sequence[Tool], choice: str, only: str = "", *, parallel: bool = True) -> Tools | None:
    """The tools of a request; None when none may be called.

    Args:
        offered: all tools.
        choice: "auto", "required" or "none".
        only: the name of the one that must be called; "" for any.
        parallel: whether there may be several calls.

    Raises:
        FieldError: one must be called that is not there, or two have one name.
    """
    names = [tool.name for tool in offered]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise FieldError("tools", f"Two tools are called “{twice}”.")
    if only and only not in names:
        raise FieldError("tool_choice", f"There is no tool “{only}” in “tools”.")
    if choice == "required" and not offered:
        raise FieldError("tool_choice", "A tool must be called, but “tools” is empty.")
    if not offered or choice == "none":
        return None
    return Tools(offered, ToolChoice.REQUIRED if choice == "required" else ToolChoice.AUTO, only, parallel)


class StreamOptions(Body):
    """Options of a stream."""

    include_usage: bool = False


class JsonSchema(Body):
    """The schema of an answer in JSON."""

    json_schema: dict[str, Any] = Field(alias="schema")


class ResponseFormat(Body):
    """The form of the answer: text, any JSON object, or JSON that fits a schema."""

    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None

    @model_validator(mode="after")
    def _with_schema(self) -> ResponseFormat:
        if self.type == "json_schema" and self.json_schema is None:
            raise ValueError("“json_schema” is missing")
        return self

    def grammar(self) -> str:
        """The grammar of this form; "" for text."""
        if self.type == "text":
            return ""
        return grammar_of_json(self.json_schema.json_schema if self.json_schema is not None else None)


def given_sampling(**parameters: Any) -> Sampling:
    """The sampler's parameters, our defaults for those that are None. Some programs write a `top_k` of -1 for all."""
    given = {name: value for name, value in parameters.items() if value is not None}
    if "top_k" in given:
        given["top_k"] = max(0, given["top_k"])
    return replace(_DEFAULT, **given)


class SamplingBody(Body):
    """What chat and plain completions share."""

    model: str = ""
    stream: bool = False
    stream_options: StreamOptions | None = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=-1)
    min_p: float | None = Field(None, ge=0, le=1)
    seed: int | None = None
    stop: Annotated[list[str], BeforeValidator(_as_list), Field(max_length=16)] = []
    n: Literal[1] | None = None
    presence_penalty: float | None = Field(None, ge=-2, le=2)
    frequency_penalty: float | None = Field(None, ge=-2, le=2)
    repeat_penalty: float | None = Field(None, gt=0, le=10)
    logit_bias: dict[int, Annotated[float, Field(ge=-100, le=100)]] | None = None
    response_format: ResponseFormat | None = None
    grammar: Annotated[str, Field(max_length=100_000)] = ""
    prompt_progress: bool = False

    def sampling(self) -> Sampling:
        """The sampler's parameters, our defaults where the request says nothing."""

        return given_sampling(
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            min_p=self.min_p,
            seed=self.seed,
            repeat_penalty=self.repeat_penalty,
            presence_penalty=self.presence_penalty,
            frequency_penalty=self.frequency_penalty,
            logit_bias=self.logit_bias,
            grammar=self.grammar or (self.response_format.grammar() if self.response_format is not None else None),
        )

    @property
    def includes_usage(self) -> bool:
        """Whether a stream ends with a chunk of its own for the usage."""
        return self.stream_options is not None and self.stream_options.include_usage


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
    tools: Annotated[list[ToolBody], Field(max_length=MOST_TOOLS)] = []
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


def _are_tokens(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(type(token) is int and 0 <= token < 2**31 for token in value)


class EmbeddingBody(Body):
    """`POST /v1/embeddings`: texts, each as text or as tokens."""

    model: str = ""
    input: Annotated[Any, WithJsonSchema(_TEXTS)]
    encoding_format: Literal["float", "base64"] = "float"
    dimensions: int | None = Field(None, ge=1, le=2**20)

    def texts(self) -> list[str | list[int]]:
        """The texts.

        Raises:
            FieldError: it is something else, or there are none, or too many.
        """
        given = self.input
        if isinstance(given, str) or _are_tokens(given):
            return [given]
        if not isinstance(given, list):
            raise FieldError("input", "The field “input” must be text, a list of texts, or tokens.")
        if not 1 <= len(given) <= MOST_TEXTS:
            raise FieldError("input", f"The field “input” has {len(given):,} texts; 1 to {MOST_TEXTS:,} are possible.")
        for at, text in enumerate(given):
            if not isinstance(text, str) and not _are_tokens(text):
                field = f"input.{at}"
                raise FieldError(field, f"The field “{field}” must be text, or a list of tokens that is not empty.")
        return given


class TokenizeBody(Body):
    """`POST /tokenize`: either content or messages."""

    content: str | None = None
    messages: list[Message] | None = None
    tools: Annotated[list[ToolBody], Field(max_length=MOST_TOOLS)] = []
    add_special: bool = False
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)


class DetokenizeBody(Body):
    """`POST /detokenize`."""

    tokens: list[int]


class LoadBody(Body):
    """`POST /thimble/load`."""

    path: str = Field(min_length=1)
    context: int = Field(LoadOptions().context, ge=16, le=16_777_216)
    threads: int = Field(0, ge=0, le=1024)
    memory_limit: int = Field(0, ge=0)
    expert_cache: int = Field(0, ge=0)
    expert_policy: ExpertPolicy = ExpertPolicy.LRFU
    cache_k: CacheType = CacheType.F16
    cache_v: CacheType = CacheType.F16
    approximate_head: bool = False
    projector: str = ""
    chat_template: Annotated[str, Field(max_length=MOST_TEMPLATE)] = ""

    def options(self) -> LoadOptions:
        """How to load."""
        return LoadOptions(
            self.context,
            self.threads,
            self.memory_limit,
            self.expert_cache,
            self.expert_policy,
            self.cache_k,
            self.cache_v,
            self.approximate_head,
            self.projector,
            chat_template=self.chat_template,
        )


class TemplateBody(Body):
    """`POST /thimble/template`."""

    template: Annotated[str, Field(max_length=MOST_TEMPLATE)]


class MemoryBody(Body):
    """`POST /thimble/memory`."""

    memory_limit: int = Field(0, ge=0)
    expert_cache: int = Field(0, ge=0)


class TraceBody(Body):
    """`POST /thimble/trace`: records from now on, up to so many values; 0 ends the recording."""

    max_values: int = Field(4_194_304, ge=0, le=16_777_216)


class ReplayBody(Body):
    """`POST /thimble/replay`: what caches of several sizes would have done under several policies.

    `records` are those of `GET /thimble/trace`; without them, those recorded since the last call.
    """

    slots: list[Annotated[int, Field(ge=0, lt=2**32)]] = Field(default_factory=list, max_length=64)
    policies: list[Literal["lrfu", "lru", "lfu", "none", "belady"]] = Field(
        ["lrfu", "lru", "lfu", "belady"], min_length=1, max_length=5
    )
    half_life: float = Field(0.0, ge=0)
    count_from: int = Field(0, ge=0, lt=2**32)
    records: (
        Annotated[
            list[tuple[Annotated[int, Field(ge=0, lt=2**31)], list[list[Annotated[int, Field(ge=0, lt=4096)]]]]],
            Field(max_length=262_144),
        ]
        | None
    ) = None


class OutlookBody(Body):
    """`POST /thimble/outlook`: limits of the whole process, bytes."""

    limits: list[Annotated[int, Field(gt=0, lt=2**50)]] = Field(default_factory=list, max_length=32)


def template_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as chat templates know them."""
    return [message.for_template() for message in messages]


def _too_large(most: int) -> ThimbleError:
    return ThimbleError(Code.TOO_LARGE, f"The request is larger than {most // 2**20} MiB.", "Send less at once.")


async def read_body(request: Request, kind: type[M]) -> M:
    """The request's body, checked.

    Raises:
        FieldError: it is no JSON object, or a field is wrong; the first one is named.
    """
    most = MOST_BODY_BYTES
    data = bytearray()
    announced = request.headers.get("content-length", "")
    if announced.isdigit() and int(announced) > most:
        raise _too_large(most)
    async for part in request.stream():
        data += part
        if len(data) > most:
            raise _too_large(most)
    try:
        text = data.decode(json.detect_encoding(data)) or "{}"  # json's own decoder lets wrong UTF-8 through
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise FieldError("", f"The request's body is not JSON: {error}.") from error
    if "\\ud" in text.lower():  # half a surrogate pair is no character, and could not be sent back
        value = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    if not isinstance(value, dict):
        raise FieldError("", "The request's body must be a JSON object.")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        reason = str(first["msg"]).removeprefix("Value error, ")
        raise FieldError(field, f"The field “{field}” is wrong: {reason[:1].lower()}{reason[1:]}.") from error
