"""One run of the benchmark: loads a model, reads a prompt, decodes given tokens, prints one JSON object.

Runs as a file under any Python that has llama_cpp and NumPy, so that the stock engine is measured by the same code;
only a run of the shipped engine imports Thimble.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import mmap
import os
import sys
import time
from pathlib import Path
from typing import Any

Job = dict[str, Any]

_UBATCH = 512
_HASHED = 64
_TOPK = b"ffn_moe_topk-"
_STARTER = os.getppid()


def main() -> None:
    """Reads the job from stdin."""
    job: Job = json.loads(sys.stdin.read())
    if job["members"]:
        Path(job["members"]).write_text(str(os.getpid()))
    run = Shipped(job) if job["engine"] == "thimble" else Stock(job)
    if job.get("text"):
        job["tokens"] = run.tokens(job["text"], len(job["tokens"])) or job["tokens"]
    sys.stdout.write(json.dumps(measure(run, job)) + "\n")
    sys.stdout.flush()
    os._exit(0)  # freeing gigabytes takes seconds that nobody measures


class Stock:
    """The stock engine, or the shipped one's library without its store."""

    def __init__(self, job: Job) -> None:
        import llama_cpp

        self.lib = llama_cpp
        self._quiet = llama_cpp.llama_log_callback(lambda *_: None)
        llama_cpp.llama_log_set(self._quiet, ctypes.c_void_p(0))
        llama_cpp.llama_backend_init()
        began = time.perf_counter()
        parameters = llama_cpp.llama_model_default_params()
        parameters.n_gpu_layers = 0
        parameters.use_extra_bufts = job["repack"]
        self.model = llama_cpp.llama_model_load_from_file(os.fsencode(job["path"]), parameters)
        if not self.model:
            raise SystemExit("the model did not load")
        options = llama_cpp.llama_context_default_params()
        options.n_ctx = job["ctx"]
        options.n_batch = options.n_ubatch = min(_UBATCH, job["ctx"])
        options.n_threads = options.n_threads_batch = job["threads"]
        options.n_outputs_max = 1
        options.swa_full = False
        options.type_k, options.type_v = job["cache_types"]
        options.no_perf = True
        if job["willneed"]:
            self._advice = Advice(llama_cpp, job)
            options.cb_eval = self._advice.callback
        self.context = llama_cpp.llama_init_from_model(self.model, options)
        if not self.context:
            raise SystemExit("there is no memory for the context")
        self.load_s = time.perf_counter() - began

    def tokens(self, _text: str, _count: int) -> list[int]:
        """Tokens of a text; none here."""
        return []

    def stats(self) -> dict[str, int]:
        """Counters of the expert store; none here."""
        return {}

    def trace(self) -> list[Any]:
        """Recorded routes; none here."""
        return []


class Shipped(Stock):
    """The engine as Thimble loads it."""

    def __init__(self, job: Job) -> None:
        from thimble.engine.binding import llama
        from thimble.engine.cancel import CancelFlag
        from thimble.engine.load import load_model
        from thimble.protocol import LoadOptions

        self.lib = llama()
        began = time.perf_counter()
        given = (job["ctx"], job["threads"], job["memory"], job["expert_cache"], job.get("expert_policy", "lrfu"))
        options = LoadOptions(**job["options"]) if job.get("options") else LoadOptions(*given, *job["cache"])
        self.loaded = load_model(
            Path(job["path"]), options, progress=lambda _share: None, cancel=CancelFlag(), remember=False
        )
        self.load_s = time.perf_counter() - began
        self.model, self.context = self.loaded.model, self.loaded.context
        if self.loaded.experts and job["trace"]:
            self.loaded.experts.start_trace(1 << 26)

    def tokens(self, text: str, count: int) -> list[int]:
        """So many tokens of a text, again from its beginning where it ends; none where it has hardly any."""
        found = self.loaded.vocabulary.tokenize(text)
        return (found * (count // len(found) + 1))[:count] if len(found) * 4 >= count else []

    def stats(self) -> dict[str, int]:
        """Counters of the expert store."""
        if not self.loaded.experts:
            return {}
        found = self.loaded.experts.stats()
        return {name: int(getattr(found, name)) for name in found.__slots__}

    def trace(self) -> list[Any]:
        """Recorded routes: (layer, ids of each token)."""
        if not self.loaded.experts:
            return []
        return [(record.layer, record.routes) for record in self.loaded.experts.read_trace()]


class Advice:
    """Tells the kernel to read the routed experts as soon as the router has spoken (`madvise` WILLNEED).

    The strongest cheap baseline: page cache, kernel read-ahead, no cache of one's own.
    """

    def __init__(self, lib: Any, job: Job) -> None:
        from llama_cpp._ggml import libggml

        self._maps = []
        for path in job["files"]:
            with Path(path).open("rb") as file:
                self._maps.append(mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ))
        self._places: dict[int, list[tuple[int, int, int]]] = {}
        for layer, file, offset, size in job["experts"]:
            self._places.setdefault(layer, []).append((file, offset, size))
        self._ggml = libggml
        libggml.ggml_get_name.restype, libggml.ggml_get_name.argtypes = ctypes.c_char_p, [ctypes.c_void_p]
        libggml.ggml_backend_tensor_get.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_size_t]
        self.callback = lib.ggml_backend_sched_eval_callback(self._on_node)

    def _on_node(self, tensor: Any, ask: bool, _user: object) -> bool:
        name = self._ggml.ggml_get_name(tensor) or b""
        if not name.startswith(_TOPK):
            return not ask
        if not ask:
            self._advise(int(name.rsplit(b"-", 1)[1]), self._ids(tensor))
        return True

    def _ids(self, tensor: Any) -> set[int]:
        class Head(ctypes.Structure):
            _fields_ = (
                ("type", ctypes.c_int),
                ("buffer", ctypes.c_void_p),
                ("ne", ctypes.c_int64 * 4),
                ("nb", ctypes.c_size_t * 4),
            )

        head = Head.from_address(tensor)
        used, tokens = int(head.ne[0]), int(head.ne[1])
        row = (ctypes.c_int32 * used)()
        ids: set[int] = set()
        for token in range(tokens):
            self._ggml.ggml_backend_tensor_get(tensor, row, token * int(head.nb[1]), 4 * used)
            ids.update(row)
        return ids

    def _advise(self, layer: int, ids: set[int]) -> None:
        page = mmap.PAGESIZE
        for expert in sorted(ids):
            for file, offset, size in self._places.get(layer, ()):
                begin = offset + expert * size
                start = begin // page * page
                self._maps[file].madvise(mmap.MADV_WILLNEED, start, begin + size - start)


def measure(run: Stock, job: Job) -> dict[str, Any]:
    """Prefill in ubatches, then decode token by token until they are done or the time is up."""
    import numpy as np

    lib, context = run.lib, run.context
    vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(run.model))
    prompt, given = job["tokens"][: job["prompt_tokens"]], job["tokens"][job["prompt_tokens"] :]
    digest = hashlib.sha256()

    def decode(tokens: list[int]) -> None:
        array = (lib.llama_token * len(tokens))(*tokens)
        result = lib.llama_decode(context, lib.llama_batch_get_one(array, len(tokens)))
        if result != 0:
            raise SystemExit(f"llama_decode returned {result}")

    def take_logits() -> None:
        digest.update(np.ctypeslib.as_array(lib.llama_get_logits_ith(context, -1), (vocabulary,)).tobytes())

    _say("reading")
    began = time.perf_counter()
    for at in range(0, len(prompt), _UBATCH):
        decode(prompt[at : at + _UBATCH])
    take_logits()
    prefill_s = time.perf_counter() - began
    prompt_records = len(trace := run.trace())
    marks = [(run.stats(), _read_bytes())]
    seconds: list[float] = []
    steady_from = job["steady_from"]
    _say("writing")
    for number, token in enumerate(given):
        if number == steady_from:
            marks.append((run.stats(), _read_bytes()))
        start = time.perf_counter()
        decode([token])
        seconds.append(time.perf_counter() - start)
        if number < _HASHED:
            take_logits()
        if sum(seconds) > job["seconds"]:
            break
        if os.getppid() != _STARTER:
            raise SystemExit("nobody waits for the figures")
    marks.append((run.stats(), _read_bytes()))
    trace += run.trace()
    return {
        "load_s": run.load_s,
        "prefill_s": prefill_s,
        "seconds": seconds,
        "steady_at": steady_from if len(marks) == 3 else None,
        "marks": marks,
        "digest": digest.hexdigest() if len(seconds) >= min(_HASHED, len(given)) else None,
        "trace": trace if job["trace"] else [],
        "prompt_records": prompt_records,
        "peak_rss": _peak_rss(),
    }


def _say(stage: str) -> None:
    """How far it is, on a line of its own before the figures."""
    sys.stdout.write(json.dumps({"stage": stage}) + "\n")
    sys.stdout.flush()


def _read_bytes() -> int:
    with Path("/proc/self/io").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith("read_bytes"))


def _peak_rss() -> int:
    with Path("/proc/self/status").open(encoding="ascii") as lines:
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
