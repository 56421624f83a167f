"""The expert store of a model: its routed experts in a bounded amount of memory, read from the file when needed.

The store itself is C++ (`engine_patches/src/…/thimble/expert-store.h`); this is its handle. Order of life: store,
`apply` to the model's parameters, load the model, `resize`, decode, free context and model, `close`.
"""

from __future__ import annotations

import ctypes
import os
import re
import sys
import threading
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, Final

import numpy as np

from thimble.engine import door
from thimble.errors import Code, ThimbleError
from thimble.own_process import engine_action

EXPERT_TENSOR: Final = re.compile(r"^blk\.\d+\.ffn_(gate|up|down|gate_up)_exps\.weight$")

_PATTERN: Final = rb"\.ffn_(gate|up|down|gate_up)_exps\.weight$"  # for llama.cpp
_ALL_ROLES: Final = 0b1111
_BUFFERED, _NO_FILL, _FUZZ, _NO_LOOK_AHEAD, _NO_EARLY = 1, 2, 4, 8, 16
_INTERLEAVED = 64
_LOAD_DIRECT_IO: Final = 4
_LAZY_ON: Final = 2
_SENTENCE_BYTES: Final = 1024
_HEAD: Final = 3
_STORED_EXPERT: Final = np.dtype(door.StoredExpert)
_MOST_COUNTED: Final = 2**32 - 1
_TRACE_VALUES: Final = 1 << 16  # more than a record has: 512 tokens with 64 experts each
_INTEGERS: Final = (
    *door.STORE_COUNTERS,
    *door.STORE_GAUGES,
    *door.STORE_COUNTERS_SINCE_3,
    *door.STORE_COUNTERS_SINCE_4,
    *door.STORE_COUNTERS_SINCE_7,
)


class Policy(Enum):
    """Which expert makes room for another; the values are those of the C API."""

    LRFU = 0
    """Least recently and frequently used, with a half-life that is found while it runs."""
    LRU = 1
    LFU = 2
    NONE = 3
    """Nothing is kept from one use to the next."""
    BELADY = 4
    """The best possible; for replays only."""


class _Override(ctypes.Structure):
    """`struct llama_model_tensor_buft_override`."""

    _fields_ = (("pattern", ctypes.c_char_p), ("buffer_type", ctypes.c_void_p))


@dataclass(frozen=True, slots=True)
class ExpertStats:
    """Counters, which only grow, and gauges of a store. A "use" is one expert of one layer in one ubatch.

    Attributes:
        uses, hits, misses: uses = hits + misses; a hit had all its matrices in memory when its layer asked for them.
        reads, bytes_read, read_ns: requests to the disk, their bytes, and the time in them summed over I/O threads.
        repack_ns: time spent re-arranging what was read, summed over I/O threads.
        stall_ns: wall time in which no compute thread could run because experts were missing.
        evictions: experts that lost their slot.
        errors, retries: reads that failed for good, and that were tried again.
        filled: experts read by idle I/O threads before anybody asked.
        budget_bytes: memory the experts may take.
        resident_bytes: memory of the slots that hold one.
        total_bytes: with a budget of this, all experts stay in memory.
        expert_bytes: of the biggest slot.
        resident_experts, total_experts: over all layers.
        n_layers, n_experts: layers with experts, and the most experts of one layer.
        direct_io: whether the reads go past the page cache.
        policy: see `Policy`.
        in_time: misses that had arrived when compute came to them, because the router spoke before attention.
        ahead_reads, ahead_used: experts read before their router had spoken, and those it then chose.
        guesses, guesses_right: experts of the next layer that were foretold, and those its router then chose.
        half_life: of LRFU, tokens; 0 for the other policies.
        neurons, neurons_active: hidden values of selected experts with a ReLU, over tokens that came one by one, and
            those that were not switched off.
        ahead_late: of ahead_used, those that were not all there when their layer asked: they are misses, too.
        late: of these, those that were not there when compute came to them, either.
    """

    uses: int = 0
    hits: int = 0
    misses: int = 0
    reads: int = 0
    bytes_read: int = 0
    read_ns: int = 0
    repack_ns: int = 0
    stall_ns: int = 0
    evictions: int = 0
    errors: int = 0
    retries: int = 0
    filled: int = 0
    budget_bytes: int = 0
    resident_bytes: int = 0
    total_bytes: int = 0
    expert_bytes: int = 0
    resident_experts: int = 0
    total_experts: int = 0
    n_layers: int = 0
    n_experts: int = 0
    direct_io: bool = False
    policy: int = 0
    in_time: int = 0
    ahead_reads: int = 0
    ahead_used: int = 0
    guesses: int = 0
    guesses_right: int = 0
    half_life: float = 0.0
    neurons: int = 0
    neurons_active: int = 0
    ahead_late: int = 0
    late: int = 0

    @property
    def prefetched(self) -> int:
        """Uses that nobody waited for although they had to be read: guessed hits, and misses read in time."""
        return self.in_time + self.ahead_used - self.ahead_late


@dataclass(frozen=True, slots=True)
class ExpertInfo:
    """One expert of one layer: how often it was used, how often it had to be read for that, whether it is there."""

    layer: int
    expert: int
    uses: int
    misses: int
    resident: bool


@dataclass(frozen=True, slots=True)
class PackedExperts:
    """Every expert of every layer, one after the other.

    Attributes:
        layers: (the N of blk.N, its experts), in order.
        uses, misses: 32-bit integers, little-endian, as in `ExpertInfo`.
        resident: bytes, 1 where all matrices are in memory.
    """

    layers: tuple[tuple[int, int], ...] = ()
    uses: bytes = b""
    misses: bytes = b""
    resident: bytes = b""


@dataclass(frozen=True, slots=True)
class LayerInfo:
    """One layer with experts; `neurons` as in `ExpertStats`."""

    layer: int
    n_experts: int
    neurons: int
    neurons_active: int


@dataclass(frozen=True, slots=True)
class HotExpert:
    """One worth keeping: its value is log2 of its decayed uses."""

    layer: int
    expert: int
    value: float


@dataclass(frozen=True, slots=True)
class Replay:
    """What a cache would have done on a trace; `half_life` is LRFU's at the end, tokens, 0 for the other policies."""

    uses: int
    hits: int
    half_life: float


@dataclass(frozen=True, slots=True)
class RouteRecord:
    """The experts that the tokens of one ubatch used in one layer: a tuple of ids for each token."""

    layer: int
    routes: tuple[tuple[int, ...], ...]


class ExpertStore:
    """One model's experts.

    Args:
        files: the parts of the model in the order of the split.
        repack: re-arrange experts as they arrive, for the kernels that are 1.5 times as fast.
        io_threads: readers; 0 for the default.
        direct: read past the page cache where the file system can.
        fill: let idle readers fetch experts nobody has asked for yet while there is memory for them.
        policy: which expert makes room for another.
        half_life: of LRFU, tokens; the nearest there is; 0: found while it runs.
        look_ahead: read experts that the next layer will probably use while the disk has nothing else to do.
        interleaved: re-arrange rows as they arrive even where there are kernels for rows as in the file; to compare.
        early: begin to read when the router has spoken, not when the layer's first multiplication begins.
        fuzz_seed: for tests: evict and delay at random; None for not.

    Raises:
        ThimbleError: this build has no expert store, or a file cannot be opened.
    """

    def __init__(
        self,
        files: Sequence[Path],
        *,
        repack: bool = True,
        io_threads: int = 0,
        direct: bool = True,
        fill: bool = True,
        policy: Policy = Policy.LRFU,
        half_life: float = 0.0,
        look_ahead: bool = True,
        early: bool = True,
        interleaved: bool = False,
        fuzz_seed: int | None = None,
    ) -> None:
        self._handle: int | None = None
        self._closing = threading.Lock()  # so that nobody asks for counters while they are freed
        if not self.available():
            raise ThimbleError(
                Code.ENGINE_NOT_BUILT,
                "The installed engine cannot keep experts on disk.",
                engine_action("Build Thimble's own: python3 -m installer engine"),
            )
        self._api = door.api()
        paths = (ctypes.c_char_p * len(files))(*(os.fsencode(path) for path in files))
        flags = (
            (0 if direct else _BUFFERED)
            | (0 if fill else _NO_FILL)
            | (0 if fuzz_seed is None else _FUZZ)
            | (0 if look_ahead else _NO_LOOK_AHEAD)
            | (0 if early else _NO_EARLY)
            | (_INTERLEAVED if interleaved else 0)
        )
        options = door.StoreOptions(
            ctypes.sizeof(door.StoreOptions),
            len(files),
            paths,
            io_threads,
            _ALL_ROLES if repack else 0,
            flags,
            fuzz_seed or 0,
            policy.value,
            half_life,
        )
        sentence = ctypes.create_string_buffer(_SENTENCE_BYTES)
        self._handle = self._api.store_new(ctypes.byref(options), sentence, _SENTENCE_BYTES)
        if not self._handle:
            raise ThimbleError(
                Code.MODEL_UNREADABLE, _text(sentence), "Check that the file is there and may be read.", str(files[0])
            )
        self._found = door.StoreStats()
        self._found_address, self._found_size = ctypes.pointer(self._found), ctypes.sizeof(self._found)
        self._overrides = (_Override * 2)(
            _Override(_PATTERN, self._api.store_buffer_type(self._handle)), _Override(None, None)
        )

    @classmethod
    def available(cls) -> bool:
        """Whether the installed engine has an expert store that works on this system."""
        return sys.platform != "win32" and door.has_store()

    @property
    def handle(self) -> int | None:
        """The C address; None when closed."""
        return self._handle

    def apply(self, parameters: Any) -> None:
        """Makes a model that is loaded with these `llama_model_params` keep its experts here.

        The dense weights are then read past the page cache, too, instead of being mapped; of the token embeddings only
        the rows that are used. The store has to outlive the model.
        """
        field = dict(type(parameters)._fields_)["tensor_buft_overrides"]
        parameters.tensor_buft_overrides = ctypes.cast(self._overrides, field)
        parameters.load_mode = _LOAD_DIRECT_IO
        parameters.lazy_mode = _LAZY_ON

    def resize(self, size: int) -> None:
        """Gives the experts so many bytes; from any thread, also while an answer is computed.

        Raises:
            ThimbleError: less than one slot of each size, or there is no such memory. Nothing has changed then.
        """
        sentence = ctypes.create_string_buffer(_SENTENCE_BYTES)
        if not self._api.store_resize(self._handle, size, sentence, _SENTENCE_BYTES):
            raise ThimbleError(
                Code.OUT_OF_MEMORY,
                _text(sentence),
                "Close other programs, or change the memory limit.",
                f"{size} bytes",
            )

    def stats(self) -> ExpertStats:
        """The counters now; all zero when closed. From any thread, also while another one closes the store."""
        found = door.StoreStats()
        with self._closing:
            if self._handle is None:
                return ExpertStats()
            self._api.store_stats(self._handle, ctypes.byref(found), ctypes.sizeof(found))
        values = {name: int(getattr(found, name)) for name in _INTEGERS}
        direct = bool(values.pop("direct_io"))
        return ExpertStats(**values, direct_io=direct, half_life=float(found.half_life))

    def stall_ns(self) -> int:
        """`stats().stall_ns`, quickly: once per token."""
        self._api.store_stats(self._handle, self._found_address, self._found_size)
        return int(self._found.stall_ns)

    def experts(self) -> list[ExpertInfo]:
        """Every expert, ordered by layer and number."""
        count = self._api.store_experts(self._handle, None, 0)
        found = (door.StoredExpert * count)()
        self._api.store_experts(self._handle, found, count)
        return [ExpertInfo(it.layer, it.expert, it.uses, it.misses, bool(it.resident)) for it in found]

    def packed(self) -> PackedExperts:
        """`experts` as arrays, for readers that want all of them once a second."""
        count = self._api.store_experts(self._handle, None, 0)
        found = (door.StoredExpert * count)()
        count = min(count, self._api.store_experts(self._handle, found, count))
        entries = np.frombuffer(found, dtype=_STORED_EXPERT, count=count)
        numbers, starts, sizes = np.unique(entries["layer"], return_index=True, return_counts=True)
        return PackedExperts(
            tuple(zip(numbers[starts.argsort()].tolist(), sizes[starts.argsort()].tolist(), strict=True)),
            np.minimum(entries["uses"], _MOST_COUNTED).astype("<u4").tobytes(),
            np.minimum(entries["misses"], _MOST_COUNTED).astype("<u4").tobytes(),
            entries["resident"].astype("u1").tobytes(),
        )

    def layers(self) -> list[LayerInfo]:
        """Every layer with experts, in order."""
        count = self._api.store_layers(self._handle, None, 0)
        found = (door.StoredLayer * count)()
        self._api.store_layers(self._handle, found, count)
        return [LayerInfo(it.layer, it.n_experts, it.neurons, it.neurons_active) for it in found]

    def hot(self) -> list[HotExpert]:
        """The experts that were used, the most worth keeping first."""
        count = self._api.store_hot(self._handle, None, 0)
        found = (door.HotExpert * count)()
        count = min(count, self._api.store_hot(self._handle, found, count))
        return [HotExpert(it.layer, it.expert, it.value) for it in found[:count]]

    def warm(self, experts: Sequence[HotExpert]) -> None:
        """Takes what `hot` told in an earlier run: these are read first. Before the first `resize`; experts that do
        not exist are passed over."""
        given = (door.HotExpert * len(experts))(*(door.HotExpert(it.layer, it.expert, it.value) for it in experts))
        self._api.store_warm(self._handle, given, len(experts))

    def take_error(self) -> str | None:
        """What went wrong first since the last call, as a sentence; None for nothing."""
        sentence = ctypes.create_string_buffer(_SENTENCE_BYTES)
        if self._handle is None or not self._api.store_error(self._handle, sentence, _SENTENCE_BYTES):
            return None
        return _text(sentence)

    def start_trace(self, max_values: int) -> None:
        """Records from now on which experts each token uses; the old record is forgotten.

        Args:
            max_values: room, in values: three and one for each token and expert, for each layer and ubatch. Recording
                ends when it is used up. 0 ends it now and keeps what there is.
        """
        self._api.trace_start(self._handle, max_values)

    def read_trace(self) -> list[RouteRecord]:
        """What was recorded since the last call, in the order of computing."""
        values: list[int] = []
        while some := self.read_trace_values():
            values += some
        return list(route_records(values))

    def read_trace_values(self) -> list[int]:
        """Some of it, as whole records for `route_records`; quickly. Empty: that was all."""
        chunk = (ctypes.c_int32 * _TRACE_VALUES)()
        count = self._api.trace_read(self._handle, chunk, _TRACE_VALUES)
        return chunk[:count]

    def close(self) -> None:
        """Waits for reads in flight and gives the memory back; after the model was freed."""
        with self._closing:
            handle, self._handle = self._handle, None
        if handle is not None:
            self._api.store_free(handle)


def replay(
    trace: Sequence[RouteRecord], slots: int, policy: Policy, *, half_life: float = 0.0, count_from: int = 0
) -> Replay:
    """What a cache of so many experts, empty at first, would have done on a trace.

    Args:
        trace: from `ExpertStore.read_trace`.
        slots: experts the cache has room for.
        policy: which expert makes room for another.
        half_life: as for `ExpertStore`.
        count_from: records before this one only fill the cache.

    Raises:
        ValueError: the trace has an impossible record.
    """
    values: list[int] = []
    for record in trace:
        used = len(record.routes[0]) if record.routes else 0
        values += (record.layer, len(record.routes), used)
        for route in record.routes:
            if len(route) != used:
                raise ValueError("The tokens of one record use as many experts each.")
            values += route
    return replay_values(array("i", values).tobytes(), slots, policy, half_life=half_life, count_from=count_from)


def replay_values(values: bytes, slots: int, policy: Policy, *, half_life: float = 0.0, count_from: int = 0) -> Replay:
    """`replay` of values as `ExpertStore.read_trace_values` gives them, 32-bit integers in this machine's order."""
    count = len(values) // ctypes.sizeof(ctypes.c_int32)
    given = (ctypes.c_int32 * count).from_buffer_copy(values)
    options = door.ReplayOptions(ctypes.sizeof(door.ReplayOptions), policy.value, half_life, max(0, slots), count_from)
    result = door.ReplayResult()
    if not door.api().replay(given, count, ctypes.byref(options), ctypes.byref(result)):
        raise ValueError("This is not a route trace.")
    return Replay(result.uses, result.hits, result.half_life)


def route_records(values: Sequence[int]) -> Iterable[RouteRecord]:
    """Records from the values of a trace: {layer, tokens, experts of a token, their ids …}."""
    at = 0
    while at < len(values):
        layer, tokens, used = values[at : at + _HEAD]
        at += _HEAD
        routes = tuple(tuple(values[at + token * used : at + (token + 1) * used]) for token in range(tokens))
        at += tokens * used
        yield RouteRecord(layer, routes)


def _text(buffer: Any) -> str:
    return bytes(buffer.value).decode("utf-8", "replace")
