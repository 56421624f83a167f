"""The official `openai` client asks `thimble serve` for embeddings and a chat by turns, with real models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import openai
import pytest
from gguf import PoolingType
from openai import OpenAI

from tests.helpers import tiny_model
from tests.helpers.programs import serving
from tests.helpers.vector_models import tokens_of, vector, write_bert
from thimble import paths

pytestmark = pytest.mark.e2e

TEXTS = ["the fox jumps over the lazy dog", "a cat sleeps in the sun"]


def test_embeddings_and_a_chat_by_turns() -> None:
    folder: Path = paths.default_models_dir()
    write_bert(folder / "bert.gguf")
    tiny_model.write_chain(folder / "writer.gguf", "abc")
    with (
        serving("--model", str(folder / "writer.gguf")) as serve,
        OpenAI(base_url=serve.base_url, api_key=serve.key, max_retries=0) as client,
    ):
        for _turn in range(2):
            found = client.embeddings.create(model="bert", input=TEXTS)
            expected = [vector(tokens_of(text), PoolingType.MEAN) for text in TEXTS]
            np.testing.assert_allclose([one.embedding for one in found.data], expected, atol=2e-3)
            assert found.usage.total_tokens == sum(len(tokens_of(text)) for text in TEXTS)
            said = client.chat.completions.create(model="writer", messages=[{"role": "user", "content": "?"}])
            assert said.choices[0].message.content == "abc"
        with pytest.raises(openai.BadRequestError, match=r"65 tokens.* 64") as caught:
            client.embeddings.create(model="bert", input=["cat", "cat " * 63])
        assert (caught.value.code, caught.value.param) == ("context_too_long", "input.1")
        with pytest.raises(openai.BadRequestError, match="cannot write"):
            client.chat.completions.create(model="bert", messages=[{"role": "user", "content": "?"}])
