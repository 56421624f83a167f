"""Engines that take turns: each keeps its model loaded and decodes a few tokens when it is asked.

    .venv/bin/python -m tests.benchmarks.turns MODEL.gguf [--other NAME=PYTHON] [--memory MIB] [--rounds 12]

A machine whose memory or disk changes by the minute gives ratios only within a round. Compared are this checkout's
engine, stock's, and those of other checkouts (`--other before=../before/.venv/bin/python`).
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Final, Self

ROOT: Final = Path(__file__).resolve().parents[2]
STOCK_PYTHON: Final = ROOT / ".venv-stock" / "bin" / "python"
_PROMPT: Final = 64
_CONTEXT: Final = 2048
_F16: Final = 1
_SPIN: Final = "1000"
"""OpenMP's spinning as the engine process sets it for ours; stock keeps the system's."""


@dataclass(frozen=True, slots=True)
class Contender:
    """One engine: its Python, and whether it is llama.cpp's own loading without Thimble's store."""

    name: str
    python: Path
    stock: bool = False
    threads: int = 2
    memory: int = 0

    def job(self, model: Path) -> dict[str, Any]:
        """What the child is told."""
        return {
            "path": str(model),
            "engine": "stock" if self.stock else "thimble",
            "ctx": _CONTEXT,
            "threads": self.threads,
            "memory": self.memory,
            "expert_cache": 0,
            "repack": True,
            "willneed": False,
            "trace": False,
            "cache": [],  # the engine's default; checkouts from before there was a choice know no other
            "cache_types": [_F16, _F16],
        }


class Player:
    """A contender's process with its model loaded. A context manager.

    Raises:
        RuntimeError: it did not load, or died.
    """

    def __init__(self, contender: Contender, model: Path) -> None:
        self.contender = contender
        environment = {**os.environ, **({} if contender.stock else {"GOMP_SPINCOUNT": _SPIN})}
        command = [str(contender.python), __file__, "--child"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )
        self.ask(contender.job(model))

    def ask(self, question: dict[str, Any]) -> dict[str, Any]:
        """One turn."""
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            pass
        answer = self._process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.contender.name} has ended")
        told: dict[str, Any] = json.loads(answer)
        return told

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.communicate()


def take_turns(players: Sequence[Player], rounds: int, question: dict[str, Any]) -> dict[str, list[float]]:
    """Seconds a token of each round, by contender; who begins changes from round to round."""
    seconds: dict[str, list[float]] = {player.contender.name: [] for player in players}
    for number in range(rounds):
        for player in players if number % 2 == 0 else reversed(players):
            seconds[player.contender.name].append(player.ask(question)["seconds"])
    return seconds


def ratios(seconds: Mapping[str, Sequence[float]], name: str, base: str) -> list[float]:
    """How many times as fast as `base`, round by round."""
    return [theirs / mine for mine, theirs in zip(seconds[name], seconds[base], strict=True)]


def table(seconds: Mapping[str, Sequence[float]], base: str) -> str:
    """Medians as Markdown."""
    rows = [f"||tokens/s|÷ {base}, median (least–most)|", "|---|---|---|"]
    for name, found in seconds.items():
        against = ratios(seconds, name, base)
        spread = f"{statistics.median(against):.3f} ({min(against):.2f}–{max(against):.2f})"
        rows.append(f"|{name}|{1 / statistics.median(found):.1f}|{spread}|")
    return "\n".join(rows) + "\n"


def _child() -> None:
    worker = _worker()
    lines = iter(sys.stdin)
    job = json.loads(next(lines))
    run = worker.Shipped(job) if job["engine"] == "thimble" else worker.Stock(job)
    decoder = _Decoder(run)
    decoder.start()
    _say({"ready": True})
    for line in lines:
        _say(decoder.answer(json.loads(line)))
    os._exit(0)


def _worker() -> ModuleType:
    """The benchmark's worker as a file: stock's Python has no Thimble."""
    path = ROOT / "app" / "thimble" / "engine" / "bench" / "worker.py"
    spec = importlib.util.spec_from_file_location("worker", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _say(answer: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


class _Decoder:
    def __init__(self, run: Any) -> None:
        import random

        self._lib, self._context, self._model = run.lib, run.context, run.model
        self._vocabulary = self._lib.llama_vocab_n_tokens(self._lib.llama_model_get_vocab(self._model))
        self._random = random.Random(11)
        self._length = 0

    def start(self) -> None:
        """Reads a prompt into an empty context."""
        self._lib.llama_memory_clear(self._lib.llama_get_memory(self._context), True)
        self._length = 0
        self._decode([self._random.randrange(self._vocabulary) for _ in range(_PROMPT)])

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """`tokens` decoded one by one, or `prompt` tokens read at once, or a `digest` of so many greedy logits."""
        import time

        if "digest" in question:
            return {"digest": self._digest(question["digest"])}
        count = question.get("tokens") or question["prompt"]
        if self._length + count > _CONTEXT - 1:
            self.start()
        tokens = [self._random.randrange(self._vocabulary) for _ in range(count)]
        began = time.perf_counter()
        for batch in [tokens] if "prompt" in question else [[token] for token in tokens]:
            self._decode(batch)
        return {"seconds": (time.perf_counter() - began) / count}

    def _digest(self, count: int) -> str:
        import hashlib

        import numpy as np

        self._random.seed(12)
        self.start()
        digest = hashlib.sha256()
        for _ in range(count):
            pointer = self._lib.llama_get_logits_ith(self._context, -1)
            logits = np.ctypeslib.as_array(pointer, (self._vocabulary,))
            digest.update(logits.tobytes())
            self._decode([int(logits.argmax())])
        return digest.hexdigest()

    def _decode(self, tokens: list[int]) -> None:
        array = (self._lib.llama_token * len(tokens))(*tokens)
        result = self._lib.llama_decode(self._context, self._lib.llama_batch_get_one(array, len(tokens)))
        if result != 0:
            raise SystemExit(f"llama_decode returned {result}")
        self._length += len(tokens)


def main() -> None:
    """The command, and its children."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.turns", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("--other", action="append", default=[], metavar="NAME=PYTHON")
    parser.add_argument("--no-stock", action="store_true", help="leave stock out, for instance with a memory limit")
    parser.add_argument("--memory", type=int, default=0, help="limit of ours, MiB (default: what is free)")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--tokens", type=int, default=25)
    parser.add_argument("--prompt", type=int, default=0, help="read prompts of so many tokens instead of decoding")
    options = parser.parse_args()
    common = {"threads": options.threads, "memory": options.memory << 20}
    contenders = [Contender("ours", Path(sys.executable), **common)]
    for other in options.other:
        name, _, python = other.partition("=")
        contenders.append(Contender(name, Path(python).absolute(), **common))
    if not options.no_stock:
        contenders.append(Contender("stock", STOCK_PYTHON, stock=True, threads=options.threads))
    question = {"prompt": options.prompt} if options.prompt else {"tokens": options.tokens}
    with ExitStack() as stack:
        players = [stack.enter_context(Player(contender, options.model)) for contender in contenders]
        sys.stdout.write(table(take_turns(players, options.rounds, question), contenders[-1].name))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        _child()
    else:
        main()
