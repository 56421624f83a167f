"""Whole forward passes of SmallThinker: our engine, with experts in memory and on disk, and stock's against NumPy.

Tolerances are shares of the spread of a token's logits (`relative_error`). With F32 weights only the order of float32
sums differs: 1e-6 measured. With other weights ggml rounds the vectors, too: where the reference rounds alike, what
remains is that a float32 difference now and then tips such a rounding over: 0.02 measured; against exact arithmetic one
product is off by about half a percent, which three layers add up to 0.03.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.helpers import forced
from tests.helpers.closeness import divergence, relative_error, relative_errors, sure
from tests.helpers.forced import Run
from tests.helpers.reference import Logits, SmallThinker, forward
from tests.helpers.reference.model_file import Array
from tests.helpers.reference.smallthinker import Numbers
from tests.helpers.smallthinker_models import AUTHORS_WINDOW, EXPERTS, SOFTMAX, Shape, write_smallthinker
from thimble.engine.experts import ExpertStore

pytestmark = pytest.mark.engine

Compute = Callable[[Path, list[int], Run], forced.Array]

TOKENS = [(7 * index + index * index) % 96 for index in range(48)]
FEW = TOKENS[:24]
F32_TOLERANCE: Final = 5e-5

ON_DISK: Final = pytest.param(
    "on disk",
    marks=pytest.mark.skipif(not ExpertStore.available(), reason="this engine keeps no experts on disk"),
)
STOCK: Final = pytest.param("stock", marks=pytest.mark.skipif(not forced.STOCK_PYTHON.exists(), reason=forced.NO_STOCK))

WINDOWS: Final = {
    "21B in small, prompt beyond the window": Shape(layers=8, window=12, heads=14, kv_heads=2, experts_used=3),
    "window of one token": Shape(layers=4, window=1),
    "window as long as the prompt": Shape(layers=4, window=len(TOKENS)),
    "window one token short of the prompt": Shape(layers=4, window=len(TOKENS) - 1),
    "softmax, window and tied output": Shape(layers=5, window=7, gating=SOFTMAX, tied=True),
}
"""What stock cannot do: it takes 4096 for every window."""

VARIANTS: Final = {
    "4B in small": Shape(layers=4, heads=6, kv_heads=1, tied=True, experts_used=4),
    "21B in small, prompt within the window": Shape(layers=8, window=AUTHORS_WINDOW, heads=14, kv_heads=2),
    "softmax": Shape(gating=SOFTMAX, experts_used=3),
    "softmax and window": Shape(layers=5, window=AUTHORS_WINDOW, gating=SOFTMAX),
    "one head of keys for each of queries": Shape(heads=4, kv_heads=4),
    "heads wider than the model": Shape(heads=4, kv_heads=2, head_size=32),
    "one expert for each token": Shape(experts_used=1),
    "all experts for each token": Shape(experts=5, experts_used=5),
    "one expert in all": Shape(experts=1, experts_used=1),
    "experts of seven neurons": Shape(expert_size=7),
    "other base and epsilon": Shape(rope_base=1_500_000.0, epsilon=0.01),
}


DENSE: Final = ("attn_q", "attn_k", "attn_v", "attn_output", "output", "token_embd")
QUANTIZED: Final = {
    # types by tensor, and a seed with which no choice of an expert hangs on a hair
    "F16": (dict.fromkeys(EXPERTS, Type.F16), 5),
    "BF16": (dict.fromkeys(EXPERTS, Type.BF16), 5),
    "Q8_0": (dict.fromkeys(EXPERTS, Type.Q8_0), 2),
    "Q4_0": (dict.fromkeys(EXPERTS, Type.Q4_0), 8),
    "Q4_1": (dict.fromkeys(EXPERTS, Type.Q4_1), 5),
    "Q5_0": (dict.fromkeys(EXPERTS, Type.Q5_0), 0),
    "MXFP4": (dict.fromkeys(EXPERTS, Type.MXFP4), 5),
    "Q4_K": (dict.fromkeys(EXPERTS, Type.Q4_K), 8),
    "Q6_K": (dict.fromkeys(EXPERTS, Type.Q6_K), 5),
    "gate Q4_0, up Q4_K, down Q8_0": (dict(zip(EXPERTS, (Type.Q4_0, Type.Q4_K, Type.Q8_0), strict=True)), 0),
    "all of it Q4_0": (dict.fromkeys((*EXPERTS, *DENSE), Type.Q4_0), 5),
    "all of it Q8_0": (dict.fromkeys((*EXPERTS, *DENSE), Type.Q8_0), 2),
}
WIDE: Final = Shape(layers=3, window=AUTHORS_WINDOW, pattern=3, embedding=256, expert_size=256, head_size=32)


class Watched(SmallThinker):
    """Remembers the narrowest choice: by how much, in spreads of a token's shares, the last chosen expert led.

    In float32, as engines have them: where sigmoids are all 1 there is nothing to choose by.
    """

    lead = np.inf

    def routes(self, scores: Array) -> tuple[Numbers, Array]:
        shares = np.sort(self.gating(scores).astype(np.float32), axis=-1)
        if self.experts_used < self.expert_count:
            leads = shares[:, -self.experts_used] - shares[:, -self.experts_used - 1]
            self.lead = min(self.lead, float((leads / shares.std(axis=-1)).min()))
        return super().routes(scores)


def expected_logits(path: Path, tokens: list[int], least_lead: float, *, rounded: bool = False) -> Logits:
    """NumPy's, where the engine's roundings cannot exchange one expert for another."""
    model = Watched(path, rounded=rounded)
    logits = model.forward(tokens)
    assert model.lead > least_lead, "a rounding could exchange experts here: take another seed"
    return logits


@pytest.fixture(scope="module")
def stock() -> Iterator[Compute]:
    with forced.Stock() as engine:
        yield engine


@pytest.fixture(params=["in memory", ON_DISK])
def ours(request: pytest.FixtureRequest) -> Compute:
    """Our engine, in every way it loads such a model."""
    return forced.in_memory if request.param == "in memory" else forced.on_disk


@pytest.fixture(params=["in memory", ON_DISK, STOCK])
def compute(request: pytest.FixtureRequest) -> Compute:
    """Our engine in every way, and stock's."""
    if request.param == "stock":
        engine: Compute = request.getfixturevalue("stock")
        return engine
    return forced.in_memory if request.param == "in memory" else forced.on_disk


@pytest.fixture(scope="module")
def float_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Shape], tuple[Path, Logits]]:
    """A model with F32 weights and its logits."""
    folder = tmp_path_factory.mktemp("f32")

    @cache
    def make(shape: Shape) -> tuple[Path, Logits]:
        path = write_smallthinker(folder / f"{len(list(folder.iterdir()))}.gguf", shape)
        return path, expected_logits(path, TOKENS, 1e-5)

    return make


@pytest.fixture(scope="module")
def quantized_model(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, Logits, Logits]]:
    """A model of `QUANTIZED`, its logits with vectors rounded, and those of exact arithmetic."""
    folder = tmp_path_factory.mktemp("quantized")

    @cache
    def make(name: str) -> tuple[Path, Logits, Logits]:
        kinds, seed = QUANTIZED[name]
        path = write_smallthinker(folder / f"{len(list(folder.iterdir()))}.gguf", WIDE, kinds=kinds, seed=seed)
        return path, expected_logits(path, FEW, 0.005, rounded=True), forward(path, FEW)

    return make


def close(found: forced.Array, expected: Logits) -> None:
    """F32 weights: the same logits, distribution and greedy tokens."""
    assert relative_error(found, expected) < F32_TOLERANCE
    assert divergence(found, expected) < 1e-8
    certain = sure(expected, 4 * F32_TOLERANCE)
    assert certain.mean() > 0.9
    assert (found.argmax(axis=-1) == expected.argmax(axis=-1))[certain].all()


@pytest.mark.parametrize("piece", [64, 1], ids=["prompt", "token by token"])
@pytest.mark.parametrize("shape", VARIANTS.values(), ids=VARIANTS)
def test_every_variant_is_what_numpy_computes(
    shape: Shape, piece: int, compute: Compute, float_model: Callable[[Shape], tuple[Path, Logits]]
) -> None:
    path, expected = float_model(shape)
    close(compute(path, TOKENS, Run(piece=piece)), expected)


@pytest.mark.parametrize("piece", [64, 5, 1])
@pytest.mark.parametrize("shape", WINDOWS.values(), ids=WINDOWS)
def test_the_files_window_is_what_numpy_ourss(
    shape: Shape, piece: int, ours: Compute, float_model: Callable[[Shape], tuple[Path, Logits]]
) -> None:
    path, expected = float_model(shape)
    close(ours(path, TOKENS, Run(piece=piece)), expected)


@pytest.mark.parametrize("piece", [64, 1], ids=["prompt", "token by token"])
def test_keys_and_values_in_half_floats_cost_little(piece: int, compute: Compute, tmp_path: Path) -> None:
    """As a person runs it: F16 cache and fused attention. 1e-3 measured: half floats round by 5e-4."""
    path = write_smallthinker(tmp_path / "tiny.gguf", Shape(layers=3, window=AUTHORS_WINDOW))
    found, expected = compute(path, FEW, Run(piece=piece, exact_attention=False)), forward(path, FEW)
    assert relative_error(found, expected) < 0.02
    assert divergence(found, expected) < 1e-4


def test_shares_whose_sum_is_no_half_float_are_divided_by_the_smallest_one(tmp_path: Path) -> None:
    """All scores far below zero: upstream clamps the sum that it divides by."""

    class Unclamped(SmallThinker):
        def normalise(self, shares: Array) -> Array:
            assert (shares.sum(axis=-1) < 2.0**-14).any()
            parts: Array = shares / shares.sum(axis=-1, keepdims=True)
            return parts

    def negative(weights: forced.Array) -> forced.Array:
        return -8 * np.abs(weights)

    change: dict[str, Callable[[forced.Array], forced.Array]] = {"token_embd": np.abs, "ffn_gate_inp": negative}
    path = write_smallthinker(tmp_path / "tiny.gguf", Shape(layers=1), change=change)
    found = forced.in_memory(path, TOKENS, Run())
    close(found, forward(path, TOKENS))
    assert relative_error(found, Unclamped(path).forward(TOKENS)) > 0.05


@pytest.mark.parametrize("piece", [64, 1], ids=["prompt", "token by token"])
@pytest.mark.parametrize("name", QUANTIZED)
def test_quantized_weights_are_multiplied_with_rounded_vectors(
    name: str, piece: int, compute: Compute, quantized_model: Callable[[str], tuple[Path, Logits, Logits]]
) -> None:
    path, expected, _ = quantized_model(name)
    found = compute(path, FEW, Run(piece=piece))
    assert relative_error(found, expected) < 0.05
    assert divergence(found, expected) < 1e-3
    certain = sure(expected, 0.15)
    assert certain.mean() > 0.5
    assert (found.argmax(axis=-1) == expected.argmax(axis=-1))[certain].all()


@pytest.mark.parametrize("repack", [True, False], ids=["repacked", "plain"])
@pytest.mark.parametrize("name", QUANTIZED)
def test_quantized_weights_stay_near_exact_arithmetic(
    name: str, repack: bool, quantized_model: Callable[[str], tuple[Path, Logits, Logits]]
) -> None:
    """The middle token, because a rounding of half a percent does exchange experts in a token or two."""
    path, _, expected = quantized_model(name)
    found = forced.in_memory(path, FEW, Run(repack=repack))
    assert np.median(relative_errors(found, expected)) < 0.06
    assert divergence(found, expected) < 0.05


# the reference's own arguments


def test_a_row_for_each_neuron_gives_the_same(tmp_path: Path) -> None:
    """As in the files of the model's authors: ne of the down matrices is {n_embd, n_ff, n_expert}."""
    usual = write_smallthinker(tmp_path / "usual.gguf", Shape(layers=2))
    theirs = _by_neuron(tmp_path / "theirs.gguf", Shape(layers=2, gating=None, neuron_major=True), usual)
    np.testing.assert_allclose(forward(theirs, FEW), forward(usual, FEW), rtol=1e-9)
    np.testing.assert_allclose(forward(theirs, FEW, neuron_major=True), forward(usual, FEW), rtol=1e-9)
    with pytest.raises(ValueError, match="ffn_down_exps of layer 0"):
        forward(theirs, FEW, neuron_major=False)


def test_where_the_shape_does_not_tell_the_caller_does(tmp_path: Path) -> None:
    square = Shape(layers=2, expert_size=64)
    usual = write_smallthinker(tmp_path / "usual.gguf", square)
    theirs = _by_neuron(tmp_path / "theirs.gguf", square, usual)
    np.testing.assert_allclose(forward(theirs, FEW, neuron_major=True), forward(usual, FEW), rtol=1e-9)
    assert relative_error(forward(theirs, FEW), forward(usual, FEW)) > 0.1


def test_without_a_gating_function_in_the_file_it_is_the_sigmoid(tmp_path: Path) -> None:
    said = write_smallthinker(tmp_path / "said.gguf", Shape(layers=2))
    unsaid = write_smallthinker(tmp_path / "unsaid.gguf", Shape(layers=2, gating=None))
    np.testing.assert_array_equal(forward(said, FEW), forward(unsaid, FEW))


def _by_neuron(path: Path, shape: Shape, usual: Path) -> Path:
    """The same model with its down matrices turned."""
    model = SmallThinker(usual)
    downs = iter([model.matrix(layer, "ffn_down_exps").values for layer in range(shape.layers)])

    def turned(_random: forced.Array) -> forced.Array:
        return np.ascontiguousarray(np.swapaxes(next(downs), -1, -2), np.float32)

    return write_smallthinker(path, shape, change={"ffn_down_exps": turned})
