"""Tool calls of a stream, put together from their pieces."""

from __future__ import annotations

import secrets
from typing import Any

from thimble.client.events import ToolCall


class CallGatherer:
    """Takes the `tool_calls` of each delta: the first piece of a call names it, all bring more of its arguments."""

    def __init__(self) -> None:
        self._pieces: dict[int, dict[str, str]] = {}

    def take(self, deltas: object) -> None:
        """More pieces; what has another form is passed over."""
        for place, delta in enumerate(deltas if isinstance(deltas, list) else ()):
            if not isinstance(delta, dict):
                continue
            index = delta.get("index")
            function: Any = delta.get("function")
            function = function if isinstance(function, dict) else {}
            key = index if isinstance(index, int) else place
            call = self._pieces.setdefault(key, {"id": "", "name": "", "arguments": ""})
            call["id"] = call["id"] or str(delta.get("id") or "")
            call["name"] = call["name"] or str(function.get("name") or "")
            call["arguments"] += str(function.get("arguments") or "")

    def calls(self) -> tuple[ToolCall, ...]:
        """All of them, whole. One without an id gets one."""
        return tuple(
            ToolCall(call["id"] or f"call_{secrets.token_hex(6)}", call["name"], call["arguments"])
            for _, call in sorted(self._pieces.items())
            if call["name"]
        )
