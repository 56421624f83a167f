"""Experts are asked for as early as they are known: SmallThinker's before attention, others' right after selection."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.decoding import Decoder
from tests.helpers.moe_models import LAYERS, USED, Architecture, write_moe
from thimble.engine.experts import ExpertStats, ExpertStore

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine keeps no experts on disk")

UBATCH = 8


def a_third(stats: ExpertStats) -> int:
    return stats.total_bytes // 3


class Nodes:
    """The names of the graph's nodes in the order of computing."""

    def __init__(self) -> None:
        from llama_cpp import ggml_backend_sched_eval_callback
        from llama_cpp._ggml import libggml

        self.names: list[str] = []
        libggml.ggml_get_name.restype, libggml.ggml_get_name.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
        self._name_of = libggml.ggml_get_name
        self.callback = ggml_backend_sched_eval_callback(self._on_node)

    def _on_node(self, tensor: Any, ask: bool, _user: object) -> bool:
        if ask:
            self.names.append(self._name_of(tensor).decode())
        return False


def order(path: Path) -> list[str]:
    nodes = Nodes()
    with Decoder(path, a_third, ubatch=UBATCH, on_node=nodes.callback) as decoder:
        decoder.decode([5])
        nodes.names.clear()
        decoder.decode([7])
    return nodes.names


def acquired(names: list[str], layer: int) -> int:
    """Where the layer's experts are asked for: a node in the place of the selection, with its name."""
    found = [at for at, name in enumerate(names) if name.removesuffix(" (view)") == f"ffn_moe_topk-{layer}"]
    assert len(found) > 1
    return found[-1]


@pytest.mark.parametrize("architecture", [Architecture.SMALLTHINKER, Architecture.SMALLTHINKER_WINDOW])
def test_smallthinker_asks_before_it_attends(architecture: Architecture, tmp_path: Path) -> None:
    names = order(write_moe(tmp_path / "moe.gguf", architecture))
    for layer in range(LAYERS):
        assert acquired(names, layer) < names.index(f"attn_norm-{layer}")


def test_other_models_ask_before_they_use_the_experts_weights(tmp_path: Path) -> None:
    names = order(write_moe(tmp_path / "moe.gguf", Architecture.QWEN3MOE))
    for layer in range(LAYERS):
        assert names.index(f"ffn_inp-{layer}") < acquired(names, layer) < names.index(f"ffn_moe_out-{layer}")


@pytest.mark.parametrize("architecture", [Architecture.SMALLTHINKER, Architecture.QWEN3MOE])
def test_the_last_layer_routes_only_what_is_output(architecture: Architecture, tmp_path: Path) -> None:
    with Decoder(write_moe(tmp_path / "moe.gguf", architecture), a_third, ubatch=UBATCH) as decoder:
        assert decoder.store
        decoder.store.start_trace(1 << 20)
        decoder.decode(range(UBATCH))
        records = decoder.store.read_trace()
    assert [record.layer for record in records] == list(range(LAYERS))
    assert [len(record.routes) for record in records] == [UBATCH] * (LAYERS - 1) + [1]
    assert all(len(set(route)) == USED for record in records for route in record.routes)


def test_a_use_is_counted_once(tmp_path: Path) -> None:
    with Decoder(write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER), a_third, ubatch=UBATCH) as decoder:
        assert decoder.store
        before = decoder.store.stats().uses
        decoder.decode([5])
        stats = decoder.store.stats()
    assert stats.uses - before == LAYERS * USED
    assert stats.uses == stats.hits + stats.misses
    assert stats.in_time <= stats.misses
