"""The architecture, one short method for each of its decisions; a test that wants to know whether a decision matters
overrides its method.

Written from the architecture's description, in float64, so that differences are the engine's roundings and not ours:

- pre-norm attention with grouped heads; rotary positions on the layers that look through a window, none on those that
  see everything; a model without a window has rotary positions in every layer;
- a router that reads the layer's input before attention and before any norm; sigmoid or softmax; the chosen experts'
  shares are divided by their sum;
- experts with a ReLU on the gate.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from gguf import GGUFReader

from tests.helpers.reference import rounding
from tests.helpers.reference.model_file import Array, Matrix, ModelFile

Logits = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.intp]

SOFTMAX: Final = 1
SIGMOID: Final = 2
LEAST_SUM: Final = 2.0**-14
"""Upstream divides by no smaller sum of shares: the smallest normal half float."""
_DEFAULT_PERIOD: Final = 4


def forward(
    source: Path | GGUFReader, tokens: Sequence[int], *, rounded: bool = False, neuron_major: bool | None = None
) -> Logits:
    """The model's logits after every token.

    Args:
        source: a GGUF with architecture smallthinker, or a reader of it.
        tokens: numbers of tokens from the sequence's beginning.
        rounded: round vectors before each product as ggml does (see `rounding`); else compute exactly.
        neuron_major: whether `ffn_down_exps` has ne = {n_embd, n_ff, n_expert}, one row for each neuron, as in the
            files of the model's authors; None: by its shape, and upstream's order where both are possible.

    Returns:
        [tokens, vocabulary]

    Raises:
        KeyError, ValueError: the file lacks something, or is of another architecture.
    """
    return SmallThinker(source, rounded=rounded, neuron_major=neuron_major).forward(tokens)


class SmallThinker:
    """One model; see `forward` for the arguments. Vectors are the last dimension everywhere."""

    def __init__(self, source: Path | GGUFReader, *, rounded: bool = False, neuron_major: bool | None = None) -> None:
        file = self.file = ModelFile(source, rounding.like_ggml if rounded else rounding.exact)
        if file.architecture != "smallthinker":
            raise ValueError(file.architecture)
        self.layers = int(file.get("block_count"))
        self.width = int(file.get("embedding_length"))
        self.heads = int(file.get("attention.head_count"))
        self.kv_heads = int(file.get("attention.head_count_kv", self.heads))
        self.head_size = int(file.get("attention.key_length", self.width // self.heads))
        self.epsilon = float(file.get("attention.layer_norm_rms_epsilon"))
        self.rope_base = float(file.get("rope.freq_base", 10_000.0))
        self.expert_count = int(file.get("expert_count"))
        self.experts_used = int(file.get("expert_used_count"))
        self.gating_function = int(file.get("expert_gating_func", SIGMOID))  # the authors' files do not say it
        self.window = int(file.get("attention.sliding_window", 0))
        self.window_layers = self._window_layers(file.get("attention.sliding_window_pattern", _DEFAULT_PERIOD))
        self.neuron_major = neuron_major

    def _window_layers(self, pattern: Any) -> tuple[bool, ...]:
        """Which layers see the window only: a flag for each, or a period whose first layer is global."""
        if not self.window:
            return (False,) * self.layers
        if isinstance(pattern, list):
            return tuple(bool(flag) for flag in pattern[: self.layers])
        return tuple(pattern == 0 or layer % int(pattern) != 0 for layer in range(self.layers))

    def forward(self, tokens: Sequence[int]) -> Logits:
        """See the function `forward`."""
        x = self.file.rows("token_embd.weight", tokens)
        for layer in range(self.layers):
            x = self.block(layer, x)
        return self.output()(self.norm(x, "output_norm.weight"))

    def block(self, layer: int, x: Array) -> Array:
        """One layer; [tokens, width] to [tokens, width]."""
        attended = x + self.attention(layer, self.norm(x, f"blk.{layer}.attn_norm.weight"))
        normed = self.norm(attended, f"blk.{layer}.ffn_norm.weight")
        chosen, shares = self.routes(self.matrix(layer, "ffn_gate_inp")(self.router_input(layer, x, normed)))
        return attended + self.experts(layer, normed, chosen, shares)

    def matrix(self, layer: int, name: str) -> Matrix:
        """Weights of a layer."""
        return self.file.matrix(f"blk.{layer}.{name}.weight")

    def norm(self, x: Array, name: str) -> Array:
        """Root mean square norm."""
        scaled: Array = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + self.epsilon) * self.file.vector(name)
        return scaled

    def output(self) -> Matrix:
        """To the logits: a matrix of its own, or the embeddings."""
        return self.file.matrix("output.weight" if self.file.has("output.weight") else "token_embd.weight")

    # attention

    def attention(self, layer: int, x: Array) -> Array:
        """What the tokens hear of each other."""
        tokens = len(x)

        def heads(name: str, count: int) -> Array:
            return self.matrix(layer, name)(x).reshape(tokens, count, self.head_size)

        query, key = heads("attn_q", self.heads), heads("attn_k", self.kv_heads)
        value = heads("attn_v", self.kv_heads)
        if self.has_positions(layer):
            query, key = self.rotate(query), self.rotate(key)
        shared = self.shared_heads()
        scores = np.einsum("qhd,khd->hqk", query, key[:, shared]) * self.attention_scale()
        scores = np.where(self.sees(layer, tokens), scores, -np.inf)
        mixed = np.einsum("hqk,khd->qhd", softmax(scores), value[:, shared])
        return self.matrix(layer, "attn_output")(mixed.reshape(tokens, -1))

    def has_positions(self, layer: int) -> bool:
        """Whether queries and keys are rotated."""
        return self.window_layers[layer] or not any(self.window_layers)

    def rotate(self, x: Array) -> Array:
        """Rotary positions on [tokens, heads, head size]; the two halves of a head make the pairs."""
        half = self.head_size // 2
        angles = np.outer(np.arange(len(x)), self.rope_base ** (-np.arange(half) / half))[:, None, :]
        first, second = x[..., :half], x[..., half:]
        return np.concatenate(
            [first * np.cos(angles) - second * np.sin(angles), first * np.sin(angles) + second * np.cos(angles)],
            axis=-1,
        )

    def shared_heads(self) -> Numbers:
        """For each head, which head of keys and values it uses: neighbours share."""
        return np.arange(self.heads) // (self.heads // self.kv_heads)

    def attention_scale(self) -> float:
        """Of the scores, before the softmax."""
        return float(self.head_size**-0.5)

    def sees(self, layer: int, tokens: int) -> Flags:
        """[token that looks, token looked at]; the window counts the token itself."""
        distance = np.arange(tokens)[:, None] - np.arange(tokens)[None, :]
        visible: Flags = distance >= 0
        if self.window_layers[layer]:
            visible &= distance < self.window
        return visible

    # experts

    def router_input(self, _layer: int, x: Array, _normed: Array) -> Array:
        """What the router reads, of the layer's input and of the experts' input."""
        return x

    def gating(self, scores: Array) -> Array:
        """Shares of all experts from the router's scores."""
        if self.gating_function == SIGMOID:
            return 1.0 / (1.0 + np.exp(-scores))
        if self.gating_function == SOFTMAX:
            return softmax(scores)
        raise ValueError(self.gating_function)

    def routes(self, scores: Array) -> tuple[Numbers, Array]:
        """The experts of each token and their shares, both [tokens, used]."""
        shares = self.gating(scores)
        chosen = np.argsort(-shares, axis=-1, kind="stable")[:, : self.experts_used]
        return chosen, self.normalise(np.take_along_axis(shares, chosen, axis=-1))

    def normalise(self, shares: Array) -> Array:
        """Makes the shares of a token add up to one."""
        parts: Array = shares / np.maximum(shares.sum(axis=-1, keepdims=True), LEAST_SUM)
        return parts

    def activation(self, gate: Array, up: Array) -> Array:
        """A neuron is off where its gate is not positive."""
        return np.maximum(gate, 0.0) * up

    def experts(self, layer: int, x: Array, chosen: Numbers, shares: Array) -> Array:
        """The weighted sum of what each token's experts say."""
        gate, up = self.matrix(layer, "ffn_gate_exps"), self.matrix(layer, "ffn_up_exps")
        down = self._down(layer, neurons=gate.values.shape[1])
        result = np.zeros_like(x)
        for expert in np.unique(chosen):
            tokens, places = np.nonzero(chosen == expert)
            inner = self.activation(gate[expert](x[tokens]), up[expert](x[tokens]))
            result[tokens] += shares[tokens, places, None] * down[expert](inner)
        return result

    def _down(self, layer: int, neurons: int) -> Matrix:
        """[experts, width, neurons], however the file has it."""
        down = self.matrix(layer, "ffn_down_exps")
        rows, columns = down.values.shape[1:]
        neuron_major = (rows, columns) != (self.width, neurons) if self.neuron_major is None else self.neuron_major
        down = down.transposed if neuron_major else down
        if down.values.shape[1:] != (self.width, neurons):
            raise ValueError(f"ffn_down_exps of layer {layer} is {rows} by {columns}")
        return down


def softmax(scores: Array) -> Array:
    """Over the last dimension."""
    grown = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Array = grown / grown.sum(axis=-1, keepdims=True)
    return shares
