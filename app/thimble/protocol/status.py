"""The engine and its model at one moment, and who is attached to it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Final, Self

from thimble.errors import Problem
from thimble.protocol.load_options import CacheType
from thimble.protocol.values import Values, known_fields

PROTOCOL_VERSION: Final = 1


class Role(StrEnum):
    """Who is attached to the engine. It ends when the last one has gone."""

    WINDOW = "window"
    ASK = "ask"
    SERVE = "serve"
    TOOL = "tool"


class State(StrEnum):
    """What the engine is doing about its one resident model."""

    EMPTY = "empty"
    LOADING = "loading"
    READY = "ready"
    ANSWERING = "answering"


@dataclass(frozen=True, slots=True)
class ModelInfo(Values):
    """The resident model, as read from its GGUF header and from llama.cpp.

    Attributes:
        id: name in `/v1/models`: the file's name without `.gguf`; of a split model the first part's.
        path: the file; of a split model the first part.
        name: `general.name` of the header, unless a converter put it together; else from the file's name.
        architecture: `general.architecture`.
        quantization: the file type, e.g. "Q4_K_M" or "Q4_1".
        parameters: number of weights.
        file_bytes: size of the file, all splits.
        context: KV-cache length in tokens.
        context_trained: context length the model was trained for.
        threads: compute threads in use.
        expert_count, expert_used_count: experts per layer and per token; 0 for a dense model.
        has_chat_template: whether the file brings its own template.
        cache_k, cache_v: how keys and values are kept; see `CacheType`.
        window: tokens that window layers see; 0 when all layers see everything.
        has_predictor: whether it brings a predictor for the approximate head.
        approximate_head: whether answers are computed with that.
        pictures: whether it can see pictures.
        projector: the file by which it does.
        no_pictures: why it cannot, as a sentence.
        embeds: whether it turns texts into embeddings, and does not write.
    """

    id: str
    path: str
    name: str
    architecture: str
    quantization: str
    parameters: int
    file_bytes: int
    context: int
    context_trained: int
    threads: int
    expert_count: int = 0
    expert_used_count: int = 0
    has_chat_template: bool = True
    cache_k: str = CacheType.F16
    cache_v: str = CacheType.F16
    window: int = 0
    has_predictor: bool = False
    approximate_head: bool = False
    pictures: bool = False
    projector: str = ""
    no_pictures: str = ""
    embeds: bool = False


@dataclass(frozen=True, slots=True)
class EngineStatus:
    """The engine at one moment (`GET /thimble/status`, and every `status` event of `/thimble/attach`).

    Attributes:
        state: what it is doing.
        engine_epoch: changes when the process or its counters start anew.
        pid: the process.
        version: Thimble's version.
        engine_build: llama_cpp's version, e.g. "0.3.36+thimble.1".
        patched: whether the build carries our patches.
        model: the resident model, if any.
        loading_path: the file being loaded, if any.
        load_progress: 0…1 while loading.
        queued: requests waiting.
        attached: roles of those attached, one entry each.
        problem: why the last load failed, until the next one.
        resting: the model that was unloaded because nobody asked it anything; the next request loads it again.
        resting_minutes: after how long.
        measuring_path: the file whose model is being measured, if any; questions wait meanwhile.
        cpu_variant: which of a portable build's libraries this processor runs, e.g. "avx2"; "native" in a build for one
            processor only.
    """

    state: str = State.EMPTY
    engine_epoch: str = ""
    pid: int = 0
    version: str = ""
    engine_build: str = ""
    patched: bool = False
    model: ModelInfo | None = None
    loading_path: str = ""
    load_progress: float = 0.0
    queued: int = 0
    attached: tuple[str, ...] = ()
    problem: Problem | None = None
    resting: ModelInfo | None = None
    resting_minutes: int = 0
    measuring_path: str = ""
    cpu_variant: str = ""
    protocol: int = PROTOCOL_VERSION

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote, ignoring unknown fields."""
        known = known_fields(cls, data)
        for key in ("model", "resting"):
            if known.get(key):
                known[key] = ModelInfo.from_json(known[key])
        if known.get("problem"):
            known["problem"] = Problem.from_json(known["problem"])
        known["attached"] = tuple(known.get("attached") or ())
        return cls(**known)
