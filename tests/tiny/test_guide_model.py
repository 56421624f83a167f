"""The shipped guide: the engine computes what PyTorch computed, wherever the experts are, and it knows its handbook."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from gguf import GGUFReader

from assets.tiny.recipe.data import sources
from assets.tiny.recipe.guide import Guide
from tests.helpers import forced
from tests.helpers.closeness import divergence, relative_errors
from tests.helpers.forced import Run
from tests.helpers.reference import Logits, SmallThinker
from tests.helpers.reference.smallthinker import Flags
from thimble.engine.experts import ExpertStore

pytestmark = [
    pytest.mark.engine,
    pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine takes 4096 for every window"),
]

GUIDE: Final = Path(__file__).parents[2] / "assets" / "tiny" / "thimble-guide.gguf"
PROMPTS: Final = 3


@cache
def stored(number: int) -> tuple[list[int], forced.Array]:
    """A prompt's tokens, and PyTorch's logits at its last places (`assets.tiny.recipe.verify`)."""
    with np.load(Path(__file__).with_name("reference.npz")) as kept:
        return kept[f"tokens_{number}"].tolist(), kept[f"logits_{number}"].astype(np.float32)


@cache
def in_memory(number: int) -> forced.Array:
    return forced.in_memory(GUIDE, stored(number)[0], Run())


@pytest.fixture(scope="module")
def guide() -> Iterator[Guide]:
    with Guide(GUIDE) as loaded:
        yield loaded


def test_it_is_small_enough_to_bring_along() -> None:
    assert GUIDE.stat().st_size <= 16e6


def test_it_says_what_it_is() -> None:
    fields = GGUFReader(GUIDE).fields
    said = {
        name: fields[name].contents()
        for name in (
            "general.architecture",
            "general.name",
            "general.license",
            "smallthinker.attention.sliding_window",
            "smallthinker.expert_count",
            "smallthinker.expert_used_count",
        )
    }
    assert list(said.values()) == ["smallthinker", "Thimble guide", "mit", 96, 32, 4]


@pytest.mark.parametrize("number", range(PROMPTS))
def test_the_engines_logits_are_pytorchs_within_what_eight_bits_cost(number: int) -> None:
    _, expected = stored(number)
    found = in_memory(number)[-len(expected) :]
    assert np.median(relative_errors(found, expected)) < 0.1
    assert divergence(found, expected) < 0.05


@pytest.mark.parametrize("number", range(PROMPTS))
@pytest.mark.parametrize("piece", [64, 1], ids=["prompt", "token by token"])
def test_experts_on_disk_change_no_bit(piece: int, number: int) -> None:
    tokens, _ = stored(number)
    run = Run(piece=piece)
    assert np.array_equal(forced.on_disk(GUIDE, tokens, run, share=0.25), forced.in_memory(GUIDE, tokens, run))


@pytest.mark.skipif(not forced.STOCK_PYTHON.exists(), reason=forced.NO_STOCK)
def test_stocks_logits_are_the_same_within_the_window(tmp_path: Path) -> None:
    copy = tmp_path / "guide.gguf"  # the other process writes its result beside the model
    copy.symlink_to(GUIDE)
    with forced.Stock() as stock:
        assert np.array_equal(stock(copy, stored(1)[0], Run()), in_memory(1))


class Wide(SmallThinker):
    """As if there were no window."""

    def sees(self, layer: int, tokens: int) -> Flags:
        del layer
        return np.tri(tokens, dtype=bool)


def numpys(model: SmallThinker, number: int) -> Logits:
    return model.forward(stored(number)[0])


def test_numpy_computes_the_same_and_the_window_matters() -> None:
    found = in_memory(2)
    expected, wide = numpys(SmallThinker(GUIDE, rounded=True), 2), numpys(Wide(GUIDE, rounded=True), 2)
    assert np.median(relative_errors(found, expected)) < 0.02
    assert np.median(relative_errors(found[-8:], wide[-8:])) > 0.1


def test_it_knows_what_it_was_taught(guide: Guide) -> None:
    """The first question of every tenth thing in the handbook, letter by letter."""
    asked = [intent for intent in sources.handbook() if intent.questions][::10]
    right = [guide.ask(intent.questions[0]) == intent.answer for intent in asked]
    assert sum(right) / len(right) > 0.9


def test_its_experts_stream(guide: Guide) -> None:
    """With room for a quarter of them it says the same."""
    question = "What is an expert?"
    with Guide(GUIDE, expert_cache=3 << 20) as small:
        assert small.ask(question) == guide.ask(question)
        assert 0 < small.hit_rate() < 1
