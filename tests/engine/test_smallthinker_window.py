"""The patched SmallThinker against plain NumPy: the window and its layers are those of the file."""

from __future__ import annotations

import ctypes
from pathlib import Path

import llama_cpp
import numpy as np
import pytest

from tests.engine import smallthinker_reference as reference
from tests.engine.smallthinker_reference import Array, Shape

pytestmark = pytest.mark.engine

_TOKENS = [(7 * index + index * index) % 96 for index in range(48)]
# both sides compute in float32 but sum in another order; a wrong mask or rotation is off by more than 0.1
_TOLERANCE = 5e-4


def _engine_logits(path: Path, tokens: list[int], piece: int) -> Array:
    """What the engine computes, reading the prompt in pieces of `piece` tokens; [tokens, vocabulary]."""
    model_parameters = llama_cpp.llama_model_default_params()
    model_parameters.n_gpu_layers = 0
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), model_parameters)
    assert model, "the engine refused the model"
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = 128
    parameters.n_batch = parameters.n_ubatch = piece
    parameters.n_threads = parameters.n_threads_batch = 2
    parameters.type_k = parameters.type_v = llama_cpp.GGML_TYPE_F32
    parameters.flash_attn_type = llama_cpp.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = llama_cpp.llama_init_from_model(model, parameters)
    assert context, "the engine made no context"
    vocabulary = llama_cpp.llama_vocab_n_tokens(llama_cpp.llama_model_get_vocab(model))
    batch = llama_cpp.llama_batch_init(piece, 0, 1)
    rows: list[Array] = []
    try:
        for start in range(0, len(tokens), piece):
            part = tokens[start : start + piece]
            batch.n_tokens = len(part)
            for index, token in enumerate(part):
                batch.token[index] = token
                batch.pos[index] = start + index
                batch.n_seq_id[index] = 1
                batch.seq_id[index][0] = 0
                batch.logits[index] = 1
            assert llama_cpp.llama_decode(context, batch) == 0
            for index in range(len(part)):
                row = llama_cpp.llama_get_logits_ith(context, index)
                rows.append(
                    np.ctypeslib.as_array(ctypes.cast(row, ctypes.POINTER(ctypes.c_float)), (vocabulary,)).copy()
                )
    finally:
        llama_cpp.llama_batch_free(batch)
        llama_cpp.llama_free(context)
        llama_cpp.llama_model_free(model)
    return np.stack(rows)


def _compare(folder: Path, shape: Shape, pattern: int | list[bool] | None, piece: int = 64) -> float:
    """The largest difference between the engine's and NumPy's logits."""
    weights = reference.random_weights(shape, seed=3)
    path = folder / "tiny.gguf"
    reference.write_gguf(path, shape, weights, pattern)
    expected = reference.logits(_TOKENS, shape, weights)
    return float(np.abs(_engine_logits(path, _TOKENS, piece) - expected).max())


def _period(layers: int, period: int) -> tuple[bool, ...]:
    return tuple(layer % period != 0 for layer in range(layers))


def test_a_window_smaller_than_the_prompt_is_taken_from_the_file(tmp_path: Path) -> None:
    assert _compare(tmp_path, Shape(_period(8, 4), window=12), pattern=None) < _TOLERANCE


def test_a_file_may_name_another_period(tmp_path: Path) -> None:
    assert _compare(tmp_path, Shape(_period(6, 3), window=12), pattern=3) < _TOLERANCE


def test_a_file_may_flag_every_layer(tmp_path: Path) -> None:
    flags = [True, True, False, True, False, False]
    assert _compare(tmp_path, Shape(tuple(flags), window=12), pattern=flags) < _TOLERANCE


def test_a_pattern_in_which_every_layer_has_the_window_rotates_every_layer(tmp_path: Path) -> None:
    flags = [True, True, True, True]
    assert _compare(tmp_path, Shape(tuple(flags), window=12), pattern=flags) < _TOLERANCE


def test_a_pattern_in_which_no_layer_has_the_window_is_a_model_without_one(tmp_path: Path) -> None:
    plain = Shape((False,) * 4, window=0)
    weights = reference.random_weights(plain, seed=3)
    path = tmp_path / "tiny.gguf"
    reference.write_gguf(path, Shape((False,) * 4, window=12), weights, [False] * 4)
    expected = reference.logits(_TOKENS, plain, weights)
    assert np.abs(_engine_logits(path, _TOKENS, 64) - expected).max() < _TOLERANCE


def test_the_window_holds_when_the_prompt_comes_in_pieces(tmp_path: Path) -> None:
    assert _compare(tmp_path, Shape(_period(6, 3), window=12), pattern=3, piece=5) < _TOLERANCE


def test_a_file_by_the_models_authors_computes_as_before(tmp_path: Path) -> None:
    """Window 4096 and no pattern: what upstream assumes of every file."""
    assert _compare(tmp_path, Shape(_period(8, 4), window=4096), pattern=None) < _TOLERANCE


def test_without_a_window_every_layer_has_rotary_positions_and_sees_everything(tmp_path: Path) -> None:
    assert _compare(tmp_path, Shape((False,) * 4, window=0), pattern=None) < _TOLERANCE
