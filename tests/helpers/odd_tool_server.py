"""Tool servers with faults, to be run as programs: `python odd_tool_server.py KIND`."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from mcp.server import MCPServer
from mcp.types import ImageContent


def main(kind: str) -> None:
    """Serves until its input ends, or its fault comes."""
    if kind == "silent":
        sys.stdin.read()
        return
    if kind == "chatty":
        sys.stdout.write("Welcome to my server!\n")
        sys.stdout.flush()
        return
    server = MCPServer("odd", log_level="CRITICAL")

    @server.tool()
    def die() -> str:
        os._exit(3)

    @server.tool()
    def sleep() -> str:
        time.sleep(60)
        return "late"

    @server.tool()
    def long() -> str:
        return "x" * 60_000

    @server.tool()
    def picture() -> ImageContent:
        return ImageContent(type="image", data="AAAA", mime_type="image/png")

    @server.tool()
    def secret() -> str:
        return os.environ.get("ODD_KEY", "none")

    @server.tool()
    def pid() -> str:
        return str(os.getpid())

    @server.tool(description=f"Adds. {Path(sys.argv[2]).read_text()}" if kind == "shifty" else "Adds.")
    def add(a: int, b: int) -> str:
        return str(a + b)

    if kind == "stubborn":  # goes on after its input has ended
        try:
            server.run()
        finally:
            Path(sys.argv[2]).write_text(str(os.getpid()))
            time.sleep(60)
    elif kind == "http":
        server.run("streamable-http", port=int(sys.argv[2]))
    else:
        server.run()


if __name__ == "__main__":
    main(sys.argv[1])
