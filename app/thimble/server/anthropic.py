"""Anthropic's interface: messages, and counting their tokens."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.grammar import grammar_of_json
from thimble.engine.tools.definitions import Tool, Tools
from thimble.errors import FieldError
from thimble.server.answering import respond
from thimble.server.anthropic_form import MessageForm
from thimble.server.pictures import Content, content_of
from thimble.server.schemas.body import Body, read_body
from thimble.server.schemas.messages import Message
from thimble.server.schemas.sampling import given_sampling
from thimble.server.schemas.tools import MOST_TOOLS, tools_of
from thimble.server.service import EngineService


def _as_blocks(value: object) -> object:
    return [{"type": "text", "text": value}] if isinstance(value, str) else value


class ImageSource(Body):
    """A picture itself; addresses are never fetched."""

    type: Literal["base64"]
    media_type: str
    data: str


class Block(Body):
    """A part of a message. What a model here cannot take (documents, searches) is refused."""

    type: Literal["text", "image", "tool_use", "tool_result", "thinking", "redacted_thinking"]
    text: str = ""
    thinking: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, Any] = Field(default_factory=dict)
    tool_use_id: str = ""
    content: Annotated[list[Block], BeforeValidator(_as_blocks), Field(default_factory=list)]
    source: ImageSource | None = None
    is_error: bool = False

    def part(self) -> dict[str, Any]:
        """As a part of a chat's message."""
        if self.type == "image":
            if self.source is None:
                raise FieldError("messages", "A picture needs a “source”.")
            address = f"data:{self.source.media_type};base64,{self.source.data}"
            return {"type": "image_url", "image_url": {"url": address}}
        return {"type": "text", "text": self.text}

    def result(self) -> Message:
        """The result of a tool, as a message of its own."""
        return Message(role="tool", content=_content(_parts(self.content)), tool_call_id=self.tool_use_id)


Blocks = Annotated[list[Block], BeforeValidator(_as_blocks)]


class AnthropicMessage(Body):
    """One message."""

    role: Literal["user", "assistant", "system"]
    content: Blocks

    def for_template(self) -> list[dict[str, Any]]:
        """As chat templates know it: results of tools are messages of their own."""
        parts = _parts(self.content)
        if self.role != "assistant":
            results = [block.result() for block in self.content if block.type == "tool_result"]
            said = [Message(role=self.role, content=_content(parts))] if parts or not results else []
            return [message.for_template() for message in (*results, *said)]
        message = Message(role="assistant", content=_content(parts)).for_template()
        if thought := "".join(block.thinking for block in self.content if block.type == "thinking"):
            message["reasoning_content"] = message["thinking"] = thought
        calls = [
            {"id": block.id, "type": "function", "function": {"name": block.name, "arguments": block.input}}
            for block in self.content
            if block.type == "tool_use"
        ]
        return [message | ({"tool_calls": calls} if calls else {})]


def _parts(blocks: list[Block]) -> list[dict[str, Any]]:
    """The words and pictures among blocks."""
    return [block.part() for block in blocks if block.type in {"text", "image"}]


def _content(parts: list[dict[str, Any]]) -> Content:
    try:
        return content_of(parts)
    except ValueError as error:
        raise FieldError("messages", f"The field “messages” is wrong: {error}.") from error


class AnthropicTool(Body):
    """A tool. Those that run at Anthropic have another type and are refused."""

    type: Literal["custom"] = "custom"
    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,128}$")]
    description: str = ""
    input_schema: dict[str, Any] = Field(default_factory=dict)


class AnthropicChoice(Body):
    """Which tool is to be called."""

    type: Literal["auto", "any", "tool", "none"] = "auto"
    name: str = ""
    disable_parallel_tool_use: bool = False


class Thinking(Body):
    """Whether the model thinks first, and for how many tokens at most."""

    type: Literal["enabled", "disabled", "adaptive"]
    budget_tokens: int | None = Field(None, ge=0)


class AnswerFormat(Body):
    """The form of the answer: JSON that fits a schema."""

    type: Literal["json_schema"]
    json_schema: dict[str, Any] = Field(alias="schema")


class OutputConfig(Body):
    """What the answer is to be like."""

    format: AnswerFormat | None = None
    effort: str | None = None


class CountBody(Body):
    """`POST /v1/messages/count_tokens`."""

    model: str = ""
    messages: list[AnthropicMessage] = Field(min_length=1)
    system: Blocks = Field(default_factory=list)
    tools: Annotated[list[AnthropicTool], Field(default_factory=list, max_length=MOST_TOOLS)]
    tool_choice: AnthropicChoice = AnthropicChoice()
    thinking: Thinking | None = None
    output_config: OutputConfig = OutputConfig()
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)

    def template_messages(self) -> list[dict[str, Any]]:
        """As chat templates know them."""
        system = "\n".join(block.text for block in self.system)
        head = [Message(role="system", content=content_of(system)).for_template()] if system else []
        return [*head, *(part for message in self.messages for part in message.for_template())]

    def variables(self) -> dict[str, Any]:
        """For the template."""
        thinks = {} if self.thinking is None else {"enable_thinking": self.thinking.type != "disabled"}
        effort = self.output_config.effort
        return {**thinks, **({"reasoning_effort": effort} if effort else {}), **self.chat_template_kwargs}

    def offered(self) -> Tools | None:
        """The tools that may be called."""
        choice = self.tool_choice
        return tools_of(
            [Tool(tool.name, tool.description, tool.input_schema) for tool in self.tools],
            {"any": "required", "none": "none"}.get(choice.type, "auto"),
            choice.name if choice.type == "tool" else "",
            parallel=not choice.disable_parallel_tool_use,
        )


class MessagesBody(CountBody):
    """`POST /v1/messages`."""

    max_tokens: int = Field(ge=1)
    stream: bool = False
    stop_sequences: list[str] = Field([], max_length=16)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    top_k: int | None = Field(None, ge=-1)

    def task(self) -> AnswerTask:
        """What the engine is to do."""
        form = self.output_config.format
        sampling = given_sampling(
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=self.top_k,
            grammar=grammar_of_json(form.json_schema) if form is not None else None,
        )
        last = self.messages[-1]
        prompt = ChatPrompt(
            self.template_messages(),
            continue_final=last.role == "assistant",  # Anthropic's way to begin an answer for the model
            variables=self.variables(),
            tools=self.offered(),
            split_reasoning=True,
            reasoning_budget=self.thinking.budget_tokens if self.thinking is not None else None,
        )
        return AnswerTask(prompt, sampling, self.max_tokens, tuple(self.stop_sequences))


class AnthropicEndpoints:
    """The endpoints, bound to one engine."""

    def __init__(self, service: EngineService) -> None:
        self._service = service

    async def messages(self, request: Request) -> Response:
        """`POST /v1/messages`."""
        body = await read_body(request, MessagesBody)
        task = await asyncio.to_thread(body.task)  # decodes pictures
        return respond(self._service, request, task, body.model, MessageForm(), stream=body.stream)

    async def count_tokens(self, request: Request) -> Response:
        """`POST /v1/messages/count_tokens`: in the resident model's words."""
        body = await read_body(request, CountBody)
        tools = body.offered()
        messages = await asyncio.to_thread(body.template_messages)
        tokens = await asyncio.to_thread(
            self._service.host.tokenize_messages,
            messages,
            body.variables(),
            tools.for_template() if tools else (),
        )
        return JSONResponse({"input_tokens": len(tokens)})
