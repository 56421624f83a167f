"""Logits after every token of a given sequence: by this process's engine, experts in memory or on disk, or by stock.

Run as a file it needs llama_cpp and NumPy only, so that the unpatched engine computes in its own environment by the
same code.
"""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float32]

STOCK_PYTHON: Final = Path(sys.prefix).parent / ".venv-stock" / "bin" / "python"
DONE: Final = "done\n"
NO_STOCK: Final = "the unpatched engine is not there: python3 -m installer engine --stock"


@dataclass(frozen=True)
class Run:
    """How to compute.

    Attributes:
        piece: tokens per call: 1 takes the paths that answers take, more those of prompts.
        repack: whether weights are re-arranged.
        exact_attention: keys and values in F32 and plain products; else what the engine does by itself: F16, fused.
        threads: compute threads.
        context: KV-cache length in tokens.
    """

    piece: int = 64
    repack: bool = True
    exact_attention: bool = True
    threads: int = 2
    context: int = 256


def in_memory(path: Path, tokens: Sequence[int], run: Run) -> Array:
    """By this process's engine, loaded the ordinary way; [tokens, vocabulary]."""
    from thimble.engine.binding import llama

    return _decode(llama(), path, tokens, run)


def on_disk(path: Path, tokens: Sequence[int], run: Run, *, share: float = 0.5) -> Array:
    """By this process's engine with room for a share of the experts; [tokens, vocabulary]."""
    from thimble.engine.binding import llama
    from thimble.engine.experts import ExpertStore

    store = ExpertStore([path], repack=run.repack)
    try:
        return _decode(
            llama(),
            path,
            tokens,
            run,
            prepare=store.apply,
            loaded=lambda: store.resize(int(store.stats().total_bytes * share)),
        )
    finally:
        store.close()


class Stock:
    """The unpatched engine in a process of its own, for as many runs as one likes. Use as a context manager."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [STOCK_PYTHON, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        return self

    def __exit__(self, *_error: object) -> None:
        with self._process as process:  # closes its input: it ends
            assert process.stdin
            process.stdin.close()

    def __call__(self, path: Path, tokens: Sequence[int], run: Run) -> Array:
        """[tokens, vocabulary]"""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        result = path.with_suffix(".npy")
        job = {"path": str(path), "tokens": list(tokens), "run": asdict(run), "result": str(result)}
        stdin.write(json.dumps(job) + "\n")
        stdin.flush()
        assert stdout.readline() == DONE, "the stock engine died"
        found: Array = np.load(result)
        return found


def _decode(
    lib: Any,
    path: Path,
    tokens: Sequence[int],
    run: Run,
    *,
    prepare: Callable[[Any], None] = lambda _parameters: None,
    loaded: Callable[[], None] = lambda: None,
) -> Array:
    parameters = lib.llama_model_default_params()
    parameters.n_gpu_layers = 0
    parameters.use_extra_bufts = run.repack
    prepare(parameters)
    model = lib.llama_model_load_from_file(os.fsencode(path), parameters)
    assert model, "the engine refused the model"
    options = lib.llama_context_default_params()
    options.n_ctx = run.context
    options.n_batch = options.n_ubatch = run.piece
    options.n_threads = options.n_threads_batch = run.threads
    options.swa_full = False
    if run.exact_attention:
        options.type_k = options.type_v = lib.GGML_TYPE_F32
        options.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
    context = lib.llama_init_from_model(model, options)
    assert context, "the engine made no context"
    vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(model))
    batch = lib.llama_batch_init(run.piece, 0, 1)
    rows: list[Array] = []
    try:
        loaded()
        for start in range(0, len(tokens), run.piece):
            part = tokens[start : start + run.piece]
            batch.n_tokens = len(part)
            for index, token in enumerate(part):
                batch.token[index] = token
                batch.pos[index] = start + index
                batch.n_seq_id[index] = 1
                batch.seq_id[index][0] = 0
                batch.logits[index] = 1
            assert lib.llama_decode(context, batch) == 0
            for index in range(len(part)):
                row = ctypes.cast(lib.llama_get_logits_ith(context, index), ctypes.POINTER(ctypes.c_float))
                rows.append(np.ctypeslib.as_array(row, (vocabulary,)).copy())
    finally:
        lib.llama_batch_free(batch)
        lib.llama_free(context)
        lib.llama_model_free(model)
    return np.stack(rows)


def main() -> None:
    """One job for each line of stdin."""
    import llama_cpp

    quiet = llama_cpp.llama_log_callback(lambda *_: None)
    llama_cpp.llama_log_set(quiet, ctypes.c_void_p(0))
    llama_cpp.llama_backend_init()
    for line in sys.stdin:
        job = json.loads(line)
        np.save(job["result"], _decode(llama_cpp, Path(job["path"]), job["tokens"], Run(**job["run"])))
        sys.stdout.write(DONE)
        sys.stdout.flush()


if __name__ == "__main__":
    main()
