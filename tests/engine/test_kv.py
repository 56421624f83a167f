"""What the KV cache takes, told by the engine, and the types its keys and values may have."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from tests.engine.conftest import Engine
from tests.engine.smallthinker_reference import Array, Shape
from tests.helpers import tiny_model
from tests.helpers.moe_models import Architecture, write_moe
from tests.helpers.window_models import write_window_model
from thimble.engine.binding import llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.load import load_model
from thimble.engine.model import BATCH, LoadedModel
from thimble.engine.session import Session
from thimble.errors import Code, ThimbleError
from thimble.modelfile import estimate_memory
from thimble.protocol import CacheType, LoadOptions
from thimble.settings_table import BY_KEY

pytestmark = pytest.mark.engine

BITS = {"f16": 16, "bf16": 16, "q8_0": 8.5, "q5_1": 6, "q5_0": 5.5, "q4_1": 5, "q4_0": 4.5, "iq4_nl": 4.5}
"""Of one number, scales included."""
BIG = Shape(tuple(layer % 4 != 0 for layer in range(8)), window=4096, head_size=64)
"""The 21B's window and pattern, in fewer and narrower layers."""


SMALL = Shape((False, True), window=64, head_size=64, experts=2, experts_used=2)


@contextmanager
def loaded_model(path: Path, context: int, **options: str) -> Iterator[LoadedModel]:
    wanted = LoadOptions(context, 2, **options)  # type: ignore[arg-type]
    model = load_model(path, wanted, progress=lambda _share: None, cancel=CancelFlag(), remember=False)
    try:
        yield model
    finally:
        model.close()


@pytest.fixture(scope="module")
def big(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("big") / "big.gguf"
    write_window_model(path, BIG, 16384, period=4)
    return path


def padded(window: int) -> int:
    return -(-(window + BATCH) // 256) * 256


def logits_after(loaded: LoadedModel, tokens: list[int]) -> Array:
    session = Session(loaded)
    for start in range(0, len(tokens), BATCH):
        session.read(tokens[start : start + BATCH])
    row = llama().llama_get_logits_ith(loaded.context, -1)
    found = ctypes.cast(row, ctypes.POINTER(ctypes.c_float))
    return np.ctypeslib.as_array(found, (loaded.vocabulary.size,)).copy()


@pytest.mark.parametrize(("cache_k", "cache_v"), [("f16", "f16"), ("q8_0", "q4_0"), ("f16", "q8_0")])
def test_a_window_of_4096_with_every_fourth_layer_global(big: Path, cache_k: str, cache_v: str) -> None:
    with loaded_model(big, 16384, cache_k=cache_k, cache_v=cache_v) as loaded:
        row = int(BIG.kv_heads * BIG.head_size * (BITS[cache_k] + BITS[cache_v]) / 8)
        kv = loaded.kv
        assert (kv.window_cells, kv.global_cells, kv.window_layers, kv.global_layers) == (4608, 16384, 6, 2)
        assert (kv.window_bytes, kv.global_bytes) == (6 * 4608 * row, 2 * 16384 * row)
        assert (kv.full_bytes, kv.recurrent_bytes) == (8 * 16384 * row, 0)
        estimate = estimate_memory(loaded.header, 16384, cache=(cache_k, cache_v))
        assert estimate.kv_cache == kv.window_bytes + kv.global_bytes
        assert (loaded.info.cache_k, loaded.info.cache_v, loaded.info.window) == (cache_k, cache_v, 4096)


def test_a_context_shorter_than_the_window_is_full_attention(big: Path) -> None:
    with loaded_model(big, 2048) as loaded:
        assert loaded.kv.window_cells == loaded.kv.global_cells == 2048
        assert loaded.kv.window_bytes + loaded.kv.global_bytes == loaded.kv.full_bytes


def test_gemma_and_gpt_oss_hold_their_window_only(tmp_path: Path) -> None:
    gemma = tiny_model.write_random(tmp_path / "gemma.gguf", window=512, context=8192)
    with loaded_model(gemma, 8192) as loaded:
        assert (loaded.kv.window_cells, loaded.kv.global_cells) == (padded(512), 8192)
        assert estimate_memory(loaded.header, 8192).kv_cache == loaded.kv.window_bytes + loaded.kv.global_bytes
    oss = write_moe(tmp_path / "oss.gguf", Architecture.GPT_OSS)
    with loaded_model(oss, 4096) as loaded:
        assert loaded.info.architecture == "gpt-oss"
        assert loaded.kv.window_cells == min(padded(loaded.window), loaded.kv.global_cells)
        assert loaded.kv.window_layers == loaded.kv.global_layers
        assert estimate_memory(loaded.header, 4096).kv_cache == loaded.kv.window_bytes + loaded.kv.global_bytes


def test_without_window_layers_everything_is_global(tmp_path: Path) -> None:
    with loaded_model(tiny_model.write_random(tmp_path / "a.gguf"), 1024) as loaded:
        assert loaded.kv.window_cells == loaded.kv.window_bytes == 0
        assert loaded.kv.global_bytes == loaded.kv.full_bytes == 2 * 1024 * 2 * 32 * 2


def test_the_settings_offer_every_type() -> None:
    for key in ("engine.cache_k", "engine.cache_v"):
        assert {value for value, _ in BY_KEY[key].choices} == {kind.value for kind in CacheType} == set(BITS)


@pytest.mark.parametrize("kind", sorted(BITS))
def test_every_type_works_for_keys_and_values_and_is_as_close_as_its_bits(tmp_path: Path, kind: str) -> None:
    write_window_model(tmp_path / "small.gguf", SMALL, 1024, period=2)
    tokens = [(7 * index + index * index) % 96 for index in range(600)]
    with loaded_model(tmp_path / "small.gguf", 1024) as loaded:
        plain = logits_after(loaded, tokens)
    with loaded_model(tmp_path / "small.gguf", 1024, cache_k=kind, cache_v=kind) as loaded:
        found = logits_after(loaded, tokens)
    error = np.linalg.norm(found - plain) / np.linalg.norm(plain)
    assert error < {16: 0.02, 8: 0.05, 6: 0.2, 5: 0.3, 4: 0.4}[int(BITS[kind])]


def test_a_head_that_no_block_divides_is_refused_before_the_resident_model_goes(tmp_path: Path) -> None:
    path = tmp_path / "narrow.gguf"
    write_window_model(path, Shape((False,) * 2, window=0), 512, period=1)
    gone: list[bool] = []
    with pytest.raises(ThimbleError) as refusal:
        load_model(
            path,
            LoadOptions(512, 1, cache_v="q8_0"),
            progress=lambda _share: None,
            cancel=CancelFlag(),
            admit=lambda: gone.append(True),
        )
    assert refusal.value.problem.code == Code.BAD_REQUEST
    assert refusal.value.problem.sentence == (
        "Values of this model cannot be kept as q8_0: a head has 16 numbers, and q8_0 takes 32 at a time."
    )
    assert not gone


def test_other_types_load_the_resident_model_again(engine: Engine, big: Path) -> None:
    engine.load(big, 1024)
    before = engine.host.sample().kv_full_bytes
    engine.load(big, 1024, cache_k="q8_0", cache_v="q8_0")
    model = engine.host.status.model
    assert model is not None
    assert (model.cache_k, model.cache_v) == ("q8_0", "q8_0")
    assert engine.host.sample().kv_full_bytes == before * BITS["q8_0"] / 16
