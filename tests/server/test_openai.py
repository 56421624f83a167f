"""OpenAI's interface, by the letter."""

from __future__ import annotations

import json
from typing import Any

import openai
import pytest

from tests.server.conftest import HELLO, TOKEN, Running
from tests.server.fake_host import said
from thimble import protocol
from thimble.engine.generate import ChatPrompt
from thimble.errors import Code, ThimbleError


def error_of(response: Any) -> dict[str, Any]:
    error = response.json()["error"]
    assert isinstance(error, dict)
    return error


def test_a_whole_answer_has_the_text_the_usage_and_the_timings(server: Running) -> None:
    answer = server.chat().json()
    assert answer["object"] == "chat.completion"
    assert answer["model"] == "tiny"
    assert answer["choices"][0]["message"]["content"] == "Hello"
    assert answer["choices"][0]["finish_reason"] == "stop"
    assert answer["usage"]["total_tokens"] == 6
    assert answer["usage"]["prompt_tokens_details"] == {"cached_tokens": 1}
    assert answer["usage"]["completion_tokens_details"] == {"reasoning_tokens": 1}
    assert answer["timings"]["stop_reason"] == "end"


def test_a_stream_begins_with_the_role_and_ends_with_reason_usage_and_timings(server: Running) -> None:
    first, *texts, last = server.chunks()
    assert first["choices"][0]["delta"] == {"role": "assistant", "content": ""}
    assert "".join(chunk["choices"][0]["delta"]["content"] for chunk in texts) == "Hello"
    assert last["choices"][0]["finish_reason"] == "stop"
    assert last["usage"]["completion_tokens"] == 2
    assert last["timings"]["cached_tokens"] == 1


def test_with_include_usage_the_last_chunk_has_no_choices(server: Running) -> None:
    *_, finish, last = server.chunks(stream_options={"include_usage": True})
    assert finish["choices"][0]["finish_reason"] == "stop"
    assert (last["choices"], last["usage"]["total_tokens"]) == ([], 6)
    assert "usage" not in finish


def test_progress_is_told_to_those_who_ask(server: Running) -> None:
    progress = [chunk["progress"] for chunk in server.chunks(prompt_progress=True) if "progress" in chunk]
    assert progress == [{"prompt_tokens": 4, "processed": 0}, {"prompt_tokens": 4, "processed": 4}]


def test_progress_is_not_told_to_others(server: Running) -> None:
    assert not [chunk for chunk in server.chunks() if "progress" in chunk]


def test_a_plain_completion_is_whole_or_streamed(server: Running) -> None:
    whole = server.client().post(protocol.COMPLETIONS, json={"prompt": "Hel"}).json()
    assert (whole["object"], whole["choices"][0]["text"]) == ("text_completion", "Hello")
    chunks = server.chunks(protocol.COMPLETIONS, prompt="Hel")
    assert "".join(chunk["choices"][0]["text"] for chunk in chunks) == "Hello"


@pytest.mark.parametrize(("prompt", "given"), [("abc", "abc"), (["12"], "12"), ([1, 2], [1, 2]), ([[1]], [1])])
def test_a_prompt_is_text_or_tokens(server: Running, prompt: object, given: object) -> None:
    server.client().post(protocol.COMPLETIONS, json={"prompt": prompt})
    assert server.host.answered[0].prompt == given


@pytest.mark.parametrize("prompt", [["a", "b"], 5, None, [[1], [2]]])
def test_another_prompt_is_refused_by_name(server: Running, prompt: object) -> None:
    assert error_of(server.client().post(protocol.COMPLETIONS, json={"prompt": prompt}))["param"] == "prompt"


def test_half_a_character_becomes_a_question_mark(server: Running) -> None:
    body = b'{"messages": [{"role": "user", "content": "\\ud83d\\ude00 \\ud83d"}], "model": "\\uD83D"}'
    assert "“?”" in error_of(server.client().post(protocol.CHAT_COMPLETIONS, content=body))["sentence"]
    server.client().post(protocol.CHAT_COMPLETIONS, content=body.replace(b"\\uD83D", b""))
    assert said(server.host.answered[0]) == "😀 ?"


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-32-le"])
def test_half_a_character_is_found_in_every_coding(server: Running, coding: str) -> None:
    body = '{"messages": [{"role": "user", "content": "\\ud83d"}]}'.encode(coding)
    assert server.client().post(protocol.CHAT_COMPLETIONS, content=body).status_code == 200
    assert said(server.host.answered[0]) == "?"


def test_bytes_that_are_no_characters_are_refused(server: Running) -> None:
    body = b'{"messages": [{"role": "user", "content": "Hi"}], "model": "\xed\xa0\x80"}'
    answer = server.client().post(protocol.CHAT_COMPLETIONS, content=body)
    assert (answer.status_code, error_of(answer)["code"]) == (400, Code.BAD_REQUEST)


def test_every_null_means_the_default(server: Running) -> None:
    names: tuple[str, ...] = (
        "stream",
        "prompt_progress",
        "context_policy",
        "chat_template_kwargs",
        "continue_final",
        "stop",
        "model",
    )
    nulls: dict[str, Any] = dict.fromkeys(names)
    assert server.chat(**nulls).status_code == 200


def test_what_the_request_says_reaches_the_engine(server: Running) -> None:
    server.chat(
        temperature=0.5, top_p=0.9, top_k=7, min_p=0.1, seed=3, stop="END", max_tokens=9, repeat_penalty=1.1,
        presence_penalty=0.2, frequency_penalty=0.3, logit_bias={"5": -100}, context_policy="drop_oldest",
        chat_template_kwargs={"style": "short"},
    )  # fmt: skip
    task = server.host.answered[0]
    assert (task.max_tokens, task.stops) == (9, ("END",))
    sampling = task.sampling
    assert (sampling.temperature, sampling.top_p, sampling.top_k, sampling.min_p) == (0.5, 0.9, 7, 0.1)
    assert (sampling.seed, sampling.repeat_penalty, sampling.logit_bias) == (3, 1.1, {5: -100.0})
    assert (sampling.presence_penalty, sampling.frequency_penalty) == (0.2, 0.3)
    assert isinstance(task.prompt, ChatPrompt)
    assert (task.prompt.drop_oldest, task.prompt.variables) == (True, {"style": "short"})


def test_nulls_mean_the_defaults(server: Running) -> None:
    response = server.chat(temperature=None, max_tokens=None, stop=None, seed=None, model=None, stream_options=None)
    assert response.status_code == 200
    assert server.host.answered[0].max_tokens == 0


def test_what_a_request_leaves_out_is_what_suits_the_model(server: Running) -> None:
    server.host.resident("/models/SmolLM2-135M-Instruct.Q4_1.gguf")
    for given in ({}, {"temperature": 0.7}, {"repeat_penalty": 1.0, "temperature": None}):
        server.chat(**given)
    suited = [(task.sampling.temperature, task.sampling.repeat_penalty) for task in server.host.answered]
    assert suited == [(0.0, 1.1), (0.7, 1.1), (0.0, 1.0)]


def test_a_model_that_nothing_is_known_of_has_our_defaults(server: Running) -> None:
    server.chat()
    sampling = server.host.answered[0].sampling
    assert (sampling.temperature, sampling.repeat_penalty, sampling.top_k) == (0.6, 1.0, 40)


def test_the_newer_name_of_the_longest_answer_wins(server: Running) -> None:
    server.chat(max_completion_tokens=5, max_tokens=9)
    assert server.host.answered[0].max_tokens == 5


def test_content_may_come_in_parts_of_text(server: Running) -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    server.chat(messages=[{"role": "user", "content": parts}])
    assert said(server.host.answered[0]) == "a\nb"


def test_unknown_fields_are_ignored(server: Running) -> None:
    assert server.chat(user="me", store=False, logprobs=None, parallel_tool_calls=True).status_code == 200


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"temperature": 9}, "temperature"),
        ({"temperature": "hot"}, "temperature"),
        ({"messages": []}, "messages"),
        ({"messages": "Hi"}, "messages"),
        ({"messages": [{"role": "wizard", "content": "Hi"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {}}]}]}, "messages.0.content"),
        ({"n": 2}, "n"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format"),
        ({"max_tokens": -5}, "max_tokens"),
        ({"context_policy": "squeeze"}, "context_policy"),
        ({"continue_final": True}, "continue_final"),
        ({"stop": ["x"] * 17}, "stop"),
        ({"logit_bias": {"5": 1000}}, "logit_bias.5"),
    ],
)
def test_a_wrong_field_is_named(server: Running, fields: dict[str, Any], field: str) -> None:
    response = server.chat(**fields)
    error = error_of(response)
    assert (response.status_code, error["param"], error["type"]) == (400, field, "invalid_request_error")
    assert field in error["message"]


def test_a_missing_field_is_named(server: Running) -> None:
    assert error_of(server.client().post(protocol.COMPLETIONS, json={}))["param"] == "prompt"


@pytest.mark.parametrize("body", [b"{", b"[]", b"\xff", b'"text"', b"nul"])
def test_a_body_that_is_no_json_object_is_refused(server: Running, body: bytes) -> None:
    response = server.client().post(protocol.CHAT_COMPLETIONS, content=body)
    assert (response.status_code, error_of(response)["code"]) == (400, "bad_request")


def test_an_unknown_path_has_a_sentence(server: Running) -> None:
    response = server.client().get("/v2/nothing")
    assert (response.status_code, error_of(response)["sentence"]) == (404, "There is nothing at /v2/nothing.")


def test_a_wrong_method_has_a_sentence(server: Running) -> None:
    response = server.client().get(protocol.CHAT_COMPLETIONS)
    assert (response.status_code, error_of(response)["code"]) == (405, "bad_request")


def test_a_problem_before_the_first_word_is_an_http_error_even_when_streaming(server: Running) -> None:
    server.host.problem = ThimbleError(Code.CONTEXT_TOO_LONG, "Too long.", "Shorten it.")
    response = server.chat(stream=True)
    assert (response.status_code, error_of(response)["code"]) == (400, "context_too_long")
    assert error_of(response)["message"] == "Too long. Shorten it."


def test_a_problem_after_it_is_told_inside_the_stream(server: Running) -> None:
    server.host.breaks = True
    with server.stream() as data:
        *_, text, last = list(data)
    assert json.loads(text)["choices"][0]["delta"]["content"] == "Hel"
    assert json.loads(last)["error"]["code"] == "internal"


def test_a_bug_is_not_told_to_the_client(server: Running) -> None:
    server.host.breaks = True
    assert "secret" not in server.chat().text


def test_tokens_of_text_and_of_messages(server: Running) -> None:
    client = server.client()
    assert client.post(protocol.TOKENIZE, json={"content": "ab"}).json() == {"tokens": [97, 98]}
    assert client.post(protocol.TOKENIZE, json={"content": "a", "add_special": True}).json() == {"tokens": [0, 97]}
    assert client.post(protocol.TOKENIZE, json={"messages": HELLO}).json() == {"tokens": [72, 105]}
    assert client.post(protocol.DETOKENIZE, json={"tokens": [72, 105]}).json() == {"content": "Hi"}
    assert error_of(client.post(protocol.TOKENIZE, json={}))["param"] == "content"


def test_the_official_client_understands_whole_answers_streams_and_errors(server: Running) -> None:
    client = openai.OpenAI(base_url=f"{server.base_url}/v1", api_key=TOKEN, max_retries=0)
    with client:
        assert client.models.list().data[0].id == "tiny"
        whole = client.chat.completions.create(model="tiny", messages=[{"role": "user", "content": "Hi"}])
        assert whole.choices[0].message.content == "Hello"
        stream = client.chat.completions.create(
            model="tiny",
            messages=[{"role": "user", "content": "Hi"}],
            stream=True,
            stream_options={"include_usage": True},
        )
        chunks = list(stream)
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices) == "Hello"
        assert chunks[-1].usage is not None
        assert chunks[-1].usage.total_tokens == 6
        plain = client.completions.create(model="tiny", prompt="Hel")
        assert plain.choices[0].text == "Hello"
        with pytest.raises(openai.NotFoundError, match="There is no model"):
            client.chat.completions.create(model="gpt-9", messages=[{"role": "user", "content": "Hi"}])


def test_a_form_of_the_answer_becomes_a_grammar(server: Running) -> None:
    pytest.importorskip("llama_cpp")
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}}
    for number, (fields, word) in enumerate(
        [
            ({"response_format": {"type": "text"}}, ""),
            ({"response_format": {"type": "json_object"}}, "object"),
            ({"response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}, "ok"),
            ({"grammar": 'root ::= "x"'}, 'root ::= "x"'),
        ]
    ):
        assert server.chat(**fields).status_code == 200  # type: ignore[arg-type]  # fields of several types
        grammar = server.host.answered[number].sampling.grammar
        assert word in grammar
        assert bool(grammar) == bool(word)


def test_a_schema_that_cannot_be_used_is_the_callers_fault(server: Running) -> None:
    pytest.importorskip("llama_cpp")
    wrong = {"type": "json_schema", "json_schema": {"schema": {"type": "what"}}}
    answer = server.chat(response_format=wrong)
    assert answer.status_code == 400
    assert "schema" in answer.json()["error"]["message"]
