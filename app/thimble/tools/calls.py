"""Tools under the names a model sees, and its arguments read."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from thimble.tools.servers import Tool, ToolServer

_LONGEST_NAME: Final = 64
"""OpenAI's limit for a function's name; its letters are [a-zA-Z0-9_-]."""
_NOTHING: Final[dict[str, Any]] = {"type": "object", "properties": {}}


@dataclass(frozen=True, slots=True)
class Offered:
    """A tool of a server, as it is offered to a model.

    Attributes:
        function: the name the model sees; no two are alike.
        server, tool: what is behind it.
    """

    function: str
    server: ToolServer
    tool: Tool

    @property
    def key(self) -> str:
        """Names it in a conversation for good."""
        return key_of(self.server, self.tool)

    @property
    def approval(self) -> str:
        """What a person allows by “always”: this tool, of this program, as it is described now."""
        described = [*asdict(self.tool).values(), self.server.command, self.server.args, self.server.url]
        digest = hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()
        return f"{self.key}#{digest[:16]}"

    def to_json(self) -> dict[str, Any]:
        """As an element of OpenAI's `tools`."""
        return {
            "type": "function",
            "function": {
                "name": self.function,
                "description": self.tool.description,
                "parameters": self.tool.schema or _NOTHING,
            },
        }


def key_of(server: ToolServer, tool: Tool) -> str:
    """Names a tool in a conversation."""
    return f"{server.id}/{tool.name}"


def still_allowed(approvals: Sequence[str], switched_on: Collection[str]) -> list[str]:
    """Those of tools that are still switched on: switched off and on again, a tool asks anew."""
    return [approval for approval in approvals if approval.rpartition("#")[0] in switched_on]


def changed(before: Sequence[Tool], now: Sequence[Tool]) -> list[str]:
    """Names of tools that are described otherwise than before."""
    known = {tool.name: tool for tool in before}
    return [tool.name for tool in now if tool.name in known and known[tool.name] != tool]


def offered(servers: Sequence[ToolServer], switched_on: Collection[str]) -> list[Offered]:
    """The tools that are switched on, each under a name of its own."""
    made: list[Offered] = []
    taken: set[str] = set()
    for server in servers:
        for tool in server.tools:
            if key_of(server, tool) not in switched_on:
                continue
            plain = _function_name(tool.name)
            name = plain if plain not in taken else _function_name(f"{server.name}_{tool.name}")
            number = 2
            while name in taken:
                name = f"{plain[: _LONGEST_NAME - 4]}_{number}"
                number += 1
            taken.add(name)
            made.append(Offered(name, server, tool))
    return made


def _function_name(text: str) -> str:
    return re.sub(r"[^a-zA-Z0-9_-]+", "_", text)[:_LONGEST_NAME].strip("_") or "tool"


def arguments_of(text: str) -> dict[str, Any] | None:
    """The arguments a model wrote; None when they are no JSON object. Nothing at all stands for none."""
    if not text.strip():
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
