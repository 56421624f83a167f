"""`thimble top`: what the running engine does, in a terminal. It only looks: it starts and holds no engine."""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TextIO

from thimble.client import CancelToken, EngineClient, lockfile
from thimble.errors import Code, ThimbleError
from thimble.insight.figures import expert_use, memory_parts
from thimble.insight.machine import Load, MachineMeter
from thimble.insight.rates import Rates
from thimble.protocol import EngineStatus, Sample

MIB: Final = 2**20
GIB: Final = 2**30
UNKNOWN: Final = "-"
BAR: Final = 40
_ENTER, _LEAVE, _HOME, _CLEAR_DOWN, _CLEAR_LINE = (
    "\033[?1049h\033[?25l",
    "\033[?25h\033[?1049l",
    "\033[H",
    "\033[J",
    "\033[K",
)
_PARTS: Final = {
    "weights": "weights",
    "mapped": "files (page cache)",
    "experts": "experts",
    "global": "keys and values",
    "window": "keys and values (window)",
    "states": "states",
    "kept": "kept to go back",
    "compute": "intermediate results",
    "rest": "program and the rest",
}


def run(*, once: bool, as_json: bool, interval: float, stop: CancelToken) -> int:
    """Shows the engine until `stop`, or once.

    Args:
        once: one look, a second long, so that there are rates.
        as_json: an object for each look instead of a picture.
        interval: seconds between two looks.
        stop: ends it.

    Raises:
        ThimbleError: no engine is running, or it went away.
    """
    lock = lockfile.read()
    if lock is None:
        raise ThimbleError(
            Code.ENGINE_UNREACHABLE, "No engine is running.", "Open the window, or run `thimble serve`, and try again."
        )
    client = EngineClient(lock.base_url, lock.token, "top")
    screen = sys.stdout.isatty() and not as_json and not once
    try:
        with _full_screen(sys.stdout) if screen else _plain(sys.stdout) as show:
            _follow(client, show, once=once, as_json=as_json, interval=interval, stop=stop, screen=screen)
        return 0
    except ThimbleError as error:
        if stop.cancelled:
            return 0
        if error.problem.code == Code.ENGINE_DIED:
            raise ThimbleError(Code.ENGINE_DIED, "The engine has ended.", "", error.problem.detail) from error
        raise
    finally:
        client.close()


def _follow(
    client: EngineClient,
    show: Callable[[list[str]], None],
    *,
    once: bool,
    as_json: bool,
    interval: float,
    stop: CancelToken,
    screen: bool,
) -> None:
    rates, meter, status = Rates(), MachineMeter(), client.status()
    meter.read(None)
    begun = shown = time.monotonic()
    for sample in client.telemetry(stop):
        rates.add(sample)
        now = time.monotonic()
        if now - shown < (1.0 if once else interval) and not (screen and shown == begun):
            continue
        shown = now
        status = client.status()
        if as_json:
            show([json.dumps(as_object(rates, sample, status))])
        else:
            show(picture(rates, sample, status, meter.read(sample), shutil.get_terminal_size().columns))
        if once:
            return
    if not stop.cancelled:
        raise ThimbleError(Code.ENGINE_DIED, "The engine has ended.")


def picture(rates: Rates, sample: Sample, status: EngineStatus, load: Load, width: int) -> list[str]:
    """The lines of one look, none wider than `width`."""
    model = status.model
    built_for = f" ({status.cpu_variant})" if status.cpu_variant else ""
    head = f"thimble top · engine {status.engine_build or UNKNOWN}{built_for} · {status.state}"
    head += f" · {status.queued} waiting" if status.queued else ""
    lines = [head]
    if model is not None:
        lines.append(f"{model.name} · {model.quantization} · context {sample.kv_tokens} of {sample.kv_capacity}")
    lines += ["", _speed_line(rates, sample), *_time_lines(rates), "", *_memory_lines(sample), ""]
    if sample.experts_total:
        lines += [*_expert_lines(rates, sample), ""]
    lines += _machine_lines(load)
    return [line[:width] for line in lines]


def as_object(rates: Rates, sample: Sample, status: EngineStatus) -> dict[str, Any]:
    """One look for other programs: the sample, and the rates at its time; null for what is not known."""
    return {
        "sample": sample.to_json(),
        "model": status.model.id if status.model else None,
        "decode_tokens_per_second": round(rates.decode, 3) or None,
        "prefill_tokens_per_second": round(rates.prefill, 3) or None,
        "hit_rate": rates.hit,
        "bytes_per_token": rates.bytes_per_token,
    }


def _speed_line(rates: Rates, sample: Sample) -> str:
    first = f"{sample.first_token_ns / 1e9:.2f} s" if sample.first_token_ns else UNKNOWN
    return f"writing {_rate(rates.decode)} tok/s   reading {_rate(rates.prefill)} tok/s   first token {first}"


def _time_lines(rates: Rates) -> list[str]:
    spent = rates.token_time()
    if spent.total <= 0:
        return ["a token's time: nothing answered yet"]
    over = "last two minutes" if rates.recent else "since the start"
    lines = [f"a token's time ({over})"]
    for name, seconds in (
        ("computing", spent.compute),
        ("waiting for the disk", spent.stall),
        ("choosing the token", spent.sampling),
        ("other", spent.other),
    ):
        each = f"{1000 * seconds / spent.tokens:7.1f} ms" if spent.tokens else f"{UNKNOWN:>7}   "
        lines.append(f"  {name:<22}{_bar(seconds / spent.total)} {100 * seconds / spent.total:5.1f} % {each}")
    return lines


def _memory_lines(sample: Sample) -> list[str]:
    limit = f"of {_size(sample.memory_limit)} limit" if sample.memory_limit else "no limit"
    lines = [f"memory {_size(sample.memory_bytes)} ({limit}), peak {_size(sample.peak_memory_bytes)}"]
    whole = max(1, sample.memory_bytes)
    lines += [
        f"  {_PARTS[part.key]:<22}{_bar(part.bytes / whole)} {_size(part.bytes):>9}" for part in memory_parts(sample)
    ]
    return lines


def _expert_lines(rates: Rates, sample: Sample) -> list[str]:
    first = rates.first
    use = expert_use(first, sample) if first is not None else None
    if use is None or not use.uses:
        use = expert_use(Sample(sample.engine_epoch, 0), sample)
    lines = [f"experts {sample.experts_resident} of {sample.experts_total} in memory"]
    if use.uses:
        for name, count in (
            ("were in memory", use.hits),
            ("read, nobody waited", use.prefetched),
            ("read ahead, too late", use.late),
            ("read when asked for", use.demanded),
        ):
            lines.append(f"  {name:<22}{_bar(count / use.uses)} {100 * count / use.uses:5.1f} %")
    each = f"{use.bytes_read / use.tokens / MIB:.2f} MiB" if use.tokens else UNKNOWN
    right = f"{100 * use.guesses_right / use.guesses:.0f} %" if use.guesses else UNKNOWN
    lines.append(f"  disk per token {each}   foretold right {right}   neurons on {_neurons(sample)}")
    return lines


def _machine_lines(load: Load) -> list[str]:
    if not load.cores:
        return ["machine: measuring"]
    cores = " ".join(f"{busy:.0f}%" for busy in load.cores)
    disk = f"{load.disk_read / MIB:.0f} MiB/s" if load.disk_read is not None else "not counted here"
    line = f"machine: cores {cores} · others {load.other_cores:.1f} · disks {disk}"
    line += f" · {_size(load.memory_available)} of {_size(load.memory_total)} free"
    if load.starved:
        return [line, "another program slows the engine"]
    return [line]


def _neurons(sample: Sample) -> str:
    return f"{100 * sample.neurons_active / sample.neurons:.0f} %" if sample.neurons else UNKNOWN


def _rate(value: float) -> str:
    return f"{value:.1f}" if value > 0 else UNKNOWN


def _size(count: int) -> str:
    return f"{count / GIB:.2f} GiB" if count >= GIB // 4 else f"{count / MIB:.0f} MiB"


def _bar(share: float) -> str:
    full = round(max(0.0, min(1.0, share)) * BAR)
    return "█" * full + "░" * (BAR - full)


@contextmanager
def _plain(out: TextIO) -> Iterator[Callable[[list[str]], None]]:
    def show(lines: list[str]) -> None:
        out.write("\n".join(lines) + "\n")
        out.flush()

    yield show


@contextmanager
def _full_screen(out: TextIO) -> Iterator[Callable[[list[str]], None]]:
    """A screen of its own, drawn over instead of cleared, so that it does not flicker."""

    def show(lines: list[str]) -> None:
        rows = os.get_terminal_size().lines
        out.write(_HOME + "\n".join(line + _CLEAR_LINE for line in lines[: rows - 1]) + _CLEAR_DOWN)
        out.flush()

    out.write(_ENTER)
    try:
        yield show
    finally:
        out.write(_LEAVE)
        out.flush()
