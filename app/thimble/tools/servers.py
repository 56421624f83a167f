"""The tool servers a person has entered, and the `mcpServers` JSON that other programs share."""

from __future__ import annotations

import json
import secrets
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import urlsplit

from thimble import own_process, paths
from thimble.addresses import http_parts
from thimble.errors import Code, ThimbleError
from thimble.keychain import Kept, Keychain
from thimble.records import Records

_SECRETS: Final = Keychain("thimble tool server", "tool-server-secrets.json")
EXAMPLE: Final = "thimble-example"
"""Stands for the bundled server where a command would be: its real one depends on where Thimble is installed."""


@dataclass(frozen=True, slots=True)
class Tool:
    """What a server offers.

    Attributes:
        name: as the server calls it.
        description: for the model, and for people.
        schema: JSON Schema of the arguments.
    """

    name: str
    description: str = ""
    schema: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ToolServer:
    """One server: a program of this computer that is started, or an address (streamable HTTP).

    Attributes:
        id: names it for good; letters and digits.
        name: what the person calls it.
        command: the program; "" for an address.
        args: its arguments.
        url: the address; "" for a program.
        tools: what it offered when it was last asked.
    """

    id: str
    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    url: str = ""
    tools: tuple[Tool, ...] = ()

    @property
    def where(self) -> str:
        """What is started or reached, for people."""
        if self.command == EXAMPLE:
            notes = paths.data_dir() / "notes"
            home = Path.home()
            return f"~/{notes.relative_to(home).as_posix()}" if notes.is_relative_to(home) else str(notes)
        return self.url or shlex.join([self.command, *self.args])

    @property
    def is_local(self) -> bool:
        """Whether it is a program of this computer."""
        return bool(self.command)

    def run(self) -> list[str]:
        """The program and its arguments as they are started."""
        if self.command == EXAMPLE:
            notes = str(paths.data_dir() / "notes")
            return own_process.command("thimble.tools.example", notes)
        return [self.command, *self.args]

    def to_json(self) -> dict[str, Any]:
        """As a JSON object, without environment."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Reads what `to_json` wrote, or somebody's editor.

        Raises:
            ValueError, TypeError, KeyError: something is missing or of another type.
        """
        names = {f.name for f in fields(cls)} - {"tools", "args"}
        made = cls(
            **{key: str(data[key]) for key in names if key in data},
            args=tuple(str(argument) for argument in data.get("args") or ()),
            tools=tuple(
                Tool(str(tool["name"]), str(tool.get("description") or ""), dict(tool.get("schema") or {}))
                for tool in data.get("tools") or ()
            ),
        )
        if not made.id.isalnum() or bool(made.command) == bool(made.url):
            raise ValueError(f"no tool server: {made.id!r}")
        return made


class ToolServers(Records[ToolServer]):
    """All of them; the environment of one that is removed is forgotten by `save_environment(id, {})`.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, "servers", "The tool servers", ToolServer.from_json)

    def add(self, name: str, *, command: str = "", args: Sequence[str] = (), url: str = "") -> ToolServer:
        """A new one.

        Raises:
            ThimbleError: BAD_REQUEST for an address that is none; the file cannot be written.
        """
        if url:
            url = _clean_url(url)
        default = urlsplit(url).netloc if url else Path(command).name
        made = ToolServer(
            secrets.token_hex(4), " ".join(name.split())[:60] or default, command.strip(), tuple(args), url
        )
        self._write([*self.all(), made])
        return made

    def set_tools(self, server_id: str, tools: Sequence[Tool]) -> None:
        """Remembers what a server offers, if it is still there.

        Raises:
            ThimbleError: the file cannot be written.
        """
        server = self.get(server_id)
        if server is not None and server.tools != tuple(tools):
            self.put(replace(server, tools=tuple(tools)))


def environment(server_id: str) -> dict[str, str]:
    """The environment variables a person gave to a server: often keys. May take a moment, see `Keychain`.

    Raises:
        ThimbleError: KEYRING_LOCKED.
    """
    try:
        data = json.loads(_SECRETS.load(server_id) or "{}")
    except ValueError:
        return {}
    return {str(name): str(value) for name, value in data.items()} if isinstance(data, dict) else {}


def save_environment(server_id: str, values: Mapping[str, str]) -> Kept:
    """Keeps them; where, as `Keychain.save` says."""
    return _SECRETS.save(server_id, json.dumps(dict(values)) if values else "")


def parse_environment(text: str) -> dict[str, str]:
    """Lines of `NAME=value`.

    Raises:
        ThimbleError: BAD_REQUEST for a line that is none.
    """
    values = {}
    for line in text.splitlines():
        name, mark, value = line.strip().partition("=")
        if not line.strip():
            continue
        if not mark or not name.strip() or any(c.isspace() for c in name.strip()):
            raise ThimbleError(
                Code.BAD_REQUEST,
                "An environment variable has to be written as NAME=value, one on each line.",
                detail=line[:80],
            )
        values[name.strip()] = value.strip()
    return values


def parse_command(text: str) -> tuple[str, tuple[str, ...]]:
    """A command line as somebody typed it: program and arguments, quotes as in a shell.

    Raises:
        ThimbleError: BAD_REQUEST for an empty one, or a quote that is not closed.
    """
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ThimbleError(Code.BAD_REQUEST, "A quote in the command is not closed.", detail=str(error)) from error
    if not words:
        raise ThimbleError(Code.BAD_REQUEST, "The command is empty.", "Write it as in a terminal.")
    return words[0], tuple(words[1:])


@dataclass(frozen=True, slots=True)
class Entry:
    """One server of an `mcpServers` object."""

    name: str
    command: str = ""
    args: tuple[str, ...] = ()
    url: str = ""
    env: Mapping[str, str] = field(default_factory=dict)


def parse_mcp_servers(text: str) -> tuple[list[Entry], list[str]]:
    """The servers of the JSON that other programs use: `{"mcpServers": {name: {command, args, env} or {url}}}`.

    Returns:
        what can be added, and the names of what cannot (of another form, or an older transport).

    Raises:
        ThimbleError: BAD_REQUEST when the text is no such JSON.
    """
    try:
        data = json.loads(text)
        servers = data.get("mcpServers", data.get("servers", data))
        named = {str(name): dict(value) for name, value in servers.items()}
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise ThimbleError(
            Code.BAD_REQUEST,
            "This is no list of MCP servers.",
            'Paste JSON of the form {"mcpServers": {"name": {"command": …, "args": […]}}}.',
            str(error),
        ) from error
    entries, left = [], []
    for name, value in named.items():
        try:
            entries.append(_entry(name, value))
        except (ValueError, TypeError, ThimbleError):
            left.append(name)
    return entries, left


def _entry(name: str, value: Mapping[str, Any]) -> Entry:
    command, url = value.get("command") or "", value.get("url") or value.get("serverUrl") or ""
    args, env = value.get("args") or [], value.get("env") or {}
    if not (isinstance(command, str) and isinstance(url, str) and isinstance(args, list) and isinstance(env, dict)):
        raise TypeError(name)
    if bool(command) == bool(url) or value.get("type") == "sse":
        raise ValueError(name)
    return Entry(
        name,
        command,
        tuple(str(argument) for argument in args),
        _clean_url(url) if url else "",
        {str(key): str(each) for key, each in env.items()},
    )


def _clean_url(text: str) -> str:
    text = text.strip()
    if http_parts(text) is None:
        raise ThimbleError(
            Code.BAD_REQUEST,
            "This is no address of a tool server.",
            "Write it like http://localhost:8000/mcp.",
            repr(text[:200]),
        )
    return text
