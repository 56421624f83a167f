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


class _Api(ctypes.Structure):
    """`struct thimble_api` of thimble-api.h, as far as version 1 goes; later builds append."""

    _fields_ = (
        ("version", ctypes.c_uint32),
        ("size", ctypes.c_uint32),
        ("build", ctypes.c_char_p),
        ("cancel_new", ctypes.CFUNCTYPE(ctypes.c_void_p)),
        ("cancel_set", ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_bool)),
        ("cancel_get", ctypes.CFUNCTYPE(ctypes.c_bool, ctypes.c_void_p)),
        ("cancel_free", ctypes.CFUNCTYPE(None, ctypes.c_void_p)),
        ("abort_callback", ctypes.c_void_p),
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
    if found.version != _VERSION or found.size < ctypes.sizeof(_Api):
        log.warning("the engine's C API has version %d, size %d; not used", found.version, found.size)
        return None
    return found


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
