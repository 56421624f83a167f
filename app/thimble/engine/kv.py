"""The KV cache as the engine made it: what it takes, by kind of layer, and the rows of window layers by position."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any, Final

from thimble.engine.binding import llama
from thimble.errors import Code, ThimbleError
from thimble.modelfile import ModelHeader
from thimble.modelfile.ggml_types import TENSOR_TYPES
from thimble.protocol import CacheType

_PLAIN_BITS: Final = 16
_BLOCK: Final = 32
"""Numbers that share a scale, in all types with less than 16 bits."""

_NO_FLASH_ATTENTION: Final = ("grok",)


@dataclass(frozen=True, slots=True)
class KvSizes:
    """What a context's cache takes; all zero in a stock build, which cannot tell.

    Attributes:
        window_bytes: keys and values of layers that see a window.
        global_bytes: of layers that see everything.
        recurrent_bytes: states of layers without keys and values.
        full_bytes: what keys and values would take if every layer saw everything.
        window_cells, global_cells: tokens there is room for; `window_cells` is 0 without window layers.
        window_layers, global_layers: how many layers of each kind.
    """

    window_bytes: int = 0
    global_bytes: int = 0
    recurrent_bytes: int = 0
    full_bytes: int = 0
    window_cells: int = 0
    global_cells: int = 0
    window_layers: int = 0
    global_layers: int = 0


class _Sizes(ctypes.Structure):
    """`struct thimble_kv_sizes`."""

    _fields_ = (
        ("window_bytes", ctypes.c_uint64),
        ("global_bytes", ctypes.c_uint64),
        ("recurrent_bytes", ctypes.c_uint64),
        ("full_bytes", ctypes.c_uint64),
        ("window_cells", ctypes.c_uint32),
        ("global_cells", ctypes.c_uint32),
        ("window_layers", ctypes.c_uint32),
        ("global_layers", ctypes.c_uint32),
    )


def ggml_type(name: str) -> int:
    """ggml's number of a cache type.

    Args:
        name: one of `protocol.CacheType`.
    """
    return next(number for number, kind in TENSOR_TYPES.items() if kind.name == CacheType(name).upper())


def check_cache_types(header: ModelHeader, cache: tuple[str, str]) -> None:
    """Refuses what llama.cpp would refuse later, when the resident model is gone already.

    Args:
        header: the model.
        cache: types of keys and values.

    Raises:
        ThimbleError: the model cannot keep its keys and values so.
    """
    if header.architecture in _NO_FLASH_ATTENTION and bits(cache[1]) < _PLAIN_BITS:
        raise wrong_cache_types(
            f"Values as {cache[1]} need flash attention, which models of the kind “{header.architecture}” cannot use.",
            str(header.path),
        )
    for what, width, name in (("Keys", header.key_length, cache[0]), ("Values", header.value_length, cache[1])):
        block = 1 if bits(name) >= _PLAIN_BITS else _BLOCK
        if width % block:
            raise wrong_cache_types(
                f"{what} of this model cannot be kept as {name}: a head has {width} numbers, and {name} takes {block} "
                "at a time.",
                str(header.path),
            )


def wrong_cache_types(sentence: str, detail: str) -> ThimbleError:
    """The error of a model whose keys and values cannot be kept as asked."""
    return ThimbleError(Code.BAD_REQUEST, sentence, "Choose f16 for keys and values in the settings.", detail)


def bits(name: str) -> int:
    """Bits of one number, without scales.

    Args:
        name: one of `protocol.CacheType`.
    """
    return int("".join(letter for letter in name.partition("_")[0] if letter.isdigit()))


def kv_sizes(context: Any) -> KvSizes:
    """What the cache of a `llama_context *` takes."""
    function = _function("thimble_kv_get_sizes")
    if function is None:
        return KvSizes()
    function.argtypes, function.restype = [ctypes.c_void_p, ctypes.POINTER(_Sizes)], ctypes.c_bool
    told = _Sizes()
    function(context, ctypes.byref(told))
    return KvSizes(**{name: int(getattr(told, name)) for name, _ in _Sizes._fields_})


class WindowRows:
    """Rows of the window layers of one context's sequence 0. A row is keys and values of one position.

    Not while `llama_decode` runs.

    Attributes:
        bytes: of one row; 0 when rows cannot be had: no window layers, a stock build, or an unusual cache.
    """

    def __init__(self, context: Any) -> None:
        self._context = context
        size = _function("thimble_kv_row_bytes")
        self.bytes = 0
        if size is None:
            return
        size.argtypes, size.restype = [ctypes.c_void_p], ctypes.c_size_t
        self.bytes = int(size(context))
        self._loss = _function("thimble_kv_next_loss")
        self._loss.argtypes, self._loss.restype = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_uint32], ctypes.c_int32
        arguments = [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int32, ctypes.c_uint32, ctypes.c_void_p]
        self._get = _function("thimble_kv_get_rows")
        self._get.argtypes, self._get.restype = arguments, ctypes.c_uint32
        self._put = _function("thimble_kv_put_rows")
        self._put.argtypes, self._put.restype = arguments, ctypes.c_bool

    def next_loss(self, count: int) -> int:
        """Decoding so many more tokens overwrites the rows of all positions below this one."""
        return int(self._loss(self._context, 0, count))

    def get(self, first: int, count: int, address: int) -> int:
        """Copies the rows of `count` positions from `first` on to `address`; how many there were before one missed."""
        return int(self._get(self._context, 0, first, count, address))

    def put(self, first: int, count: int, address: int) -> bool:
        """Puts rows back whose positions are not in the cache; False, and nothing changed, when that is impossible."""
        return bool(self._put(self._context, 0, first, count, address))


def _function(name: str) -> Any:
    """A function of our patches; None in a build without it."""
    return getattr(llama().llama_cpp._lib, name, None)
