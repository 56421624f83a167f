"""GGUF files for tests: sound ones written by the gguf package, and raw bytes to make damaged ones from."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from gguf import GGMLQuantizationType, GGUFWriter

STRING, ARRAY, U32, BOOL = 8, 9, 4, 7


def write_model(
    path: Path,
    *,
    architecture: str = "llama",
    name: str = "Tiny",
    layers: int = 2,
    experts: int = 0,
    vocabulary: int = 32,
    file_type: int | None = 2,
    template: str = "",
    extra: dict[str, int] | None = None,
) -> Path:
    """A model of a few kilobytes with zeroed weights.

    Args:
        path: where.
        architecture, name: of the header.
        layers: blocks.
        experts: experts per layer, two of them used; 0 for a dense model.
        vocabulary: number of tokens.
        file_type: `general.file_type`; None leaves it out.
        template: chat template; empty for none.
        extra: more integers, by key without the architecture.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, architecture)
    writer.add_name(name)
    if file_type is not None:
        writer.add_file_type(file_type)
    writer.add_context_length(2048)
    writer.add_block_count(layers)
    writer.add_embedding_length(64)
    writer.add_feed_forward_length(128)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    if experts:
        writer.add_expert_count(experts)
        writer.add_expert_used_count(2)
    for key, value in (extra or {}).items():
        writer.add_uint32(f"{architecture}.{key}", value)
    if template:
        writer.add_chat_template(template)
    writer.add_token_list([f"token {number}" for number in range(vocabulary)])
    _add_q4_0(writer, "token_embd.weight", (vocabulary, 64))
    for layer in range(layers):
        writer.add_tensor(f"blk.{layer}.attn_norm.weight", np.zeros(64, np.float32))
        if experts:
            for kind in ("gate", "up", "down"):
                _add_q4_0(writer, f"blk.{layer}.ffn_{kind}_exps.weight", (experts, 64, 64))
        else:
            _add_q4_0(writer, f"blk.{layer}.ffn_up.weight", (128, 64))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def _add_q4_0(writer: GGUFWriter, name: str, shape: tuple[int, ...]) -> None:
    rows = (*shape[:-1], shape[-1] // 32 * 18)
    writer.add_tensor(name, np.zeros(rows, np.uint8), raw_dtype=GGMLQuantizationType.Q4_0)


def text(value: str | bytes) -> bytes:
    """A GGUF string."""
    raw = value.encode() if isinstance(value, str) else value
    return struct.pack("<Q", len(raw)) + raw


def entry(key: str | bytes, kind: int, value: bytes) -> bytes:
    """One metadata entry."""
    return text(key) + struct.pack("<I", kind) + value


def tensor(name: str, shape: Sequence[int], kind: int, offset: int) -> bytes:
    """One entry of the tensor table."""
    return text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def gguf(
    entries: Sequence[bytes] = (),
    tensors: Sequence[bytes] = (),
    *,
    data: int = 0,
    **head: Any,
) -> bytes:
    """A whole file: header, entries, tensors, padding to 32, `data` zero bytes.

    Args:
        entries, tensors: as `entry` and `tensor` make them.
        data: size of the weights in bytes.
        head: `version`, `keys`, `count`: numbers to write in place of the true ones.
    """
    begin = b"GGUF" + struct.pack(
        "<IQQ", head.get("version", 3), head.get("count", len(tensors)), head.get("keys", len(entries))
    )
    content = begin + b"".join(entries) + b"".join(tensors)
    return content + bytes(-len(content) % 32) + bytes(data)


def small() -> bytes:
    """A sound file of two tensors, as raw material."""
    entries = [
        entry("general.architecture", STRING, text("llama")),
        entry("llama.block_count", U32, struct.pack("<I", 1)),
        entry("tokenizer.ggml.tokens", ARRAY, struct.pack("<IQ", STRING, 3) + text("a") + text("bc") + text("")),
    ]
    return gguf(entries, [tensor("a", [32, 2], 2, 0), tensor("b", [4], 0, 64)], data=80)
