"""Tiny Mixture-of-Experts models with random weights, of every architecture whose experts the engine keeps on disk.

Real GGUFs that the real engine loads in milliseconds. The vocabulary is `tiny_model`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from gguf import GGMLQuantizationType as Type
from gguf import GGUFReader, GGUFValueType, GGUFWriter, TokenType, quants

from tests.helpers import random_blocks
from tests.helpers.tiny_model import IM_END, IM_START, TEMPLATE, VOCABULARY, byte_tokens

Array = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Sizes:
    """Of a model; `dense` is the type of what is not an expert, `quick` takes random blocks for quantized weights."""

    width: int = 256
    hidden: int = 256
    heads: int = 4
    kv_heads: int = 2
    head: int = 64
    layers: int = 4
    experts: int = 8
    used: int = 3
    window: int = 64
    dense: Type = Type.Q8_0
    quick: bool = False


TINY: Final = Sizes()
WIDTH: Final = TINY.width
HIDDEN: Final = TINY.hidden
LAYERS: Final = TINY.layers
EXPERTS: Final = TINY.experts
USED: Final = TINY.used
_NEURONS: Final = 96  # of an expert, where it must not be as wide as the hidden state


class Architecture(StrEnum):
    """What is written; the names say what is special about it."""

    SMALLTHINKER = "smallthinker"
    SMALLTHINKER_WINDOW = "smallthinker-window"
    QWEN3MOE = "qwen3moe"
    OLMOE = "olmoe"
    MIXTRAL = "llama"
    GPT_OSS = "gpt-oss"
    DEEPSEEK2 = "deepseek2"
    GLM4MOE = "glm4moe"
    MERGED_GATE_UP = "merged-gate-up"


@dataclass
class Model:
    """What goes into the file, put together step by step.

    Attributes:
        random: for the weights.
        architecture: in the file.
        numbers: metadata by key without the architecture; the usual ones come by themselves.
        tensors: weights and their types by name.
    """

    random: np.random.Generator
    architecture: str
    of: Sizes
    neuron_major: bool = False
    numbers: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, tuple[Bytes | Array, Type]] = field(default_factory=dict)

    def matrix(self, name: str, *shape: int, kind: Type = Type.F32) -> None:
        """Random weights whose rows keep a vector's length; shape as NumPy has it: rows last but one."""
        deviation = 1.2 * shape[-1] ** -0.5
        if kind in random_blocks.ONLY_READ or (self.of.quick and kind in random_blocks.TYPES):
            self.tensors[name] = (random_blocks.random_blocks(self.random, shape, kind, deviation), kind)
            return
        weights = self.random.normal(0.0, deviation, shape).astype(np.float32)
        self.tensors[name] = (weights if kind == Type.F32 else quants.quantize(weights, kind), kind)

    def vector(self, name: str, length: int, *, scale: float = 0.0) -> None:
        """Ones, or random values around 0 when there is a scale."""
        values = self.random.normal(0.0, scale, length) if scale else np.ones(length)
        self.tensors[name] = (values.astype(np.float32), Type.F32)


def write_moe(
    path: Path,
    architecture: Architecture,
    *,
    seed: int = 1,
    kinds: tuple[Type, ...] | None = None,
    tied: bool | None = None,
    sizes: Sizes = TINY,
    change: Callable[[Model], None] | None = None,
    neuron_major: bool = False,
    profiler: int = 0,
) -> Path:
    """Writes a model.

    Args:
        path: where.
        architecture: what.
        seed: of the weights.
        kinds: ggml types of the experts, layer by layer in turn; if not given MXFP4 for gpt-oss, Q4_0 for others.
        tied: whether the embeddings serve as the output; by the architecture if not given.
        sizes: of the matrices.
        change: makes of it what a test needs, before it is written.
        neuron_major: of smallthinker: as its authors write it: down matrices have one row for each neuron, of which
            there are 96, and nothing says how the router's scores become weights (a sigmoid).
        profiler: hidden values of a random predictor of the vocabulary's rows, a multiple of 32; 0 for none.
    """
    of = kinds or ((Type.MXFP4,) if architecture == Architecture.GPT_OSS else (Type.Q4_0,))
    model = Model(np.random.default_rng(seed), _ARCHITECTURE_NAMES.get(architecture, architecture), sizes)
    if neuron_major:
        model.neuron_major, model.of = True, replace(sizes, hidden=_NEURONS)
    if tied is None:
        tied = architecture == Architecture.SMALLTHINKER
    model.matrix("token_embd.weight", VOCABULARY, model.of.width, kind=model.of.dense)
    model.vector("output_norm.weight", model.of.width)
    if not tied:
        model.matrix("output.weight", VOCABULARY, model.of.width, kind=model.of.dense)
    if profiler:
        size = profiler * (model.of.width + VOCABULARY)
        model.tensors["lm_head_profiler.weight"] = (
            quants.quantize(model.random.normal(0.0, 1.0, (1, size)).astype(np.float32), Type.Q4_0),
            Type.Q4_0,
        )
    for layer in range(sizes.layers):
        _BUILDERS[architecture](model, layer, of[layer % len(of)])
    if neuron_major:
        del model.numbers["expert_gating_func"]
    if change is not None:
        change(model)
    _write(path, model)
    return path


MIXED: Final = (Type.Q4_0, Type.Q6_K, Type.F16, Type.Q4_K)
"""Types for `kinds` that give several slot sizes, some re-arranged for the repack kernels and some not."""

ARCHITECTURES: Final = tuple(Architecture)

_ARCHITECTURE_NAMES: Final = {
    Architecture.SMALLTHINKER_WINDOW: "smallthinker",
    Architecture.MERGED_GATE_UP: "deepseek2",
}


def split(path: Path, parts: int) -> list[Path]:
    """Splits a model into parts by llama.cpp's naming and keys; the first holds the metadata."""
    reader = GGUFReader(path)
    per_part = -(-len(reader.tensors) // parts)
    files = []
    for number in range(parts):
        target = path.with_name(f"{path.stem}-{number + 1:05d}-of-{parts:05d}.gguf")
        writer = GGUFWriter(target, str(reader.fields["general.architecture"].contents()))
        if number == 0:
            for name, entry in reader.fields.items():
                if not name.startswith("GGUF.") and name != "general.architecture":
                    kind = entry.types[0]
                    inner = entry.types[-1] if kind == GGUFValueType.ARRAY else None
                    writer.add_key_value(name, entry.contents(), kind, sub_type=inner)
        writer.add_uint16("split.no", number)
        writer.add_uint16("split.count", parts)
        writer.add_int32("split.tensors.count", len(reader.tensors))
        for tensor in reader.tensors[number * per_part : (number + 1) * per_part]:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        _finish(writer)
        files.append(target)
    return files


def _attention(model: Model, layer: int, *, bias: bool = False, kv_heads: int = 0) -> None:
    p = f"blk.{layer}."
    kv_heads = kv_heads or model.of.kv_heads
    model.vector(p + "attn_norm.weight", model.of.width)
    for name, rows in (
        ("attn_q", model.of.heads * model.of.head),
        ("attn_k", kv_heads * model.of.head),
        ("attn_v", kv_heads * model.of.head),
    ):
        model.matrix(f"{p}{name}.weight", rows, model.of.width, kind=model.of.dense)
        if bias:
            model.vector(f"{p}{name}.bias", rows, scale=0.1)
    model.matrix(p + "attn_output.weight", model.of.width, model.of.heads * model.of.head, kind=model.of.dense)
    if bias:
        model.vector(p + "attn_output.bias", model.of.width, scale=0.1)


def _experts(model: Model, layer: int, kind: Type, *, bias: bool = False, merged: bool = False) -> None:
    p = f"blk.{layer}."
    width, hidden = model.of.width, model.of.hidden
    model.matrix(p + "ffn_gate_inp.weight", model.of.experts, width)
    names = [("gate_up", 2 * hidden, width)] if merged else [("gate", hidden, width), ("up", hidden, width)]
    down = ("down", hidden, width) if model.neuron_major else ("down", width, hidden)
    for name, rows, columns in [*names, down]:
        model.matrix(f"{p}ffn_{name}_exps.weight", model.of.experts, rows, columns, kind=kind)
        if bias:
            values = model.random.normal(0.0, 0.1, (model.of.experts, rows)).astype(np.float32)
            model.tensors[f"{p}ffn_{name}_exps.bias"] = (values, Type.F32)
    if bias:
        model.vector(p + "ffn_gate_inp.bias", model.of.experts, scale=0.1)


def give_experts(
    model: Model,
    *,
    experts: int = TINY.experts,
    used: int = TINY.used,
    hidden: int = TINY.hidden,
    kinds: tuple[Type, Type, Type] = (Type.Q4_0,) * 3,
) -> None:
    """For `change`: other experts in every layer of a model whose layers all have some.

    Args:
        model: to be changed.
        experts, used: per layer and per token.
        hidden: neurons of one.
        kinds: of gate, up and down.
    """
    model.numbers |= {"expert_count": experts, "expert_used_count": used, "expert_feed_forward_length": hidden}
    for layer in range(model.of.layers):
        p = f"blk.{layer}.ffn_"
        model.matrix(f"{p}gate_inp.weight", experts, model.of.width)
        width = model.of.width
        shapes = ((experts, hidden, width), (experts, hidden, width), (experts, width, hidden))
        for name, shape, kind in zip(("gate", "up", "down"), shapes, kinds, strict=True):
            model.matrix(f"{p}{name}_exps.weight", *shape, kind=kind)


def _dense(model: Model, layer: int, suffix: str = "") -> None:
    p = f"blk.{layer}.ffn_"
    model.matrix(f"{p}gate{suffix}.weight", model.of.hidden, model.of.width, kind=model.of.dense)
    model.matrix(f"{p}up{suffix}.weight", model.of.hidden, model.of.width, kind=model.of.dense)
    model.matrix(f"{p}down{suffix}.weight", model.of.width, model.of.hidden, kind=model.of.dense)


def _smallthinker(model: Model, layer: int, kind: Type) -> None:
    model.numbers |= {"expert_gating_func": 2, "expert_feed_forward_length": model.of.hidden}
    _attention(model, layer)
    model.vector(f"blk.{layer}.ffn_norm.weight", model.of.width)
    _experts(model, layer, kind)


def _smallthinker_window(model: Model, layer: int, kind: Type) -> None:
    model.numbers |= {"attention.sliding_window": model.of.window}
    _smallthinker(model, layer, kind)


def _qwen3moe(model: Model, layer: int, kind: Type) -> None:
    model.numbers |= {"expert_feed_forward_length": model.of.hidden}
    _attention(model, layer)
    for name in ("attn_q_norm", "attn_k_norm"):
        model.vector(f"blk.{layer}.{name}.weight", model.of.head)
    model.vector(f"blk.{layer}.ffn_norm.weight", model.of.width)
    _experts(model, layer, kind)


def _olmoe(model: Model, layer: int, kind: Type) -> None:
    model.numbers |= {"attention.head_count_kv": model.of.heads}
    _attention(model, layer, kv_heads=model.of.heads)
    model.vector(f"blk.{layer}.attn_q_norm.weight", model.of.heads * model.of.head)
    model.vector(f"blk.{layer}.attn_k_norm.weight", model.of.heads * model.of.head)
    model.vector(f"blk.{layer}.ffn_norm.weight", model.of.width)
    _experts(model, layer, kind)


def _mixtral(model: Model, layer: int, kind: Type) -> None:
    _attention(model, layer)
    model.vector(f"blk.{layer}.ffn_norm.weight", model.of.width)
    _experts(model, layer, kind)


def _gpt_oss(model: Model, layer: int, kind: Type) -> None:
    model.numbers |= {"expert_feed_forward_length": model.of.hidden, "attention.sliding_window": model.of.window}
    _attention(model, layer, bias=True)
    model.vector(f"blk.{layer}.attn_sinks.weight", model.of.heads, scale=0.5)
    model.vector(f"blk.{layer}.post_attention_norm.weight", model.of.width)
    _experts(model, layer, kind, bias=True)


def _deepseek2(model: Model, layer: int, kind: Type, *, merged: bool = False) -> None:
    latent, query, rope = 64, 96, 32
    model.numbers |= {
        "attention.q_lora_rank": query,
        "attention.kv_lora_rank": latent,
        "attention.key_length": latent + rope,
        "attention.value_length": latent,
        "attention.key_length_mla": model.of.head + rope,
        "attention.value_length_mla": model.of.head,
        "attention.head_count_kv": 1,
        "rope.dimension_count": rope,
        "expert_feed_forward_length": model.of.hidden,
        "expert_shared_count": 1,
        "expert_gating_func": 2,
        "expert_weights_scale": 1.5,
        "expert_weights_norm": True,
        "leading_dense_block_count": 1,
    }
    p = f"blk.{layer}."
    model.vector(p + "attn_norm.weight", model.of.width)
    model.vector(p + "attn_q_a_norm.weight", query)
    model.vector(p + "attn_kv_a_norm.weight", latent)
    model.matrix(p + "attn_q_a.weight", query, model.of.width)
    model.matrix(p + "attn_q_b.weight", model.of.heads * (model.of.head + rope), query)
    model.matrix(p + "attn_kv_a_mqa.weight", latent + rope, model.of.width)
    model.matrix(p + "attn_k_b.weight", model.of.heads, latent, model.of.head)
    model.matrix(p + "attn_v_b.weight", model.of.heads, model.of.head, latent)
    model.matrix(p + "attn_output.weight", model.of.width, model.of.heads * model.of.head)
    model.vector(p + "ffn_norm.weight", model.of.width)
    if layer == 0:
        _dense(model, layer)
        return
    _experts(model, layer, kind, merged=merged)
    model.vector(p + "exp_probs_b.bias", model.of.experts, scale=0.1)
    _dense(model, layer, "_shexp")


def _merged_gate_up(model: Model, layer: int, kind: Type) -> None:
    _deepseek2(model, layer, kind, merged=True)


def _glm4moe(model: Model, layer: int, kind: Type) -> None:
    model.numbers |= {
        "expert_feed_forward_length": model.of.hidden,
        "expert_shared_count": 1,
        "expert_weights_norm": True,
        "leading_dense_block_count": 1,
    }
    _attention(model, layer)
    model.vector(f"blk.{layer}.post_attention_norm.weight", model.of.width)
    if layer == 0:
        _dense(model, layer)
        return
    _experts(model, layer, kind)
    model.vector(f"blk.{layer}.exp_probs_b.bias", model.of.experts, scale=0.1)
    _dense(model, layer, "_shexp")


_BUILDERS: Final[dict[Architecture, Callable[[Model, int, Type], None]]] = {
    Architecture.SMALLTHINKER: _smallthinker,
    Architecture.SMALLTHINKER_WINDOW: _smallthinker_window,
    Architecture.QWEN3MOE: _qwen3moe,
    Architecture.OLMOE: _olmoe,
    Architecture.MIXTRAL: _mixtral,
    Architecture.GPT_OSS: _gpt_oss,
    Architecture.DEEPSEEK2: _deepseek2,
    Architecture.GLM4MOE: _glm4moe,
    Architecture.MERGED_GATE_UP: _merged_gate_up,
}


def _write(path: Path, model: Model) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, model.architecture)
    writer.add_name(f"Tiny {path.stem}")
    writer.add_file_type(2)
    writer.add_context_length(4096)
    writer.add_block_count(model.of.layers)
    writer.add_embedding_length(model.of.width)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_head_count(model.of.heads)
    numbers = {
        "feed_forward_length": model.of.hidden,
        "expert_count": model.of.experts,
        "expert_used_count": model.of.used,
        "attention.head_count_kv": model.of.kv_heads,
        "attention.key_length": model.of.head,
        "attention.value_length": model.of.head,
        "rope.dimension_count": model.of.head,
        **model.numbers,
    }
    for key, value in numbers.items():
        name = f"{model.architecture}.{key}"
        if isinstance(value, bool):
            writer.add_bool(name, value)
        elif isinstance(value, float):
            writer.add_float32(name, value)
        elif isinstance(value, list):
            writer.add_array(name, value)
        else:
            writer.add_uint32(name, value)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*byte_tokens(), "<|im_start|>", "<|im_end|>"])
    writer.add_token_types([TokenType.NORMAL] * 256 + [TokenType.CONTROL] * 2)
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_bos_token_id(IM_START)
    writer.add_eos_token_id(IM_END)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    for name, (weights, kind) in model.tensors.items():
        writer.add_tensor(name, weights, raw_dtype=kind)
    _finish(writer)


def _finish(writer: GGUFWriter) -> None:
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
