"""The official clients of OpenAI and Anthropic against their interfaces: they check every field they know."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from typing import Any

import anthropic
import openai
import pytest
from anthropic import Anthropic
from openai import OpenAI
from PIL import Image

from tests.server.conftest import TOKEN, Running
from thimble.engine.events import Event, ReasoningPiece, TextPiece, ToolCallArguments, ToolCallBegin
from thimble.engine.generate import ChatPrompt
from thimble.engine.pictures import MARK
from thimble.engine.prompt import PICTURES
from thimble.errors import Code, ThimbleError

ANSWER: list[Event | str] = [
    ReasoningPiece("so "),
    ReasoningPiece("it is"),
    TextPiece("I "),
    TextPiece("look."),
    ToolCallBegin(0, "abc", "weather"),
    ToolCallArguments(0, '{"city": '),
    ToolCallArguments(0, '"Paris"}'),
    ToolCallBegin(1, "def", "time"),
    ToolCallArguments(1, "{}"),
]
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}}
OPENAI_TOOLS: list[Any] = [{"type": "function", "name": "weather", "parameters": SCHEMA, "strict": True}]
ANTHROPIC_TOOLS: list[Any] = [{"name": "weather", "description": "Tells it.", "input_schema": SCHEMA}]


@pytest.fixture
def claude(server: Running) -> Iterator[Anthropic]:
    with Anthropic(base_url=server.base_url, api_key=TOKEN, max_retries=0) as client:
        yield client


@pytest.fixture
def gpt(server: Running) -> Iterator[OpenAI]:
    with OpenAI(base_url=f"{server.base_url}/v1", api_key=TOKEN, max_retries=0) as client:
        yield client


def prompt_of(server: Running) -> ChatPrompt:
    prompt = server.host.answered[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    return prompt


def test_anthropics_client_reads_a_whole_message(server: Running, claude: Anthropic) -> None:
    server.host.pieces = list(ANSWER)
    message = claude.messages.create(
        model="tiny", max_tokens=50, messages=[{"role": "user", "content": "Hi"}], tools=ANTHROPIC_TOOLS
    )
    assert [block.type for block in message.content] == ["thinking", "text", "tool_use", "tool_use"]
    use = message.content[2]
    assert isinstance(use, anthropic.types.ToolUseBlock)
    assert (use.id, use.name, use.input) == ("abc", "weather", {"city": "Paris"})
    assert message.stop_reason == "tool_use"
    assert (message.usage.input_tokens, message.usage.cache_read_input_tokens, message.usage.output_tokens) == (3, 1, 2)


def test_anthropics_client_puts_a_stream_together(server: Running, claude: Anthropic) -> None:
    server.host.pieces = list(ANSWER)
    with claude.messages.stream(
        model="tiny", max_tokens=50, messages=[{"role": "user", "content": "Hi"}], tools=ANTHROPIC_TOOLS
    ) as stream:
        message = stream.get_final_message()
    thinking, text, first, second = message.content
    assert isinstance(thinking, anthropic.types.ThinkingBlock)
    assert thinking.thinking == "so it is"
    assert isinstance(text, anthropic.types.TextBlock)
    assert text.text == "I look."
    assert isinstance(first, anthropic.types.ToolUseBlock)
    assert first.input == {"city": "Paris"}
    assert isinstance(second, anthropic.types.ToolUseBlock)
    assert second.name == "time"
    assert message.stop_reason == "tool_use"


def test_what_anthropics_client_says_reaches_the_engine(server: Running, claude: Anthropic) -> None:
    messages: list[Any] = [
        {"role": "user", "content": [{"type": "text", "text": "Warm?"}]},
        {"role": "assistant", "content": [
            {"type": "thinking", "thinking": "hm", "signature": ""},
            {"type": "tool_use", "id": "1", "name": "weather", "input": {"city": "Paris"}},
        ]},
        {"role": "user", "content": [
            {"type": "tool_result", "tool_use_id": "1", "content": [{"type": "text", "text": "yes"}]}
        ]},
    ]  # fmt: skip
    claude.messages.create(
        model="tiny",
        max_tokens=9,
        system="Be short.",
        messages=messages,
        tools=ANTHROPIC_TOOLS,
        tool_choice={"type": "tool", "name": "weather", "disable_parallel_tool_use": True},
        stop_sequences=["END"],
        thinking={"type": "disabled"},
        extra_body={"temperature": 0.5, "top_k": 7},  # this client has no words for them any more
    )
    task, prompt = server.host.answered[0], prompt_of(server)
    assert (task.max_tokens, task.stops, task.sampling.temperature, task.sampling.top_k) == (9, ("END",), 0.5, 7)
    assert [message["role"] for message in prompt.messages] == ["system", "user", "assistant", "tool"]
    assert prompt.messages[2]["tool_calls"][0]["function"] == {"name": "weather", "arguments": {"city": "Paris"}}
    assert prompt.messages[2]["reasoning_content"] == "hm"
    assert prompt.messages[3] == {"role": "tool", "content": "yes", "tool_call_id": "1"}
    assert prompt.tools is not None
    assert (prompt.tools.only, prompt.tools.parallel) == ("weather", False)
    assert prompt.variables == {"enable_thinking": False}


def test_a_picture_that_a_tool_brought_reaches_the_engine(server: Running, claude: Anthropic) -> None:
    data = io.BytesIO()
    Image.new("RGB", (4, 2)).save(data, "PNG")
    source = {"type": "base64", "media_type": "image/png", "data": base64.b64encode(data.getvalue()).decode()}
    result = [{"type": "text", "text": "see"}, {"type": "image", "source": source}]
    messages: list[Any] = [
        {"role": "user", "content": "Look"},
        {"role": "assistant", "content": [{"type": "tool_use", "id": "1", "name": "weather", "input": {}}]},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "1", "content": result}]},
    ]
    claude.messages.create(model="tiny", max_tokens=9, messages=messages, tools=ANTHROPIC_TOOLS)
    told = prompt_of(server).messages[-1]
    assert (told["role"], told["content"]) == ("tool", f"see\n{MARK}")
    assert [(picture.width, picture.height) for picture in told[PICTURES]] == [(4, 2)]


def test_the_budget_of_thoughts_is_kept_to(server: Running, claude: Anthropic) -> None:
    claude.messages.create(
        model="tiny",
        max_tokens=2000,
        messages=[{"role": "user", "content": "Hi"}],
        thinking={"type": "enabled", "budget_tokens": 1024},
    )
    assert prompt_of(server).reasoning_budget == 1024


def test_a_beginning_of_the_answer_is_gone_on_with(server: Running, claude: Anthropic) -> None:
    messages: list[Any] = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hel"}]
    claude.messages.create(model="tiny", max_tokens=9, messages=messages)
    assert prompt_of(server).continue_final


def test_anthropics_client_counts_tokens(claude: Anthropic) -> None:
    counted = claude.messages.count_tokens(model="tiny", messages=[{"role": "user", "content": "abcd"}])
    assert counted.input_tokens == 4


def test_anthropics_client_is_told_what_is_wrong(server: Running, claude: Anthropic) -> None:
    with pytest.raises(anthropic.NotFoundError, match="no-such"):
        claude.messages.create(model="no-such", max_tokens=9, messages=[{"role": "user", "content": "Hi"}])
    server.host.problem = ThimbleError(Code.CONTEXT_TOO_LONG, "Too long.", "Shorten it.")
    with pytest.raises(anthropic.BadRequestError, match=r"Too long\. Shorten it\."):
        claude.messages.create(model="tiny", max_tokens=9, messages=[{"role": "user", "content": "Hi"}])


def test_a_failure_in_anthropics_stream_is_an_error_event(server: Running, claude: Anthropic) -> None:
    server.host.breaks = True
    with (
        pytest.raises(anthropic.APIStatusError, match="Something went wrong"),
        claude.messages.stream(model="tiny", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]) as stream,
    ):
        stream.get_final_message()


def test_openais_client_reads_a_whole_response(server: Running, gpt: OpenAI) -> None:
    server.host.pieces = list(ANSWER)
    response = gpt.responses.create(model="tiny", input="Hi", tools=OPENAI_TOOLS, max_output_tokens=50)
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call", "function_call"]
    assert response.output_text == "I look."
    call = response.output[2]
    assert isinstance(call, openai.types.responses.ResponseFunctionToolCall)
    assert (call.call_id, call.name, call.arguments) == ("abc", "weather", '{"city": "Paris"}')
    assert response.status == "completed"
    assert response.usage is not None
    assert (response.usage.input_tokens, response.usage.output_tokens) == (4, 2)
    assert response.usage.output_tokens_details.reasoning_tokens == 1


def test_openais_client_puts_a_stream_of_a_response_together(server: Running, gpt: OpenAI) -> None:
    server.host.pieces = list(ANSWER)
    with gpt.responses.stream(model="tiny", input="Hi", tools=OPENAI_TOOLS) as stream:
        events = [event.type for event in stream]
        response = stream.get_final_response()
    assert response.output_text == "I look."
    assert [item.type for item in response.output] == ["reasoning", "message", "function_call", "function_call"]
    assert events[0] == "response.created"
    assert events[-1] == "response.completed"
    assert events.count("response.output_item.added") == events.count("response.output_item.done") == 4


def test_what_a_response_is_asked_for_reaches_the_engine(server: Running, gpt: OpenAI) -> None:
    items: list[Any] = [
        {"role": "user", "content": [{"type": "input_text", "text": "Warm?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "hm"}]},
        {"type": "function_call", "call_id": "1", "name": "weather", "arguments": '{"city": "Paris"}'},
        {"type": "function_call_output", "call_id": "1", "output": "yes"},
    ]
    gpt.responses.create(
        model="tiny",
        instructions="Be short.",
        input=items,
        tools=OPENAI_TOOLS,
        tool_choice={"type": "function", "name": "weather"},
        reasoning={"effort": "low"},
        extra_body={"reasoning": {"effort": "low", "max_tokens": 64}},
        temperature=0.1,
    )
    prompt = prompt_of(server)
    assert [message["role"] for message in prompt.messages] == ["system", "user", "assistant", "tool"]
    assert prompt.messages[2]["reasoning_content"] == "hm"
    assert prompt.messages[2]["tool_calls"][0]["function"] == {"name": "weather", "arguments": {"city": "Paris"}}
    assert prompt.variables == {"reasoning_effort": "low", "enable_thinking": True}
    assert prompt.reasoning_budget == 64
    assert prompt.tools is not None
    assert prompt.tools.only == "weather"


def test_a_response_that_would_need_a_memory_is_refused(gpt: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="nothing is stored"):
        gpt.responses.create(model="tiny", input="Hi", previous_response_id="resp_1")


def test_openais_client_puts_a_stream_of_a_chat_together(server: Running, gpt: OpenAI) -> None:
    server.host.pieces = list(ANSWER)
    tools: list[Any] = [{"type": "function", "function": {"name": "weather", "parameters": SCHEMA}}]
    with gpt.chat.completions.stream(model="tiny", messages=[{"role": "user", "content": "Hi"}], tools=tools) as stream:
        final = stream.get_final_completion()
    message = final.choices[0].message
    assert message.content == "I look."
    assert message.tool_calls is not None
    assert [call.function.name for call in message.tool_calls] == ["weather", "time"]


def test_a_call_without_a_name_is_refused_by_field(server: Running) -> None:
    refused = server.client().post("/v1/responses", json={"input": [{"type": "function_call", "arguments": "{}"}]})
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "input.0.name")
