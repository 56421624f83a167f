"""Tiny projectors for tests: real GGUFs with random weights that libmtmd loads in milliseconds.

- `write_llava`: kind "mlp" (LLaVA): a vision transformer and two layers; `llava_embeddings` computes it in NumPy.
- `write_gemma`: kind "gemma3": the tokens of a picture see each other when the model reads them.
- `write_qwen`: kind "qwen2vl": as many tokens as the picture has pixels for. It needs `write_qwen_model`, whose
  positions have three parts (M-RoPE).
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from gguf import GGUFWriter

from tests.helpers.tiny_model import IM_END, IM_START, TEMPLATE, VOCABULARY, byte_tokens

Array = npt.NDArray[np.float32]

SIDE: Final = 16
"""Pixels of a side of what `write_llava` and `write_gemma` look at."""
PATCH: Final = 4
PATCHES: Final = (SIDE // PATCH) ** 2
LLAVA_TOKENS: Final = PATCHES
GEMMA_TOKENS: Final = PATCHES // 4
MODEL_WIDTH: Final = 64
MEAN: Final = (0.5, 0.4, 0.3)
DEVIATION: Final = (0.25, 0.5, 0.2)
EPSILON: Final = 1e-5
_WIDTH: Final = 32
_HEADS: Final = 2
_HIDDEN: Final = 48
_LAYERS: Final = 2


def write_llava(path: Path, *, seed: int = 5, width: int = MODEL_WIDTH, kind: str = "mlp") -> Path:
    """A LLaVA projector for models of this width."""
    random = np.random.default_rng(seed)
    weights = _transformer(random, _LAYERS)
    weights["v.position_embd.weight"] = _matrix(random, PATCHES, _WIDTH)
    weights |= {"mm.0.weight": _matrix(random, width, _WIDTH), "mm.0.bias": _vector(random, width)}
    weights |= {"mm.2.weight": _matrix(random, width, width), "mm.2.bias": _vector(random, width)}
    return _write(path, kind, weights, _LAYERS, width)


def llava_embeddings(path: Path, pixels: npt.NDArray[np.uint8]) -> Array:
    """What `write_llava`'s file makes of a picture of `SIDE` x `SIDE` pixels: a row for each token.

    LLaVA leaves the transformer's last layer out.
    """
    from gguf import GGUFReader

    weights = {tensor.name: np.array(tensor.data, np.float64) for tensor in GGUFReader(path).tensors}
    seen = (pixels / 255.0 - np.array(MEAN)) / np.array(DEVIATION)
    side = SIDE // PATCH
    cut = seen.reshape(side, PATCH, side, PATCH, 3).transpose(0, 2, 4, 1, 3).reshape(PATCHES, -1)
    x = cut @ weights["v.patch_embd.weight"].reshape(_WIDTH, -1).T + weights["v.patch_embd.bias"]
    x = x + weights["v.position_embd.weight"]
    for layer in range(_LAYERS - 1):

        def linear(name: str, of: Any, layer: int = layer) -> Any:
            return of @ weights[f"v.blk.{layer}.{name}.weight"].T + weights[f"v.blk.{layer}.{name}.bias"]

        def norm(name: str, of: Any, layer: int = layer) -> Any:
            centred = of - of.mean(-1, keepdims=True)
            scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + EPSILON)
            return scaled * weights[f"v.blk.{layer}.{name}.weight"] + weights[f"v.blk.{layer}.{name}.bias"]

        seen_by = norm("ln1", x)
        q, k, v = (
            linear(name, seen_by).reshape(PATCHES, _HEADS, -1).transpose(1, 0, 2)
            for name in ("attn_q", "attn_k", "attn_v")
        )
        scores = q @ k.transpose(0, 2, 1) / np.sqrt(_WIDTH // _HEADS)
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        x = x + linear("attn_out", (shares @ v).transpose(1, 0, 2).reshape(PATCHES, -1))
        x = x + linear("ffn_down", _gelu(linear("ffn_up", norm("ln2", x))))
    x = _gelu(x @ weights["mm.0.weight"].T + weights["mm.0.bias"])
    return np.asarray(x @ weights["mm.2.weight"].T + weights["mm.2.bias"], np.float32)


def write_gemma(path: Path, *, seed: int = 6, width: int = MODEL_WIDTH) -> Path:
    """A Gemma 3 projector: four patches become one token."""
    random = np.random.default_rng(seed)
    weights = _transformer(random, _LAYERS)
    weights["v.position_embd.weight"] = _matrix(random, PATCHES, _WIDTH)
    weights |= {"v.post_ln.weight": np.ones(_WIDTH, np.float32), "v.post_ln.bias": _vector(random, _WIDTH)}
    weights["mm.input_projection.weight"] = _matrix(random, _WIDTH, width)
    weights["mm.soft_emb_norm.weight"] = np.ones(_WIDTH, np.float32)
    return _write(path, "gemma3", weights, _LAYERS, width, scale=2)


def write_qwen(path: Path, *, seed: int = 7, width: int = MODEL_WIDTH) -> Path:
    """A Qwen2-VL projector: each token is a square of 8 x 8 pixels."""
    random = np.random.default_rng(seed)
    weights = _transformer(random, _LAYERS)
    del weights["v.patch_embd.bias"]
    weights["v.patch_embd.weight.1"] = _patches(random)
    weights |= {"v.post_ln.weight": np.ones(_WIDTH, np.float32), "v.post_ln.bias": _vector(random, _WIDTH)}
    weights |= {"mm.0.weight": _matrix(random, 4 * _WIDTH, 4 * _WIDTH), "mm.0.bias": _vector(random, 4 * _WIDTH)}
    weights |= {"mm.2.weight": _matrix(random, width, 4 * _WIDTH), "mm.2.bias": _vector(random, width)}
    return _write(path, "qwen2vl_merger", weights, _LAYERS, width)


def write_qwen_model(path: Path, *, seed: int = 8, context: int = 4096) -> Path:
    """A random model with M-RoPE, for `write_qwen`."""
    random = np.random.default_rng(seed)
    width, narrow, hidden = MODEL_WIDTH, 32, 96
    weights = {
        "token_embd.weight": random.normal(0.0, 1.0, (VOCABULARY, width)).astype(np.float32),
        "output_norm.weight": np.ones(width, np.float32),
        "output.weight": _matrix(random, VOCABULARY, width) * np.float32(1.5),
    }
    for layer in range(2):
        sizes = {"attn_q": (width, width), "attn_k": (narrow, width), "attn_v": (narrow, width)}
        weights |= {f"blk.{layer}.{name}.bias": _vector(random, size[0]) for name, size in sizes.items()}
        sizes |= {"attn_output": (width, width), "ffn_gate": (hidden, width), "ffn_up": (hidden, width)}
        sizes["ffn_down"] = (width, hidden)
        for name, size in sizes.items():
            weights[f"blk.{layer}.{name}.weight"] = _matrix(random, *size) * np.float32(1.5)
        weights |= {f"blk.{layer}.{name}.weight": np.ones(width, np.float32) for name in ("attn_norm", "ffn_norm")}
    writer = GGUFWriter(path, "qwen2vl")
    writer.add_name("Tiny Qwen")
    writer.add_file_type(0)
    writer.add_context_length(context)
    writer.add_block_count(2)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(hidden)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_sections([2, 3, 3, 0])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([*byte_tokens(), "<|im_start|>", "<|im_end|>"])
    writer.add_token_types([1] * 256 + [3] * 2)
    writer.add_token_merges(["Ġ Ġ"])
    writer.add_bos_token_id(IM_START)
    writer.add_eos_token_id(IM_END)
    writer.add_add_bos_token(False)
    writer.add_chat_template(TEMPLATE)
    return _finish(writer, weights, path)


def _transformer(random: np.random.Generator, layers: int) -> dict[str, Array]:
    weights = {"v.patch_embd.weight": _patches(random), "v.patch_embd.bias": _vector(random, _WIDTH)}
    for layer in range(layers):
        sizes = {
            "attn_q": (_WIDTH, _WIDTH),
            "attn_k": (_WIDTH, _WIDTH),
            "attn_v": (_WIDTH, _WIDTH),
            "attn_out": (_WIDTH, _WIDTH),
            "ffn_up": (_HIDDEN, _WIDTH),
            "ffn_down": (_WIDTH, _HIDDEN),
        }
        for name, size in sizes.items():
            weights[f"v.blk.{layer}.{name}.weight"] = _matrix(random, *size)
            weights[f"v.blk.{layer}.{name}.bias"] = _vector(random, size[0])
        for name in ("ln1", "ln2"):
            weights[f"v.blk.{layer}.{name}.weight"] = np.ones(_WIDTH, np.float32) + _vector(random, _WIDTH)
            weights[f"v.blk.{layer}.{name}.bias"] = _vector(random, _WIDTH)
    return weights


def _patches(random: np.random.Generator) -> Array:
    return random.normal(0.0, 0.3, (_WIDTH, 3, PATCH, PATCH)).astype(np.float32)


def _matrix(random: np.random.Generator, rows: int, columns: int) -> Array:
    return random.normal(0.0, columns**-0.5, (rows, columns)).astype(np.float32)


def _vector(random: np.random.Generator, size: int) -> Array:
    return random.normal(0.0, 0.1, size).astype(np.float32)


def _gelu(x: Any) -> Any:
    return 0.5 * x * (1.0 + np.tanh(np.sqrt(2.0 / np.pi) * x * (1.0 + 0.044715 * x * x)))


def _write(path: Path, kind: str, weights: dict[str, Array], layers: int, width: int, *, scale: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = GGUFWriter(path, "clip")
    writer.add_type("mmproj")
    writer.add_name(f"Tiny {kind}")
    writer.add_file_type(0)
    writer.add_bool("clip.has_vision_encoder", True)
    writer.add_bool("clip.use_gelu", True)
    writer.add_string("clip.projector_type", kind)
    for name, number in (
        ("image_size", SIDE),
        ("patch_size", PATCH),
        ("embedding_length", _WIDTH),
        ("feed_forward_length", _HIDDEN),
        ("projection_dim", width),
        ("block_count", layers),
        ("attention.head_count", _HEADS),
    ):
        writer.add_uint32(f"clip.vision.{name}", number)
    if scale:
        writer.add_uint32("clip.vision.projector.scale_factor", scale)
    writer.add_float32("clip.vision.attention.layer_norm_epsilon", EPSILON)
    writer.add_array("clip.vision.image_mean", list(MEAN))
    writer.add_array("clip.vision.image_std", list(DEVIATION))
    return _finish(writer, weights, path)


def _finish(writer: GGUFWriter, weights: dict[str, Array], path: Path) -> Path:
    for name, weight in weights.items():
        writer.add_tensor(name, weight)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path
