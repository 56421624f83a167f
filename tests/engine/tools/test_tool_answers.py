"""Tool calls by the real engine: a model of nonsense, held to the form by its grammar."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import Answer, Engine
from tests.helpers import tiny_model
from thimble.engine import answer_form
from thimble.engine.events import ReasoningPiece, TextPiece, TokenChosen, ToolCallArguments, ToolCallBegin
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.grammar import grammar_of_json
from thimble.engine.sampling import Sampling
from thimble.engine.tools.definitions import Tool, ToolChoice, Tools
from thimble.engine.tools.formats import Body, ToolFormat
from thimble.errors import Code, ThimbleError
from thimble.protocol import StopReason

pytestmark = pytest.mark.engine

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {"unit": {"$ref": "#/$defs/unit"}, "warm": {"type": "boolean"}},
    "required": ["unit", "warm"],
    "$defs": {"unit": {"enum": ["K", "C"]}},
}
WEATHER, NOTHING = Tool("weather", "Tells it.", SCHEMA), Tool("nothing", "", {"type": "object", "properties": {}})
REQUIRED = Tools((WEATHER, NOTHING), ToolChoice.REQUIRED, parallel=False)
HEAD = (
    "{{ tools | tojson }}"
    "{% for m in messages %}{{ m.role }}:{{ m.content }}{{ m.tool_calls | default([]) | tojson }}\n{% endfor %}"
)
TEMPLATES = {
    "hermes": HEAD + "{# <tool_call> #}>",
    "mistral": HEAD + "{# [TOOL_CALLS] #}>",
    "llama": HEAD + "{# ipython #}>",
    "qwen coder": HEAD + "{# <tool_call> <function= #}>",
    "glm": HEAD + "{# <tool_call> <arg_key> #}>",
    "harmony": HEAD + "{# <|channel|> <|message|> #}>",
}


def load(engine: Engine, folder: Path, template: str | None) -> Engine:
    engine.load(tiny_model.write_random(folder / "tools.gguf", template=template))
    return engine


def ask(engine: Engine, tools: Tools | None, sampling: Sampling | None = None, **chat: Any) -> Answer:
    messages = chat.pop("messages", [{"role": "user", "content": "Is it warm?"}])
    prompt = ChatPrompt(messages, tools=tools, **chat)
    return engine.run(AnswerTask(prompt, sampling or Sampling(temperature=1.0, seed=4), 200))


def calls_of(answer: Answer) -> list[tuple[str, Any]]:
    begun = [event for event in answer.events if isinstance(event, ToolCallBegin)]
    texts = ["" for _ in begun]
    for event in answer.events:
        if isinstance(event, ToolCallArguments):
            texts[event.index] += event.text
    return [(event.name, json.loads(text)) for event, text in zip(begun, texts, strict=True)]


@pytest.mark.parametrize("form", ["hermes", "mistral", "llama", "harmony"])
def test_a_forced_call_keeps_to_the_schema(engine: Engine, tmp_path: Path, form: str) -> None:
    load(engine, tmp_path, TEMPLATES[form])
    sampling = Sampling(temperature=1.0, seed=4, logit_bias={ord("<"): 20.0})  # ends the thoughts of nonsense
    answer = ask(engine, Tools((WEATHER, NOTHING), only="weather", parallel=False), sampling)
    ((name, arguments),) = calls_of(answer)
    assert name == "weather"
    assert arguments["unit"] in {"K", "C"}
    assert isinstance(arguments["warm"], bool)
    assert answer.text == ""
    assert answer.timings.stop_reason == StopReason.END


@pytest.mark.parametrize("form", ["qwen coder", "glm"])
def test_a_forced_call_in_tags_is_of_the_right_tool(engine: Engine, tmp_path: Path, form: str) -> None:
    load(engine, tmp_path, TEMPLATES[form])
    bias = {ord("<"): 8.0, ord("/"): 8.0}  # the values of nonsense have no end
    answer = ask(engine, Tools((NOTHING,), ToolChoice.REQUIRED, parallel=False), Sampling(seed=1, logit_bias=bias))
    assert [name for name, _arguments in calls_of(answer)] == ["nothing"]


def test_the_tools_are_in_the_prompt_and_without_a_choice_the_answer_is_free(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, TEMPLATES["hermes"])
    free = ask(engine, Tools((WEATHER,)))
    assert free.timings.prompt_tokens > ask(engine, None).timings.prompt_tokens + 100
    assert calls_of(free) == []


def test_from_its_mark_on_a_free_call_keeps_to_the_schema(chain: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    # what the model says on its own, "Gräfin", is made the mark
    form = ToolFormat(Body.JSON, "Gräfin", "#")
    monkeypatch.setattr(answer_form, "tool_format", lambda _source: form)
    answer = ask(chain, Tools((WEATHER,), parallel=False), Sampling(temperature=1.0, seed=2, min_p=0.2))
    ((name, arguments),) = calls_of(answer)
    assert (name, set(arguments)) == ("weather", {"unit", "warm"})
    assert answer.timings.stop_reason == StopReason.END


@pytest.mark.parametrize("seed", range(4))
def test_a_response_format_and_tools_go_together(engine: Engine, tmp_path: Path, seed: int) -> None:
    load(engine, tmp_path, TEMPLATES["hermes"])
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    answer = ask(engine, Tools((WEATHER,)), Sampling(temperature=1.0, seed=seed, grammar=grammar_of_json(schema)))
    assert calls_of(answer) or json.loads(answer.text)["ok"] in {True, False}


def test_a_model_without_tools_says_so(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, None)
    with pytest.raises(ThimbleError) as raised:
        ask(engine, REQUIRED)
    assert raised.value.problem.code == Code.TOOLS_UNSUPPORTED
    assert "Choose a model" in raised.value.problem.action


def test_a_form_that_nobody_knows_is_refused(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, HEAD + ">")
    with pytest.raises(ThimbleError, match="cannot read"):
        ask(engine, REQUIRED)


def test_a_mark_in_a_tools_description_or_arguments_is_text(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, TEMPLATES["hermes"])
    called: dict[str, Any] = {
        "id": "a",
        "type": "function",
        "function": {"name": "x", "arguments": {"type": "<|im_end|>"}},
    }
    messages: list[dict[str, Any]] = [
        {"role": "assistant", "content": "", "tool_calls": [called]},
        {"role": "tool", "content": "<|im_start|>"},
    ]
    tools = [Tool("t", "<|im_end|>", {"properties": {"<|im_start|>": {}}}).for_template()]
    tokens = engine.host.tokenize_messages(messages, tools=tools)
    assert not {tiny_model.IM_START, tiny_model.IM_END} & set(tokens)
    assert engine.host.detokenize(tokens).count("<|im_end|>") == 2


def test_reasoning_that_the_template_opens_is_split_or_shown(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, "{% for m in messages %}{{ m.content }}{% endfor %}{{ '<think>\\n' }}")
    sampling = Sampling(temperature=1.0, seed=3, grammar='root ::= "so</think>\\nyes"')
    split = ask(engine, None, sampling, split_reasoning=True)
    assert "".join(event.text for event in split.events if isinstance(event, ReasoningPiece)) == "so"
    assert split.text == "yes"
    inline = ask(engine, None, sampling)
    assert inline.text == "<think>\nso</think>\nyes"


def test_an_answer_whose_reasoning_the_template_opens_goes_on_where_it_was(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, "{% for m in messages %}{{ m.content }}{% endfor %}{{ '<think>\\n' }}")
    template = engine.host._loaded.template  # type: ignore[union-attr]
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "<think>\nso"}]
    assert template.render(messages, continue_final=True) == "Hi<think>\nso"


def test_each_token_has_its_probability(nonsense: Engine) -> None:
    chat = ChatPrompt([{"role": "user", "content": "Hi"}])
    answer = nonsense.run(AnswerTask(chat, Sampling(temperature=0), 5, logprobs=3))
    tokens = [event for event in answer.events if isinstance(event, TokenChosen)]
    assert len(tokens) == 5
    for token in tokens:
        assert token.chosen == token.top[0]  # at temperature 0 the likeliest is taken
        assert [one.logprob for one in token.top] == sorted((one.logprob for one in token.top), reverse=True)
        assert token.top[0].logprob < 0


def test_all_probabilities_add_up_to_one(nonsense: Engine) -> None:
    answer = nonsense.run(AnswerTask("Hi", Sampling(temperature=0), 1, logprobs=tiny_model.VOCABULARY))
    (token,) = [event for event in answer.events if isinstance(event, TokenChosen)]
    assert sum(2.718281828459045**one.logprob for one in token.top) == pytest.approx(1, abs=1e-6)


def test_a_text_has_no_marks_of_its_own(nonsense: Engine) -> None:
    assert all(isinstance(event, TextPiece) or not hasattr(event, "name") for event in nonsense.ask("Hi").events)
