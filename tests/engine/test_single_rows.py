"""Up rows whose gate a ReLU has switched off are left out: no bit changes, and it is counted how many are on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.helpers.decoding import Decoder, Logits
from tests.helpers.moe_models import LAYERS, USED, Architecture, write_moe
from thimble.engine.experts import ExpertStats, ExpertStore

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine computes all rows")

PROMPT = [int(token) for token in np.random.default_rng(8).integers(0, 256, 90)]
HIDDEN = 256  # of an expert
Budget = Callable[[ExpertStats], int]


def everything(stats: ExpertStats) -> int:
    return stats.total_bytes


def third(stats: ExpertStats) -> int:
    return stats.total_bytes // 3


def one_slot(stats: ExpertStats) -> int:
    return stats.expert_bytes


def logits(path: Path, budget: Budget | None, *, greedy: int = 48, threads: int = 2, **options: int) -> Logits:
    with Decoder(path, budget, threads=threads, **options) as decoder:  # type: ignore[arg-type]
        return decoder.run(PROMPT, greedy)


@pytest.mark.parametrize("budget", [everything, third, one_slot])
@pytest.mark.parametrize("ubatch", [1, 7, 64])
@pytest.mark.parametrize("architecture", [Architecture.SMALLTHINKER, Architecture.SMALLTHINKER_WINDOW])
def test_what_is_left_out_changes_no_bit(
    architecture: Architecture, ubatch: int, budget: Budget, tmp_path: Path
) -> None:
    path = write_moe(tmp_path / "moe.gguf", architecture)
    assert np.array_equal(logits(path, budget, ubatch=ubatch), logits(path, None, ubatch=ubatch))


@pytest.mark.parametrize("threads", [1, 3])
def test_nor_does_the_number_of_threads(threads: int, tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)
    assert np.array_equal(logits(path, third, threads=threads), logits(path, None, threads=threads))


@pytest.mark.parametrize("ubatch", [1, 64])
@pytest.mark.parametrize(
    "kinds",
    [(Type.Q4_K,), (Type.IQ4_NL,), (Type.Q8_0,), (Type.Q6_K,), (Type.MXFP4,), (Type.F16, Type.Q4_0, Type.Q4_K)],
    ids=["Q4_K", "IQ4_NL", "Q8_0", "Q6_K", "MXFP4", "mixed"],
)
def test_nor_does_the_experts_type(kinds: tuple[Type, ...], ubatch: int, tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER, kinds=kinds)
    assert np.array_equal(logits(path, third, ubatch=ubatch), logits(path, None, ubatch=ubatch))


def test_a_model_without_a_relu_is_right_all_the_same(tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.QWEN3MOE)
    assert np.array_equal(logits(path, third), logits(path, None))


def test_evictions_and_delays_at_random_change_nothing(tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)
    with Decoder(path, third, fuzz_seed=5) as decoder:
        found = decoder.run(PROMPT, 24)
    assert np.array_equal(found, logits(path, None, greedy=24))


def test_active_neurons_are_counted_by_layer_while_tokens_come_one_by_one(tmp_path: Path) -> None:
    path = write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER)
    with Decoder(path, third) as decoder:
        assert decoder.store
        decoder.decode(PROMPT[:64])
        assert decoder.store.stats().neurons == 0
        for token in range(5):
            decoder.decode([token])
        layers, stats = decoder.store.layers(), decoder.store.stats()
    assert [layer.layer for layer in layers] == list(range(LAYERS))
    assert [layer.neurons for layer in layers] == [5 * USED * HIDDEN] * LAYERS
    assert all(0.2 < layer.neurons_active / layer.neurons < 0.8 for layer in layers)  # random weights: a half
    assert stats.neurons == sum(layer.neurons for layer in layers)
    assert stats.neurons_active == sum(layer.neurons_active for layer in layers)


def test_without_a_relu_no_neurons_are_counted(tmp_path: Path) -> None:
    with Decoder(write_moe(tmp_path / "moe.gguf", Architecture.QWEN3MOE), third) as decoder:
        assert decoder.store
        decoder.decode([1])
        assert decoder.store.stats().neurons == 0
