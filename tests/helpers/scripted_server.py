"""A server that answers what a test scripted, byte for byte, on a real socket: the client's opposite number."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Exchange:
    """One request as the server saw it, and the handle to answer it."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    handler: BaseHTTPRequestHandler

    def json(self, data: object, status: int = 200) -> None:
        """Answers with a JSON body."""
        self.raw(json.dumps(data).encode(), status, "application/json")

    def raw(self, content: bytes, status: int = 200, kind: str = "text/html") -> None:
        """Answers with these bytes."""
        self.handler.send_response(status)
        self.handler.send_header("Content-Type", kind)
        self.handler.send_header("Content-Length", str(len(content)))
        self.handler.end_headers()
        self.handler.wfile.write(content)

    def start_events(self) -> None:
        """Begins a stream of server-sent events that ends when the handler returns."""
        self.handler.send_response(200)
        self.handler.send_header("Content-Type", "text/event-stream")
        self.handler.end_headers()

    def event(self, data: object, name: str = "") -> None:
        """Sends one event; raises `OSError` when the client has gone."""
        text = data if isinstance(data, str) else json.dumps(data)
        head = f"event: {name}\n" if name else ""
        self.handler.wfile.write(f"{head}data: {text}\n\n".encode())
        self.handler.wfile.flush()

    def wait_until_client_leaves(self, seconds: float = 10) -> bool:
        """Blocks until the client closes its side; whether it did in time."""
        self.handler.connection.settimeout(seconds)
        try:
            return not self.handler.connection.recv(1)
        except TimeoutError:
            return False
        except OSError:
            return True


Script = Callable[[Exchange], None]


@dataclass
class ScriptedServer:
    """Where it listens, and every request it saw."""

    base_url: str
    seen: list[Exchange] = field(default_factory=list)


@contextmanager
def scripted_server(script: Script) -> Iterator[ScriptedServer]:
    """Runs `script(exchange)` for every request, in a thread of its own."""
    result = ScriptedServer("")

    class Handler(BaseHTTPRequestHandler):
        def _serve(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            exchange = Exchange(self.command, self.path, dict(self.headers), body, self)
            result.seen.append(exchange)
            script(exchange)

        do_GET = _serve  # noqa: N815 - http.server's name
        do_POST = _serve  # noqa: N815 - http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = False
    server.block_on_close = True
    result.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield result
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
