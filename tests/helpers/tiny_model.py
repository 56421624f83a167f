"""Tiny models for tests: real GGUFs that the real engine loads in milliseconds.

The vocabulary is GPT-2's 256 bytes, so that every text can be written and every emoji is four tokens, plus the marks
`<|im_start|>` and `<|im_end|>` (the end token). The chat template is made of plain text; the prompt ends with `>`.

- `write_random`: random weights; its answers are nonsense, but the same nonsense every time. With `window`, every
  other layer looks through a sliding window (architecture gemma2).
- `write_chain`: weights made so that each byte is followed by one certain other: it says the text it was given.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter, PoolingType, TokenType

Array = npt.NDArray[np.float32]

IM_START: Final = 256
IM_END: Final = 257
VOCABULARY: Final = 258
TEMPLATE: Final = (
    "{% for m in messages %}"
    "{% if m['role'] == 'user' and not loop.first and messages[loop.index0 - 1]['role'] == 'user' %}"
    "{{ raise_exception('roles must alternate') }}{% endif %}"
    "{{ m['role'][0] }}:{{ m['content'] }}\n"
    "{% endfor %}"
    "{% if style is defined %}[{{ style }}]{% endif %}"
    "{% if add_generation_prompt %}>{% endif %}"
)
_LAYERS: Final = 2


def byte_tokens() -> list[str]:
    """The 256 bytes as GPT-2 writes them: printable ones as themselves, the others as characters from U+0100 on."""
    printable = {*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAC + 1), *range(0xAE, 0xFF + 1)}
    others = [byte for byte in range(256) if byte not in printable]
    return [chr(byte) if byte in printable else chr(256 + others.index(byte)) for byte in range(256)]


def write_random(
    path: Path,
    *,
    seed: int = 1,
    window: int = 0,
    context: int = 4096,
    template: str | None = TEMPLATE,
    pooling: PoolingType | None = None,
) -> Path:
    """A model with random weights.

    Args:
        path: where.
        seed: of the weights.
        window: tokens that every other layer sees; 0 for a model without window layers.
        context: trained context length.
        template: chat template; None for none.
        pooling: how an embedding model makes one vector of its tokens'; None for a model that writes.
    """
    random = np.random.default_rng(seed)

    def matrix(rows: int, columns: int) -> Array:
        return random.normal(0.0, 1.5 * columns**-0.5, (rows, columns)).astype(np.float32)

    width, narrow, hidden = 64, 32, 96
    # gemma2 ties the output to the embeddings: small ones, or every token would be followed by itself
    scale = 0.05 if window else 1.0
    weights = {
        "token_embd.weight": random.normal(0.0, scale, (VOCABULARY, width)).astype(np.float32),
        "output_norm.weight": np.ones(width, np.float32),
    }
    if not window:
        weights["output.weight"] = matrix(VOCABULARY, width)
    for layer in range(_LAYERS):
        sizes = {
            "attn_q": (width, width),
            "attn_k": (narrow, width),
            "attn_v": (narrow, width),
            "attn_output": (width, width),
            "ffn_gate": (hidden, width),
            "ffn_up": (hidden, width),
            "ffn_down": (width, hidden),
        }
        norms = ["attn_norm", "ffn_norm", *(["post_attention_norm", "post_ffw_norm"] if window else [])]
        weights |= {f"blk.{layer}.{name}.weight": matrix(*size) for name, size in sizes.items()}
        weights |= {f"blk.{layer}.{name}.weight": np.ones(width, np.float32) for name in norms}
    return _write(
        path, "gemma2" if window else "llama", weights, width, hidden, context, template, window=window, pooling=pooling
    )


def write_chain(path: Path, text: str, *, loops: bool = False, context: int = 4096) -> Path:
    """A model that says `text` after the prompt's `>`, then ends; with `loops` it begins again, without end.

    Args:
        path: where.
        text: its UTF-8 bytes must be all different, and `>` not among them.
        loops: never ends.
        context: trained context length.
    """
    said = text.encode()
    assert len(set(said)) == len(said), "every byte has only one successor"
    assert b">" not in said
    width = 288  # at least one dimension per token, in whole blocks of 32
    follows = dict(zip(b">" + said[:-1], said, strict=True))
    follows[said[-1]] = said[0] if loops else IM_END
    output = np.zeros((VOCABULARY, width), np.float32)
    for before, after in follows.items():
        output[after, before] = 1.0
    weights: dict[str, Array] = {
        "token_embd.weight": np.eye(VOCABULARY, width, dtype=np.float32),
        "output_norm.weight": np.ones(width, np.float32),
        "output.weight": output,
    }
    hidden = 32
    for layer in range(_LAYERS):  # they add nothing to the token's own embedding
        sizes = {
            "attn_q": (width, width),
            "attn_k": (width // 2, width),
            "attn_v": (width // 2, width),
            "attn_output": (width, width),
            "ffn_gate": (hidden, width),
            "ffn_up": (hidden, width),
            "ffn_down": (width, hidden),
        }
        weights |= {f"blk.{layer}.{name}.weight": np.zeros(size, np.float32) for name, size in sizes.items()}
        weights |= {f"blk.{layer}.{name}.weight": np.ones(width, np.float32) for name in ("attn_norm", "ffn_norm")}
    return _write(path, "llama", weights, width, hidden, context, TEMPLATE)


def write_unknown(path: Path) -> Path:
    """A sound GGUF of an architecture that no engine knows."""
    return _write(
        path, "thimblefish", {"token_embd.weight": np.zeros((VOCABULARY, 64), np.float32)}, 64, 96, 4096, TEMPLATE
    )


def _write(
    path: Path,
    architecture: str,
    weights: dict[str, Array],
    width: int,
    hidden: int,
    context: int,
    template: str | None,
    *,
    window: int = 0,
    pooling: PoolingType | None = None,
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, architecture)
    writer.add_name(f"Tiny {path.stem}")
    writer.add_file_type(0)
    writer.add_context_length(context)
    writer.add_block_count(_LAYERS)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(width // 4)
    if window:
        writer.add_sliding_window(window)
    if pooling is not None:
        writer.add_pooling_type(pooling)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*byte_tokens(), "<|im_start|>", "<|im_end|>"])
    writer.add_token_types([TokenType.NORMAL] * 256 + [TokenType.CONTROL] * 2)
    writer.add_token_merges(["Ġ Ġ"])  # never used: the merged token is not in the vocabulary
    writer.add_bos_token_id(IM_START)
    writer.add_eos_token_id(IM_END)
    writer.add_add_bos_token(False)
    if template is not None:
        writer.add_chat_template(template)
    for name, weight in weights.items():
        writer.add_tensor(name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
