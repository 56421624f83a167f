"""Embeddings: equal to NumPy's BERT, whatever they are computed beside, and nothing cut without a word."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from gguf import PoolingType

from tests.engine.conftest import SECONDS, Engine
from tests.helpers import tiny_model, vector_models
from tests.helpers.vector_models import WIDTH, tokens_of, vector, write_bert
from thimble.engine import vectors as module
from thimble.engine.cancel import CancelFlag
from thimble.engine.vectors import Array, Text, Vectors
from thimble.errors import Code, FieldError, ThimbleError

TEXTS = ["the fox jumps over the lazy dog", "a cat sleeps in the sun", "moon", "a cat sleeps in the moon"]


def made(engine: Engine, *texts: Text, dimensions: int = 0) -> Vectors:
    return engine.host.embed(texts, dimensions, CancelFlag()).result(SECONDS)


def refused(engine: Engine, *texts: Text, dimensions: int = 0) -> FieldError:
    with pytest.raises(FieldError) as raised:
        made(engine, *texts, dimensions=dimensions)
    return raised.value


def one_by_one(engine: Engine, texts: Sequence[Text]) -> Array:
    return np.concatenate([made(engine, text).values for text in texts])


@pytest.fixture
def bert(engine: Engine, tmp_path: Path) -> Engine:
    engine.load(write_bert(tmp_path / "bert.gguf"))
    return engine


@pytest.mark.parametrize("pooling", [PoolingType.MEAN, PoolingType.CLS, PoolingType.LAST])
def test_vectors_of_a_bert_are_those_of_numpy(engine: Engine, tmp_path: Path, pooling: PoolingType) -> None:
    engine.load(write_bert(tmp_path / "bert.gguf", pooling=pooling))
    expected = np.stack([vector(tokens_of(text), pooling) for text in TEXTS])
    np.testing.assert_allclose(made(engine, *TEXTS).values, expected, atol=2e-3)


@pytest.mark.parametrize("pooling", [PoolingType.MEAN, PoolingType.LAST])
def test_a_text_has_the_same_vector_alone_and_among_others(
    engine: Engine, tmp_path: Path, pooling: PoolingType
) -> None:
    engine.load(tiny_model.write_random(tmp_path / "decoder.gguf", pooling=pooling))
    texts = [*TEXTS, "x" * 700, "b", *(f"text number {number}" for number in range(70))]
    together = made(engine, *texts)
    likeness = together.values @ one_by_one(engine, texts).T
    assert np.diagonal(likeness).min() > 0.99999  # keys and values have 16 bits
    assert likeness[0, 1] < 0.99
    assert together.tokens == sum(map(len, texts))


def test_a_text_has_the_same_vector_among_others_in_a_bert(bert: Engine) -> None:
    np.testing.assert_allclose(made(bert, *TEXTS * 20).values, one_by_one(bert, TEXTS * 20), atol=1e-5)


def test_the_last_token_alone_gives_what_all_of_them_give(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tiny_model.write_random(tmp_path / "decoder.gguf", pooling=PoolingType.LAST)
    engine.load(path)
    short_way = made(engine, *TEXTS).values
    engine.host.unload().result(SECONDS)
    monkeypatch.setattr(module, "_last_only", lambda _header: False)
    engine.load(path)
    assert (short_way * made(engine, *TEXTS).values).sum(axis=1).min() > 0.99999


def test_vectors_have_length_one_and_all_tokens_are_counted(bert: Engine) -> None:
    found = made(bert, *TEXTS)
    np.testing.assert_allclose(np.linalg.norm(found.values, axis=1), 1, atol=1e-6)
    assert found.values.shape == (len(TEXTS), WIDTH)
    assert found.tokens == sum(len(tokens_of(text)) for text in TEXTS)
    assert bert.host.sample().prompt_tokens == found.tokens


def test_tokens_are_taken_as_they_are(bert: Engine) -> None:
    np.testing.assert_array_equal(made(bert, tokens_of(TEXTS[0])).values, made(bert, TEXTS[0]).values)
    assert made(bert, [7]).tokens == 1


def test_the_tokens_told_are_those_that_are_counted(bert: Engine) -> None:
    assert bert.host.tokenize(TEXTS[0], add_special=True) == tokens_of(TEXTS[0])


def test_a_text_as_long_as_the_context_is_read_and_a_longer_one_refused(bert: Engine) -> None:
    assert made(bert, "cat " * 62).tokens == 64
    error = refused(bert, "cat", "cat " * 63)
    assert error.field == "input.1"
    assert error.problem.code == Code.CONTEXT_TOO_LONG
    assert "65" in error.problem.sentence
    assert "64" in error.problem.sentence


@pytest.mark.parametrize(
    ("texts", "field"), [([""], "input"), (["cat", ""], "input.1"), ([[]], "input"), ([[99]], "input")]
)
def test_what_has_no_vector_is_refused(bert: Engine, texts: list[Text], field: str) -> None:
    assert refused(bert, *texts).field == field


def test_vectors_are_cut_where_the_file_says_that_they_can_be(engine: Engine, tmp_path: Path) -> None:
    engine.load(write_bert(tmp_path / "cut.gguf", tags=["loss:MatryoshkaLoss"]))
    whole, cut = made(engine, TEXTS[0]).values[0], made(engine, TEXTS[0], dimensions=8).values[0]
    np.testing.assert_allclose(cut, whole[:8] / np.linalg.norm(whole[:8]), atol=1e-6)
    assert refused(engine, TEXTS[0], dimensions=WIDTH + 1).field == "dimensions"


def test_vectors_are_not_cut_where_it_does_not(bert: Engine) -> None:
    assert refused(bert, TEXTS[0], dimensions=8).field == "dimensions"
    assert made(bert, TEXTS[0], dimensions=WIDTH).values.shape == (1, WIDTH)


def test_a_model_that_writes_makes_no_vectors_and_the_other_way_round(engine: Engine, tmp_path: Path) -> None:
    engine.load(tiny_model.write_random(tmp_path / "writer.gguf"))
    with pytest.raises(ThimbleError) as raised:
        made(engine, "cat")
    assert raised.value.problem.code == Code.EMBEDDINGS_UNSUPPORTED
    engine.load(write_bert(tmp_path / "bert.gguf"))
    with pytest.raises(ThimbleError) as raised:
        engine.ask("cat")
    assert raised.value.problem.code == Code.CHAT_UNSUPPORTED
    assert made(engine, "cat").tokens == 3


@pytest.mark.parametrize("pooling", [PoolingType.NONE, PoolingType.RANK, None])
def test_a_model_whose_vectors_nobody_could_use_is_refused(
    engine: Engine, tmp_path: Path, pooling: PoolingType | None
) -> None:
    engine.load(write_bert(tmp_path / "bert.gguf"))
    with pytest.raises(ThimbleError) as raised:
        engine.load(write_bert(tmp_path / "odd.gguf", pooling=pooling))
    assert raised.value.problem.code == Code.MODEL_UNSUPPORTED
    assert made(engine, "cat").tokens == 3  # the other one stayed


def test_values_that_are_no_numbers_are_refused(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thimble.engine.load.check_weights", lambda _header: None)  # which does not read big ones
    engine.load(write_bert(tmp_path / "bert.gguf", damaged=True))
    with pytest.raises(ThimbleError) as raised:
        made(engine, "cat")
    assert raised.value.problem.code == Code.MODEL_DAMAGED


def test_a_limit_that_leaves_no_room_is_refused(engine: Engine, tmp_path: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        engine.load(write_bert(tmp_path / "bert.gguf", context=4096), memory_limit=2**20)
    assert raised.value.problem.code == Code.OUT_OF_MEMORY


def test_what_the_context_takes_counts_against_the_limit(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thimble.engine.budget.compute_bytes", lambda _library, _context: 2**30)
    with pytest.raises(ThimbleError) as raised:
        engine.load(write_bert(tmp_path / "bert.gguf"), memory_limit=2**29)
    assert raised.value.problem.code == Code.OUT_OF_MEMORY


def test_a_request_that_is_cancelled_ends_and_the_next_is_answered(
    bert: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, cancel = threading.Event(), CancelFlag()
    compute = module.VectorMaker._compute

    def held(maker: module.VectorMaker, texts: Sequence[Sequence[int]], flag: CancelFlag) -> Array:
        begun.set()
        cancelled.wait(SECONDS)
        return compute(maker, texts, flag)

    cancelled = threading.Event()
    monkeypatch.setattr(module.VectorMaker, "_compute", held)
    work = bert.host.embed(TEXTS, 0, cancel)
    assert begun.wait(SECONDS)
    assert bert.host.cancel()
    cancelled.set()
    with pytest.raises(ThimbleError) as raised:
        work.result(SECONDS)
    assert raised.value.problem.code == Code.CANCELLED
    assert made(bert, vector_models.WORDS[0]).tokens == 3
