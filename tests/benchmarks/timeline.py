"""Draws one token: when each layer computes, when it waits, and what the readers do meanwhile.

.venv/bin/python -m tests.benchmarks.timeline MODEL.gguf OUT.svg --memory 1024
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any, Final

from thimble.engine import door
from thimble.engine.binding import llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.load import load_model
from thimble.protocol import LoadOptions

_ACQUIRE, _OP_BEGIN, _OP_END, _STALL, _GO, _READ_BEGIN, _READ_END = range(1, 8)
_WARM_UP: Final = 96
_MAX_EVENTS: Final = 1 << 16
_WIDTH, _LEFT, _RIGHT, _LANE, _GAP, _TOP = 1200, 92, 16, 24, 8, 62
_INK, _MUTED, _GRID = "#3f3a34", "#7a736a", "#e4dfd7"
_EXPERTS, _REST, _WAIT, _ASKED, _GUESSED = "#2f7d6d", "#a9cfc4", "#d9534a", "#4a7bc8", "#b6a0d8"


@dataclass(frozen=True, slots=True)
class Event:
    """See `struct thimble_event`; time in milliseconds since the token began."""

    time: float
    kind: int
    layer: int
    expert: int
    value: int


@dataclass(frozen=True, slots=True)
class Bar:
    """Something that takes time, in a lane."""

    lane: int
    begin: float
    end: float
    colour: str
    title: str


def record(path: Path, memory: int, threads: int) -> tuple[list[Event], float]:
    """One token in the middle of a conversation, the one of 15 whose time is the median; its events and its time."""
    lib = llama()
    options = LoadOptions(2048, threads, memory)
    loaded = load_model(path, options, progress=lambda _share: None, cancel=CancelFlag(), remember=False)
    assert loaded.experts
    api, handle = door.api(), loaded.experts.handle
    vocabulary = lib.llama_vocab_n_tokens(lib.llama_model_get_vocab(loaded.model))
    source = random.Random(11)

    def decode(count: int) -> None:
        tokens = (lib.llama_token * count)(*(source.randrange(vocabulary) for _ in range(count)))
        if lib.llama_decode(loaded.context, lib.llama_batch_get_one(tokens, count)) != 0:
            raise SystemExit("llama_decode failed")

    decode(128)
    for _ in range(_WARM_UP):
        decode(1)
    found: list[tuple[float, list[Event]]] = []
    buffer = (door.Event * _MAX_EVENTS)()
    for _ in range(15):
        api.timeline_start(handle, _MAX_EVENTS)
        began = perf_counter_ns()  # the store's clock, too
        decode(1)
        time = (perf_counter_ns() - began) / 1e6
        api.timeline_start(handle, 0)
        count = api.timeline_read(handle, buffer, _MAX_EVENTS)
        found.append((time, _since(began, buffer[:count])))
    loaded.close()
    time, events = sorted(found, key=lambda pair: pair[0])[len(found) // 2]
    return events, time


def _since(start_ns: int, raw: Sequence[Any]) -> list[Event]:
    return [Event((it.time_ns - start_ns) / 1e6, it.kind, it.layer, it.expert, it.value) for it in raw]


def bars(events: Sequence[Event], last: float) -> list[Bar]:
    """Lane 0: compute; the next: one for each reader.

    Args:
        events: of the token.
        last: its end, ms.
    """
    found: list[Bar] = []
    layer = 0
    op: dict[int, Event] = {}
    reads: dict[int, tuple[Event, str]] = {}
    stalled: Event | None = None
    began_at = 0.0
    asked: set[int] = set()
    for event in events:
        if event.kind == _ACQUIRE:
            if event.time > began_at:
                found.append(Bar(0, began_at, event.time, _REST, f"layer {layer}"))
            began_at, layer = event.time, event.layer
            asked.add(layer)
        elif event.kind == _OP_BEGIN:
            op[event.value] = event
        elif event.kind == _OP_END and event.value in op:
            found.append(Bar(0, op.pop(event.value).time, event.time, _EXPERTS, f"experts of layer {event.layer}"))
        elif event.kind == _STALL:
            stalled = stalled or event
        elif event.kind == _GO and stalled:
            found.append(Bar(0, stalled.time, event.time, _WAIT, "waiting"))
            stalled = None
        elif event.kind == _READ_BEGIN:
            reads[event.value] = event, _ASKED if event.layer in asked else _GUESSED
        elif event.kind == _READ_END and event.value in reads:
            begin, colour = reads.pop(event.value)
            title = f"expert {event.expert} of layer {event.layer}"
            found.append(Bar(1 + event.value, begin.time, event.time, colour, title))
    found.append(Bar(0, began_at, last, _REST, f"layer {layer} and the output"))
    order = {_REST: 0, _EXPERTS: 1, _WAIT: 2}
    return sorted(found, key=lambda bar: order.get(bar.colour, 3))


def draw(found: Sequence[Bar], last: float, title: str) -> str:
    """The picture, an SVG."""
    lanes = max(bar.lane for bar in found) + 1
    height = _TOP + lanes * (_LANE + _GAP) + 34
    scale = (_WIDTH - _LEFT - _RIGHT) / last
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}"',
        f' font-family="sans-serif" font-size="13" fill="{_INK}">',
        f'<rect width="{_WIDTH}" height="{height}" fill="#fffdf9"/>',
        f'<text x="16" y="24" font-size="16" font-weight="600">{title}</text>',
    ]
    legend = (
        ("experts", _EXPERTS),
        ("attention, router, output", _REST),
        ("waiting for the disk", _WAIT),
        ("read: asked for", _ASKED),
        ("read: by look-ahead", _GUESSED),
    )
    x = 16.0
    for text, colour in legend:
        out.append(f'<rect x="{x:.0f}" y="36" width="12" height="12" rx="2" fill="{colour}"/>')
        out.append(f'<text x="{x + 18:.0f}" y="47">{text}</text>')
        x += 42 + 7.2 * len(text)
    bottom = _TOP + lanes * (_LANE + _GAP)
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100) if last / s <= 12), 1000)
    for tick in range(0, int(last) + 1, step):
        at = _LEFT + tick * scale
        out.append(f'<line x1="{at:.1f}" y1="{_TOP}" x2="{at:.1f}" y2="{bottom}" stroke="{_GRID}"/>')
        out.append(f'<text x="{at:.1f}" y="{bottom + 18}" fill="{_MUTED}" text-anchor="middle">{tick} ms</text>')
    for lane in range(lanes):
        name = "compute" if lane == 0 else f"reader {lane}"
        out.append(f'<text x="16" y="{_TOP + lane * (_LANE + _GAP) + 17}">{name}</text>')
    for bar in found:
        y = _TOP + bar.lane * (_LANE + _GAP)
        width = max(0.6, (bar.end - bar.begin) * scale - 0.4)
        out.append(
            f'<rect x="{_LEFT + bar.begin * scale:.2f}" y="{y}" width="{width:.2f}" height="{_LANE}" rx="1.5" '
            f'fill="{bar.colour}"><title>{bar.title}, {bar.end - bar.begin:.2f} ms</title></rect>'
        )
    return "\n".join([*out, "</svg>"]) + "\n"


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks.timeline", description=__doc__)
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--memory", type=int, default=1024, help="limit, MiB")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--title", default="")
    options = parser.parse_args()
    events, last = record(options.model, options.memory << 20, options.threads)
    title = options.title or f"One token of {options.model.stem} in {options.memory} MiB: {last:.0f} ms"
    options.out.write_text(draw(bars(events, last), last, title), "utf-8")


if __name__ == "__main__":
    main()
