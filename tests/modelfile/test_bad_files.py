"""Whatever a file holds: a sentence about it, quickly, in little memory."""

from __future__ import annotations

import os
import re
import struct
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.helpers.gguf_files import ARRAY, BOOL, STRING, U32, entry, gguf, small, tensor, text, write_model
from thimble.errors import Code, Problem, ThimbleError
from thimble.modelfile import check_model_file, parser, read_header


def _problem(path: Path) -> Problem:
    with pytest.raises(ThimbleError) as raised:
        read_header(path)
    problem = raised.value.problem
    assert re.fullmatch(r"“[^”]*” [^\n]*[.]", problem.sentence)
    assert problem.action
    return problem


def _problem_of(tmp_path: Path, content: bytes) -> Problem:
    path = tmp_path / "model.gguf"
    path.write_bytes(content)
    return _problem(path)


def _outcome(path: Path) -> str:
    """The code of the file's problem, or "model_sound"; any other exception fails the test."""
    try:
        check_model_file(path)
    except ThimbleError as error:
        return error.problem.code
    return "model_sound"


def test_a_missing_file(tmp_path: Path) -> None:
    assert _problem(tmp_path / "none.gguf").code == Code.MODEL_NOT_FOUND


def test_a_file_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert _problem(tmp_path / "file" / "model.gguf").code == Code.MODEL_NOT_FOUND


def test_a_path_with_a_null_byte(tmp_path: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        parser.parse_file(Path("a\0b.gguf"))
    assert raised.value.problem.code == Code.MODEL_NOT_FOUND


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").mkdir()
    assert _problem(tmp_path / "model.gguf").code == Code.MODEL_IS_FOLDER


def test_a_pipe_is_refused_without_waiting_for_its_writer(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.gguf")
    assert _problem(tmp_path / "model.gguf").code == Code.MODEL_UNREADABLE


def test_a_link_to_itself(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").symlink_to(tmp_path / "model.gguf")
    assert _problem(tmp_path / "model.gguf").code == Code.MODEL_UNREADABLE


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "model.gguf").write_bytes(small())
    monkeypatch.setattr("thimble.modelfile.parser.os.open", refuse)
    problem = _problem(tmp_path / "model.gguf")
    assert problem.code == Code.MODEL_UNREADABLE
    assert "your user" in problem.sentence


def test_an_empty_file(tmp_path: Path) -> None:
    assert _problem_of(tmp_path, b"").code == Code.MODEL_NOT_GGUF


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><html><title>Sign in</title>", "web page"),
        (b"\xef\xbb\xbf\n  <HTML><body>404", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 9\n", "Git LFS pointer"),
        (b"PK\x03\x04 some zip", "not a GGUF"),
        (b"Not found", "not a GGUF"),
        (b"G", "too early"),
        (b"GGUF", "too early"),
        (b"GGUF\x03\x00\x00", "too early"),
    ],
)
def test_other_content_is_called_by_its_name(tmp_path: Path, content: bytes, says: str) -> None:
    assert says in _problem_of(tmp_path, content).sentence


@pytest.mark.parametrize(
    "content",
    [
        b"GGUF" + struct.pack(">IQQ", 3, 0, 0),
        gguf(version=1),
        gguf(version=4),
        b"tjgg" + bytes(100),
    ],
    ids=["big-endian", "version 1", "version 4", "before GGUF"],
)
def test_formats_that_cannot_be_read(tmp_path: Path, content: bytes) -> None:
    assert _problem_of(tmp_path, content).code == Code.MODEL_UNSUPPORTED


def test_an_unknown_weight_format_is_unsupported(tmp_path: Path) -> None:
    assert _problem_of(tmp_path, gguf([], [tensor("a", [32], 99, 0)], data=64)).code == Code.MODEL_UNSUPPORTED


_HUGE = 2**63


@pytest.mark.parametrize(
    "content",
    [
        gguf(keys=_HUGE),
        gguf(count=_HUGE),
        gguf([entry("", U32, bytes(4))]),
        gguf([entry("k" * 2000, U32, bytes(4))]),
        gguf([entry(b"\xff\xfe", U32, bytes(4))]),
        gguf([entry("a", U32, bytes(4)), entry("a", U32, bytes(4))]),
        gguf([entry("a", 13, bytes(4))]),
        gguf([entry("a", STRING, struct.pack("<Q", _HUGE))]),
        gguf([entry("a", ARRAY, struct.pack("<IQ", ARRAY, 1) + bytes(12))]),
        gguf([entry("a", ARRAY, struct.pack("<IQ", STRING, _HUGE))]),
        gguf([entry("a", ARRAY, struct.pack("<IQ", U32, _HUGE))]),
        gguf([entry("general.alignment", U32, struct.pack("<I", 24))]),
        gguf([entry("general.alignment", U32, struct.pack("<I", 0))]),
        gguf([entry("general.alignment", STRING, text("32"))]),
        gguf([], [tensor("n" * 64, [32], 0, 0)], data=128),
        gguf([], [tensor("a", [1, 1, 1, 1, 1], 0, 0)], data=64),
        gguf([], [tensor("a", [2**40, 2**40], 0, 0)], data=64),
        gguf([], [tensor("a", [31], 2, 0)], data=64),
        gguf([], [tensor("a", [8], 0, 3)], data=64),
        gguf([], [tensor("a", [8], 2**31, 0)], data=64),
        gguf([], [tensor("a", [8], 0, 0), tensor("a", [8], 0, 32)], data=64),
    ],
)
def test_a_header_that_cannot_be_true_is_damage(tmp_path: Path, content: bytes) -> None:
    assert _problem_of(tmp_path, content).code == Code.MODEL_DAMAGED


def test_a_file_cut_anywhere_is_incomplete(tmp_path: Path) -> None:
    whole = small()
    for length in range(1, len(whole)):
        problem = _problem_of(tmp_path, whole[:length])
        assert problem.code == Code.MODEL_TRUNCATED, length


def test_a_file_that_lacks_its_last_byte_is_incomplete(tmp_path: Path) -> None:
    path = write_model(tmp_path / "model.gguf")
    header = read_header(path)
    os.truncate(path, max(tensor.offset + tensor.bytes for tensor in header.tensors) - 1)
    assert _problem(path).code == Code.MODEL_TRUNCATED


def test_an_overlong_text_is_counted_and_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "MOST_KEPT_TEXT", 10)
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf([entry("tokenizer.chat_template", STRING, text("x" * 11)), entry("a", STRING, text("y"))]))
    header = read_header(path)
    assert header.metadata == {"tokenizer.chat_template": parser.Skipped(11), "a": "y"}
    assert header.has_chat_template


def test_a_file_without_weights_holds_no_model(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.gguf"
    path.write_bytes(gguf([entry("general.architecture", STRING, text("llama"))]))
    with pytest.raises(ThimbleError) as raised:
        check_model_file(path)
    assert raised.value.problem.code == Code.MODEL_UNSUPPORTED


def test_a_model_without_architecture_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf([], [tensor("a", [8], 0, 0)], data=32))
    with pytest.raises(ThimbleError) as raised:
        check_model_file(path)
    assert raised.value.problem.code == Code.MODEL_DAMAGED


def test_numbers_of_unexpected_kinds_count_as_not_said(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    entries = [
        entry("general.architecture", STRING, text("llama")),
        entry("general.name", U32, bytes(4)),
        entry("llama.block_count", 11, struct.pack("<q", -5)),
        entry("llama.context_length", STRING, text("many")),
        entry("llama.attention.head_count", ARRAY, struct.pack("<IQ", BOOL, 2) + b"\1\0"),
        entry("llama.embedding_length", 6, struct.pack("<f", float("nan"))),
    ]
    path.write_bytes(gguf(entries, [tensor("a", [8], 0, 0)], data=32))
    header = check_model_file(path)
    assert (header.name, header.block_count, header.context_trained, header.embedding_length) == ("model", 0, 0, 0)


def test_a_name_that_is_no_text_can_be_shown(tmp_path: Path) -> None:
    path = tmp_path / os.fsdecode(b"bad\xff.gguf")
    path.write_bytes(b"")
    assert _problem(path).sentence.encode("utf-8")


def test_a_million_empty_texts_cost_little_memory(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf([entry("a", ARRAY, struct.pack("<IQ", STRING, 10**6) + bytes(8 * 10**6))]))
    tracemalloc.start()
    try:
        read_header(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 4 * 2**20


def test_more_texts_than_any_vocabulary_are_refused_before_they_are_walked(tmp_path: Path) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(gguf([entry("a", ARRAY, struct.pack("<IQ", STRING, parser.MOST_STRINGS + 1))]))
    os.truncate(path, 2**33)
    assert _problem(path).code == Code.MODEL_DAMAGED


def test_a_header_that_never_ends_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parser, "BIGGEST_HEADER", 1000)
    assert _problem_of(tmp_path, gguf([entry("a", STRING, text("x" * 1001))])).code == Code.MODEL_DAMAGED


_EDITS = st.lists(st.tuples(st.integers(0, len(small()) - 1), st.binary(min_size=1, max_size=9)), max_size=6)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=_EDITS, cut=st.integers(0, len(small())))
def test_no_damage_does_anything_but_name_itself(tmp_path: Path, edits: list[tuple[int, bytes]], cut: int) -> None:
    content = bytearray(small())
    for place, piece in edits:
        content[place : place + len(piece)] = piece
    path = tmp_path / "model.gguf"
    path.write_bytes(content[: len(content) - cut])
    assert _outcome(path).startswith("model_")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300))
def test_any_bytes_after_the_magic_only_name_themselves(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + body)
    assert _outcome(path).startswith("model_")
