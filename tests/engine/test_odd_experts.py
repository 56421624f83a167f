"""Experts of unusual numbers, widths and types are sound: on disk they compute the bits they compute in memory."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.engine.conftest import Engine
from tests.helpers.decoding import Decoder
from tests.helpers.moe_models import EXPERTS, LAYERS, Architecture, Model, give_experts, write_moe
from thimble.engine.experts import ExpertStats, ExpertStore
from thimble.errors import Code, ThimbleError

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk"),
]

PROMPT = [int(token) for token in np.random.default_rng(7).integers(0, 256, 40)]
Change = Callable[[Model], None]


def experts(**what: Any) -> Change:
    return lambda model: give_experts(model, **what)


def types_by_layer(model: Model) -> None:
    """Every layer another mixture."""
    kinds = [
        (Type.Q4_0, Type.Q4_K, Type.Q8_0),
        (Type.Q8_0, Type.Q8_0, Type.Q6_K),
        (Type.F16, Type.Q4_0, Type.Q4_0),
        (Type.Q4_0, Type.BF16, Type.F32),
    ]
    for layer in range(LAYERS):
        for name, kind in zip(("gate", "up", "down"), kinds[layer], strict=True):
            model.matrix(f"blk.{layer}.ffn_{name}_exps.weight", EXPERTS, 256, 256, kind=kind)


ODD: Final[dict[str, Change]] = {
    "gate Q4_0, up Q4_K, down Q8_0": experts(kinds=(Type.Q4_0, Type.Q4_K, Type.Q8_0)),
    "every layer other types": types_by_layer,
    "all experts used": experts(used=EXPERTS),
    "all of forty experts used": experts(experts=40, used=40),
    "one expert": experts(experts=1, used=1),
    "one expert in F16": experts(experts=1, used=1, kinds=(Type.F16,) * 3),
    "one of two experts": experts(experts=2, used=1),
    "seven neurons in F32": experts(hidden=7, kinds=(Type.F32,) * 3),
    "one neuron in F16": experts(hidden=1, kinds=(Type.F16,) * 3),
    "48 neurons in F16": experts(hidden=48, kinds=(Type.F16,) * 3),
    "48 neurons in BF16": experts(hidden=48, kinds=(Type.BF16,) * 3),
    "100 neurons, down in F16": experts(hidden=100, kinds=(Type.Q4_0, Type.Q4_0, Type.F16)),
    "100 neurons, gate and up in Q4_K": experts(hidden=100, kinds=(Type.Q4_K, Type.Q4_K, Type.F32)),
    "32 neurons in Q4_0": experts(hidden=32),
    "96 neurons in Q4_0": experts(hidden=96),
    "96 neurons, down in Q8_0": experts(hidden=96, kinds=(Type.Q4_K, Type.Q6_K, Type.Q8_0)),
    "160 neurons in Q8_0": experts(hidden=160, kinds=(Type.Q8_0,) * 3),
}


def half(stats: ExpertStats) -> int:
    return max(stats.total_bytes // 2, LAYERS * stats.expert_bytes)


def everything(stats: ExpertStats) -> int:
    return stats.total_bytes


@pytest.mark.parametrize("architecture", [Architecture.SMALLTHINKER, Architecture.QWEN3MOE])
@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_they_compute_on_disk_what_they_compute_in_memory(
    change: Change, architecture: Architecture, tmp_path: Path
) -> None:
    path = write_moe(tmp_path / "odd.gguf", architecture, change=change)
    with Decoder(path, ubatch=16) as decoder:
        memory = decoder.run(PROMPT, 16)
    assert np.isfinite(memory).all()
    assert memory.std() > 0.1
    for budget in (half, everything):
        with Decoder(path, budget, ubatch=16) as decoder:
            paged = decoder.run(PROMPT, 16)
        assert memory.tobytes() == paged.tobytes(), f"largest difference {np.abs(memory - paged).max()}"


@pytest.mark.parametrize("change", ODD.values(), ids=ODD)
def test_the_engine_answers_with_them(change: Change, engine: Engine, tmp_path: Path) -> None:
    path = write_moe(tmp_path / "odd.gguf", Architecture.SMALLTHINKER, change=change)
    engine.load(path, 256)
    answer = engine.go_on(PROMPT, max_tokens=8)
    assert answer.timings.generated_tokens == 8
    stats = engine.host.sample()
    assert stats.experts_total == len(engine.host.experts())
    assert stats.experts_resident > 0


@pytest.mark.parametrize(("name", "used"), [("all experts used", EXPERTS), ("one expert", 1)])
def test_the_least_memory_is_enough(name: str, used: int, engine: Engine, tmp_path: Path) -> None:
    """The experts of one token and two on their way, or all, where there are no more of them."""
    engine.load(write_moe(tmp_path / "odd.gguf", Architecture.SMALLTHINKER, change=ODD[name]), 256)
    text = engine.go_on(PROMPT, max_tokens=8).text
    sample = engine.host.sample()
    least = min(sample.experts_total, used + 2) * sample.expert_cache_bytes // sample.experts_total
    with pytest.raises(ThimbleError) as failure:
        engine.host.resize(expert_cache=least - 1)
    assert failure.value.problem.code == Code.OUT_OF_MEMORY
    engine.host.resize(expert_cache=least)
    assert engine.go_on(PROMPT, max_tokens=8).text == text
