"""Answers in every form that models write tool calls in, in pieces of every size."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from thimble.engine.events import Event, ReasoningPiece, TextPiece, ToolCallArguments, ToolCallBegin
from thimble.engine.tools.answers import AnswerParser
from thimble.engine.tools.definitions import Tool, Tools
from thimble.engine.tools.formats import GLM, GRANITE, HERMES, LLAMA, MISTRAL, QWEN_CODER, ToolFormat
from thimble.engine.tools.harmony import HarmonyParser
from thimble.engine.tools.thoughts import Thoughts

WEATHER = Tool(
    "weather", "", {"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer"}}}
)
TOOLS = Tools((WEATHER, Tool("time")))
PARIS = {"city": "Paris", "days": 2}

Parser = AnswerParser | HarmonyParser


def tagged(form: ToolFormat | None = HERMES, tools: Tools = TOOLS, thoughts: Thoughts | None = None) -> AnswerParser:
    return AnswerParser(form, tools if form else None, thoughts)


def events_of(parser: Parser, text: str, size: int) -> list[Event]:
    events: list[Event] = []
    for start in range(0, len(text), size):
        events += parser.feed(text[start : start + size])
        if parser.done:
            break
    return events + parser.finish()


def said(events: list[Event]) -> tuple[str, str, list[tuple[str, Any]]]:
    """Reasoning, words and calls."""
    names = [event.name for event in events if isinstance(event, ToolCallBegin)]
    arguments = ["" for _ in names]
    for event in events:
        if isinstance(event, ToolCallArguments):
            arguments[event.index] += event.text
    thought = "".join(event.text for event in events if isinstance(event, ReasoningPiece))
    words = "".join(event.text for event in events if isinstance(event, TextPiece))
    return thought, words, [(name, json.loads(text)) for name, text in zip(names, arguments, strict=True)]


CALL = '{"name": "weather", "arguments": {"city": "Paris", "days": 2}}'
TIME = '{"name": "time", "arguments": {}}'
QWEN_CODER_CALL = (
    "<tool_call>\n<function=weather>\n<parameter=city>\nParis\n</parameter>\n<parameter=days>\n2\n</parameter>\n"
    "</function>\n</tool_call>"
)
GLM_CALL = (
    "<tool_call>weather\n<arg_key>city</arg_key>\n<arg_value>Paris</arg_value>\n<arg_key>days</arg_key>\n"
    "<arg_value>2</arg_value>\n</tool_call>"
)
FORMS: dict[str, tuple[Callable[[], Parser], str, str, list[tuple[str, Any]]]] = {
    "hermes": (tagged, f"I look.\n<tool_call>\n{CALL}\n</tool_call>", "I look.", [("weather", PARIS)]),
    "hermes, two": (
        tagged,
        f"<tool_call>\n{CALL}\n</tool_call>\n<tool_call>\n{TIME}\n</tool_call>",
        "",
        [("weather", PARIS), ("time", {})],
    ),
    "hermes, arguments first": (
        tagged,
        '<tool_call>{"arguments": {"city": "}\\"{"}, "name": "weather"}</tool_call>',
        "",
        [("weather", {"city": '}"{'})],
    ),
    "hermes, arguments as text": (
        tagged,
        '<tool_call>{"name": "weather", "arguments": "{\\"city\\": \\"Paris\\"}"}</tool_call>',
        "",
        [("weather", {"city": "Paris"})],
    ),
    "hermes, none": (tagged, '<tool_call>{"name": "time"}</tool_call>', "", [("time", {})]),
    "qwen coder": (
        lambda: tagged(QWEN_CODER),
        QWEN_CODER_CALL,
        "",
        [("weather", PARIS)],
    ),
    "glm": (
        lambda: tagged(GLM),
        GLM_CALL,
        "",
        [("weather", PARIS)],
    ),
    "mistral list": (lambda: tagged(MISTRAL), f"[TOOL_CALLS][{CALL}, {TIME}]", "", [("weather", PARIS), ("time", {})]),
    "mistral names": (
        lambda: tagged(MISTRAL),
        'So:[TOOL_CALLS]weather[CALL_ID]abc[ARGS]{"city": "Paris", "days": 2}[TOOL_CALLS]time[ARGS]{}',
        "So:",
        [("weather", PARIS), ("time", {})],
    ),
    "granite": (lambda: tagged(GRANITE), f"<|tool_call|>[{CALL}]", "", [("weather", PARIS)]),
    "llama": (
        lambda: tagged(LLAMA),
        '{"name": "weather", "parameters": {"city": "Paris", "days": 2}}; {"name": "time", "parameters": {}}',
        "",
        [("weather", PARIS), ("time", {})],
    ),
    "llama with its mark": (
        lambda: tagged(LLAMA),
        '<|python_tag|>{"type": "function", "name": "time", "parameters": {}}',
        "",
        [("time", {})],
    ),
    "llama, other json": (lambda: tagged(LLAMA), '{"name": "Ada", "age": 3}', '{"name": "Ada", "age": 3}', []),
    "llama, words": (lambda: tagged(LLAMA), "It is {hot}.", "It is {hot}.", []),
    "words that look alike": (tagged, "a <tool> is <tool_ca", "a <tool> is <tool_ca", []),
    "no call after all": (tagged, "<tool_call>print(1)</tool_call>", "<tool_call>print(1)</tool_call>", []),
    "cut short before the name": (tagged, '<tool_call>{"na', '<tool_call>{"na', []),
}


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
@pytest.mark.parametrize("name", FORMS)
def test_calls_and_words_are_told_apart_however_they_come(name: str, size: int) -> None:
    make, text, words, calls = FORMS[name]
    _thought, found_words, found_calls = said(events_of(make(), text, size))
    assert found_words.strip() == words.strip()
    assert found_calls == calls


def test_arguments_come_while_they_are_written() -> None:
    parser = tagged()
    parser.feed('<tool_call>{"name": "weather", "arguments": {"ci')
    (more,) = parser.feed('ty": "Par')
    assert more == ToolCallArguments(0, 'ty": "Par')


def test_an_answer_with_one_call_at_most_ends_with_it() -> None:
    parser = tagged(tools=Tools((WEATHER,), parallel=False))
    parser.feed(f"<tool_call>{CALL}")
    assert parser.done


HARMONY = (
    "<|channel|>analysis<|message|>Weather, so a <tool>.<|end|><|start|>assistant<|channel|>commentary"
    ' to=functions.weather <|constrain|>json<|message|>{"city": "Paris", "days": 2}<|call|>'
)
FINAL = "<|channel|>analysis<|message|>Easy.<|end|><|start|>assistant<|channel|>final<|message|>Hello <b>!"


@pytest.mark.parametrize("size", [1, 3, 7, 1000])
def test_channels_are_told_apart(size: int) -> None:
    parser = HarmonyParser(TOOLS, reasoning=True)
    assert said(events_of(parser, HARMONY, size)) == ("Weather, so a <tool>.", "", [("weather", PARIS)])
    assert said(events_of(HarmonyParser(None, reasoning=True), FINAL, size)) == ("Easy.", "Hello <b>!", [])


def test_a_channels_thoughts_are_text_between_marks_for_those_who_want_text() -> None:
    events = events_of(HarmonyParser(None, reasoning=False), FINAL, 4)
    assert said(events)[1] == "<think>Easy.</think>\n\nHello <b>!"


THOUGHT = "<think>\nIs it so? <thing> yes\n</think>\n\nIt is.\n"


@pytest.mark.parametrize("size", [1, 2, 5, 1000])
def test_reasoning_is_told_apart(size: int) -> None:
    assert said(events_of(tagged(None, thoughts=Thoughts()), THOUGHT, size))[:2] == (
        "Is it so? <thing> yes",
        "It is.\n",
    )


@pytest.mark.parametrize("size", [1, 1000])
def test_reasoning_that_the_prompt_has_opened(size: int) -> None:
    events = events_of(tagged(None, thoughts=Thoughts("</think>")), "So it is.</think>Yes", size)
    assert said(events)[:2] == ("So it is.", "Yes")


@pytest.mark.parametrize("text", ["Just words <think>no</think>", "  <thin", "\n\nHi"])
def test_an_answer_that_does_not_begin_with_reasoning_is_text(text: str) -> None:
    assert said(events_of(tagged(None, thoughts=Thoughts()), text, 1))[:2] == ("", text)


def test_reasoning_goes_before_a_call() -> None:
    text = f"<think>hm</think>\n<tool_call>{CALL}</tool_call>"
    assert said(events_of(tagged(thoughts=Thoughts()), text, 3)) == ("hm", "", [("weather", PARIS)])


def test_ids_are_nine_letters_and_digits() -> None:
    begun: Iterator[ToolCallBegin] = (
        event for event in tagged().feed(f"<tool_call>{CALL}") if isinstance(event, ToolCallBegin)
    )
    identity = next(begun).id
    assert len(identity) == 9
    assert identity.isalnum()
