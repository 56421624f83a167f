"""Our C API inside the patched build, and the switch by which compute is stopped.

A stock build has no door; everything here works with it, too.
"""

from __future__ import annotations

import ctypes
import logging
import sys
from functools import cache
from typing import Any, Final

from thimble.engine.binding import llama

log = logging.getLogger(__name__)

_NAME: Final = b"thimble_api"
_VERSION: Final = 1

STORE_COUNTERS: Final = (
    "uses",
    "hits",
    "misses",
    "reads",
    "bytes_read",
    "read_ns",
    "repack_ns",
    "stall_ns",
    "evictions",
    "errors",
    "retries",
    "filled",
    "budget_bytes",
    "resident_bytes",
    "total_bytes",
    "expert_bytes",
)
STORE_GAUGES: Final = ("resident_experts", "total_experts", "n_layers", "n_experts", "direct_io", "policy")
STORE_COUNTERS_SINCE_3: Final = ("in_time", "ahead_reads", "ahead_used", "guesses", "guesses_right")
STORE_COUNTERS_SINCE_4: Final = ("neurons", "neurons_active")
STORE_COUNTERS_SINCE_7: Final = ("ahead_late", "late")
HEAD_COUNTERS: Final = ("tokens", "rows", "all_rows", "checked", "changed", "none_kept")


class StoreOptions(ctypes.Structure):
    """`struct thimble_store_options`."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("n_files", ctypes.c_uint32),
        ("files", ctypes.POINTER(ctypes.c_char_p)),
        ("n_io_threads", ctypes.c_uint32),
        ("repack", ctypes.c_uint32),
        ("flags", ctypes.c_uint32),
        ("seed", ctypes.c_uint32),
        # since thimble.3
        ("policy", ctypes.c_uint32),
        ("half_life", ctypes.c_double),
    )


class StoreStats(ctypes.Structure):
    """`struct thimble_store_stats`."""

    _fields_ = (
        *((name, ctypes.c_uint64) for name in STORE_COUNTERS),
        *((name, ctypes.c_uint32) for name in STORE_GAUGES),
        *((name, ctypes.c_uint64) for name in STORE_COUNTERS_SINCE_3),
        ("half_life", ctypes.c_double),
        *((name, ctypes.c_uint64) for name in STORE_COUNTERS_SINCE_4),
        *((name, ctypes.c_uint64) for name in STORE_COUNTERS_SINCE_7),
    )


class StoredLayer(ctypes.Structure):
    """`struct thimble_layer_info`."""

    _fields_ = (
        ("layer", ctypes.c_uint32),
        ("n_experts", ctypes.c_uint32),
        ("neurons", ctypes.c_uint64),
        ("neurons_active", ctypes.c_uint64),
    )


class StoredExpert(ctypes.Structure):
    """`struct thimble_expert_info`."""

    _fields_ = (
        ("layer", ctypes.c_uint32),
        ("expert", ctypes.c_uint32),
        ("uses", ctypes.c_uint64),
        ("misses", ctypes.c_uint64),
        ("resident", ctypes.c_uint32),
        ("reserved", ctypes.c_uint32),
    )


class HotExpert(ctypes.Structure):
    """`struct thimble_hot_expert`."""

    _fields_ = (("layer", ctypes.c_uint32), ("expert", ctypes.c_uint32), ("value", ctypes.c_double))


class HeadStatistics(ctypes.Structure):
    """`struct thimble_head_stats`."""

    _fields_ = tuple((name, ctypes.c_uint64) for name in HEAD_COUNTERS)


class Event(ctypes.Structure):
    """`struct thimble_event`."""

    _fields_ = (
        ("time_ns", ctypes.c_uint64),
        ("kind", ctypes.c_uint32),
        ("layer", ctypes.c_uint32),
        ("expert", ctypes.c_uint32),
        ("value", ctypes.c_uint32),
    )


class ReplayOptions(ctypes.Structure):
    """`struct thimble_replay_options`."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("policy", ctypes.c_uint32),
        ("half_life", ctypes.c_double),
        ("slots", ctypes.c_uint64),
        ("count_from", ctypes.c_uint64),
    )


class ReplayResult(ctypes.Structure):
    """`struct thimble_replay_result`."""

    _fields_ = (("uses", ctypes.c_uint64), ("hits", ctypes.c_uint64), ("half_life", ctypes.c_double))


_VERSION_1_BYTES: Final = 56
_pointer, _text, _count = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t


class _Api(ctypes.Structure):
    """`struct thimble_api` of thimble-api.h; builds append fields, so an older one ends earlier (see `size`)."""

    _fields_ = (
        ("version", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("build", ctypes.c_char_p),
        ("cancel_new", ctypes.CFUNCTYPE(ctypes.c_void_p)),
        ("cancel_set", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_bool)),
        ("cancel_get", ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)),
        ("cancel_free", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("abort_callback", ctypes.c_void_p),
        # since thimble.2
        ("cancel_watch", ctypes.CFUNCTYPE(None, _pointer, _pointer)),
        ("store_new", ctypes.CFUNCTYPE(_pointer, ctypes.POINTER(StoreOptions), _text, _count)),
        ("store_buffer_type", ctypes.CFUNCTYPE(_pointer, _pointer)),
        ("store_resize", ctypes.CFUNCTYPE(ctypes.c_bool, _pointer, ctypes.c_uint64, _text, _count)),
        ("store_stats", ctypes.CFUNCTYPE(None, _pointer, ctypes.POINTER(StoreStats), _count)),
        (
            "store_experts",
            ctypes.CFUNCTYPE(ctypes.c_uint32, _pointer, ctypes.POINTER(StoredExpert), ctypes.c_uint32),
        ),
        ("store_error", ctypes.CFUNCTYPE(ctypes.c_bool, _pointer, _text, _count)),
        ("trace_start", ctypes.CFUNCTYPE(None, _pointer, ctypes.c_uint64)),
        (
            "trace_read",
            ctypes.CFUNCTYPE(ctypes.c_uint64, _pointer, ctypes.POINTER(ctypes.c_int32), ctypes.c_uint64),
        ),
        ("store_free", ctypes.CFUNCTYPE(None, _pointer)),
        # since thimble.3
        ("store_hot", ctypes.CFUNCTYPE(ctypes.c_uint32, _pointer, ctypes.POINTER(HotExpert), ctypes.c_uint32)),
        ("store_warm", ctypes.CFUNCTYPE(None, _pointer, ctypes.POINTER(HotExpert), ctypes.c_uint32)),
        (
            "replay",
            ctypes.CFUNCTYPE(
                ctypes.c_bool,
                ctypes.POINTER(ctypes.c_int32),
                ctypes.c_uint64,
                ctypes.POINTER(ReplayOptions),
                ctypes.POINTER(ReplayResult),
            ),
        ),
        ("timeline_start", ctypes.CFUNCTYPE(None, _pointer, ctypes.c_uint64)),
        ("timeline_read", ctypes.CFUNCTYPE(ctypes.c_uint64, _pointer, ctypes.POINTER(Event), ctypes.c_uint64)),
        # since thimble.4
        ("store_layers", ctypes.CFUNCTYPE(ctypes.c_uint32, _pointer, ctypes.POINTER(StoredLayer), ctypes.c_uint32)),
        # since thimble.5
        ("head_new", ctypes.CFUNCTYPE(_pointer)),
        ("head_set", ctypes.CFUNCTYPE(None, _pointer, ctypes.c_bool, ctypes.c_uint32)),
        ("head_stats", ctypes.CFUNCTYPE(None, _pointer, ctypes.POINTER(HeadStatistics), _count)),
        ("head_free", ctypes.CFUNCTYPE(None, _pointer)),
    )


@cache
def api() -> Any:
    """The struct of our C functions; None in a stock build, or one whose API this Thimble does not know."""
    llama()
    from llama_cpp._ggml import libggml

    by_name, address_of = libggml.ggml_backend_reg_by_name, libggml.ggml_backend_reg_get_proc_address
    by_name.argtypes, by_name.restype = [ctypes.c_char_p], ctypes.c_void_p
    address_of.argtypes, address_of.restype = [ctypes.c_void_p, ctypes.c_char_p], ctypes.c_void_p
    registry = by_name(b"CPU")
    address = address_of(registry, _NAME) if registry else None
    if not address:
        return None
    found = ctypes.CFUNCTYPE(ctypes.POINTER(_Api))(address)().contents
    if found.version != _VERSION or found.size < _VERSION_1_BYTES:
        log.warning("the engine's C API has version %d, size %d; not used", found.version, found.size)
        return None
    return found


def has_store() -> bool:
    """Whether the build has the expert store; False in a stock build and before thimble.5."""
    found = api()
    return found is not None and found.size >= ctypes.sizeof(_Api)


class ComputeStop:
    """A switch in C memory that a context reads after every graph node: compute stops within one of them, in the
    middle of a prompt chunk as well, with no Python in the loop. It belongs to the context: attach it once, and close
    it after the context was freed.

    In a stock build it is the C library's `strlen`: llama.cpp's abort callback is `bool f(void *)`, and `strlen` of a
    one-character buffer is such a function: 0 (go on) for an empty string, 1 (stop) for a string of one character.
    """

    def __init__(self) -> None:
        self._api = api()
        if self._api is not None:
            self._text = None
            self._flag: Any = self._api.cancel_new()
            self._callback: Any = ctypes.cast(self._api.abort_callback, llama().ggml_abort_callback)
        else:
            self._text = ctypes.create_string_buffer(2)
            self._flag = ctypes.addressof(self._text)
            self._callback = ctypes.cast(_c_library().strlen, llama().ggml_abort_callback)

    def attach(self, context: Any) -> None:
        """Lets this switch stop the given `llama_context`."""
        llama().llama_set_abort_callback(context, self._callback, self._flag)

    def watch(self, store: int | None) -> None:
        """Lets a failed read of this expert store stop the compute, too; None ends that. Before the store is freed."""
        if self._text is None and self._flag is not None and has_store():
            self._api.cancel_watch(self._flag, store)

    def set(self, stop: bool, /) -> None:
        """True stops the compute that runs, or the next one; False lets it run. From any thread."""
        if self._text is not None:
            self._text[0] = b"\x01" if stop else b"\x00"
        elif self._flag is not None:
            self._api.cancel_set(self._flag, stop)

    def close(self) -> None:
        """Frees the switch; its context is gone already."""
        if self._text is None and self._flag is not None:
            self._api.cancel_free(self._flag)
        self._flag = None


def _c_library() -> Any:
    return ctypes.CDLL("msvcrt") if sys.platform == "win32" else ctypes.CDLL(None)
