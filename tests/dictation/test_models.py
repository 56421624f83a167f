"""A speech model is looked through before whisper.cpp, which trusts a file, gets it."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from tests.helpers.speech_files import write_speech_model
from thimble.dictation.models import check_model, found
from thimble.errors import Code, ThimbleError


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_speech_model(tmp_path / "ggml-tiny.bin")


def _refused(path: Path) -> str:
    with pytest.raises(ThimbleError) as caught:
        check_model(path)
    return caught.value.problem.code


@pytest.mark.parametrize("languages", [True, False])
def test_a_whole_model_says_whether_it_knows_languages(tmp_path: Path, languages: bool) -> None:
    assert check_model(write_speech_model(tmp_path / "ggml-x.bin", languages=languages)) is languages


@pytest.mark.parametrize("share", [0, 0.01, 0.3, 0.6, 0.9, 0.9999])
def test_a_file_that_was_cut_off_is_told(model: Path, share: float) -> None:
    data = model.read_bytes()
    model.write_bytes(data[: int(share * len(data))])
    assert _refused(model) == Code.MODEL_TRUNCATED


@pytest.mark.parametrize("number", range(12))
def test_numbers_that_no_speech_model_has_are_refused(model: Path, number: int) -> None:
    data = bytearray(model.read_bytes())
    struct.pack_into("<i", data, 4 * number, -7)
    model.write_bytes(data)
    assert _refused(model) in {Code.MODEL_UNSUPPORTED, Code.MODEL_TRUNCATED}


@pytest.mark.parametrize("content", [b"GGUF" * 100, b"<html>" * 100, bytes(4096)])
def test_another_file_is_no_speech_model(model: Path, content: bytes) -> None:
    model.write_bytes(content)
    assert _refused(model) == Code.MODEL_UNSUPPORTED


def test_bytes_behind_the_last_weight_are_refused(model: Path) -> None:
    model.write_bytes(model.read_bytes() + b"x")
    assert _refused(model) == Code.MODEL_UNSUPPORTED


def test_a_weight_of_another_size_is_refused(model: Path) -> None:
    data = bytearray(model.read_bytes())
    at = data.index(b"tensor.0") - 4
    struct.pack_into("<i", data, at, 2**24)
    model.write_bytes(data)
    assert _refused(model) == Code.MODEL_TRUNCATED


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    assert _refused(tmp_path / "ggml-none.bin") == Code.MODEL_UNREADABLE


def test_models_are_found_by_their_names_the_smallest_first(tmp_path: Path, model: Path) -> None:
    large = tmp_path / "ggml-large.bin"
    large.write_bytes(model.read_bytes() + bytes(100))
    (tmp_path / "other.bin").write_bytes(b"x")
    assert found([tmp_path, tmp_path / "none"]) == [model, large]
