"""Answers of tool servers over HTTP have an end."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers import heavy_tool_server
from tests.helpers.heavy_tool_server import HeavyServer
from thimble.errors import Code, ThimbleError
from thimble.tools.host import LONGEST_ANSWER, ToolHost
from thimble.tools.servers import ToolServer

BUFFERS = 32 * 2**20
"""More than the sockets of both sides hold."""


@pytest.fixture
def heavy() -> Iterator[HeavyServer]:
    with heavy_tool_server.running() as server:
        yield server


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ToolHost]:
    monkeypatch.setenv("THIMBLE_HOME", str(tmp_path))
    made = ToolHost(start_seconds=20, call_seconds=20)
    yield made
    made.close()


@pytest.mark.parametrize("tool", ["endless", "endless_event"])
def test_an_answer_without_end_is_broken_off_and_the_server_is_asked_on(
    host: ToolHost, heavy: HeavyServer, tool: str
) -> None:
    server = ToolServer("heavy", "Heavy", url=heavy.url)
    with pytest.raises(ThimbleError, match="Heavy sent an answer of more than 8 MiB") as failed:
        host.call(server, tool, {})
    assert failed.value.problem.code == Code.TOOL_FAILED
    assert heavy.left.wait(20), "the connection is closed"
    assert heavy.sent < LONGEST_ANSWER + BUFFERS
    assert host.call(server, "small", {}).text == "few"


def test_nothing_compressed_is_read(host: ToolHost, heavy: HeavyServer) -> None:
    server = ToolServer("heavy", "Heavy", url=heavy.url)
    with pytest.raises(ThimbleError, match="compressed, though that was not asked for"):
        host.call(server, "compressed", {})
    assert host.call(server, "small", {}).text == "few"
