"""One FLASH_ATTN_EXT node, computed by the engine's own library."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import gguf
import llama_cpp
import numpy as np
from gguf import GGMLQuantizationType as Type
from numpy.typing import NDArray

_OP_PARAMETERS: Final = 84
"""Where `ggml_tensor.op_params` begins, in bytes."""
_PARTS: Final = 5
"""The parameter that says in how many parts the positions are added up (patch attention-parts)."""
_DATA: Final = 84 + 64 + 4 + 10 * 8 + 8 + 8
_POINTER = ctypes.c_void_p


class _Init(ctypes.Structure):
    _fields_ = [("mem_size", ctypes.c_size_t), ("mem_buffer", _POINTER), ("no_alloc", ctypes.c_bool)]


class _Plan(ctypes.Structure):
    _fields_ = [
        ("work_size", ctypes.c_size_t),
        ("work_data", _POINTER),
        ("n_threads", ctypes.c_int),
        ("threadpool", _POINTER),
        ("abort_callback", _POINTER),
        ("abort_callback_data", _POINTER),
        ("use_ref", ctypes.c_bool),
    ]


def _library() -> tuple[ctypes.CDLL, ctypes.CDLL]:
    folder = Path(llama_cpp.__file__).parent / "lib"
    base, cpu = ctypes.CDLL(str(folder / "libggml-base.so")), ctypes.CDLL(str(folder / "libggml-cpu.so"))
    for name in ("init", "new_tensor_4d", "flash_attn_ext", "new_graph", "permute"):
        getattr(base, f"ggml_{name}").restype = _POINTER
    base.ggml_init.argtypes = [_Init]
    cpu.ggml_graph_plan.restype = _Plan
    cpu.ggml_cpu_init()
    return base, cpu


@dataclass(frozen=True)
class Attention:
    """What a node is computed from.

    Attributes:
        q: (heads, tokens, width) queries.
        k: (heads of keys, positions, width) keys.
        v: (heads of values, positions, width of values) values.
        mask: (tokens, positions), or none.
        sinks: a score for each head, or none.
        key_type, value_type: how both are kept.
        max_bias: of ALiBi, 0 for none.
        softcap: of the scores, 0 for none.
    """

    q: NDArray[np.float32]
    k: NDArray[np.float32]
    v: NDArray[np.float32]
    mask: NDArray[np.float16] | None = None
    sinks: NDArray[np.float32] | None = None
    key_type: Type = Type.F16
    value_type: Type = Type.F16
    max_bias: float = 0.0
    softcap: float = 0.0

    def head(self, head: int) -> Attention:
        """That head alone, with its keys and values."""
        keys = self.k[head * len(self.k) // len(self.q)]
        values = self.v[head * len(self.v) // len(self.q)]
        sinks = None if self.sinks is None else self.sinks[head : head + 1]
        return Attention(
            self.q[head : head + 1],
            keys[None],
            values[None],
            self.mask,
            sinks,
            self.key_type,
            self.value_type,
            self.max_bias,
            self.softcap,
        )

    def compute(self, threads: int = 1, parts: int = 1, upstreams: bool = False) -> NDArray[np.float32]:
        """Computes the node.

        Args:
            threads: that compute.
            parts: in which the positions are added up.
            upstreams: by upstream's reference, which goes through all positions in one part, on one thread.

        Returns:
            (tokens, heads, width of values).
        """
        node = Node(self, threads, parts, upstreams)
        try:
            return node.compute()
        finally:
            node.close()


class Node:
    """A graph of one node; `compute` may be called again."""

    def __init__(self, what: Attention, threads: int, parts: int, upstreams: bool) -> None:
        self._base, self._cpu = _library()
        size = 4 * (what.q.nbytes + what.k.nbytes + what.v.nbytes) + (64 << 20)
        self._context = _POINTER(self._base.ggml_init(_Init(size, None, False)))
        mask = None if what.mask is None else self._tensor(what.mask[None, None], Type.F16)
        out = _POINTER(
            self._base.ggml_flash_attn_ext(
                self._context,
                self._tensor(what.q[None], Type.F32),
                self._tensor(what.k[None], what.key_type, cells_first=True),
                self._tensor(what.v[None], what.value_type, cells_first=True),
                mask,
                ctypes.c_float(what.q.shape[-1] ** -0.5),
                ctypes.c_float(what.max_bias),
                ctypes.c_float(what.softcap),
            )
        )
        if what.sinks is not None:
            self._base.ggml_flash_attn_ext_add_sinks(out, self._tensor(what.sinks[None, None, None], Type.F32))
        assert out.value
        ctypes.c_int32.from_address(out.value + _OP_PARAMETERS + 4 * _PARTS).value = parts
        self._graph = _POINTER(self._base.ggml_new_graph(self._context))
        self._base.ggml_build_forward_expand(self._graph, out)
        self._plan = self._cpu.ggml_graph_plan(self._graph, ctypes.c_int(1 if upstreams else threads), None)
        self._plan.use_ref = upstreams
        self._work = ctypes.create_string_buffer(self._plan.work_size + 64)
        self._plan.work_data = ctypes.addressof(self._work)
        self._shape = (what.q.shape[1], what.q.shape[0], what.v.shape[2])
        self._out = out.value

    def compute(self) -> NDArray[np.float32]:
        """(tokens, heads, width of values)."""
        assert self._cpu.ggml_graph_compute(self._graph, ctypes.byref(self._plan)) == 0
        data = ctypes.c_void_p.from_address(self._out + _DATA).value
        assert data
        count = int(np.prod(self._shape))
        return np.ctypeslib.as_array((ctypes.c_float * count).from_address(data)).reshape(self._shape).copy()

    def close(self) -> None:
        self._base.ggml_free(self._context)

    def _tensor(self, values: NDArray[Any], kind: Type, *, cells_first: bool = False) -> ctypes.c_void_p:
        """`cells_first`: as a KV cache has it, the heads of one position side by side."""
        if cells_first:
            values = values.swapaxes(1, 2)
        rows = np.ascontiguousarray(values)
        sizes = [ctypes.c_int64(size) for size in reversed(rows.shape)]
        tensor = _POINTER(self._base.ggml_new_tensor_4d(self._context, ctypes.c_int(int(kind)), *sizes))
        assert tensor.value
        data = ctypes.c_void_p.from_address(tensor.value + _DATA).value
        assert data
        raw = gguf.quantize(rows.astype(np.float32), kind) if kind != Type.F16 else rows.astype(np.float16)
        ctypes.memmove(data, np.ascontiguousarray(raw).tobytes(), raw.nbytes)
        return _POINTER(self._base.ggml_permute(self._context, tensor, 0, 2, 1, 3)) if cells_first else tensor
