"""The comparison with NumPy would notice: each decision of the architecture, taken otherwise, is far off the engine."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from tests.helpers import forced
from tests.helpers.closeness import relative_error
from tests.helpers.forced import Run
from tests.helpers.reference import SmallThinker
from tests.helpers.reference.model_file import Array, Matrix
from tests.helpers.reference.smallthinker import Flags, Numbers, softmax
from tests.helpers.smallthinker_models import SOFTMAX, Shape, write_smallthinker

pytestmark = pytest.mark.engine

TOKENS = [(7 * index + index * index) % 96 for index in range(48)]
TOLERANCE = 5e-5
"""Of the comparisons in `test_numpy_reference`."""
FAR = 200 * TOLERANCE

HYBRID = Shape(layers=8, window=12, heads=8, kv_heads=2, head_size=16, experts_used=3)
EVERYWHERE = Shape(layers=4, heads=6, kv_heads=2, tied=True, gating=SOFTMAX, experts_used=3)


class RouterReadsTheNormedInput(SmallThinker):
    def block(self, layer: int, x: Array) -> Array:
        self.first_norm = self.norm(x, f"blk.{layer}.attn_norm.weight")
        return super().block(layer, x)

    def router_input(self, _layer: int, _x: Array, _normed: Array) -> Array:
        return self.first_norm


class RouterReadsWhatExpertsRead(SmallThinker):
    def router_input(self, _layer: int, _x: Array, normed: Array) -> Array:
        return normed


class RouterOfTheFirstLayerOnly(SmallThinker):
    def matrix(self, layer: int, name: str) -> Matrix:
        return super().matrix(0 if name == "ffn_gate_inp" else layer, name)


class OtherGating(SmallThinker):
    def gating(self, scores: Array) -> Array:
        if self.gating_function != SOFTMAX:
            return softmax(scores)
        shares: Array = 1 / (1 + np.exp(-scores))
        return shares


class SharesAsTheyAre(SmallThinker):
    def normalise(self, shares: Array) -> Array:
        return shares


class EqualShares(SmallThinker):
    def normalise(self, shares: Array) -> Array:
        return np.full_like(shares, 1 / self.experts_used)


class OneExpertFewer(SmallThinker):
    def routes(self, scores: Array) -> tuple[Numbers, Array]:
        chosen, shares = super().routes(scores)
        return chosen[:, :-1], shares[:, :-1]


class NextBestExpertInsteadOfTheLast(SmallThinker):
    def routes(self, scores: Array) -> tuple[Numbers, Array]:
        shares = self.gating(scores)
        chosen = np.delete(np.argsort(-shares, axis=-1), self.experts_used - 1, axis=-1)[:, : self.experts_used]
        return chosen, self.normalise(np.take_along_axis(shares, chosen, axis=-1))


class Swish(SmallThinker):
    def activation(self, gate: Array, up: Array) -> Array:
        swished: Array = gate / (1 + np.exp(-gate)) * up
        return swished


class NoActivation(SmallThinker):
    def activation(self, gate: Array, up: Array) -> Array:
        return gate * up


class ActivationOnTheOtherMatrix(SmallThinker):
    def activation(self, gate: Array, up: Array) -> Array:
        return gate * np.maximum(up, 0)


class GatedButNotScaled(SmallThinker):
    def activation(self, gate: Array, up: Array) -> Array:
        return (gate > 0) * up


class PositionsEverywhere(SmallThinker):
    def has_positions(self, _layer: int) -> bool:
        return True


class PositionsNowhere(SmallThinker):
    def has_positions(self, _layer: int) -> bool:
        return False


class PositionsOnGlobalLayers(SmallThinker):
    def has_positions(self, layer: int) -> bool:
        return not self.window_layers[layer]


class NeighboursMakeThePairs(SmallThinker):
    def rotate(self, x: Array) -> Array:
        half = self.head_size // 2
        order = np.arange(self.head_size).reshape(half, 2).T.ravel()
        return super().rotate(x[..., order])[..., np.argsort(order)]


class TurnedBackwards(SmallThinker):
    """Queries the right way, keys the other way round."""

    def rotate(self, x: Array) -> Array:
        back = x.shape[1] == self.kv_heads
        return super().rotate(x[..., ::-1])[..., ::-1] if back else super().rotate(x)


class AnotherBase(SmallThinker):
    def rotate(self, x: Array) -> Array:
        self.rope_base = 1000.0
        return super().rotate(x)


class WindowOneLonger(SmallThinker):
    def sees(self, layer: int, tokens: int) -> Flags:
        self.window = HYBRID.window + 1
        return super().sees(layer, tokens)


class WindowOneShorter(SmallThinker):
    def sees(self, layer: int, tokens: int) -> Flags:
        self.window = HYBRID.window - 1
        return super().sees(layer, tokens)


class NoWindow(SmallThinker):
    def sees(self, _layer: int, tokens: int) -> Flags:
        return np.tri(tokens, dtype=bool)


class WindowEverywhere(SmallThinker):
    def sees(self, _layer: int, tokens: int) -> Flags:
        return super().sees(1, tokens)


class LastLayerOfEachPeriodGlobal(SmallThinker):
    def _window_layers(self, _pattern: object) -> tuple[bool, ...]:
        return tuple(layer % 4 != 3 for layer in range(self.layers))


class LooksAhead(SmallThinker):
    def sees(self, layer: int, tokens: int) -> Flags:
        return super().sees(layer, tokens) | np.eye(tokens, k=1, dtype=bool)


class HeadsShareInTurn(SmallThinker):
    def shared_heads(self) -> Numbers:
        return np.arange(self.heads) % self.kv_heads


class OneHeadOfKeysForAll(SmallThinker):
    def shared_heads(self) -> Numbers:
        return np.zeros(self.heads, np.intp)


class ScaledByTheModelsWidth(SmallThinker):
    def attention_scale(self) -> float:
        return float(self.width**-0.5)


class OtherOutput(SmallThinker):
    def output(self) -> Matrix:
        if self.file.has("output.weight"):
            return self.file.matrix("token_embd.weight")
        random = np.random.default_rng(1).normal(0, 0.2, super().output().values.shape)
        return Matrix(random, super().output().kind, lambda x, _kind: x)


class NormsWithoutTheirWeights(SmallThinker):
    def norm(self, x: Array, _name: str) -> Array:
        scaled: Array = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.epsilon)
        return scaled


class NormsByMeanAndDeviation(SmallThinker):
    def norm(self, x: Array, name: str) -> Array:
        return super().norm(x - x.mean(axis=-1, keepdims=True), name)


class GateAndUpExchanged(SmallThinker):
    def matrix(self, layer: int, name: str) -> Matrix:
        other = {"ffn_gate_exps": "ffn_up_exps", "ffn_up_exps": "ffn_gate_exps"}
        return super().matrix(layer, other.get(name, name))


class AttentionAndExpertsSideBySide(SmallThinker):
    def block(self, layer: int, x: Array) -> Array:
        chosen, shares = self.routes(self.matrix(layer, "ffn_gate_inp")(x))
        attended = self.attention(layer, self.norm(x, f"blk.{layer}.attn_norm.weight"))
        return x + attended + self.experts(layer, self.norm(x, f"blk.{layer}.ffn_norm.weight"), chosen, shares)


OF_BOTH: tuple[type[SmallThinker], ...] = (
    RouterReadsTheNormedInput,
    RouterReadsWhatExpertsRead,
    RouterOfTheFirstLayerOnly,
    OtherGating,
    SharesAsTheyAre,
    EqualShares,
    OneExpertFewer,
    NextBestExpertInsteadOfTheLast,
    Swish,
    NoActivation,
    ActivationOnTheOtherMatrix,
    GatedButNotScaled,
    PositionsNowhere,
    NeighboursMakeThePairs,
    TurnedBackwards,
    AnotherBase,
    LooksAhead,
    HeadsShareInTurn,
    OneHeadOfKeysForAll,
    ScaledByTheModelsWidth,
    OtherOutput,
    NormsWithoutTheirWeights,
    NormsByMeanAndDeviation,
    GateAndUpExchanged,
    AttentionAndExpertsSideBySide,
)
OF_THE_WINDOW: tuple[type[SmallThinker], ...] = (
    PositionsEverywhere,
    PositionsOnGlobalLayers,
    WindowOneLonger,
    WindowOneShorter,
    NoWindow,
    WindowEverywhere,
    LastLayerOfEachPeriodGlobal,
)


@cache
def engine_logits(shape: Shape, path: Path) -> forced.Array:
    """Once for all mutations."""
    return forced.in_memory(path, TOKENS, Run())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutations")


def path_of(folder: Path, shape: Shape) -> Path:
    path = folder / ("hybrid.gguf" if shape is HYBRID else "everywhere.gguf")
    return path if path.exists() else write_smallthinker(path, shape)


@pytest.mark.parametrize("shape", [HYBRID, EVERYWHERE], ids=["hybrid", "positions everywhere"])
def test_the_reference_itself_is_near(shape: Shape, folder: Path) -> None:
    path = path_of(folder, shape)
    assert relative_error(engine_logits(shape, path), SmallThinker(path).forward(TOKENS)) < TOLERANCE


@pytest.mark.parametrize(
    ("mutation", "shape"),
    [
        *((mutation, HYBRID) for mutation in (*OF_BOTH, *OF_THE_WINDOW)),
        *((mutation, EVERYWHERE) for mutation in OF_BOTH),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "hybrid" if value is HYBRID else "everywhere",
)
def test_another_decision_is_far_off(mutation: type[SmallThinker], shape: Shape, folder: Path) -> None:
    path = path_of(folder, shape)
    assert relative_error(engine_logits(shape, path), mutation(path).forward(TOKENS)) > FAR
