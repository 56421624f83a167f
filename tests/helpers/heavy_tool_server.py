"""A tool server over HTTP that answers with more than anybody wants to read."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

VERSION = "2025-06-18"
TOOLS = ("small", "endless", "endless_event", "compressed")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: HeavyServer

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if "id" not in asked:
            self._send(202, b"")
            return
        result: dict[str, Any]
        match asked["method"]:
            case "initialize":
                result = {
                    "protocolVersion": VERSION,
                    "capabilities": {"tools": {}},
                    "serverInfo": {"name": "heavy", "version": "1"},
                }
            case "tools/list":
                result = {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]}
            case "tools/call":
                self._call(asked)
                return
            case _:
                self._send(404, b"")
                return
        self._answer(asked, result)

    def _call(self, asked: dict[str, Any]) -> None:
        tool = asked["params"]["name"]
        if tool == "endless":
            self._never_end("application/json", b'{"jsonrpc":"2.0","id":')
        elif tool == "endless_event":
            self._never_end("text/event-stream", b"data: ")
        else:
            self._answer(asked, {"content": [{"type": "text", "text": "few"}]}, compressed=tool == "compressed")

    def _never_end(self, kind: str, first: bytes) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("content-type", kind)
        self.end_headers()
        try:
            self.wfile.write(first)
            while True:
                self.server.sent += self.wfile.write(b"x" * 2**16)
        except OSError:
            self.server.left.set()

    def _answer(self, asked: dict[str, Any], result: dict[str, Any], *, compressed: bool = False) -> None:
        body = json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": result}).encode()
        if compressed:
            self._send(200, gzip.compress(body), ("content-encoding", "gzip"))
        else:
            self._send(200, body)

    def _send(self, status: int, body: bytes, *more: tuple[str, str]) -> None:
        self.send_response(status)
        for name, value in (("content-type", "application/json"), ("content-length", str(len(body))), *more):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Silent."""


class HeavyServer(ThreadingHTTPServer):
    """The server.

    Attributes:
        sent: bytes of endless answers.
        left: set when the other side has hung up in one.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sent = 0
        self.left = threading.Event()
        self.url = f"http://127.0.0.1:{self.server_port}/mcp"


@contextmanager
def running() -> Iterator[HeavyServer]:
    """A server that answers until the end of the block."""
    server = HeavyServer()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
