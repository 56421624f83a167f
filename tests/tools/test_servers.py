"""Tool servers: kept in a file, their secrets elsewhere; the JSON of other programs; names a model can call."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.memory_keyring import MemoryKeyring
from thimble.errors import Code, ThimbleError
from thimble.tools.calls import arguments_of, key_of, offered
from thimble.tools.servers import (
    Entry,
    Tool,
    ToolServer,
    ToolServers,
    environment,
    parse_command,
    parse_environment,
    parse_mcp_servers,
    save_environment,
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "tool-servers.json"


def test_servers_are_there_the_next_time(file: Path) -> None:
    made = ToolServers(file).add("Files", command="npx", args=["-y", "server", "/home/a b"])
    ToolServers(file).set_tools(made.id, [Tool("read", "Reads.", {"type": "object"})])
    assert ToolServers(file).all() == [replace(made, tools=(Tool("read", "Reads.", {"type": "object"}),))]
    assert made.where == "npx -y server '/home/a b'"


def test_the_environment_is_not_in_the_file(file: Path, system_keyring: MemoryKeyring) -> None:
    made = ToolServers(file).add("Web", url="https://tools.example.com/mcp")
    save_environment(made.id, {"API_KEY": "secret"})
    assert environment(made.id) == {"API_KEY": "secret"}
    assert "secret" not in file.read_text()
    save_environment(made.id, {})
    assert environment(made.id) == {}


def test_a_record_that_is_none_does_not_hide_the_others(file: Path) -> None:
    made = ToolServers(file).add("Files", command="npx")
    data = json.loads(file.read_text())
    data["servers"] += [{"id": "x", "name": "neither"}, 3, {"id": "../y", "name": "n", "command": "c"}]
    file.write_text(json.dumps(data))
    assert ToolServers(file).all() == [made]


def test_other_programs_lists_are_read() -> None:
    text = json.dumps(
        {
            "mcpServers": {
                "files": {"command": "npx", "args": ["-y", "fs", "/srv"], "env": {"KEY": "1"}},
                "web": {"type": "http", "url": "https://tools.example.com/mcp"},
                "old": {"type": "sse", "url": "https://old.example.com/sse"},
                "odd": {"command": ["a", "list"]},
                "bad": {"url": "ftp://x"},
            }
        }
    )
    found, left = parse_mcp_servers(text)
    assert found == [
        Entry("files", "npx", ("-y", "fs", "/srv"), env={"KEY": "1"}),
        Entry("web", url="https://tools.example.com/mcp"),
    ]
    assert left == ["old", "odd", "bad"]


@pytest.mark.parametrize("text", ["", "[]", "{broken", '{"mcpServers": [1]}', '{"mcpServers": {"a": 1}}'])
def test_what_is_no_list_is_refused(text: str) -> None:
    with pytest.raises(ThimbleError) as caught:
        parse_mcp_servers(text)
    assert caught.value.problem.code == Code.BAD_REQUEST


def test_a_command_is_read_as_in_a_terminal() -> None:
    assert parse_command("uvx 'my server' --flag") == ("uvx", ("my server", "--flag"))
    for text in ("", "  ", "npx 'open"):
        with pytest.raises(ThimbleError):
            parse_command(text)


def test_environment_lines_are_read() -> None:
    assert parse_environment("A=1\n\n B = x=y \n") == {"A": "1", "B": "x=y"}
    with pytest.raises(ThimbleError):
        parse_environment("just words")


def test_every_tool_has_a_name_of_its_own() -> None:
    tools = (Tool("read file"), Tool("read file!"))
    one, two = ToolServer("a", "One", "x", tools=tools), ToolServer("b", "Two", "x", tools=tools)
    on = {key_of(server, tool) for server in (one, two) for tool in tools}
    names = [each.function for each in offered([one, two], on)]
    assert names[0] == "read_file"
    assert len(set(names)) == 4
    assert all(name.replace("_", "").isalnum() for name in names)


def test_only_what_is_switched_on_is_offered() -> None:
    server = ToolServer("a", "One", "x", tools=(Tool("read", "Reads.", {"type": "object"}), Tool("write")))
    (only,) = offered([server], {"a/read"})
    assert only.to_json() == {
        "type": "function",
        "function": {"name": "read", "description": "Reads.", "parameters": {"type": "object"}},
    }


@pytest.mark.parametrize(("text", "value"), [("", {}), ('{"a": 1}', {"a": 1}), ("[1]", None), ("{a", None)])
def test_arguments_are_an_object_or_nothing(text: str, value: object) -> None:
    assert arguments_of(text) == value
