"""What another busy program costs: answers alone, beside it from the start, and when it begins in the middle.

    .venv/bin/python -m tests.benchmarks.shared_cores MODEL.gguf [--memory MIB] [--tokens 240] [--rounds 3]

Thimble's engine as the server runs it (nice 5, short spinning), against stock's `llama_decode` with a thread for each
core. Each run is a process of its own; figures are tokens/s of the second half of an answer.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

CASES: Final = ("quiet", "busy", "busy from the middle")
_BUSY: Final = "while True: pass"
_PROMPT: Final = 32
_HALF_SECONDS: Final = 15
"""Stock's longest time for half an answer: beside a busy program it makes less than a token per second."""
_CONTEXT: Final = 2048


def child_ours(path: Path, tokens: int, memory: int) -> None:
    """An answer by the host; says when half of it is done."""
    from thimble.engine.cancel import CancelFlag
    from thimble.engine.generate import AnswerTask
    from thimble.engine.host import Host
    from thimble.engine.sampling import Sampling
    from thimble.protocol import LoadOptions

    os.nice(5)
    host = Host()
    host.load(path, LoadOptions(_CONTEXT, memory_limit=memory), CancelFlag()).result()
    prompt = [random.Random(3).randrange(1000, 9000) for _ in range(_PROMPT)]
    middle: list[float] = []

    def emit(_event: object) -> None:
        if not middle and host.counters.generated_tokens >= tokens // 2:
            middle.append(_say_half())

    sampling = Sampling(temperature=1.0, seed=5)
    timings = host.answer(AnswerTask(prompt, sampling, tokens), CancelFlag(), emit).result()
    rate = (timings.generated_tokens - tokens // 2) / (time.perf_counter() - middle[0])
    _finish(rate, timings.generated_tokens)


def child_stock(path: Path, tokens: int) -> None:
    """As many tokens by stock's decode alone."""
    import llama_cpp as lib

    quiet = lib.llama_log_callback(lambda *_: None)
    lib.llama_log_set(quiet, None)
    parameters = lib.llama_model_default_params()
    parameters.n_gpu_layers = 0
    model = lib.llama_model_load_from_file(os.fsencode(path), parameters)
    options = lib.llama_context_default_params()
    options.n_ctx = _CONTEXT
    options.n_threads = options.n_threads_batch = os.cpu_count()
    options.n_outputs_max = 1
    context = lib.llama_init_from_model(model, options)
    source = random.Random(3)

    def decode(count: int) -> None:
        array = (lib.llama_token * count)(*(source.randrange(1000, 9000) for _ in range(count)))
        if lib.llama_decode(context, lib.llama_batch_get_one(array, count)) != 0:
            raise SystemExit("llama_decode failed")

    decode(_PROMPT)
    for half in range(2):
        began = _say_half() if half else time.perf_counter()
        done = 0
        while done < tokens // 2 and time.perf_counter() < began + _HALF_SECONDS:
            decode(1)
            done += 1
    _finish(done / (time.perf_counter() - began), tokens)


def _say_half() -> float:
    sys.stdout.write("half\n")
    sys.stdout.flush()
    return time.perf_counter()


def _finish(rate: float, tokens: int) -> None:
    sys.stdout.write(json.dumps({"rate": rate, "tokens": tokens}) + "\n")
    sys.stdout.flush()
    os._exit(0)


def measure(python: Path, who: str, case: str, options: argparse.Namespace) -> float:
    """One run: tokens/s of the second half.

    Raises:
        RuntimeError: the run has failed.
    """
    command: list[Any] = [python, __file__, str(options.model), "--child", who, "--tokens", str(options.tokens)]
    command += ["--memory", str(options.memory)]
    environment = {**os.environ, **({"GOMP_SPINCOUNT": "1000"} if who == "ours" else {})}
    busy = _busy() if case == "busy" else None
    try:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as run:
            assert run.stdout
            for line in run.stdout:
                if line.strip() == "half":
                    busy = busy or (_busy() if case == "busy from the middle" else None)
                elif line.startswith("{"):
                    return float(json.loads(line)["rate"])
    finally:
        if busy:
            busy.kill()
            busy.wait()
    raise RuntimeError(f"{who}, {case}: no result")


def _busy() -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", _BUSY])


def table(rates: Mapping[tuple[str, str], Sequence[float]]) -> str:
    """Medians as Markdown, and their share of the quiet ones."""
    rows = ["||" + "|".join(CASES) + "|", "|---" * (len(CASES) + 1) + "|"]
    for who in dict.fromkeys(who for who, _ in rates):
        medians = [statistics.median(rates[who, case]) for case in CASES]
        cells = [f"{median:.1f} ({median / medians[0]:.2f})" for median in medians]
        rows.append(f"|{who}|" + "|".join(cells) + "|")
    return "\n".join(rows) + "\n"


def main() -> None:
    """The command, and its children."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.shared_cores", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--memory", type=int, default=0, help="limit of ours, MiB (default: what is free)")
    parser.add_argument("--tokens", type=int, default=240)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--child", default="", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child == "ours":
        child_ours(options.model, options.tokens, options.memory << 20)
    elif options.child == "stock":
        child_stock(options.model, options.tokens)
    pythons = {"ours": Path(sys.executable), "stock": Path(sys.prefix).parent / ".venv-stock" / "bin" / "python"}
    rates: dict[tuple[str, str], list[float]] = {}
    for number in range(options.rounds):
        for case in CASES:
            for who, python in pythons.items():
                rate = measure(python, who, case, options)
                rates.setdefault((who, case), []).append(rate)
                sys.stderr.write(f"round {number + 1}: {who}, {case}: {rate:.1f} tokens/s\n")
    sys.stdout.write(table(rates))


if __name__ == "__main__":
    main()
