"""Planning the runs of a benchmark, interleaving them, and making figures of what the workers tell."""

from __future__ import annotations

import json
import mmap
import os
import random
import statistics
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from thimble import own_process
from thimble.engine import variants
from thimble.engine.bench.cgroup import MemoryGroup, memory_group
from thimble.engine.experts import EXPERT_TENSOR, Policy, RouteRecord, replay
from thimble.engine.kv import ggml_type
from thimble.errors import Code, ThimbleError
from thimble.modelfile import ModelHeader
from thimble.probe import probe_machine
from thimble.protocol import ExpertPolicy

STEADY_FROM: Final = 64
"""Decoded tokens that only warm the cache up."""

WORKER: Final = Path(__file__).with_name("worker.py")
"""For another Python, which has no Thimble."""
WORKER_MODULE: Final = "thimble.engine.bench.worker"
_KILLED: Final = -9
_READ_AHEAD_KIB: Final = 128
_GROUP_SLACK_SECONDS: Final = 900.0
_PROBE_BYTES: Final = 2 << 20
_PROBE_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Engine:
    """One contestant.

    Attributes:
        name: as in the output.
        stock: whether it runs in the stock engine's environment.
        limited: whether it gets the memory limit.
        repack: whether weights are re-arranged in memory.
        read_ahead_kib: of the disk during the run; None: as it is.
        willneed: whether routed experts are advised to the kernel.
    """

    name: str
    stock: bool
    limited: bool
    repack: bool = True
    read_ahead_kib: int | None = None
    willneed: bool = False


SHIPPED: Final = Engine("thimble", stock=False, limited=True)
STOCK: Final = (
    Engine("stock-memory", stock=True, limited=False),
    Engine("stock-mmap-128", stock=True, limited=True, repack=False, read_ahead_kib=_READ_AHEAD_KIB),
    Engine("stock-mmap", stock=True, limited=True, repack=False),
    Engine("stock-willneed", stock=True, limited=True, repack=False, read_ahead_kib=_READ_AHEAD_KIB, willneed=True),
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured.

    Attributes:
        header: the model.
        memory: limit in bytes; 0 for none.
        expert_cache: bytes for the experts alone; 0 for what the limit leaves.
        expert_policy: of the shipped engine.
        cache: types of keys and values, in all engines.
        ctx: context length in tokens.
        tokens: prompt and continuation.
        prompt_tokens: how many of them are the prompt.
        threads: compute threads.
        repeat: rounds.
        engines: contestants; every round runs each once, every second round backwards.
        stock_python: interpreter of the stock engine's environment.
        seconds: a run's decode ends after so many, whatever is left of its tokens.
    """

    header: ModelHeader
    memory: int
    expert_cache: int
    ctx: int
    tokens: tuple[int, ...]
    prompt_tokens: int
    threads: int
    repeat: int
    engines: tuple[Engine, ...]
    stock_python: Path
    seconds: float
    expert_policy: str = ExpertPolicy.LRFU
    cache: tuple[str, str] = ("f16", "f16")


@dataclass(slots=True)
class Outcome:
    """All figures.

    Attributes:
        runs: one object for each, in the order they ran.
        notes: what a reader has to know.
        disk_gbps: random reads of 2 MiB past the page cache, by readers at once; 10^9 bytes a second.
    """

    runs: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    disk_gbps: dict[int, float] = field(default_factory=dict)


def token_stream(header: ModelHeader, count: int, file: Path | None, seed: int = 11) -> tuple[int, ...]:
    """The tokens everybody decodes: from a file of whole numbers, or drawn at random from the vocabulary.

    Raises:
        ThimbleError: the file cannot be read, or has too few tokens or other ones than the model knows.
    """
    if file is None:
        source = random.Random(seed)  # noqa: S311 - repeatable, not secret
        return tuple(source.randrange(header.vocabulary) for _ in range(count))
    try:
        tokens = tuple(int(word) for word in file.read_text("utf-8").split()[:count])
    except (OSError, ValueError) as error:
        raise ThimbleError(
            Code.BAD_REQUEST, f"The tokens file {file} cannot be read; it has to hold whole numbers.", "", str(error)
        ) from error
    if len(tokens) < count or not all(0 <= token < header.vocabulary for token in tokens):
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"The tokens file {file} has to hold {count:,} tokens from 0 to {header.vocabulary - 1:,}.",
        )
    return tokens


def run_all(plan: Plan, tell: Callable[[str], None]) -> Outcome:
    """Runs everything; `tell` gets a line for each run."""
    outcome = Outcome()
    outcome.disk_gbps = {readers: disk_bandwidth(plan.header.path, readers) for readers in (1, 2)}
    if os.geteuid() != 0:
        outcome.notes.append("Without root the page cache is not emptied between the runs, nor the read-ahead set.")
    digests: dict[str, str | None] = {}
    for number in range(plan.repeat):
        # who comes after another gets memory that the machine has at hand; in a virtual one that is worth seconds
        for engine in plan.engines if number % 2 == 0 else reversed(plan.engines):
            tell(f"round {number + 1} of {plan.repeat}: {engine.name}")
            run = _run(plan, engine, outcome)
            digests.setdefault(engine.name, run.pop("digest", None))
            outcome.runs.append({"engine": engine.name, "round": number + 1, **run})
    reference = digests.get("stock-memory")
    compute_s = _median(1 / run["decode_tps"] for run in _good(outcome.runs, "stock-memory"))
    for run in outcome.runs:
        mine = digests.get(run["engine"])
        comparable = run["engine"] == SHIPPED.name and reference is not None and mine is not None
        run["logits_equal"] = mine == reference if comparable else None
        _add_bound(run, compute_s, max(outcome.disk_gbps.values()))
    return outcome


def summary(runs: Sequence[dict[str, Any]]) -> dict[str, dict[str, float | None]]:
    """Medians by engine, and each engine's decode speed relative to `stock-mmap-128` and `stock-memory`."""
    names = list(dict.fromkeys(run["engine"] for run in runs))
    keys = ("decode_tps", "decode_tps_steady", "prefill_tps", "load_s", "p50_ms", "p99_ms", "hit_rate", "mb_per_token")
    more = ("stall_share", "cgroup_peak_mib", "bound_tps", "bound_share")
    rates = ("hit_rate_kept", "hit_rate_lru", "hit_rate_belady")
    table = {
        name: {
            key: _median(run[key] for run in _good(runs, name) if run.get(key) is not None)
            for key in (*keys, *more, *rates)
        }
        for name in names
    }
    for other in ("stock-memory", "stock-mmap-128", "stock-willneed"):
        base = table.get(other, {}).get("decode_tps")
        for row in table.values():
            mine = row["decode_tps"]
            row[f"ratio_to_{other}"] = mine / base if mine and base else None
    return table


def disk_bandwidth(path: Path, readers: int) -> float:
    """Random reads of 2 MiB past the page cache for a second, 10^9 bytes a second; 0 where that is not possible."""
    if not hasattr(os, "O_DIRECT"):
        return 0.0
    blocks = path.stat().st_size // _PROBE_BYTES
    if blocks < readers:
        return 0.0
    done = [0] * readers
    end = time.monotonic() + _PROBE_SECONDS

    def read(number: int) -> None:
        source = random.Random(number)  # noqa: S311 - where to read, not a secret
        try:
            handle = os.open(path, os.O_RDONLY | os.O_DIRECT)
        except OSError:
            return
        buffer = mmap.mmap(-1, _PROBE_BYTES)
        try:
            while time.monotonic() < end:
                done[number] += os.preadv(handle, [buffer], source.randrange(blocks) * _PROBE_BYTES)
        except OSError:
            return
        finally:
            os.close(handle)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(readers)]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / (time.monotonic() - began) / 1e9


def _run(plan: Plan, engine: Engine, outcome: Outcome) -> dict[str, Any]:
    limit = plan.memory if engine.limited else 0
    made = memory_group(f"thimble-bench-{os.getpid()}", limit)
    if isinstance(made, str) and made not in outcome.notes:
        outcome.notes.append(made)
    group = None if isinstance(made, str) else made
    worker = [str(plan.stock_python), str(WORKER)] if engine.stock else own_process.command(WORKER_MODULE)
    try:
        with _read_ahead(plan.header.path, engine.read_ahead_kib):
            _drop_caches()
            done = subprocess.run(
                worker,
                input=json.dumps(job_of(plan, engine, group)),
                capture_output=True,
                text=True,
                timeout=_GROUP_SLACK_SECONDS + 4 * plan.seconds,
                check=False,
            )
        peak = group.peak() if group else None
        killed = done.returncode == _KILLED or (group is not None and group.killed())
    except subprocess.TimeoutExpired:
        return {"problem": "it did not end in time", "killed": False}
    finally:
        if group is not None:
            group.remove()
    if done.returncode != 0 or not done.stdout.strip():
        sentence = "killed by the kernel: out of memory" if killed else done.stderr.strip()[-300:] or "it failed"
        return {"problem": sentence, "killed": killed}
    return figures_of(plan, json.loads(done.stdout.splitlines()[-1]), peak)


def job_of(plan: Plan, engine: Engine, group: MemoryGroup | None) -> dict[str, Any]:
    """What a worker is told to do."""
    header = plan.header
    return {
        "engine": engine.name,
        "members": str(group.members) if group else "",
        "path": str(header.path),
        "files": [str(file) for file in header.files],
        "experts": _expert_places(header) if engine.willneed else [],
        "memory": plan.memory,
        "expert_cache": plan.expert_cache,
        "expert_policy": plan.expert_policy,
        "cache": plan.cache,
        "cache_types": [ggml_type(name) for name in plan.cache],
        "ctx": plan.ctx,
        "threads": plan.threads,
        "repack": engine.repack,
        "willneed": engine.willneed,
        "tokens": plan.tokens,
        "prompt_tokens": plan.prompt_tokens,
        "steady_from": STEADY_FROM,
        "seconds": plan.seconds,
        "trace": not engine.stock,
    }


def _expert_places(header: ModelHeader) -> list[tuple[int, int, int, int]]:
    """(layer, file, offset of expert 0, bytes of one) of each expert tensor."""
    places = []
    for tensor in header.tensors:
        if EXPERT_TENSOR.match(tensor.name):
            layer = int(tensor.name.split(".")[1])
            places.append((layer, tensor.part, tensor.offset, tensor.bytes // header.expert_count))
    return places


def figures_of(plan: Plan, told: dict[str, Any], peak: int | None) -> dict[str, Any]:
    """Figures of what a worker told.

    Args:
        plan: of the run.
        told: its JSON object.
        peak: the kernel's account of its memory, bytes, where there is one.
    """
    seconds: list[float] = told["seconds"]
    (first, first_bytes), (last, last_bytes) = told["marks"][0], told["marks"][-1]
    total = sum(seconds)
    steady_at = told["steady_at"]
    steady = seconds[steady_at:] if steady_at is not None else []
    warm = told["marks"][1][0] if steady_at is not None else first
    ordered = sorted(seconds)
    uses = last.get("uses", 0) - warm.get("uses", 0)
    return {
        "decode_tps": len(seconds) / total,
        "decode_tps_steady": len(steady) / sum(steady) if steady else None,
        "prefill_tps": plan.prompt_tokens / told["prefill_s"],
        "p50_ms": statistics.median(seconds) * 1e3,
        "p99_ms": ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))] * 1e3,
        "load_s": told["load_s"],
        "decoded_tokens": len(seconds),
        "mb_per_token": (last_bytes - first_bytes) / len(seconds) / 1e6,
        "disk_gbps_reached": (last_bytes - first_bytes) / total / 1e9,
        "hit_rate": (last["hits"] - warm["hits"]) / uses if uses else None,
        # without what look-ahead had just brought; comparable with the replays, which have none
        "hit_rate_kept": _kept(last, warm) / uses if uses else None,
        "misses_per_token": (last["misses"] - warm["misses"]) / max(1, len(steady or seconds)) if uses else None,
        "read_mb_per_miss": (last["bytes_read"] - warm["bytes_read"]) / max(1, last["misses"] - warm["misses"]) / 1e6
        if uses
        else None,
        "stall_share": (last["stall_ns"] - first["stall_ns"]) / 1e9 / total if last else None,
        "expert_cache_mib": last["budget_bytes"] / 2**20 if last else None,
        "expert_cache_share": min(1.0, last["budget_bytes"] / last["total_bytes"]) if last else None,
        "cgroup_peak_mib": (peak if peak is not None else told["peak_rss"]) / 2**20,
        "rss_peak_mib": told["peak_rss"] / 2**20,
        "killed": False,
        "problem": None,
        "digest": told["digest"],
        **_replayed(told, last),
    }


def _kept(last: dict[str, int], warm: dict[str, int]) -> int:
    return max(0, last["hits"] - warm["hits"] - (last["ahead_used"] - warm["ahead_used"]))


def _replayed(told: dict[str, Any], stats: dict[str, int]) -> dict[str, float | None]:
    """Hit rates of LRU and of the best possible policy on the recorded routes, with as many slots."""
    if not told["trace"] or not stats.get("expert_bytes"):
        return {"hit_rate_lru": None, "hit_rate_belady": None}
    trace = [RouteRecord(layer, tuple(map(tuple, routes))) for layer, routes in told["trace"]]
    begin = told["prompt_records"]
    if told["steady_at"] is not None:
        layers = len({record.layer for record in trace})
        begin += told["steady_at"] * layers
    slots = stats["budget_bytes"] // stats["expert_bytes"]
    rates: dict[str, float | None] = {}
    for policy in (Policy.LRU, Policy.BELADY):
        found = replay(trace, slots, policy, count_from=begin)
        rates[f"hit_rate_{policy.name.lower()}"] = found.hits / max(1, found.uses)
    return rates


def _add_bound(run: dict[str, Any], compute_s: float | None, disk_gbps: float) -> None:
    """The most this run could have reached with its hit rate: the slower of computing and of reading its misses."""
    run["bound_tps"] = run["bound_share"] = None
    if compute_s is None or run.get("misses_per_token") is None or disk_gbps <= 0:
        return
    read_s = run["misses_per_token"] * run["read_mb_per_miss"] / 1e3 / disk_gbps
    run["bound_tps"] = 1 / max(compute_s, read_s)
    run["bound_share"] = (run["decode_tps_steady"] or run["decode_tps"]) / run["bound_tps"]


def _good(runs: Sequence[dict[str, Any]], engine: str) -> list[dict[str, Any]]:
    return [run for run in runs if run["engine"] == engine and not run.get("problem")]


def _median(values: Iterator[float] | Sequence[float]) -> float | None:
    found = list(values)
    return statistics.median(found) if found else None


def _drop_caches() -> None:
    if os.geteuid() == 0:
        os.sync()
        try:
            Path("/proc/sys/vm/drop_caches").write_text("3")
        except OSError:
            return


@contextmanager
def _read_ahead(path: Path, kib: int | None) -> Iterator[None]:
    """Sets the read-ahead of the disk below `path` for a while, where root may."""
    setting = _read_ahead_setting(path) if kib is not None and os.geteuid() == 0 else None
    if setting is None:
        yield
        return
    before = setting.read_text()
    try:
        setting.write_text(str(kib))
        yield
    finally:
        setting.write_text(before)


def _read_ahead_setting(path: Path) -> Path | None:
    device = path.stat().st_dev
    block = Path(f"/sys/dev/block/{os.major(device)}:{os.minor(device)}").resolve()
    for folder in (block, block.parent):
        setting = folder / "queue" / "read_ahead_kb"
        if setting.exists():
            return setting
    return None


def machine() -> dict[str, Any]:
    """What it was measured on."""
    found = probe_machine()
    return {
        "cpu": found.cpu_name,
        "cpu_variant": variants.name(),
        "cores": found.physical_cores,
        "memory_gib": round(found.memory_total / 2**30, 1),
        "cgroup_limit": found.cgroup_limit,
    }
