"""A model's facts from its GGUF file or files, without loading it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from thimble.modelfile import failures
from thimble.modelfile.experts import check_experts
from thimble.modelfile.ggml_types import FILE_TYPES
from thimble.modelfile.parser import ParsedFile, Skipped, TensorInfo, Value, parse_file

SUFFIX: Final = ".gguf"
_PART: Final = re.compile(r"^(?P<stem>.+)-(?P<part>\d{5})-of-(?P<count>\d{5})(?P<suffix>\.gguf)$", re.IGNORECASE)
_QUANTIZED: Final = re.compile(
    r"[-._](?:UD-)?(?:I?Q\d(?:_[0-9A-Z]+)*|TQ\d_\d|BF16|F16|F32|MXFP4(?:_MOE)?)$", re.IGNORECASE
)
_EXPERTS: Final = re.compile(r"\.ffn_[a-z_]*exps\.")
_MOST_PARTS: Final = 1024
_OTHER_KINDS: Final = frozenset({"adapter", "mmproj", "vocab", "imatrix"})  # general.type
_OTHER_ARCHITECTURES: Final = frozenset({"clip"})


@dataclass(frozen=True, slots=True)
class ModelHeader:
    """What the header says; a number that it does not say is 0.

    Attributes:
        path: the file, of a split model the first one.
        files: all files in order.
        id: the file's name without `.gguf`.
        name: `general.name`, unless a converter put it together; else the file's name without its quantization.
        architecture: `general.architecture`.
        parameters: number of weights.
        quantization: llama.cpp's file type, e.g. "Q4_K_M"; else the type of most of the bytes.
        dominant_type: ggml type of most of the bytes.
        context_trained: context length the model was trained for, tokens.
        block_count: layers.
        embedding_length: width of the hidden state.
        feed_forward_length: width of a dense layer's FFN; the widest, where layers differ.
        head_counts, head_counts_kv: attention heads and key/value heads of each layer.
        key_length, value_length: width of one head's key and value.
        vocabulary: number of tokens.
        expert_count, expert_used_count: experts per layer and per token; 0 for a dense model.
        sliding_window: tokens that a window layer sees; 0 for none.
        has_chat_template: whether the file brings its own template.
        tensors: all of them, of all files.
        expert_bytes: bytes of the experts' tensors.
        non_expert_bytes: bytes of the others.
        file_bytes: size of all files.
        metadata: all values by key, long ones as `Skipped`.
    """

    path: Path
    files: tuple[Path, ...]
    id: str
    name: str
    architecture: str
    parameters: int
    quantization: str
    dominant_type: str
    context_trained: int
    block_count: int
    embedding_length: int
    feed_forward_length: int
    head_counts: tuple[int, ...]
    head_counts_kv: tuple[int, ...]
    key_length: int
    value_length: int
    vocabulary: int
    expert_count: int
    expert_used_count: int
    sliding_window: int
    has_chat_template: bool
    tensors: tuple[TensorInfo, ...]
    expert_bytes: int
    non_expert_bytes: int
    file_bytes: int
    metadata: dict[str, Value]


def read_header(path: Path | str) -> ModelHeader:
    """Reads a model's header; of a split model any part may be named, and all parts are read.

    Takes milliseconds (with a vocabulary of 150 000 tokens and its merges about 50), and reads only the beginning of
    each file.

    Raises:
        ThimbleError: MODEL_NOT_FOUND, _IS_FOLDER, _UNREADABLE, _NOT_GGUF, _UNSUPPORTED, _TRUNCATED or _DAMAGED.
    """
    path = Path(path)
    files = split_files(path)
    first = files[0]
    if first != path and path.exists() and not first.exists():
        raise failures.part_missing(path, 1, len(files))
    parsed = parse_file(first)
    count = _number(parsed.metadata, "split.count")
    if count <= 1:
        files = (first,)  # split by name only: as llama.cpp sees it, a model of one file
    elif len(files) == 1:
        raise failures.part_missing(first, 2, count)  # renamed: its other parts cannot be found by its name
    elif len(files) != count:
        raise failures.damaged(first, f"split.count is {count}, the name says {len(files)}")
    parts = [parsed]
    for index, file in enumerate(files[1:], start=1):
        if not file.exists():
            raise failures.part_missing(first, index + 1, len(files))
        parts.append(parse_file(file, index))
    return assemble_header(files, parts)


def check_model_file(path: Path | str) -> ModelHeader:
    """`read_header`, and refuses sound GGUF files that hold no language model, or one whose experts cannot be.

    Raises:
        ThimbleError: as `read_header`; MODEL_UNSUPPORTED for adapters, image encoders and bare vocabularies; as
            `check_experts`.
    """
    header = read_header(path)
    check_language_model(header)
    return header


def check_language_model(header: ModelHeader) -> None:
    """Raises `ThimbleError` MODEL_UNSUPPORTED for adapters, image encoders and bare vocabularies, MODEL_DAMAGED for a
    header without an architecture."""
    kind = header.metadata.get("general.type", "model")
    if kind in _OTHER_KINDS or header.architecture in _OTHER_ARCHITECTURES or not header.tensors:
        raise failures.not_a_language_model(
            header.path, f"type {kind}, architecture {header.architecture}, {len(header.tensors)} tensors"
        )
    if not header.architecture:
        raise failures.damaged(header.path, "no general.architecture")
    check_experts(header)


def split_files(path: Path) -> tuple[Path, ...]:
    """All files of a split model, the first one first, by the name of any of them; else just the path.

    Only the name is read: whether they are there is another question.
    """
    found = _PART.match(path.name)
    if found is None:
        return (path,)
    count = int(found["count"])
    if not 1 <= int(found["part"]) <= count <= _MOST_PARTS:
        return (path,)
    return tuple(
        path.with_name(f"{found['stem']}-{part:05d}-of-{count:05d}{found['suffix']}") for part in range(1, count + 1)
    )


def _name(metadata: dict[str, Value], identity: str) -> str:
    """What to call the model.

    A name that a converter assembled from base name, size and fine-tune ("Smollm2 135M 8k Lc100K Mix1 Ep2") says less
    than the name its author gave the file.
    """
    given = _text(metadata, "general.name")
    base = _squeezed(_text(metadata, "general.basename"))
    extra = [_squeezed(_text(metadata, f"general.{key}")) for key in ("size_label", "finetune")]
    assembled = bool(base) and all(part in _squeezed(given) for part in (base, *extra))
    if given and not assembled:
        return given
    return _QUANTIZED.sub("", identity) or identity


def _squeezed(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def assemble_header(files: tuple[Path, ...], parts: Sequence[ParsedFile]) -> ModelHeader:
    """A model's header from what its files say.

    Args:
        files: their names, in order.
        parts: what each says.
    """
    first = files[0]
    metadata = parts[0].metadata
    tensors = tuple(tensor for part in parts for tensor in part.tensors)
    architecture = _text(metadata, "general.architecture")
    identity = first.name[: -len(SUFFIX)] if first.name.lower().endswith(SUFFIX) else first.name

    def number(key: str) -> int:
        return _number(metadata, f"{architecture}.{key}")

    blocks = min(number("block_count"), 4096)
    heads = _per_layer(metadata, f"{architecture}.attention.head_count", blocks)
    heads_kv = _per_layer(metadata, f"{architecture}.attention.head_count_kv", blocks) or heads
    width = number("embedding_length")
    head_width = width // heads[0] if heads and heads[0] else 0
    experts = sum(tensor.bytes for tensor in tensors if _EXPERTS.search(tensor.name))
    dominant = _dominant_type(tensors)
    template = metadata.get("tokenizer.chat_template")
    return ModelHeader(
        path=first,
        files=files,
        id=identity,
        name=_name(metadata, identity),
        architecture=architecture,
        parameters=sum(tensor.elements for tensor in tensors),
        quantization=FILE_TYPES.get(_number(metadata, "general.file_type", -1), dominant),
        dominant_type=dominant,
        context_trained=number("context_length"),
        block_count=blocks,
        embedding_length=width,
        feed_forward_length=max(_per_layer(metadata, f"{architecture}.feed_forward_length", 1), default=0),
        head_counts=heads,
        head_counts_kv=heads_kv,
        key_length=number("attention.key_length") or head_width,
        value_length=number("attention.value_length") or head_width,
        vocabulary=_count(metadata.get("tokenizer.ggml.tokens")) or number("vocab_size"),
        expert_count=number("expert_count"),
        expert_used_count=number("expert_used_count"),
        sliding_window=number("attention.sliding_window"),
        has_chat_template=isinstance(template, Skipped) or bool(template),
        tensors=tensors,
        expert_bytes=experts,
        non_expert_bytes=sum(tensor.bytes for tensor in tensors) - experts,
        file_bytes=sum(part.file_bytes for part in parts),
        metadata=metadata,
    )


def _text(metadata: dict[str, Value], key: str) -> str:
    value = metadata.get(key)
    return value if isinstance(value, str) else ""


def _number(metadata: dict[str, Value], key: str, otherwise: int = 0) -> int:
    value = metadata.get(key)
    return value if isinstance(value, int) and value >= 0 else otherwise


def _count(value: Value | None) -> int:
    if isinstance(value, Skipped):
        return value.count
    return len(value) if isinstance(value, tuple) else 0


def _per_layer(metadata: dict[str, Value], key: str, layers: int) -> tuple[int, ...]:
    """A value that is one number for all layers or an array with one for each."""
    value = metadata.get(key)
    if isinstance(value, tuple):
        return tuple(int(item) if isinstance(item, int) and item > 0 else 0 for item in value[:layers] or value)
    return (value,) * layers if isinstance(value, int) and value > 0 else ()


def _dominant_type(tensors: tuple[TensorInfo, ...]) -> str:
    totals: dict[str, int] = {}
    for tensor in tensors:
        totals[tensor.type] = totals.get(tensor.type, 0) + tensor.bytes
    return max(totals, key=lambda kind: totals[kind], default="")
