"""What the engine's HTTP interface says: paths, roles and the JSON objects both ends share.

The interface is OpenAI's (`/v1/...`) plus Thimble's own control and telemetry paths. Version 1. Change it in one
commit together with server/, client/ and ARCHITECTURE.md.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Final, Self

from thimble.errors import Problem

PROTOCOL_VERSION: Final = 1

MODELS: Final = "/v1/models"
CHAT_COMPLETIONS: Final = "/v1/chat/completions"
COMPLETIONS: Final = "/v1/completions"
RESPONSES: Final = "/v1/responses"
MESSAGES: Final = "/v1/messages"
COUNT_TOKENS: Final = "/v1/messages/count_tokens"
EMBEDDINGS: Final = "/v1/embeddings"
TOKENIZE: Final = "/tokenize"
DETOKENIZE: Final = "/detokenize"
HEALTH: Final = "/health"
STATUS: Final = "/thimble/status"
ATTACH: Final = "/thimble/attach"
LOAD: Final = "/thimble/load"
UNLOAD: Final = "/thimble/unload"
CANCEL: Final = "/thimble/cancel"
MEMORY: Final = "/thimble/memory"
EXPERTS: Final = "/thimble/experts"
TRACE: Final = "/thimble/trace"
REPLAY: Final = "/thimble/replay"
OUTLOOK: Final = "/thimble/outlook"
ANSWERS: Final = "/thimble/answers"
METRICS: Final = "/metrics"
MEASURE: Final = "/thimble/measure"
TEMPLATE: Final = "/thimble/template"
TELEMETRY: Final = "/thimble/telemetry"

OPENAPI: Final = "/openapi.json"
DOORS: Final = "/thimble/doors"
REQUESTS: Final = "/thimble/requests"

CLIENT_HEADER: Final = "X-Thimble-Client"
"""Names the program behind a request; the queue is fair between these names."""


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


class StopReason(StrEnum):
    """Why an answer ended. OpenAI's `finish_reason` is "stop" for END and STOP_STRING, "length" for the lengths."""

    END = "end"
    STOP_STRING = "stop_string"
    MAX_TOKENS = "max_tokens"
    CONTEXT_FULL = "context_full"
    CANCELLED = "cancelled"


def _known(cls: type, data: dict[str, Any]) -> dict[str, Any]:
    names = {f.name for f in fields(cls)}
    return {key: value for key, value in data.items() if key in names}


class _Values:
    """A dataclass of plain values as a JSON object and back."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]  # every subclass is a dataclass

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote, ignoring unknown fields."""
        return cls(**_known(cls, data))


class ExpertPolicy(StrEnum):
    """Which expert makes room for another. The others are there to be compared with."""

    LRFU = "lrfu"
    """Least recently and frequently used, with a half-life that is found while it runs."""
    LRU = "lru"
    LFU = "lfu"
    NONE = "none"
    """Nothing is kept from one use to the next."""


class CacheType(StrEnum):
    """How keys and values are kept. Values in fewer than 16 bits need flash attention; with it, 32 bits would be cut to
    16 before every use, so there is no such type here."""

    F16 = "f16"
    BF16 = "bf16"
    Q8_0 = "q8_0"
    Q5_1 = "q5_1"
    Q5_0 = "q5_0"
    Q4_1 = "q4_1"
    Q4_0 = "q4_0"
    IQ4_NL = "iq4_nl"


NO_PROJECTOR: Final = "off"
"""In place of a projector's path: none, although one may lie beside the model."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load a model.

    Attributes:
        context: KV-cache length in tokens; the model's own training length bounds it.
        threads: compute threads; 0 for one per physical core.
        memory_limit: most bytes the engine process may use at its peak; 0 for none: a model with experts then takes
            what is free, and leaves the computer a rest.
        expert_cache: bytes for the experts alone; 0 for all that the limit leaves.
        expert_policy: see `ExpertPolicy`.
        cache_k, cache_v: how keys and values are kept; see `CacheType`.
        approximate_head: compute only the rows of the vocabulary that the file's own predictor expects to matter. It
            changes answers; a file without a usable predictor is loaded with its whole head.
        projector: the projector for pictures: "" for the one that lies beside the model, `NO_PROJECTOR`, or a path.
        chat_template: in place of the file's own; "" for that.
    """

    context: int = 4096
    threads: int = 0
    memory_limit: int = 0
    expert_cache: int = 0
    expert_policy: str = ExpertPolicy.LRFU
    cache_k: str = CacheType.F16
    cache_v: str = CacheType.F16
    approximate_head: bool = False
    projector: str = ""
    chat_template: str = ""

    def to_json(self) -> dict[str, int | str | bool]:
        """As a JSON object."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ModelInfo(_Values):
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
        known = _known(cls, data)
        for key in ("model", "resting"):
            if known.get(key):
                known[key] = ModelInfo.from_json(known[key])
        if known.get("problem"):
            known["problem"] = Problem.from_json(known["problem"])
        known["attached"] = tuple(known.get("attached") or ())
        return cls(**known)


@dataclass(frozen=True, slots=True)
class Timings(_Values):
    """The per-answer block: `timings` in the last chunk of a stream and in every whole answer.

    Attributes:
        prompt_tokens: tokens of the prompt, cached ones included.
        cached_tokens: of these, how many were still in the KV cache.
        generated_tokens: tokens of the answer.
        first_token_ms: from the start of work on the request (not its wait in the queue) to its first token.
        queued_ms: the wait in the queue.
        prefill_ms, decode_ms: time in the two phases.
        stop_reason: see `StopReason`.
        stop_string: the stop string that ended the answer.
        expert_hits, expert_misses, expert_bytes_read, expert_stall_ms: the expert cache's counters over this answer.
        peak_memory_bytes: the engine process's highest memory so far, file-backed pages included.
        dropped_messages, dropped_tokens: what was left out of the prompt because the context was full
            (`context_policy` "drop_oldest").
        context: tokens the context holds.
        head_rows, head_all_rows: rows of the vocabulary that the approximate head computed, and what the whole one
            would have been; both 0 when the whole head was computed.
        head_checked, head_changed: tokens for which the whole head was computed, too, to compare (one in 32), and those
            of them whose top token is another.
    """

    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    first_token_ms: float = 0.0
    queued_ms: float = 0.0
    prefill_ms: float = 0.0
    decode_ms: float = 0.0
    stop_reason: str = StopReason.END
    expert_hits: int = 0
    expert_misses: int = 0
    expert_bytes_read: int = 0
    expert_stall_ms: float = 0.0
    peak_memory_bytes: int = 0
    dropped_messages: int = 0
    dropped_tokens: int = 0
    context: int = 0
    head_rows: int = 0
    head_all_rows: int = 0
    head_checked: int = 0
    head_changed: int = 0
    stop_string: str = ""

    @property
    def decode_tokens_per_second(self) -> float:
        """Tokens after the first, over the decode time; 0 when there was only one."""
        return (
            (self.generated_tokens - 1) / self.decode_ms * 1e3
            if self.decode_ms > 0 and self.generated_tokens > 1
            else 0.0
        )

    @property
    def prefill_tokens_per_second(self) -> float:
        """Prompt tokens really read, over the prefill time."""
        return (self.prompt_tokens - self.cached_tokens) / self.prefill_ms * 1e3 if self.prefill_ms > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Sample(_Values):
    """One `sample` event of the telemetry stream, version 1, at most 10 a second.

    Counters only grow while `engine_epoch` stays; readers compute rates from two samples. Times are in nanoseconds
    of wall time: compute + stall + sampling + other = the time spent answering.

    Attributes:
        engine_epoch: see `EngineStatus`.
        time_ns: the engine's monotonic clock.
        prompt_tokens, cached_tokens, generated_tokens, answers: counters.
        prefill_ns, decode_ns: counters of the phases' wall time.
        compute_ns, stall_ns, sampling_ns, other_ns: counters of where that time went.
        expert_hits, expert_misses, expert_bytes_read: counters of the expert cache.
        expert_prefetched: counter: uses that had to be read and that nobody waited for: `expert_in_time`, and hits
            that were read before their router had spoken.
        expert_in_time: counter: misses that had arrived when compute came to them.
        expert_late: counter: misses whose read had begun before their router spoke, and had not ended when compute
            came. All other misses were demanded: their read began when their router had spoken.
        expert_evictions: counter: experts that lost their place.
        expert_reads, expert_read_ns: counters: requests to the disk, and the time in them summed over I/O threads.
        expert_guesses, expert_guesses_right: counters: experts of the next layer that were foretold, and those its
            router then chose.
        neurons, neurons_active: counters: hidden values of selected experts with a ReLU, and those not switched off.
        head_rows, head_all_rows, head_checked, head_changed: counters of the approximate head, as in `Timings`.
        memory_bytes: gauge: the engine's resident memory, file-backed pages included.
        peak_memory_bytes: gauge: the highest so far.
        memory_limit: gauge: bytes, 0 for none.
        expert_cache_bytes, expert_memory_bytes: gauges: what the experts may take, and what those in memory do take.
        expert_given_back_bytes: gauge: what the experts do without because the computer's memory is short.
        experts_resident, experts_total: gauges: experts in memory, and all, over all layers; 0 for dense models.
        kv_tokens, kv_capacity: gauges: tokens in the KV cache, and room.
        kv_window_bytes, kv_global_bytes, kv_recurrent_bytes: gauges: the KV cache by kind of layer: those that see a
            window, those that see everything, and states of layers without keys and values; 0 in a stock build.
        kv_full_bytes: gauge: what keys and values would take if every layer saw everything.
        kv_kept_bytes: gauge: what is kept besides, to go back to earlier messages without reading them again.
        cpu_percent: gauge: of one core since the last sample (400 = four cores).
        state: see `State`.
        weights_bytes: gauge: weights that are always in memory beside paged experts; 0 where the model's file is
            mapped as a whole: then `mapped_bytes` tells what of it is in memory.
        compute_bytes: gauge: reserved for intermediate results; not all of it has been touched.
        mapped_bytes: gauge: of `memory_bytes`, pages of files, which the system has in its page cache.
        threads: gauge: compute threads at this moment; fewer than the model's while other programs want the cores.
        first_token_ns: gauge: from the start of work on the newest answer to its first token.
    """

    engine_epoch: str
    time_ns: int
    prompt_tokens: int = 0
    cached_tokens: int = 0
    generated_tokens: int = 0
    answers: int = 0
    prefill_ns: int = 0
    decode_ns: int = 0
    compute_ns: int = 0
    stall_ns: int = 0
    sampling_ns: int = 0
    other_ns: int = 0
    expert_hits: int = 0
    expert_misses: int = 0
    expert_prefetched: int = 0
    expert_bytes_read: int = 0
    memory_bytes: int = 0
    peak_memory_bytes: int = 0
    memory_limit: int = 0
    expert_cache_bytes: int = 0
    expert_memory_bytes: int = 0
    experts_resident: int = 0
    experts_total: int = 0
    kv_tokens: int = 0
    kv_capacity: int = 0
    cpu_percent: float = 0.0
    state: str = State.EMPTY
    expert_given_back_bytes: int = 0
    kv_window_bytes: int = 0
    kv_global_bytes: int = 0
    kv_recurrent_bytes: int = 0
    kv_full_bytes: int = 0
    kv_kept_bytes: int = 0
    head_rows: int = 0
    head_all_rows: int = 0
    head_checked: int = 0
    head_changed: int = 0
    expert_in_time: int = 0
    expert_late: int = 0
    expert_evictions: int = 0
    expert_reads: int = 0
    expert_read_ns: int = 0
    expert_guesses: int = 0
    expert_guesses_right: int = 0
    neurons: int = 0
    neurons_active: int = 0
    weights_bytes: int = 0
    compute_bytes: int = 0
    mapped_bytes: int = 0
    threads: int = 0
    first_token_ns: int = 0


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """One answer that is over (`GET /thimble/answers`).

    Attributes:
        number: counts up from 1 in one engine's life.
        ended_ns: the engine's monotonic clock, as in `Sample`.
        ended: seconds since 1970.
        model: its id.
        memory_limit: bytes at its end, 0 for none.
        timings: of the answer.
    """

    number: int
    ended_ns: int
    ended: float
    model: str
    memory_limit: int
    timings: Timings

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote, ignoring unknown fields."""
        known = _known(cls, data)
        return cls(**{**known, "timings": Timings.from_json(known["timings"])})


class MeasureStage(StrEnum):
    """How far a measurement is."""

    LOADING = "loading"
    READING = "reading"
    WRITING = "writing"


@dataclass(frozen=True, slots=True)
class Measurement(_Values):
    """How one model ran on one computer (`result` event of `/thimble/measure`).

    Attributes:
        time: unix seconds.
        memory_limit: bytes, 0 for none.
        context, threads, cache_k, cache_v, approximate_head: it was loaded with these, see `LoadOptions`.
        prompt_tokens, generated_tokens: how many were read and written.
        prefill_tps, decode_tps: tokens a second.
        load_s: seconds until it was loaded.
        peak_bytes: the most memory of the process, file-backed pages included.
        hit_rate: share of expert uses found in memory, 0…1; None without a store.
        bytes_per_token: read from the disk for each written token.
        version, engine_build: see `EngineStatus`.
        cpu, cores: of the computer.
        others_busy: threads of other programs that wanted a core before and after it, on average.
    """

    time: float
    memory_limit: int
    context: int
    threads: int
    cache_k: str
    cache_v: str
    approximate_head: bool
    prompt_tokens: int
    generated_tokens: int
    prefill_tps: float
    decode_tps: float
    load_s: float
    peak_bytes: int
    hit_rate: float | None
    bytes_per_token: float
    version: str
    engine_build: str
    cpu: str
    cores: int
    others_busy: float = 0.0


@dataclass(frozen=True, slots=True)
class LockFile:
    """The engine's lock file in the runtime folder (mode 0600): how others find and trust it."""

    pid: int
    port: int
    token: str
    host: str = "127.0.0.1"
    started: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        """`http://host:port`, without a trailing slash."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def to_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote.

        Raises:
            TypeError: a field is missing.
        """
        return cls(**_known(cls, data))


def error_body(problem: Problem, kind: str = "invalid_request_error") -> dict[str, Any]:
    """OpenAI's error object with the four fields of the problem inside."""
    return {"error": {"message": str(problem), "type": kind, "param": None, **problem.to_json()}}
