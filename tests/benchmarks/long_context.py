"""Decode speed and KV bytes at 1k, 4k and 16k tokens of context: window layers against full attention and stock.

    .venv/bin/python -m tests.benchmarks.long_context [--layers 12] [--rounds 5] [--tokens 24] [--cache-k f16]

The model has the attention of SmallThinker-21B (width 2560, 28 and 4 heads of 128, window 4096, every fourth layer
global) in fewer layers, 8 experts instead of 64 (6 are used, as there), and a vocabulary cut down like the layers.
"full" is the same file without its window. Reading 16k tokens takes minutes and says nothing about decoding, so the
context is filled with random keys and values through llama.cpp's own state functions. The engines are processes that
take turns of a few tokens; figures are medians over all turns, the first token of each left out.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import re
import shutil
import statistics
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

LENGTHS: Final = (1024, 4096, 16384)
ENGINES: Final = ("ours", "ours, full attention", "stock")
_ROOM: Final = 512
"""Tokens behind the filled ones, for all turns."""
_UBATCH: Final = 512
_F16: Final = 1
_WINDOW_KEY: Final = "smallthinker.attention.sliding_window"


# --- one engine's process: nothing of Thimble is imported for stock ---------------------------------------------------


class Run:
    """A model with a context for each length, filled, and decoded in turns."""

    def __init__(self, job: dict[str, Any]) -> None:
        self._job = job
        self.kv: dict[int, dict[str, int]] = {}
        self._contexts: dict[int, Any] = {}
        if job["engine"] == "stock":
            import llama_cpp

            self.lib = llama_cpp
            llama_cpp.llama_backend_init()
            parameters = llama_cpp.llama_model_default_params()
            parameters.n_gpu_layers = 0
            self.model = llama_cpp.llama_model_load_from_file(os.fsencode(job["path"]), parameters)
        else:
            from thimble.engine.binding import llama
            from thimble.engine.cancel import CancelFlag
            from thimble.engine.load import load_model
            from thimble.protocol import LoadOptions

            self.lib = llama()
            options = LoadOptions(256, job["threads"])
            self._loaded = load_model(
                Path(job["path"]), options, progress=lambda _share: None, cancel=CancelFlag(), remember=False
            )
            self.model = self._loaded.model
        self._log: list[str] = []
        self._callback = self.lib.llama_log_callback(lambda _level, text, _user: self._log.append(text.decode()))
        self.lib.llama_log_set(self._callback, ctypes.c_void_p(0))
        for length in LENGTHS:
            self._make(length)

    def _make(self, length: int) -> None:
        options = self.lib.llama_context_default_params()
        options.n_ctx = length + _ROOM
        options.n_batch = options.n_ubatch = _UBATCH
        options.n_threads = options.n_threads_batch = self._job["threads"]
        options.n_outputs_max = 1
        options.swa_full = False
        options.type_k, options.type_v = self._job["cache_types"]
        options.no_perf = True
        self._log.clear()
        context = self._contexts[length] = self.lib.llama_init_from_model(self.model, options)
        # "llama_kv_cache: size = 416.00 MiB ( 16896 cells, 3 layers, …" for each of its caches
        found = re.findall(r"size = *([\d.]+) MiB \( *(\d+) cells, *(\d+) layers", "".join(self._log))
        self.kv[length] = {"bytes": round(sum(float(size) for size, _, _ in found) * 2**20)}
        if self._job["engine"] != "stock":
            from thimble.engine.kv import kv_sizes

            told = kv_sizes(context)
            self.kv[length] = {
                "bytes": told.window_bytes + told.global_bytes,
                "window_bytes": told.window_bytes,
                "full_bytes": told.full_bytes,
            }
        state = self._state(length, [(int(cells), int(layers)) for _, cells, layers in found])
        if self.lib.llama_state_seq_set_data(context, state, len(state), 0) != len(state):
            raise SystemExit("the state was not taken: " + "".join(self._log[-2:]))

    def _state(self, length: int, caches: list[tuple[int, int]]) -> Any:
        """What `llama_state_seq_get_data` would give of so many tokens, with keys and values at random."""
        import numpy as np

        random = np.random.default_rng(1)
        rows = list(zip(self._job["cache_types"], self._job["row_bytes"], strict=True))
        parts: list[bytes] = [struct.pack("<Ii", 0xAF143CD8, 0)]
        for number, (_cells, layers) in enumerate(caches):
            held = min(length, self._job["window"]) if number == 1 else length  # the second is the window layers'
            parts.append(struct.pack("<II", 1, held))
            parts += [struct.pack("<iIi", position, 1, 0) for position in range(length - held, length)]
            parts.append(struct.pack("<II", 0, layers))
            for kind, row in rows:  # all layers' keys, then all layers' values
                values = random.normal(0.0, 0.5, held * row // 2).astype(np.float16).tobytes()
                tile = values if kind == _F16 else bytes(held * row)  # random bytes would be no numbers
                parts += [struct.pack("<iQ", kind, row) + tile] * layers
        whole = b"".join(parts)
        return (ctypes.c_uint8 * len(whole)).from_buffer_copy(whole)

    def turn(self, length: int, tokens: int, seed: int) -> list[float]:
        """Seconds of each token."""
        context, seconds = self._contexts[length], []
        for number in range(tokens):
            array = (self.lib.llama_token * 1)((seed * 977 + number * 131) % self._job["vocabulary"])
            began = time.perf_counter()
            if self.lib.llama_decode(context, self.lib.llama_batch_get_one(array, 1)) != 0:
                raise SystemExit("llama_decode failed: " + "".join(self._log[-2:]))
            seconds.append(time.perf_counter() - began)
        return seconds


def child() -> None:
    """Loads, then answers each line of stdin, a turn, with a line of seconds."""
    run = Run(json.loads(sys.stdin.readline()))
    say = os.fdopen(os.dup(1), "w")  # llama.cpp may print
    say.write(json.dumps({"kv": run.kv}) + "\n")
    say.flush()
    for line in sys.stdin:
        turn = json.loads(line)
        say.write(json.dumps(run.turn(turn["length"], turn["tokens"], turn["seed"])) + "\n")
        say.flush()
    os._exit(0)  # freeing takes seconds that nobody measures


# --- the benchmark ----------------------------------------------------------------------------------------------------


def write_models(folder: Path, layers: int, cache: Sequence[str]) -> tuple[Path, Path, dict[str, Any]]:
    """The model, the same without its window, and what the children have to know."""
    from gguf import GGUFReader

    from tests.benchmarks.make_model import SHAPES, write_model
    from thimble.modelfile.ggml_types import TENSOR_TYPES

    big = SHAPES["21b"]
    shape = replace(big, layers=layers, experts=8, vocabulary=big.vocabulary * layers // big.layers // 32 * 32)
    path, full = folder / "window.gguf", folder / "full.gguf"
    write_model(path, shape)
    shutil.copyfile(path, full)
    reader = GGUFReader(full, "r+")
    reader.fields[_WINDOW_KEY].parts[-1][0] = 0
    reader.data.flush()
    kinds = {kind.name.lower(): (number, kind) for number, kind in TENSOR_TYPES.items()}
    rows = [shape.kv_heads * shape.head // kinds[name][1].block * kinds[name][1].block_bytes for name in cache]
    return (
        path,
        full,
        {
            "cache_types": [kinds[name][0] for name in cache],
            "row_bytes": rows,
            "window": shape.window,
            "vocabulary": shape.vocabulary,
        },
    )


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.long_context", description=__doc__)
    parser.add_argument("--layers", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--tokens", type=int, default=24, help="of each turn")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--stock-python", type=Path, default=Path(".venv-stock/bin/python"))
    parser.add_argument("--cache-k", default="f16", help="type of the keys; zeros are filled in where it is not f16")
    parser.add_argument("--cache-v", default="f16", help="type of the values, likewise")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.rounds * options.tokens > _ROOM:
        parser.error(f"at most {_ROOM} tokens in all turns")
    with tempfile.TemporaryDirectory(prefix="thimble-long-") as folder:
        path, full, facts = write_models(Path(folder), options.layers, (options.cache_k, options.cache_v))
        children: dict[str, subprocess.Popen[str]] = {}
        kv: dict[str, Any] = {}
        for engine in ENGINES:
            python = options.stock_python if engine == "stock" else Path(sys.executable)
            job = facts | {
                "engine": engine,
                "path": str(full if engine == ENGINES[1] else path),
                "threads": options.threads,
            }
            started = children[engine] = subprocess.Popen(
                [python, __file__, "--child"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            kv[engine] = _ask(started, job)["kv"]
        seconds: dict[tuple[str, int], list[float]] = {}
        for number in range(-1, options.rounds):  # the first round brings experts and caches
            for length in LENGTHS:
                for engine, process in children.items():
                    turn = {"length": length, "tokens": options.tokens if number >= 0 else 4, "seed": number + 2}
                    told = _ask(process, turn)
                    if number >= 0:
                        seconds.setdefault((engine, length), []).extend(told[1:])
        for process in children.values():
            process.communicate()
    rows = [
        {
            "tokens": length,
            "engine": engine,
            "tokens_per_second": round(1 / statistics.median(seconds[engine, length]), 1),
            "kv_mib": round(kv[engine][str(length)]["bytes"] / 2**20, 1),
        }
        for length in LENGTHS
        for engine in ENGINES
    ]
    sys.stdout.write(json.dumps(rows) + "\n" if options.json else _table(rows))
    return 0


def _ask(process: subprocess.Popen[str], line: Any) -> Any:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(json.dumps(line) + "\n")
    process.stdin.flush()
    answer = process.stdout.readline()
    if not answer:
        raise SystemExit(f"an engine ended: {process.wait()}")
    return json.loads(answer)


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| tokens | " + " | ".join(f"{engine}: tokens/s | KV MiB" for engine in ENGINES) + " |",
        "|---" * (1 + 2 * len(ENGINES)) + "|",
    ]
    for length in LENGTHS:
        cells = [row for row in rows if row["tokens"] == length]
        shown = " | ".join(f"{row['tokens_per_second']} | {row['kv_mib']:.0f}" for row in cells)
        lines.append(f"| {length:,} | {shown} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["--child"]:
        child()
    else:
        raise SystemExit(main())
