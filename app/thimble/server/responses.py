"""OpenAI's newer interface: `/v1/responses`, without memory of earlier ones."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PlainValidator
from starlette.requests import Request
from starlette.responses import Response

from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.tools.definitions import Tool, Tools
from thimble.errors import FieldError
from thimble.server.answering import respond
from thimble.server.pictures import Content, content_of
from thimble.server.responses_form import ResponseForm
from thimble.server.schemas.body import Body, read_body
from thimble.server.schemas.completions import Reasoning, budget_of
from thimble.server.schemas.messages import Message, MessageCall
from thimble.server.schemas.sampling import JsonSchema, ResponseFormat, given_sampling
from thimble.server.schemas.tools import MOST_TOOLS, FunctionBody, tools_of
from thimble.server.service import EngineService

_TEXTS = ("input_text", "output_text", "text", "reasoning_text", "summary_text")


def _content_of(value: object) -> Content:
    """Content is text or a list of parts, which have other names here than in a chat."""
    if not isinstance(value, list):
        return content_of(value)
    parts: list[dict[str, Any]] = []
    for part in value:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind in _TEXTS:
            parts.append({"type": "text", "text": part.get("text")})
        elif kind == "input_image":
            parts.append({"type": "image_url", "image_url": part.get("image_url")})
        else:
            raise ValueError("only parts of text and pictures are understood")
    return content_of(parts)


Said = Annotated[Content, PlainValidator(_content_of)]


class Item(Body):
    """A part of the conversation: a message, a call, its result, or earlier reasoning."""

    type: Literal["message", "function_call", "function_call_output", "reasoning"] = "message"
    role: Literal["system", "developer", "user", "assistant"] | None = None
    content: Said = Content()
    summary: Said = Content()
    call_id: str = ""
    name: str = ""
    arguments: str = ""
    output: Said = Content()


class ResponseTool(FunctionBody):
    """A function. Tools that run at OpenAI have other types and are refused."""

    type: Literal["function"] = "function"


class ChosenFunction(Body):
    """The one function that must be called."""

    type: Literal["function"] = "function"
    name: str


class TextFormat(Body):
    """The form of the answer; OpenAI has flattened it here."""

    type: Literal["text", "json_object", "json_schema"] = "text"
    json_schema: dict[str, Any] | None = Field(default=None, validation_alias="schema")

    def grammar(self) -> str:
        """The grammar of this form; "" for text."""
        given = JsonSchema(schema=self.json_schema) if self.json_schema is not None else None
        return ResponseFormat(type=self.type, json_schema=given).grammar()


class TextOptions(Body):
    """Options of the text."""

    format: TextFormat = Field(default_factory=lambda: TextFormat(type="text"))


def _as_items(value: object) -> object:
    return [{"role": "user", "content": value}] if isinstance(value, str) else value


class ResponsesBody(Body):
    """`POST /v1/responses`."""

    model: str = ""
    input: Annotated[list[Item], BeforeValidator(_as_items), Field(min_length=1)]
    instructions: str = ""
    stream: bool = False
    max_output_tokens: int | None = Field(None, ge=1)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    text: TextOptions = TextOptions()
    tools: Annotated[list[ResponseTool], Field(default_factory=list, max_length=MOST_TOOLS)]
    tool_choice: Literal["none", "auto", "required"] | ChosenFunction = "auto"
    parallel_tool_calls: bool = True
    reasoning: Reasoning | None = None
    previous_response_id: str | None = None
    conversation: Any = None
    background: bool = False
    metadata: dict[str, Any] = Field(default_factory=dict)

    def task(self) -> AnswerTask:
        """What the engine is to do."""
        if self.previous_response_id or self.conversation is not None:
            field = "previous_response_id" if self.previous_response_id else "conversation"
            raise FieldError(field, f"“{field}” is not possible: nothing is stored here. Send the whole conversation.")
        if self.background:
            raise FieldError("background", "“background” is not possible: nothing is stored here.")
        reasoning = self.reasoning or Reasoning()
        prompt = ChatPrompt(
            self.messages(),
            variables=reasoning.variables(),
            tools=self.offered(),
            split_reasoning=True,
            reasoning_budget=budget_of(reasoning.max_tokens),
        )
        grammar = self.text.format.grammar() or None
        sampling = given_sampling(temperature=self.temperature, top_p=self.top_p, grammar=grammar)
        return AnswerTask(prompt, sampling, self.max_output_tokens or 0)

    def offered(self) -> Tools | None:
        """The tools that may be called."""
        choice = self.tool_choice
        return tools_of(
            [Tool(tool.name, tool.description, tool.parameters) for tool in self.tools],
            choice if isinstance(choice, str) else "auto",
            "" if isinstance(choice, str) else choice.name,
            parallel=self.parallel_tool_calls,
        )

    def messages(self) -> list[dict[str, Any]]:
        """As chat templates know them: reasoning, words and calls of one answer are one message."""
        messages: list[dict[str, Any]] = []
        if self.instructions:
            messages.append(_message("system", content_of(self.instructions)))
        for number, item in enumerate(self.input):
            if item.type == "function_call_output":
                messages.append(_message("tool", item.output) | {"tool_call_id": item.call_id})
            elif item.type == "message":
                if item.role is None:
                    raise FieldError(f"input.{number}.role", "A message needs a role.")
                if item.role == "assistant":
                    _assistant(messages)["content"] += item.content.text
                else:
                    messages.append(_message(item.role, item.content))
            elif item.type == "reasoning":
                thought = item.content.text or item.summary.text
                _assistant(messages).update({"reasoning_content": thought, "thinking": thought} if thought else {})
            elif not item.name:
                raise FieldError(f"input.{number}.name", "A function call needs the function's name.")
            else:
                call = MessageCall.model_validate(
                    {"id": item.call_id, "function": {"name": item.name, "arguments": item.arguments}}
                )
                _assistant(messages).setdefault("tool_calls", []).append(call.for_template())
        return messages


def _message(role: Literal["system", "developer", "user", "tool"], content: Content) -> dict[str, Any]:
    return Message(role=role, content=content).for_template()


def _assistant(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """The assistant's message that is being put together."""
    if not messages or messages[-1]["role"] != "assistant":
        messages.append({"role": "assistant", "content": ""})
    return messages[-1]


class ResponsesEndpoint:
    """The endpoint, bound to one engine."""

    def __init__(self, service: EngineService) -> None:
        self._service = service

    async def create(self, request: Request) -> Response:
        """`POST /v1/responses`."""
        body = await read_body(request, ResponsesBody)
        echoed = {
            "instructions": body.instructions or None,
            "metadata": body.metadata,
            "parallel_tool_calls": body.parallel_tool_calls,
            "temperature": body.temperature,
            "top_p": body.top_p,
            "max_output_tokens": body.max_output_tokens,
            "tool_choice": body.tool_choice if isinstance(body.tool_choice, str) else body.tool_choice.model_dump(),
            "tools": [tool.model_dump() | {"strict": True} for tool in body.tools],
        }
        task = await asyncio.to_thread(body.task)  # decodes pictures
        return respond(self._service, request, task, body.model, ResponseForm(echoed), stream=body.stream)
