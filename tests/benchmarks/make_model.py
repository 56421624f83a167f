"""Writes models for the benchmarks: SmallThinker's and Qwen3's shapes with random weights.

    .venv/bin/python -m tests.benchmarks.make_model OUT.gguf --shape 4b --vocab-from ANY.gguf

They measure speed and memory, not quality. Routing skew and ReGLU sparsity are set by design: 32 dimensions of the
residual stream hold a constant that no layer overwrites. The routers read it as each expert's popularity, and the gate
matrices as a negative offset, which switches a share of the neurons off. Tensors are made and written one by one.

With `--neuron-major` and `--profiler` SmallThinker's are as its authors' own files: an expert's down matrix has a row
for each neuron, the gating function is not named, and a predictor of the vocabulary's rows keeps a quarter of them.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from gguf import ExpertGatingFuncType, GGMLQuantizationType, GGUFReader, GGUFWriter, LlamaFileType

Bytes = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float32]

BLOCK: Final = 32
BLOCK_BYTES: Final = 18
_STEP: Final = 4.32  # standard deviation of the whole numbers -7…7, each as likely
_PROFILER_OFFSET: Final = 0.7  # of the scores' spread: a quarter of a normal distribution lies above


@dataclass(frozen=True, slots=True)
class Shape:
    """Sizes of a model; `window` 0 for none, `experts` 0 for a dense one."""

    layers: int
    width: int
    hidden: int
    heads: int
    kv_heads: int
    experts: int
    used: int
    window: int
    tied: bool
    head: int = 128
    vocabulary: int = 151936
    architecture: str = "smallthinker"


SHAPES: Final = {
    "4b": Shape(32, 1536, 768, 12, 2, 32, 4, 0, tied=True),
    "21b": Shape(52, 2560, 768, 28, 4, 64, 6, 4096, tied=False),
    # 12 of Qwen3-30B-A3B's 48 layers: all of them are 17 GB
    "qwen30b-12": Shape(12, 2048, 768, 32, 4, 128, 8, 0, tied=False, architecture="qwen3moe"),
    "qwen1.7b": Shape(28, 2048, 6144, 16, 8, 0, 0, 0, tied=True, architecture="qwen3"),
    "mini": Shape(8, 512, 256, 4, 2, 32, 4, 0, tied=True, vocabulary=4096),
    "mini-swa": Shape(8, 512, 256, 4, 2, 32, 4, 64, tied=True, vocabulary=4096),
    "mini-qwen3moe": Shape(4, 512, 256, 4, 2, 32, 4, 0, tied=False, vocabulary=4096, architecture="qwen3moe"),
    "mini-qwen3": Shape(4, 512, 1024, 4, 2, 0, 0, 0, tied=True, vocabulary=4096, architecture="qwen3"),
}


@dataclass(frozen=True, slots=True)
class Tensor:
    """One to be written: its NumPy shape, whether it is Q4_0 (else F32), and how its values are made."""

    name: str
    shape: tuple[int, ...]
    quantized: bool
    make: Callable[[], Bytes | Floats]


def write_model(
    path: Path,
    shape: Shape,
    *,
    seed: int = 7,
    skew: float = 1.0,
    offset: float = 0.5,
    vocab_from: Path | None = None,
    neuron_major: bool = False,
    profiler: int = 0,
) -> None:
    """Writes a model.

    Args:
        path: where.
        shape: sizes.
        seed: of everything.
        skew: spread of the experts' popularity, relative to what the token itself decides.
        offset: of the gates, in their standard deviations: 0.5 switches two thirds of the neurons off.
        vocab_from: a GGUF whose tokenizer is taken, and padded; None: no tokenizer.
        neuron_major: down matrices with one row for each neuron; of smallthinker only.
        profiler: hidden values of the predictor of the vocabulary's rows, a multiple of 32; 0 for none.
    """
    random = np.random.default_rng(seed)
    tensors = list(_tensors(random, shape, skew, offset, neuron_major=neuron_major))
    if profiler:
        tensors.append(_profiler(random, shape, profiler))
    writer = GGUFWriter(path, shape.architecture)
    _metadata(writer, shape, path.stem, vocab_from, named_gating=not neuron_major)
    for tensor in tensors:
        columns = tensor.shape[-1] // BLOCK * BLOCK_BYTES if tensor.quantized else tensor.shape[-1]
        stored = (*tensor.shape[:-1], columns)
        kind = np.dtype(np.uint8 if tensor.quantized else np.float32)
        size = int(np.prod(stored)) * kind.itemsize
        raw = GGMLQuantizationType.Q4_0 if tensor.quantized else None
        writer.add_tensor_info(tensor.name, stored, kind, size, raw)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_ti_data_to_file()
    for tensor in tensors:
        writer.write_tensor_data(tensor.make())
    writer.close()


def _tensors(
    random: np.random.Generator, of: Shape, skew: float, offset: float, *, neuron_major: bool
) -> Iterator[Tensor]:
    width, heads = of.width, of.heads * of.head

    def q4(name: str, *shape: int, sigma: float, block: tuple[int, float] | None = None, quiet: bool = False) -> Tensor:
        return Tensor(name, shape, True, lambda: _q4_0(random, shape, sigma, block, quiet=quiet))

    def ones(name: str, length: int = width) -> Tensor:
        return Tensor(name, (length,), False, lambda: np.ones(length, np.float32))

    # nibble 15 is +7 steps: a constant of 1 in the first block
    yield q4("token_embd.weight", of.vocabulary, width, sigma=1.0, block=(15, 1 / 7))
    if not of.tied:
        yield q4("output.weight", of.vocabulary, width, sigma=width**-0.5, block=(8, 0.0))
    yield ones("output_norm.weight")
    for layer in range(of.layers):
        p = f"blk.{layer}."
        yield ones(p + "attn_norm.weight")
        for name, rows in (("attn_q", heads), ("attn_k", of.kv_heads * of.head), ("attn_v", of.kv_heads * of.head)):
            yield q4(f"{p}{name}.weight", rows, width, sigma=width**-0.5)
        if of.architecture != "smallthinker":
            yield ones(p + "attn_q_norm.weight", of.head)
            yield ones(p + "attn_k_norm.weight", of.head)
        yield q4(p + "attn_output.weight", width, heads, sigma=0.3 * heads**-0.5, quiet=True)
        yield ones(p + "ffn_norm.weight")
        experts, kind = ((of.experts,), "_exps") if of.experts else ((), "")
        if of.experts:
            yield Tensor(p + "ffn_gate_inp.weight", (of.experts, width), False, lambda: _router(random, of, skew))
        # nibble 0 is -8 steps: with the constant, a negative offset of every neuron
        block = (0, offset / (BLOCK * 8))
        yield q4(f"{p}ffn_gate{kind}.weight", *experts, of.hidden, width, sigma=width**-0.5, block=block)
        yield q4(f"{p}ffn_up{kind}.weight", *experts, of.hidden, width, sigma=width**-0.5)
        down, sigma = f"{p}ffn_down{kind}.weight", 0.5 * of.hidden**-0.5
        if neuron_major:
            yield q4(down, *experts, of.hidden, width, sigma=sigma, block=(8, 0.0))  # leaves the constant alone, too
        else:
            yield q4(down, *experts, width, of.hidden, sigma=sigma, quiet=True)


def _profiler(random: np.random.Generator, of: Shape, units: int) -> Tensor:
    """W1 [units, width], then W2 [vocabulary, units]. Units 0 to 31 read the constant, and W2 makes a negative offset
    of them; the others are random. So the scores of a token are spread around less than zero."""

    def make() -> Bytes:
        first = _q4_0(random, (units, of.width), of.width**-0.5, (8, 0.0), quiet=False).reshape(units, -1, BLOCK_BYTES)
        first[:BLOCK, :, :2] = 0
        first[:BLOCK, 0, :2] = np.frombuffer(np.float16(1 / (7 * BLOCK)).tobytes(), np.uint8)
        first[:BLOCK, 0, 2:] = 15 | 15 << 4
        spread = (units - BLOCK) ** -0.5
        second = _q4_0(random, (of.vocabulary, units), spread, (0, _PROFILER_OFFSET / (BLOCK * 8)), quiet=False)
        return np.concatenate([first.ravel(), second.ravel()])[None]

    return Tensor("lm_head_profiler.weight", (1, units * (of.width + of.vocabulary)), True, make)


def _q4_0(
    random: np.random.Generator,
    shape: tuple[int, ...],
    sigma: float,
    block: tuple[int, float] | None,
    *,
    quiet: bool,
) -> Bytes:
    """Random Q4_0 rows.

    Args:
        random: where from.
        shape: rows last but one.
        sigma: standard deviation of the weights.
        block: nibble and scale of each row's first block.
        quiet: rows 0 to 31 of each matrix are zero: they leave the constant alone.
    """
    blocks = (*shape[:-1], shape[-1] // BLOCK)
    scales = (sigma / _STEP * random.uniform(0.8, 1.2, blocks)).astype(np.float16)
    low, high = (random.integers(1, 16, (*blocks, BLOCK // 2), np.uint8) for _ in range(2))
    nibbles = low | high << 4
    if block is not None:
        nibbles[..., 0, :] = block[0] | block[0] << 4
        scales[..., 0] = np.float16(block[1])
    if quiet:
        scales[..., :BLOCK, :] = 0
    rows = np.concatenate([scales[..., None].view(np.uint8), nibbles], axis=-1)
    return rows.reshape(*shape[:-1], -1)


def _router(random: np.random.Generator, of: Shape, skew: float) -> Floats:
    weights = random.normal(0.0, of.width**-0.5, (of.experts, of.width)).astype(np.float32)
    weights[:, :BLOCK] = 0
    weights[:, 0] = random.normal(0.0, skew, of.experts)
    return weights


def _metadata(writer: GGUFWriter, of: Shape, name: str, vocab_from: Path | None, *, named_gating: bool) -> None:
    writer.add_name(name)
    writer.add_context_length(32768)
    writer.add_embedding_length(of.width)
    writer.add_block_count(of.layers)
    writer.add_feed_forward_length(of.hidden)
    if of.experts:
        writer.add_expert_feed_forward_length(of.hidden)
    writer.add_head_count(of.heads)
    writer.add_head_count_kv(of.kv_heads)
    writer.add_key_length(of.head)
    writer.add_value_length(of.head)
    writer.add_rope_dimension_count(of.head)
    writer.add_rope_freq_base(1.5e6)
    writer.add_layer_norm_rms_eps(1e-6)
    if of.experts:
        writer.add_expert_count(of.experts)
        writer.add_expert_used_count(of.used)
    if of.architecture == "smallthinker" and named_gating:
        writer.add_expert_gating_func(ExpertGatingFuncType.SIGMOID)
    writer.add_vocab_size(of.vocabulary)
    writer.add_file_type(LlamaFileType.MOSTLY_Q4_0)
    if of.window:
        writer.add_sliding_window(of.window)
    if vocab_from is None:
        writer.add_tokenizer_model("none")
    else:
        _tokenizer(writer, of.vocabulary, GGUFReader(vocab_from))


def _tokenizer(writer: GGUFWriter, size: int, source: GGUFReader) -> None:
    def value(key: str) -> Any:
        field = source.fields.get(f"tokenizer.{key}")
        return field.contents() if field else None

    tokens, types = list(value("ggml.tokens")), list(value("ggml.token_type"))
    padding = range(len(tokens), size)
    tokens += [f"<|pad_{number}|>" for number in padding]
    types += [5 for _ in padding]  # unused
    writer.add_tokenizer_model(value("ggml.model"))
    writer.add_tokenizer_pre(value("ggml.pre"))
    writer.add_token_list(tokens[:size])
    writer.add_token_types(types[:size])
    writer.add_token_merges(value("ggml.merges"))
    for key, add in (("bos", writer.add_bos_token_id), ("eos", writer.add_eos_token_id)):
        if (token := value(f"ggml.{key}_token_id")) is not None:
            add(int(token))
    if template := value("chat_template"):
        writer.add_chat_template(template)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.make_model", description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--shape", choices=SHAPES, default="4b")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--skew", type=float, default=1.0)
    parser.add_argument("--offset", type=float, default=0.5)
    parser.add_argument("--vocab-from", type=Path, default=None)
    parser.add_argument("--neuron-major", action="store_true", help="down matrices with one row for each neuron")
    parser.add_argument("--profiler", type=int, default=0, metavar="N", help="hidden values of the head's predictor")
    options = parser.parse_args()
    write_model(
        options.out,
        SHAPES[options.shape],
        seed=options.seed,
        skew=options.skew,
        offset=options.offset,
        vocab_from=options.vocab_from,
        neuron_major=options.neuron_major,
        profiler=options.profiler,
    )
    sys.stderr.write(f"{options.out}: {options.out.stat().st_size / 1e9:.2f} GB\n")


if __name__ == "__main__":
    main()
