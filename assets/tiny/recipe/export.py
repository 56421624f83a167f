"""Writes a checkpoint as GGUF.

    python -m assets.tiny.recipe.export RUN-FOLDER OUT.gguf [--type Q8_0]

Matrices take the type asked for, by gguf-py's own quantization (the same rounding as llama.cpp's); norms and routers
stay F32, as in any GGUF.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from gguf import ExpertGatingFuncType, GGMLQuantizationType, GGUFWriter, LlamaFileType, TokenType, quants

from assets.tiny.recipe import checkpoint
from assets.tiny.recipe.model import Layer, SmallThinker
from assets.tiny.recipe.shape import Shape
from assets.tiny.recipe.vocabulary import CHAT_TEMPLATE, PRE_TOKENIZER, SPECIAL, Vocabulary

Floats = npt.NDArray[np.float32]
NAME: Final = "Thimble guide"
TYPES: Final = {
    "F32": (GGMLQuantizationType.F32, LlamaFileType.ALL_F32),
    "F16": (GGMLQuantizationType.F16, LlamaFileType.MOSTLY_F16),
    "Q8_0": (GGMLQuantizationType.Q8_0, LlamaFileType.MOSTLY_Q8_0),
    "Q4_0": (GGMLQuantizationType.Q4_0, LlamaFileType.MOSTLY_Q4_0),
}
_DESCRIPTION: Final = (
    "Answers questions about Thimble. A SmallThinker at toy size, trained from nothing on one computer."
)


def write(path: Path, model: SmallThinker, vocabulary: Vocabulary, kind: str = "Q8_0") -> None:
    """Writes a model and its tokenizer.

    Args:
        path: where.
        model: trained.
        vocabulary: its tokenizer.
        kind: of the matrices, a key of `TYPES`.
    """
    writer = GGUFWriter(path, "smallthinker")
    _about(writer, model, kind)
    _sizes(writer, model.shape)
    _tokenizer(writer, vocabulary, model.shape.vocabulary)
    for name, values in tensors(model):
        is_matrix = values.ndim > 1 and "ffn_gate_inp" not in name
        raw = TYPES[kind][0] if is_matrix else GGMLQuantizationType.F32
        writer.add_tensor(name, quants.quantize(values, raw), raw_dtype=raw)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def tensors(model: SmallThinker) -> Iterator[tuple[str, Floats]]:
    """Names and values as llama.cpp has them, the output dimension first."""
    of = model.shape
    yield "token_embd.weight", _values(model.embeddings)
    wide, narrow = of.heads * of.head_size, of.kv_heads * of.head_size
    for number, layer in enumerate(model.layers):
        if not isinstance(layer, Layer):
            raise TypeError(type(layer))
        p = f"blk.{number}."
        query, key, value = np.split(_values(layer.query_key_value), [wide, wide + narrow])
        gate, up = np.split(_values(layer.gate_up), 2, axis=1)
        yield p + "attn_norm.weight", _values(layer.attention_norm)
        yield p + "attn_q.weight", query
        yield p + "attn_k.weight", key
        yield p + "attn_v.weight", value
        yield p + "attn_output.weight", _values(layer.attention_output)
        yield p + "ffn_norm.weight", _values(layer.expert_norm)
        yield p + "ffn_gate_inp.weight", _values(layer.router)
        yield p + "ffn_gate_exps.weight", gate
        yield p + "ffn_up_exps.weight", up
        yield p + "ffn_down_exps.weight", _values(layer.down)
    yield "output_norm.weight", _values(model.norm)


def _values(tensor: object) -> Floats:
    found: Floats = np.ascontiguousarray(tensor.detach().float().numpy())  # type: ignore[attr-defined]
    return found


def _about(writer: GGUFWriter, model: SmallThinker, kind: str) -> None:
    total = sum(parameter.numel() for parameter in model.parameters())
    writer.add_type("model")
    writer.add_name(NAME)
    writer.add_basename("Thimble-guide")
    writer.add_description(_DESCRIPTION)
    writer.add_organization("Thimble")
    writer.add_license("mit")
    writer.add_license_name("MIT")
    writer.add_languages(["en"])
    writer.add_tags(["text-generation", "moe", "smallthinker"])
    writer.add_size_label(f"{model.shape.experts}x{round(total / 1e6)}M")
    writer.add_file_type(TYPES[kind][1])
    writer.add_quantization_version(2)


def _sizes(writer: GGUFWriter, of: Shape) -> None:
    writer.add_context_length(of.context)
    writer.add_embedding_length(of.width)
    writer.add_block_count(of.layers)
    writer.add_feed_forward_length(of.hidden)
    writer.add_expert_feed_forward_length(of.hidden)
    writer.add_head_count(of.heads)
    writer.add_head_count_kv(of.kv_heads)
    writer.add_key_length(of.head_size)
    writer.add_value_length(of.head_size)
    writer.add_rope_dimension_count(of.head_size)
    writer.add_rope_freq_base(of.rope_base)
    writer.add_layer_norm_rms_eps(of.epsilon)
    writer.add_expert_count(of.experts)
    writer.add_expert_used_count(of.used)
    writer.add_expert_gating_func(ExpertGatingFuncType.SIGMOID)
    writer.add_sliding_window(of.window)
    writer.add_vocab_size(of.vocabulary)


def _tokenizer(writer: GGUFWriter, vocabulary: Vocabulary, size: int) -> None:
    import json

    model = json.loads(vocabulary.tokenizer.to_str())["model"]
    by_number = {number: token for token, number in model["vocab"].items()}
    tokens = [by_number.get(number, f"<|unused_{number}|>") for number in range(size)]
    kinds = [
        TokenType.CONTROL if token in SPECIAL else TokenType.NORMAL if number in by_number else TokenType.UNUSED
        for number, token in enumerate(tokens)
    ]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(PRE_TOKENIZER)
    writer.add_token_list(tokens)
    writer.add_token_types(kinds)
    writer.add_token_merges([merge if isinstance(merge, str) else " ".join(merge) for merge in model["merges"]])
    writer.add_bos_token_id(vocabulary.end_of_text)
    writer.add_eos_token_id(vocabulary.end)
    writer.add_pad_token_id(vocabulary.end_of_text)
    writer.add_add_bos_token(False)
    writer.add_chat_template(CHAT_TEMPLATE)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m assets.tiny.recipe.export", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--type", choices=TYPES, default="Q8_0")
    given = parser.parse_args()
    model = checkpoint.model(given.folder / checkpoint.CHECKPOINT)
    write(given.out, model, Vocabulary.load(given.folder / checkpoint.VOCABULARY), given.type)
    sys.stderr.write(f"{given.out}: {given.out.stat().st_size / 1e6:.2f} MB\n")


if __name__ == "__main__":
    main()
