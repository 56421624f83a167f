"""The C API door in the built engine: found through the registry, and its flag stops a running graph."""

from __future__ import annotations

import ctypes
import json
from importlib import metadata
from pathlib import Path
from typing import Any

import llama_cpp
import pytest
from llama_cpp import _ggml

from tests.helpers.smallthinker_models import Shape, write_smallthinker

pytestmark = pytest.mark.engine

_ABORTED = 2  # llama_decode's answer when the abort callback said stop


class _Api(ctypes.Structure):
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


@pytest.fixture
def api() -> Any:
    """The struct, asked for as the app asks for it."""
    library = _ggml.libggml
    library.ggml_backend_reg_by_name.restype = ctypes.c_void_p
    library.ggml_backend_reg_get_proc_address.restype = ctypes.c_void_p
    registry = ctypes.c_void_p(library.ggml_backend_reg_by_name(b"CPU"))
    address = library.ggml_backend_reg_get_proc_address(registry, b"thimble_api")
    assert address, "this engine has no door"
    return ctypes.CFUNCTYPE(ctypes.POINTER(_Api))(address)().contents


def test_the_door_says_its_version_and_size(api: Any) -> None:
    assert api.version == 1
    assert api.size > ctypes.sizeof(_Api)  # later versions append


def test_door_wheel_and_record_name_the_same_build(api: Any) -> None:
    record = json.loads((Path(llama_cpp.__file__).parent / "_thimble.json").read_text(encoding="utf-8"))
    assert api.build.decode() == metadata.version("llama-cpp-python") == llama_cpp.__version__ == record["version"]


def test_another_name_opens_nothing() -> None:
    library = _ggml.libggml
    library.ggml_backend_reg_by_name.restype = ctypes.c_void_p
    library.ggml_backend_reg_get_proc_address.restype = ctypes.c_void_p
    registry = ctypes.c_void_p(library.ggml_backend_reg_by_name(b"CPU"))
    assert library.ggml_backend_reg_get_proc_address(registry, b"thimble_apis") is None


def test_the_flag_stops_a_graph_and_a_cleared_flag_lets_it_run(api: Any, tmp_path: Path) -> None:
    path = write_smallthinker(tmp_path / "tiny.gguf", Shape(layers=2, window=8), seed=1)
    model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
    parameters = llama_cpp.llama_context_default_params()
    parameters.n_ctx = 64
    context = llama_cpp.llama_init_from_model(model, parameters)
    tokens = (llama_cpp.llama_token * 4)(1, 2, 3, 4)
    flag = api.cancel_new()
    callback = ctypes.cast(api.abort_callback, llama_cpp.ggml_abort_callback)
    try:
        llama_cpp.llama_set_abort_callback(context, callback, flag)
        answers = []
        for stop in (False, True, False):
            api.cancel_set(flag, stop)
            llama_cpp.llama_memory_clear(llama_cpp.llama_get_memory(context), True)
            answers.append(llama_cpp.llama_decode(context, llama_cpp.llama_batch_get_one(tokens, 4)))
    finally:
        llama_cpp.llama_free(context)
        llama_cpp.llama_model_free(model)
        api.cancel_free(flag)
    assert answers == [0, _ABORTED, 0]
