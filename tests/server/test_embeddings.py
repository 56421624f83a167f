"""`/v1/embeddings`: its forms, its refusals, and which model is loaded for it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import openai
import pytest
from gguf import PoolingType

from tests.helpers import tiny_model
from tests.helpers.vector_models import write_bert
from tests.server.conftest import TOKEN, Running, eventually
from thimble import paths, protocol
from thimble.errors import Code, ThimbleError
from thimble.modelfile.places import GUIDE_FILE
from thimble.server.schemas.embeddings import MOST_TEXTS


def ask(server: Running, **fields: Any) -> httpx.Response:
    return server.client().post(protocol.EMBEDDINGS, json=fields)


def refusal(response: httpx.Response) -> tuple[int, str, str | None]:
    error = response.json()["error"]
    return response.status_code, error["code"], error["param"]


@pytest.fixture
def embedder(server: Running) -> Running:
    server.host.resident("/models/bert.gguf", embeds=True)
    return server


@pytest.fixture
def models() -> Path:
    """A folder with a model that writes, and one for vectors."""
    folder = paths.default_models_dir()
    tiny_model.write_random(folder / "writer.gguf")
    write_bert(folder / "bert.gguf")
    return folder


def test_the_answer_has_openais_form(embedder: Running) -> None:
    assert ask(embedder, input=["ab", "abc"], model="bert", dimensions=2, user="me").json() == {
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [2.0, 2.0]},
            {"object": "embedding", "index": 1, "embedding": [3.0, 2.0]},
        ],
        "model": "bert",
        "usage": {"prompt_tokens": 5, "total_tokens": 5},
    }


@pytest.mark.parametrize(
    ("given", "lengths"), [("abc", [3]), ([7, 8], [2]), ([[7, 8], [9]], [2, 1]), (["a", [5]], [1, 1])]
)
def test_texts_may_come_as_text_or_as_tokens(embedder: Running, given: object, lengths: list[int]) -> None:
    data = ask(embedder, input=given).json()["data"]
    assert [entry["embedding"][0] for entry in data] == lengths


def test_numbers_can_come_packed(embedder: Running) -> None:
    packed = ask(embedder, input="abc", encoding_format="base64").json()["data"][0]["embedding"]
    assert np.frombuffer(base64.b64decode(packed), "<f4").tolist() == [3.0, 0.0]


def test_the_official_client_understands_both_forms(embedder: Running) -> None:
    with openai.OpenAI(base_url=f"{embedder.base_url}/v1", api_key=TOKEN, max_retries=0) as client:
        packed = client.embeddings.create(model="bert", input=["ab", "abc"])  # it asks for base64 by itself
        plain = client.embeddings.create(model="bert", input=[1, 2, 3], encoding_format="float")
    assert [one.embedding for one in packed.data] == [[2.0, 0.0], [3.0, 0.0]]
    assert (plain.data[0].embedding, plain.usage.total_tokens) == ([3.0, 0.0], 3)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ([], "input"),
        (5, "input"),
        ({"a": 1}, "input"),
        ([["a"]], "input.0"),
        (["a", 5], "input.1"),
        (["a", []], "input.1"),
        ([[1], [-1]], "input.1"),
        ([True], "input.0"),
        (["a"] * (MOST_TEXTS + 1), "input"),
    ],
)
def test_wrong_input_is_named(embedder: Running, given: object, field: str) -> None:
    assert refusal(ask(embedder, input=given)) == (400, Code.BAD_REQUEST, field)


@pytest.mark.parametrize(
    ("field", "value"), [("encoding_format", "int8"), ("dimensions", 0), ("dimensions", -1), ("dimensions", "x")]
)
def test_other_wrong_fields_are_named(embedder: Running, field: str, value: object) -> None:
    assert refusal(ask(embedder, input="a", **{field: value})) == (400, Code.BAD_REQUEST, field)


def test_no_input_is_named(embedder: Running) -> None:
    assert refusal(ask(embedder)) == (400, Code.BAD_REQUEST, "input")


def test_a_failure_of_the_engine_is_told(embedder: Running) -> None:
    embedder.host.problem = ThimbleError(Code.MODEL_DAMAGED, "No numbers.")
    assert refusal(ask(embedder, input="a"))[:2] == (400, Code.MODEL_DAMAGED)
    assert embedder.service.requests.entries()[0]["code"] == Code.MODEL_DAMAGED


def test_the_log_of_requests_knows_the_model_and_the_tokens(embedder: Running) -> None:
    ask(embedder, input="abcd")
    entry = embedder.service.requests.entries()[0]
    assert (entry["model"], entry["prompt_tokens"], entry["generated_tokens"]) == ("bert", 4, 0)


def test_a_client_that_leaves_ends_the_work(embedder: Running) -> None:
    embedder.host.hold_answers = True
    with (
        httpx.Client(base_url=embedder.base_url, timeout=0.2, trust_env=False) as client,
        pytest.raises(httpx.ReadTimeout),
    ):
        client.post(protocol.EMBEDDINGS, json={"input": "a"}, headers={"Authorization": f"Bearer {TOKEN}"})
    eventually(embedder.host.cancelled.is_set)
    embedder.host.hold_answers = False
    eventually(lambda: embedder.service.queue.idle)
    assert ask(embedder, input="a").status_code == 200


def test_models_are_marked(server: Running, models: Path) -> None:
    pooled = tiny_model.write_random(models / "pooled.gguf", pooling=PoolingType.LAST)
    server.host.resident(str(pooled), embeds=True)
    data = server.client().get(protocol.MODELS).json()["data"]
    assert [(one["id"], one["capabilities"]) for one in data] == [
        ("pooled", ["embedding"]),
        ("bert", ["embedding"]),
        ("writer", ["completion"]),
    ]
    assert server.client().get(f"{protocol.MODELS}/bert").json()["capabilities"] == ["embedding"]


@pytest.mark.parametrize("name", ["bert", "", "default"])
def test_the_embedding_model_is_loaded_for_it(server: Running, models: Path, name: str) -> None:
    server.host.resident(str(models / "writer.gguf"))
    assert ask(server, input="a", model=name).status_code == 200
    assert [path for path, _options in server.host.loads] == [str(models / "bert.gguf")]


@pytest.mark.parametrize("name", ["writer", "", "default"])
def test_a_model_that_writes_is_loaded_for_a_chat(server: Running, models: Path, name: str) -> None:
    server.host.resident(str(models / "bert.gguf"), embeds=True)
    assert server.chat(model=name).status_code == 200
    assert [path for path, _options in server.host.loads] == [str(models / "writer.gguf")]


def test_the_guide_is_no_choice_beside_a_model_that_writes(server: Running, models: Path) -> None:
    tiny_model.write_random(models / GUIDE_FILE)
    server.host.resident(str(models / "bert.gguf"), embeds=True)
    assert server.chat(model="").status_code == 200
    assert [path for path, _options in server.host.loads] == [str(models / "writer.gguf")]


def test_a_model_that_writes_is_refused_and_the_resident_one_stays(server: Running, models: Path) -> None:
    assert refusal(ask(server, input="a", model="writer"))[:2] == (400, Code.EMBEDDINGS_UNSUPPORTED)
    server.host.resident(str(models / "writer.gguf"))
    assert refusal(ask(server, input="a", model=str(models / "writer.gguf")))[:2] == (400, Code.EMBEDDINGS_UNSUPPORTED)
    assert not server.host.loads


def test_a_chat_with_an_embedding_model_is_refused_and_the_resident_one_stays(server: Running, models: Path) -> None:
    refused = server.chat(model="bert")
    assert refusal(refused)[:2] == (400, Code.CHAT_UNSUPPORTED)
    assert "cannot write" in refused.json()["error"]["message"]
    assert not server.host.loads


def test_without_an_embedding_model_the_way_out_is_told(server: Running) -> None:
    assert refusal(ask(server, input="a"))[:2] == (400, Code.EMBEDDINGS_UNSUPPORTED)


def test_among_several_one_has_to_be_named(server: Running, models: Path) -> None:
    write_bert(models / "another.gguf")
    assert refusal(ask(server, input="a"))[:2] == (400, Code.NO_MODEL)


def test_a_chat_without_any_model_that_writes_says_so(embedder: Running) -> None:
    assert refusal(embedder.chat())[:2] == (400, Code.CHAT_UNSUPPORTED)
