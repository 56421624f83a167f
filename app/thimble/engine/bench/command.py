"""The command `thimble bench`: checks what was asked for, measures, prints."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, Final

from thimble import own_process
from thimble.engine.bench.runs import SHIPPED, STOCK, Engine, Outcome, Plan, machine, run_all, summary, token_stream
from thimble.engine.cores import physical_cores
from thimble.errors import Code, ThimbleError
from thimble.modelfile import read_header

_COLUMNS: Final = (
    ("engine", "engine", "{}"),
    ("decode", "decode_tps", "{:.2f}"),
    ("steady", "decode_tps_steady", "{:.2f}"),
    ("prefill", "prefill_tps", "{:.1f}"),
    ("p50 ms", "p50_ms", "{:.1f}"),
    ("p99 ms", "p99_ms", "{:.1f}"),
    ("hits", "hit_rate", "{:.3f}"),
    ("kept", "hit_rate_kept", "{:.3f}"),
    ("LRU", "hit_rate_lru", "{:.3f}"),
    ("best", "hit_rate_belady", "{:.3f}"),
    ("MB/token", "mb_per_token", "{:.1f}"),
    ("stall", "stall_share", "{:.2f}"),
    ("peak MiB", "cgroup_peak_mib", "{:.0f}"),
    ("load s", "load_s", "{:.2f}"),
    ("bound", "bound_tps", "{:.1f}"),
    ("of it", "bound_share", "{:.2f}"),
    ("equal", "logits_equal", "{}"),
)


def run(options: argparse.Namespace) -> int:
    """Measures and prints.

    Raises:
        ThimbleError: the model, the tokens or the stock engine cannot be used.
    """
    header = read_header(options.model)
    engines: tuple[Engine, ...] = (SHIPPED, *STOCK) if options.vs_stock else (SHIPPED,)
    if options.engines:
        wanted = [name.strip() for name in options.engines.split(",")]
        known = {engine.name: engine for engine in (SHIPPED, *STOCK)}
        unknown = [name for name in wanted if name not in known]
        if unknown:
            raise ThimbleError(
                Code.BAD_REQUEST, f"There is no engine {unknown[0]!r}.", f"Choose from: {', '.join(known)}."
            )
        engines = tuple(known[name] for name in wanted)
    if not options.memory:
        engines = tuple(engine for engine in engines if not (engine.stock and engine.limited))
    stock_python = options.stock_python or Path(sys.prefix).parent / ".venv-stock" / "bin" / "python"
    if any(engine.stock for engine in engines) and not stock_python.exists():
        raise ThimbleError(
            Code.ENGINE_NOT_BUILT,
            "The stock engine is not installed.",
            "Name its Python with --stock-python."
            if own_process.packaged()
            else "Build it: python3 -m installer engine --stock, or name its Python with --stock-python.",
            str(stock_python),
        )
    total = options.prompt_tokens + options.gen_tokens
    if total > options.ctx:
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"{total:,} tokens do not fit into a context of {options.ctx:,}.",
            "Give a longer --ctx, or fewer tokens.",
        )
    plan = Plan(
        header=header,
        memory=options.memory,
        expert_cache=options.expert_cache,
        expert_policy=options.policy,
        cache=(options.cache_k, options.cache_v),
        ctx=options.ctx,
        tokens=token_stream(header, total, options.tokens_file),
        prompt_tokens=options.prompt_tokens,
        threads=options.threads or physical_cores(),
        repeat=options.repeat,
        engines=engines,
        stock_python=stock_python,
        seconds=float(options.seconds),
    )
    outcome = run_all(plan, _tell)
    sys.stdout.write((json.dumps(as_json(plan, outcome)) if options.json else as_table(plan, outcome)) + "\n")
    return 1 if all(run["problem"] for run in outcome.runs) else 0


def _tell(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def as_json(plan: Plan, outcome: Outcome) -> dict[str, Any]:
    """One object: machine, model, settings, disk, runs, summary, notes."""
    return {
        "machine": machine(),
        "model": {
            "name": plan.header.name,
            "architecture": plan.header.architecture,
            "bytes": plan.header.file_bytes,
            "experts": plan.header.expert_count,
            "experts_used": plan.header.expert_used_count,
        },
        "settings": {
            "memory": plan.memory,
            "expert_cache": plan.expert_cache,
            "expert_policy": plan.expert_policy,
            "cache_k": plan.cache[0],
            "cache_v": plan.cache[1],
            "ctx": plan.ctx,
            "prompt_tokens": plan.prompt_tokens,
            "gen_tokens": len(plan.tokens) - plan.prompt_tokens,
            "threads": plan.threads,
            "repeat": plan.repeat,
        },
        "disk_gbps_available": outcome.disk_gbps,
        "runs": outcome.runs,
        "summary": summary(outcome.runs),
        "notes": outcome.notes,
    }


def as_table(plan: Plan, outcome: Outcome) -> str:
    """The medians, aligned, with what a reader has to know below."""
    rows = [[title for title, _, _ in _COLUMNS]]
    problems = []
    for name, medians in summary(outcome.runs).items():
        runs = [run for run in outcome.runs if run["engine"] == name]
        values = {"engine": name, **medians, "logits_equal": _all_equal(runs)}
        rows.append([_cell(text, values[key]) for _, key, text in _COLUMNS])
        problems += [f"{name}: {run['problem']}" for run in runs if run["problem"]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    readers = ", ".join(f"{count}: {gbps:.2f}" for count, gbps in outcome.disk_gbps.items())
    limit = f"{plan.memory / 2**20:.0f} MiB" if plan.memory else "none"
    head = (
        f"{plan.header.name}, memory limit {limit}, context {plan.ctx}, {plan.prompt_tokens} prompt tokens, "
        f"{plan.threads} threads, {plan.repeat} rounds, medians; decode and prefill in tokens/s; "
        f"engine for {machine()['cpu_variant']}"
    )
    foot = [f"disk, GB/s by readers at once: {readers}", *dict.fromkeys(problems), *outcome.notes]
    return "\n".join([head, "", *lines, "", *foot])


def _all_equal(runs: list[dict[str, Any]]) -> bool | None:
    told = [run["logits_equal"] for run in runs if run.get("logits_equal") is not None]
    return all(told) if told else None


def _cell(text: str, value: object) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "NO"
    return text.format(value)
