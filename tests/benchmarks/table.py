"""The table of docs/engine.md: models of the paper's sizes, in memory and in limits, stock and ours.

    .venv/bin/python -m tests.benchmarks.table OUT_FOLDER --vocab-from ANY.gguf

Makes the models that are missing, runs `thimble bench` once for each model and limit, keeps what it says as JSON in the
folder, and writes `table.md` there. What is in the folder already is not measured again. Alone on the machine.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from tests.benchmarks.make_model import SHAPES, write_model

GIB: Final = 2**30
_STOCK_MAPPED, _WILLNEED, _MEMORY, _OURS = "stock-mmap-128", "stock-willneed", "stock-memory", "thimble"
_PROMPT: Final = 128


@dataclass(frozen=True, slots=True)
class Model:
    """One of the table.

    Attributes:
        shape: of `make_model`.
        title: what it stands for.
        limits: GiB; 0 for everything in memory.
        paper: decode tokens/s of the paper's i9-14900K by limit (arXiv 2507.20984, tables 4 to 7).
        offset: of `make_model`, what sets the share of neurons that ReLU switches off.
    """

    shape: str
    title: str
    limits: tuple[int, ...]
    paper: Mapping[int, float]
    offset: float = 0.5

    @property
    def name(self) -> str:
        """Of its files."""
        return self.shape if self.offset == 0.5 else f"{self.shape}-{self.offset}"


_SPARSITIES: Final = {0.0: "0.5", 1.28: "0.9"}

MODELS: Final = (
    Model("4b", "SmallThinker-4B-A0.6B", (0, 1, 2), {0: 108.17, 1: 29.99}),
    Model("21b", "SmallThinker-21B-A3B", (0, 8, 4), {0: 30.19, 8: 20.30}),
    *(Model("4b", f"the 4B, sparsity {share}", (0, 1), {}, offset) for offset, share in _SPARSITIES.items()),
    *(Model("21b", f"the 21B, sparsity {share}", (0, 8), {}, offset) for offset, share in _SPARSITIES.items()),
    Model("qwen30b-12", "Qwen3-30B-A3B, 12 of its 48 layers", (0, 2, 1), {}),
    Model("qwen1.7b", "Qwen3-1.7B, dense", (0, 1), {0: 62.24, 1: 2.66}),
)


def engines(limit: int) -> tuple[str, ...]:
    """Who runs in a limit."""
    return (_OURS, _MEMORY) if limit == 0 else (_OURS, _STOCK_MAPPED, _WILLNEED)


def result_path(folder: Path, model: Model, limit: int, *, repeat: int, seconds: int) -> Path:
    """Where a cell's JSON is kept: of this engine, measured so."""
    engine = version("llama-cpp-python").replace("+", "-")
    return folder / f"{model.name}-{limit or 'memory'}-{engine}-{repeat}x{seconds}s.json"


def measure(model: Model, limit: int, file: Path, *, repeat: int, seconds: int) -> dict[str, Any]:
    """One cell.

    Raises:
        RuntimeError: the benchmark could not be run.
    """
    command = [sys.executable, "-m", "thimble", "bench", "--model", str(file), "--json"]
    command += ["--prompt-tokens", str(_PROMPT), "--gen-tokens", "256"]
    command += ["--engines", ",".join(engines(limit)), "--repeat", str(repeat), "--seconds", str(seconds)]
    if limit:
        command += ["--memory", f"{limit}GiB"]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if not done.stdout.strip():
        raise RuntimeError(f"thimble bench ended with {done.returncode}")
    found: dict[str, Any] = json.loads(done.stdout)
    if "summary" not in found:
        raise RuntimeError(f"thimble bench: {found}")
    return found


def table(results: Iterable[tuple[Model, int, Mapping[str, Any]]]) -> str:
    """Markdown: a row for each model and limit; what did not run is a dash, with its reason below."""
    head = "model|limit|stock, mapped|WILLNEED|stock, in memory|**ours**|÷ WILLNEED|hits|LRU|best|of the bound|"
    head += "prefill|stock|first token after, s|stock|peak MiB|paper, i9"
    rows, notes = [head, "|".join(["---"] * (head.count("|") + 1))], []
    compute: dict[str, float] = {}
    for model, limit, result in results:
        medians: Mapping[str, Mapping[str, float | None]] = result["summary"]
        stock = [found for engine, found in medians.items() if engine != _OURS]
        ours, willneed = _steady(medians, _OURS), _steady(medians, _WILLNEED)
        if not limit and (in_memory := _steady(medians, _MEMORY)):
            compute[model.name] = in_memory
        bound = _bound(result, compute.get(model.name))
        cells = [
            model.title,
            f"{limit} GiB" if limit else "–",
            _cell(_steady(medians, _STOCK_MAPPED)),
            _cell(willneed),
            _cell(_steady(medians, _MEMORY)),
            f"**{_cell(ours)}**",
            _cell(ours / willneed if ours and willneed else None, 2),
            *(_cell(medians.get(_OURS, {}).get(key), 2) for key in ("hit_rate", "hit_rate_lru", "hit_rate_belady")),
            _cell(ours / bound if ours and bound else None, 2),
            _cell(medians.get(_OURS, {}).get("prefill_tps"), 0),
            _cell(_best(max, (found.get("prefill_tps") for found in stock)), 0),
            _cell(_first_token(medians.get(_OURS, {}))),
            _cell(_best(min, map(_first_token, stock))),
            _cell(medians.get(_OURS, {}).get("cgroup_peak_mib"), 0),
            _cell(model.paper.get(limit)),
        ]
        rows.append("|".join(cells))
        problems = {(run["engine"], _last_line(run["problem"])) for run in result["runs"] if run.get("problem")}
        notes += [f"{model.title}, {limit or 'no'} GiB, {engine}: {problem}" for engine, problem in sorted(problems)]
    return "\n".join([*(f"|{row}|" for row in rows), "", *(f"- {note}" for note in notes)]).strip() + "\n"


def _last_line(problem: str) -> str:
    """Of a traceback what was wrong; of a sentence all."""
    return problem.strip().splitlines()[-1].removeprefix("thimble.errors.ThimbleError: ")


def _bound(result: Mapping[str, Any], in_memory: float | None) -> float | None:
    """The most our runs could have reached with their hit rate: the slower of stock's computing in memory and of
    reading the misses at the best the disk has shown in these runs; tokens/s."""
    runs = [run for run in result["runs"] if run["engine"] == _OURS and run.get("misses_per_token") is not None]
    if not runs or not in_memory:
        return None
    disk = max([*result["disk_gbps_available"].values(), *(run["disk_gbps_reached"] for run in runs)])
    megabytes = statistics.median(run["misses_per_token"] * run["read_mb_per_miss"] for run in runs)
    return min(in_memory, disk * 1e3 / megabytes if megabytes else in_memory)


def _steady(medians: Mapping[str, Mapping[str, float | None]], engine: str) -> float | None:
    found = medians.get(engine, {})
    return found.get("decode_tps_steady") or found.get("decode_tps")


def _first_token(medians: Mapping[str, float | None]) -> float | None:
    """Seconds from the engine's start to the first token: loading, then the prompt, with cold caches."""
    load, prefill = medians.get("load_s"), medians.get("prefill_tps")
    return load + _PROMPT / prefill if load is not None and prefill else None


def _best(choose: Callable[[list[float]], float], values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return choose(known) if known else None


def _cell(value: float | None, digits: int = 1) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def run(
    folder: Path, models: Sequence[Model], *, files: Path, vocab_from: Path | None, repeat: int, seconds: int
) -> str:
    """Measures what is missing; the table."""
    folder.mkdir(parents=True, exist_ok=True)
    results = []
    for model in models:
        file = files / f"{model.name}.gguf"
        for limit in model.limits:
            kept = result_path(folder, model, limit, repeat=repeat, seconds=seconds)
            if not kept.exists():
                if not file.exists():
                    part = file.with_suffix(".part")
                    write_model(part, SHAPES[model.shape], offset=model.offset, vocab_from=vocab_from)
                    part.rename(file)
                found = measure(model, limit, file, repeat=repeat, seconds=seconds)
                kept.write_text(json.dumps(found), "utf-8")
            results.append((model, limit, json.loads(kept.read_text("utf-8"))))
    text = table(results)
    (folder / "table.md").write_text(text, "utf-8")
    return text


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.table", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--models", type=Path, default=None, help="folder of the models (default: the same)")
    parser.add_argument("--vocab-from", type=Path, default=None, help="a GGUF whose tokenizer the models get")
    parser.add_argument("--only", default="", help="models by the names of their files, with commas")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=20, help="of decoding in a run")
    options = parser.parse_args()
    chosen = [model for model in MODELS if not options.only or model.name in options.only.split(",")]
    text = run(
        options.folder,
        chosen,
        files=options.models or options.folder,
        vocab_from=options.vocab_from,
        repeat=options.repeat,
        seconds=options.seconds,
    )
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
