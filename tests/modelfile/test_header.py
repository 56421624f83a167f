"""Facts of sound model files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from thimble.errors import Code, ThimbleError
from thimble.modelfile import Skipped, check_model_file, read_header, split_files
from thimble.modelfile.header import _name
from thimble.modelfile.parser import Value


def test_the_header_of_a_dense_model(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "tiny.gguf", template="{{ messages }}"))
    assert (header.id, header.name, header.architecture) == ("tiny", "Tiny", "llama")
    assert (header.context_trained, header.block_count, header.embedding_length) == (2048, 2, 64)
    assert (header.head_counts, header.head_counts_kv) == ((4, 4), (2, 2))
    assert (header.key_length, header.value_length) == (16, 16)
    assert (header.feed_forward_length, header.vocabulary) == (128, 32)
    assert (header.expert_count, header.expert_used_count, header.sliding_window) == (0, 0, 0)
    assert header.has_chat_template


def test_weights_are_counted_in_elements_and_bytes(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "tiny.gguf"))
    assert header.parameters == 32 * 64 + 2 * (64 + 128 * 64)
    assert header.non_expert_bytes == 32 * 36 + 2 * (64 * 4 + 128 * 36)
    assert header.expert_bytes == 0
    assert header.file_bytes == (tmp_path / "tiny.gguf").stat().st_size


def test_the_bytes_of_the_experts_are_counted_apart(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "moe.gguf", architecture="smallthinker", experts=4))
    assert (header.expert_count, header.expert_used_count) == (4, 2)
    assert header.expert_bytes == 2 * 3 * 4 * 64 * 36
    assert header.non_expert_bytes == 32 * 36 + 2 * 64 * 4


def test_every_tensor_knows_its_place(tmp_path: Path) -> None:
    path = write_model(tmp_path / "tiny.gguf")
    first, second, *_ = read_header(path).tensors
    assert (first.name, first.shape, first.type, first.bytes) == ("token_embd.weight", (64, 32), "Q4_0", 32 * 36)
    assert second.offset == first.offset + first.bytes
    assert first.offset % 32 == 0


def test_the_file_type_names_the_quantization(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "tiny.gguf", file_type=15))
    assert (header.quantization, header.dominant_type) == ("Q4_K_M", "Q4_0")


@pytest.mark.parametrize("file_type", [None, 1024])
def test_without_a_file_type_most_of_the_bytes_name_the_quantization(tmp_path: Path, file_type: int | None) -> None:
    assert read_header(write_model(tmp_path / "tiny.gguf", file_type=file_type)).quantization == "Q4_0"


def test_a_model_without_a_name_is_called_like_its_file(tmp_path: Path) -> None:
    assert read_header(write_model(tmp_path / "My Model.GGUF", name="")).name == "My Model"


@pytest.mark.parametrize(
    ("given", "basename", "file", "name"),
    [
        ("Smollm2 135M 8k Mix1", "smollm2", "SmolLM2-135M-Instruct.Q4_1", "SmolLM2-135M-Instruct"),
        ("SmallThinker 4B", "", "smallthinker-Q4_K_M", "SmallThinker 4B"),
        ("A name of its own", "smollm2", "file-IQ2_XXS", "A name of its own"),
        ("", "", "Qwen3-30B-A3B-UD-Q4_K_XL", "Qwen3-30B-A3B"),
    ],
)
def test_an_assembled_name_gives_way_to_the_files(given: str, basename: str, file: str, name: str) -> None:
    metadata: dict[str, Value] = {
        "general.name": given,
        "general.basename": basename,
        "general.size_label": "135M",
        "general.finetune": "8k-mix1",
    }
    assert _name(metadata, file) == name


def test_a_long_vocabulary_is_counted_and_not_kept(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "tiny.gguf", vocabulary=5000))
    assert header.metadata["tokenizer.ggml.tokens"] == Skipped(5000)
    assert header.vocabulary == 5000


def test_a_window_is_read(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "tiny.gguf", extra={"attention.sliding_window": 512}))
    assert header.sliding_window == 512


def test_head_widths_of_the_file_win_over_the_usual_ones(tmp_path: Path) -> None:
    extra = {"attention.key_length": 24, "attention.value_length": 40}
    header = read_header(write_model(tmp_path / "tiny.gguf", extra=extra))
    assert (header.key_length, header.value_length) == (24, 40)


def test_weights_of_any_size_cost_nothing_to_look_at(tmp_path: Path) -> None:
    path = write_model(tmp_path / "tiny.gguf")
    os.truncate(path, 2**36)  # a sparse file: 64 GiB on paper
    assert read_header(path).file_bytes == 2**36


def test_the_starter_model(starter_model: Path) -> None:
    header = check_model_file(starter_model)
    assert (header.architecture, header.quantization, header.parameters) == ("llama", "Q4_1", 134_515_008)
    assert (header.context_trained, header.vocabulary, header.has_chat_template) == (8192, 49_152, True)


def _split(tmp_path: Path, parts: int = 3) -> list[Path]:
    """A split model: its first part has the metadata."""
    files = [tmp_path / f"big-{part:05d}-of-{parts:05d}.gguf" for part in range(1, parts + 1)]
    for file in files:
        write_split_part(file, parts)
    return files


def write_split_part(path: Path, parts: int) -> None:
    import numpy as np
    from gguf import GGUFWriter

    writer = GGUFWriter(path, "llama")
    writer.add_uint16("split.count", parts)
    writer.add_tensor(f"blk.{path.name[4:9]}.weight", np.zeros(64, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


@pytest.mark.parametrize("named", [0, 1, 2])
def test_a_split_model_is_read_whole_by_the_name_of_any_part(tmp_path: Path, named: int) -> None:
    files = _split(tmp_path)
    header = read_header(files[named])
    assert (header.path, header.files) == (files[0], tuple(files))
    assert [tensor.part for tensor in header.tensors] == [0, 1, 2]
    assert header.file_bytes == sum(file.stat().st_size for file in files)
    assert header.parameters == 3 * 64


@pytest.mark.parametrize(("gone", "asked"), [(0, 1), (1, 0), (2, 0)])
def test_a_split_model_without_one_of_its_parts_names_it(tmp_path: Path, gone: int, asked: int) -> None:
    files = _split(tmp_path)
    files[gone].unlink()
    with pytest.raises(ThimbleError, match=f"part {gone + 1} of 3 is missing") as raised:
        read_header(files[asked])
    assert raised.value.problem.code == Code.MODEL_TRUNCATED


def test_a_part_that_is_cut_short_is_named(tmp_path: Path) -> None:
    files = _split(tmp_path)
    os.truncate(files[1], files[1].stat().st_size - 10)
    with pytest.raises(ThimbleError, match="00002-of-00003") as raised:
        read_header(files[0])
    assert raised.value.problem.code == Code.MODEL_TRUNCATED


def test_a_renamed_part_cannot_find_the_others(tmp_path: Path) -> None:
    files = _split(tmp_path)
    files[0].rename(tmp_path / "renamed.gguf")
    with pytest.raises(ThimbleError, match="part 2 of 3"):
        read_header(tmp_path / "renamed.gguf")


def test_a_name_that_counts_other_parts_than_the_file_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "big-00001-of-00002.gguf"
    write_split_part(path, 3)
    with pytest.raises(ThimbleError) as raised:
        read_header(path)
    assert raised.value.problem.code == Code.MODEL_DAMAGED


@pytest.mark.parametrize("name", ["a-00000-of-00002.gguf", "a-00003-of-00002.gguf", "a-00001-of-99999.gguf"])
def test_a_name_that_only_looks_like_a_part_is_one_file(name: str) -> None:
    assert split_files(Path(name)) == (Path(name),)


@pytest.mark.parametrize("architecture", ["clip"])
def test_an_image_encoder_is_no_language_model(tmp_path: Path, architecture: str) -> None:
    path = write_model(tmp_path / "mmproj.gguf", architecture=architecture)
    with pytest.raises(ThimbleError) as raised:
        check_model_file(path)
    assert raised.value.problem.code == Code.MODEL_UNSUPPORTED
