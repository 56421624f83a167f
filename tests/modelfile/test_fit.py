"""What running a model takes, by its header."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from tests.helpers.gguf_files import write_model
from thimble.modelfile import ModelHeader, estimate_memory, read_header


@pytest.fixture
def header(tmp_path: Path) -> ModelHeader:
    return read_header(write_model(tmp_path / "tiny.gguf"))


def test_weights_are_all_tensors(header: ModelHeader) -> None:
    assert estimate_memory(header, 1024).weights == sum(tensor.bytes for tensor in header.tensors)


def test_keys_and_values_take_two_bytes_per_head_width_layer_and_token(header: ModelHeader) -> None:
    assert estimate_memory(header, 1024).kv_cache == 2 * 2 * (16 + 16) * 2 * 1024


def test_the_context_is_rounded_up_as_llama_cpp_does(header: ModelHeader) -> None:
    assert estimate_memory(header, 1000).kv_cache == estimate_memory(header, 1024).kv_cache


def test_the_total_is_the_sum(header: ModelHeader) -> None:
    estimate = estimate_memory(header, 1024)
    assert estimate.total == estimate.weights + estimate.kv_cache + estimate.compute


def test_layers_with_a_window_keep_the_window_only(header: ModelHeader) -> None:
    windowed = dataclasses.replace(
        header,
        sliding_window=256,
        metadata={**header.metadata, "llama.attention.sliding_window_pattern": (True, False)},
    )
    full = estimate_memory(header, 8192).kv_cache // 2
    assert estimate_memory(windowed, 8192, ubatch=512).kv_cache == full + full * 768 // 8192


def test_a_window_of_unknown_pattern_is_counted_as_full(header: ModelHeader) -> None:
    windowed = dataclasses.replace(header, sliding_window=256)
    assert estimate_memory(windowed, 8192).kv_cache == estimate_memory(header, 8192).kv_cache


def test_layers_without_attention_keep_nothing(header: ModelHeader) -> None:
    hybrid = dataclasses.replace(header, head_counts_kv=(2, 0))
    assert estimate_memory(hybrid, 1024).kv_cache == estimate_memory(header, 1024).kv_cache // 2


def test_compressed_attention_keeps_one_row_for_all_heads(header: ModelHeader) -> None:
    facts = {"attention.kv_lora_rank": 32, "attention.key_length_mla": 48, "rope.dimension_count": 8}
    latent = dataclasses.replace(
        header, metadata={**header.metadata, **{f"llama.{key}": value for key, value in facts.items()}}
    )
    assert estimate_memory(latent, 1024).kv_cache == 2 * (32 + 8) * 2 * 1024


def test_experts_in_use_need_room_to_compute(header: ModelHeader) -> None:
    wide = dataclasses.replace(header, vocabulary=0, feed_forward_length=100_000)
    moe = dataclasses.replace(wide, expert_count=8, expert_used_count=4)
    assert estimate_memory(moe, 1024).compute > estimate_memory(wide, 1024).compute


def test_a_header_that_says_nothing_is_estimated_without_failing(header: ModelHeader) -> None:
    silent = dataclasses.replace(header, block_count=0, head_counts_kv=(), vocabulary=0, embedding_length=0)
    assert estimate_memory(silent, 0).kv_cache == 0


def test_the_starter_model_takes_what_was_measured(starter_model: Path) -> None:
    header = read_header(starter_model)
    for context, measured in ((1024, 223_449_088), (8192, 392_364_032)):  # the engine's peak memory, bytes
        assert measured <= estimate_memory(header, context).total <= 1.1 * measured
