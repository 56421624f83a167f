"""Tool calls, reasoning and probabilities over OpenAI's chat completions."""

from __future__ import annotations

from typing import Any

import pytest

from tests.server.conftest import Running
from thimble import protocol
from thimble.engine.events import (
    Event,
    ReasoningPiece,
    TextPiece,
    TokenChance,
    TokenChosen,
    ToolCallArguments,
    ToolCallBegin,
)
from thimble.engine.generate import ChatPrompt
from thimble.engine.tools.definitions import ToolChoice

WEATHER: dict[str, Any] = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object"}}}
TIME: dict[str, Any] = {"type": "function", "function": {"name": "time"}}


def prompt_of(server: Running) -> ChatPrompt:
    prompt = server.host.answered[-1].prompt
    assert isinstance(prompt, ChatPrompt)
    return prompt


def test_a_whole_answer_has_its_reasoning_and_its_calls(server: Running) -> None:
    call: list[Event] = [ToolCallBegin(0, "abc", "weather"), ToolCallArguments(0, '{"a"'), ToolCallArguments(0, ": 1}")]
    server.host.pieces = [ReasoningPiece("hm"), *call]
    choice = server.chat(tools=[WEATHER]).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    assert choice["message"]["reasoning_content"] == "hm"
    function = {"name": "weather", "arguments": '{"a": 1}'}
    assert choice["message"]["tool_calls"] == [{"id": "abc", "type": "function", "function": function}]


def test_a_stream_tells_a_call_in_pieces(server: Running) -> None:
    server.host.pieces = [
        ToolCallBegin(0, "abc", "weather"),
        ToolCallArguments(0, '{"a"'),
        ToolCallArguments(0, ": 1}"),
    ]
    _role, *chunks, last = server.chunks(tools=[WEATHER])
    begun, *more = [chunk["choices"][0]["delta"]["tool_calls"][0] for chunk in chunks]
    assert begun == {"index": 0, "id": "abc", "type": "function", "function": {"name": "weather", "arguments": ""}}
    assert "".join(call["function"]["arguments"] for call in more) == '{"a": 1}'
    assert last["choices"][0]["finish_reason"] == "tool_calls"


@pytest.mark.parametrize(
    ("choice", "forced", "only"),
    [
        ("auto", False, ""),
        ("required", True, ""),
        ({"type": "function", "function": {"name": "time"}}, True, "time"),
    ],
)
def test_the_choice_reaches_the_engine(server: Running, choice: object, forced: bool, only: str) -> None:
    server.chat(tools=[WEATHER, TIME], tool_choice=choice, parallel_tool_calls=False)
    tools = prompt_of(server).tools
    assert tools is not None
    assert (tools.forced, tools.only, tools.parallel) == (forced, only, False)
    assert tools.choice is (ToolChoice.REQUIRED if choice == "required" else ToolChoice.AUTO)
    assert tools.for_template()[0]["function"]["name"] == "weather"


def test_without_tools_or_a_choice_the_model_hears_of_none(server: Running) -> None:
    server.chat(tools=[WEATHER], tool_choice="none")
    assert prompt_of(server).tools is None
    server.chat(tools=[])
    assert prompt_of(server).tools is None


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tools": [{"type": "function", "function": {"name": "two words"}}]}, "tools.0.function.name"),
        ({"tools": [{"type": "retrieval", "function": {"name": "a"}}]}, "tools.0.type"),
        ({"tools": [TIME, TIME]}, "tools"),
        ({"tools": [TIME], "tool_choice": {"type": "function", "function": {"name": "other"}}}, "tool_choice"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"top_logprobs": 2}, "top_logprobs"),
        ({"logprobs": True, "top_logprobs": 21}, "top_logprobs"),
    ],
)
def test_what_cannot_be_is_refused_by_name(server: Running, fields: dict[str, Any], field: str) -> None:
    response = server.chat(**fields)
    assert response.status_code == 400
    assert response.json()["error"]["param"] == field


def test_earlier_calls_and_their_results_reach_the_template(server: Running) -> None:
    messages = [
        {"role": "user", "content": "Warm?"},
        {
            "role": "assistant",
            "content": None,
            "reasoning_content": "hm",
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "weather", "arguments": '{"city": "Paris"}'}},
                {"id": "2", "type": "function", "function": {"name": "time", "arguments": "not json"}},
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "yes"}]},
    ]
    assert server.client().post(protocol.CHAT_COMPLETIONS, json={"messages": messages}).status_code == 200
    _user, assistant, tool = prompt_of(server).messages
    assert assistant["tool_calls"][0]["function"] == {"name": "weather", "arguments": {"city": "Paris"}}
    assert assistant["tool_calls"][1]["function"]["arguments"] == "not json"
    assert (assistant["content"], assistant["reasoning_content"]) == ("", "hm")
    assert tool == {"role": "tool", "content": "yes", "tool_call_id": "1"}


def test_reasoning_is_told_apart_unless_it_is_wanted_inline(server: Running) -> None:
    server.chat()
    assert prompt_of(server).split_reasoning
    server.chat(reasoning_format="inline")
    assert not prompt_of(server).split_reasoning


@pytest.mark.parametrize(
    ("body", "budget"),
    [
        ({}, None),
        ({"reasoning_budget": -1}, None),
        ({"reasoning_budget": None}, None),
        ({"reasoning_budget": 0}, 0),
        ({"reasoning_budget": 300}, 300),
        ({"reasoning": {"max_tokens": 200}}, 200),
        ({"reasoning_budget": 300, "reasoning": {"max_tokens": 200}}, 300),
    ],
)
def test_a_request_says_how_long_may_be_thought(server: Running, body: dict[str, Any], budget: int | None) -> None:
    server.chat(**body)
    assert prompt_of(server).reasoning_budget == budget


def test_a_budget_that_is_no_number_of_tokens_is_refused_by_name(server: Running) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}], "reasoning_budget": -2}
    answer = server.client().post(protocol.CHAT_COMPLETIONS, json=body)
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "reasoning_budget")


def test_the_tokens_of_a_prompt_count_its_tools(server: Running) -> None:
    body = {"messages": [{"role": "user", "content": "Hi"}], "tools": [TIME, WEATHER]}
    assert len(server.client().post(protocol.TOKENIZE, json=body).json()["tokens"]) == 4


def test_probabilities_come_with_the_text_they_are_of(server: Running) -> None:
    token = TokenChosen(TokenChance(b"Hi", -0.5), (TokenChance(b"Hi", -0.5), TokenChance(b"\xc3", -1.5)))
    server.host.pieces = [token, TextPiece("Hi")]
    entry = {
        "token": "Hi",
        "logprob": -0.5,
        "bytes": [72, 105],
        "top_logprobs": [
            {"token": "Hi", "logprob": -0.5, "bytes": [72, 105]},
            {"token": "bytes:\\xc3", "logprob": -1.5, "bytes": [0xC3]},
        ],
    }
    whole = server.chat(logprobs=True, top_logprobs=2).json()["choices"][0]
    assert whole["logprobs"] == {"content": [entry], "refusal": None}
    assert server.host.answered[0].logprobs == 2
    _role, text, _last = server.chunks(logprobs=True)
    assert text["choices"][0]["logprobs"] == {"content": [entry], "refusal": None}
    plain = server.client().post(protocol.COMPLETIONS, json={"prompt": "a", "logprobs": 1}).json()["choices"][0]
    assert plain["logprobs"]["tokens"] == ["Hi"]
    assert plain["logprobs"]["token_logprobs"] == [-0.5]
    assert plain["logprobs"]["text_offset"] == [0]


def test_nobody_is_told_probabilities_unasked(server: Running) -> None:
    assert server.chat().json()["choices"][0]["logprobs"] is None
    assert server.host.answered[0].logprobs is None
