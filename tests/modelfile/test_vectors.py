"""Which models turn texts into vectors, by their headers."""

from __future__ import annotations

from pathlib import Path

import pytest
from gguf import PoolingType

from tests.helpers.gguf_files import write_model
from tests.helpers.vector_models import write_bert
from thimble.errors import Code, ThimbleError
from thimble.library import installed_models
from thimble.modelfile import read_header
from thimble.modelfile.vectors import Pooling, can_be_cut, check_pooling, is_causal, makes_vectors, pooling_of


@pytest.mark.parametrize(("pooling", "expected"), [(0, False), (1, True), (3, True), (4, True), (9, False)])
def test_a_decoder_makes_vectors_if_its_file_says_how(tmp_path: Path, pooling: int, expected: bool) -> None:
    header = read_header(write_model(tmp_path / "a.gguf", extra={"pooling_type": pooling}))
    assert makes_vectors(header) == expected
    assert is_causal(header)


def test_a_file_that_says_nothing_is_one_that_writes(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "a.gguf"))
    assert not makes_vectors(header)
    assert pooling_of(header) is Pooling.NONE


def test_an_encoder_always_makes_vectors(tmp_path: Path) -> None:
    header = read_header(write_bert(tmp_path / "a.gguf", pooling=None))
    assert makes_vectors(header)
    assert not is_causal(header)
    with pytest.raises(ThimbleError, match="does not say how") as raised:
        check_pooling(header)
    assert raised.value.problem.code == Code.MODEL_UNSUPPORTED


def test_a_reranker_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(ThimbleError, match="reranker"):
        check_pooling(read_header(write_bert(tmp_path / "a.gguf", pooling=PoolingType.RANK)))


@pytest.mark.parametrize(
    ("name", "tags", "expected"),
    [
        ("bert", [], False),
        ("bert", ["sentence-similarity", "loss:MatryoshkaLoss"], True),
        ("Qwen3-Embedding-0.6B-Q8_0", [], True),
        ("embeddinggemma-300M", [], True),
    ],
)
def test_vectors_can_be_cut_by_tag_or_name(tmp_path: Path, name: str, tags: list[str], expected: bool) -> None:
    assert can_be_cut(read_header(write_bert(tmp_path / f"{name}.gguf", tags=tags))) == expected


def test_the_library_knows_that_one_cannot_chat_with_it(tmp_path: Path) -> None:
    write_bert(tmp_path / "bert.gguf")
    write_model(tmp_path / "writer.gguf")
    assert {model.id: model.writes for model in installed_models(tmp_path)} == {"bert": False, "writer": True}
