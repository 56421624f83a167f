"""The official `openai` client against `thimble serve`, with the starter model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI
from openai.types.chat import ChatCompletionSystemMessageParam

from tests.helpers.programs import serving

pytestmark = pytest.mark.e2e

SYSTEM: ChatCompletionSystemMessageParam = {"role": "system", "content": "You are a helpful assistant."}


@pytest.fixture
def client(starter_model: Path) -> Iterator[OpenAI]:
    with (
        serving("--model", str(starter_model)) as serve,
        OpenAI(base_url=serve.base_url, api_key=serve.key, max_retries=0) as client,
    ):
        yield client


def test_it_streams_a_chat(client: OpenAI, starter_model: Path) -> None:
    stream = client.chat.completions.create(
        model=starter_model.stem,
        messages=[SYSTEM, {"role": "user", "content": "What is the capital of France?"}],
        temperature=0,
        max_tokens=32,
        stream=True,
        stream_options={"include_usage": True},
    )
    chunks = list(stream)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    usage = next(chunk.usage for chunk in reversed(chunks) if chunk.usage)
    assert "Paris" in text
    assert sum(1 for chunk in chunks if chunk.choices and chunk.choices[0].delta.content) > 3
    assert usage.completion_tokens > 3
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens


def test_a_second_turn_reads_only_what_is_new(client: OpenAI, starter_model: Path) -> None:
    messages: list[dict[str, str]] = [{"role": "user", "content": "My name is Ada. Say hello to me."}]
    first = client.chat.completions.create(
        model=starter_model.stem,
        messages=messages,  # type: ignore[arg-type]
        temperature=0,
        max_tokens=24,
    )
    messages += [
        {"role": "assistant", "content": first.choices[0].message.content or ""},
        {"role": "user", "content": "What is my name?"},
    ]
    second = client.chat.completions.create(
        model=starter_model.stem,
        messages=messages,  # type: ignore[arg-type]
        temperature=0,
        max_tokens=24,
    )
    assert second.usage is not None
    assert second.usage.prompt_tokens_details is not None
    assert first.usage is not None
    assert (second.usage.prompt_tokens_details.cached_tokens or 0) >= first.usage.prompt_tokens


def test_it_completes_text(client: OpenAI, starter_model: Path) -> None:
    done = client.completions.create(model=starter_model.stem, prompt="One, two, three,", max_tokens=6, temperature=0)
    assert "four" in done.choices[0].text
    assert done.choices[0].finish_reason == "length"


def test_it_lists_the_model(client: OpenAI, starter_model: Path) -> None:
    assert starter_model.stem in [model.id for model in client.models.list()]


def test_a_wrong_key_is_refused(client: OpenAI) -> None:
    stranger = OpenAI(base_url=str(client.base_url), api_key="wrong", max_retries=0)
    with stranger, pytest.raises(openai.AuthenticationError):
        stranger.models.list()


def test_an_unknown_model_is_named_in_the_error(client: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError, match="no-such-model"):
        client.chat.completions.create(model="no-such-model", messages=[{"role": "user", "content": "Hi"}])


def test_a_prompt_longer_than_the_context_is_one_sentence(client: OpenAI, starter_model: Path) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(
            model=starter_model.stem, messages=[{"role": "user", "content": "word " * 20_000}], temperature=0
        )
    assert caught.value.code == "context_too_long"
