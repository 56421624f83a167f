"""An engine that replays a long Markdown answer at a steady pace: `python -m tests.benchmarks.replay_engine SECONDS`.

With `LAYERS EXPERTS` behind that it tells of as many experts, as if a model streamed them.

It stands in the lock file like the real one, so that the real window attaches to it; it runs in a process of its own,
so that its work does not count as the window's.
"""

from __future__ import annotations

import base64
import json
import os
import re
import sys
import threading
import time
from array import array
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from thimble import paths, protocol
from thimble.protocol import EngineStatus, LockFile, ModelInfo, Sample, State, Timings
from thimble.settings import write_atomically

TOKENS_PER_SECOND: Final = 100
TOKEN: Final = "replay"

_SECTION = """## Part {n}: what the sea keeps

The keeper wrote **{n} letters** that winter, and *none* was sent. The `lamp` turned; the [chart](https://example.org/{n})
showed a rock where no rock was, and he noted it down with the patience of a man who has counted waves for thirty years.

- first the wind, which came from the **north-west** and stayed
- then the rain, {n} days of it, on the panes of the lantern room
  - and the gulls, who did not mind
- at last a ship, with a light that answered

```python
def answer(light: int, shutter: float = 0.{n}) -> list[str]:
    \"\"\"Letters that a lamp can say.\"\"\"
    letters = []
    for blink in range(light):
        if blink % {n} == 0:  # long and short
            letters.append("long" if shutter > 0.5 else "short")
    return letters
```

| hour | wind | seen | note |
|-----:|:-----|:----:|------|
| {n}:00 | NW 7 | no | the glass fell |
| {n}:30 | NW 8 | no | lamp trimmed, oil for two nights |

> He who keeps a light keeps it for somebody.

1. Trim the wick.
2. Wind the clock-work, {n} turns.
3. Write it down.

"""


def tokens(seconds: float) -> list[str]:
    """The replayed answer, cut into pieces as long as tokens."""
    text = ""
    while len(pieces := re.findall(r"\s?\S{1,4}|\s", text)) < seconds * TOKENS_PER_SECOND:
        text += _SECTION.format(n=text.count("## Part") + 1)
    return pieces[: int(seconds * TOKENS_PER_SECOND)]


def sample_at(count: int, experts: int) -> Sample:
    """The counters after so many tenths of a second at 10 tokens a tenth, with experts that stream."""
    sample = Sample("replay", time.monotonic_ns(), generated_tokens=count * 10, decode_ns=count * 10**8)
    if not experts:
        return sample
    return replace(
        sample,
        state=State.ANSWERING,
        compute_ns=count * 6 * 10**7,
        stall_ns=count * 3 * 10**7 + count % 7 * 10**6,
        sampling_ns=count * 5 * 10**6,
        other_ns=count * 5 * 10**6,
        expert_hits=count * 900,
        expert_misses=count * 300,
        expert_prefetched=count * 120,
        expert_in_time=count * 100,
        expert_late=count * 40,
        expert_bytes_read=count * 3 * 10**7,
        expert_reads=count * 900,
        expert_read_ns=count * 2 * 10**8,
        memory_bytes=2**30 - count % 5 * 2**20,
        memory_limit=2**30,
        expert_cache_bytes=2**29,
        expert_memory_bytes=2**29,
        experts_resident=experts // 3,
        experts_total=experts,
        weights_bytes=2**27,
        mapped_bytes=2**24,
        kv_tokens=count % 4096,
        kv_capacity=4096,
        kv_global_bytes=2**26,
        cpu_percent=180.0 + count % 9,
    )


def expert_table(layers: int, experts: int) -> dict[str, Any]:
    """Uses and places that change a little each time."""
    turn = int(time.monotonic())
    uses = array("I", ((n * 37 + turn) % 1000 for n in range(layers * experts)))
    resident = bytes((n + turn) % 3 == 0 for n in range(layers * experts))
    packed = base64.b64encode(uses.tobytes()).decode()
    return {
        "uses": packed,
        "misses": packed,
        "resident": base64.b64encode(resident).decode(),
        "layers": [[layer, experts, 1000, 400] for layer in range(layers)],
    }


def outlook(limits: list[int]) -> dict[str, Any]:
    """As the engine tells it."""
    positions = [{"limit": limit, "experts_bytes": 1, "hits": 50 + n, "uses": 100} for n, limit in enumerate(limits)]
    policies = [["lrfu", 75, 100], ["lru", 70, 100], ["belady", 83, 100]]
    bounds = {"least_limit": 2**29, "most_limit": 2**32}
    now = {"limit": 2**30, "experts_bytes": 2**29, "hits": 75, "uses": 100}
    return {"tokens": 384, **bounds, "now": now, "policies": policies, "positions": positions}


def main() -> None:
    """Serves until the standard input is closed."""
    pieces = tokens(float(sys.argv[1]))
    layers, experts = (int(sys.argv[2]), int(sys.argv[3])) if len(sys.argv) > 3 else (0, 0)
    model = ModelInfo("replay", "/replay.gguf", "Replay", "llama", "Q4_K - Medium", 10**9, 2**30, 2**20, 2**20, 2)
    status = EngineStatus(State.READY, "replay", os.getpid(), "0", "0.3.36+thimble.0", True, model)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.0"

        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            path = self.path.split("?", maxsplit=1)[0]
            self.send_response(200)
            streams = {protocol.ATTACH: self._attach, protocol.TELEMETRY: self._telemetry}
            streams[protocol.CHAT_COMPLETIONS] = self._chat
            self.send_header("Content-Type", "text/event-stream" if path in streams else "application/json")
            self.end_headers()
            if path in streams:
                streams[path]()
            elif path == protocol.TOKENIZE:
                self._write(json.dumps({"tokens": [1] * 12}))
            elif path == protocol.EXPERTS:
                self._write(json.dumps(expert_table(layers, experts)))
            elif path == protocol.OUTLOOK:
                self._write(json.dumps(outlook(json.loads(body or b"{}").get("limits", ()))))
            elif path == protocol.ANSWERS:
                self._write(json.dumps({"engine_epoch": "replay", "answers": []}))
            elif path == protocol.MODELS:
                self._write(json.dumps({"data": [{"id": "replay"}]}))
            else:
                self._write(json.dumps(status.to_json()))

        do_GET = _serve  # noqa: N815 - http.server's name
        do_POST = _serve  # noqa: N815 - http.server's name

        def _write(self, text: str) -> None:
            self.wfile.write(text.encode())
            self.wfile.flush()

        def _event(self, data: object, name: str = "message") -> None:
            self._write(f"event: {name}\ndata: {json.dumps(data)}\n\n")

        def _attach(self) -> None:
            self._event(status.to_json(), "status")
            self.connection.recv(1)

        def _telemetry(self) -> None:
            for count in range(1, 10**6):
                sample = sample_at(count, layers * experts)
                self._event(sample.to_json(), "sample")
                time.sleep(0.1)

        def _chat(self) -> None:
            begun = time.monotonic()
            for number, piece in enumerate(pieces):
                time.sleep(max(0.0, begun + number / TOKENS_PER_SECOND - time.monotonic()))
                self._write("data: " + json.dumps({"choices": [{"delta": {"content": piece}}]}) + "\n\n")
            timings = Timings(12, 0, len(pieces), 10, 0, 10, (time.monotonic() - begun) * 1e3)
            self._write("data: " + json.dumps({"choices": [], "timings": timings.to_json()}) + "\n\ndata: [DONE]\n\n")

        def handle(self) -> None:
            with suppress(BrokenPipeError, ConnectionResetError):  # the window closed
                super().handle()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    lock = LockFile(os.getpid(), server.server_address[1], TOKEN)
    write_atomically(paths.runtime_dir() / "engine.json", json.dumps(lock.to_json()))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print("ready", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
