"""What an import brings, before it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from thimble.conversations.models import AttachedFile
from thimble.conversations.tool_steps import ToolStep

_MILLISECONDS_FROM: Final = 1e11
"""Unix times above this are in milliseconds: as seconds they would be in the year 5138."""


@dataclass(slots=True)
class ImportedMessage:
    """One message.

    Attributes:
        role: "system", "user" or "assistant".
        text: Markdown.
        parent: place of its parent in `ImportedConversation.messages`, lower than its own; None for a first one.
        created: Unix time in seconds; 0 when unknown.
        model: what wrote it.
        state: "done", "stopped" or "failed".
        timings: `protocol.Timings` as JSON.
        files: attached files.
        passages: what was found in files for it.
        steps: calls of tools within it.
    """

    role: str
    text: str
    parent: int | None
    created: float = 0.0
    model: str = ""
    state: str = "done"
    timings: dict[str, Any] | None = None
    files: tuple[AttachedFile, ...] = ()
    passages: dict[str, Any] | None = None
    steps: tuple[ToolStep, ...] = ()


@dataclass(slots=True)
class ImportedConversation:
    """One conversation.

    Attributes:
        title: empty when it has none.
        created, updated: Unix times in seconds; 0 when unknown.
        messages: parents before their children.
        leaf: place of the last message of the shown path; None for the newest.
        settings: values that hold in it, by setting key.
        named: whether a person or another program gave the title.
    """

    title: str = ""
    created: float = 0.0
    updated: float = 0.0
    messages: list[ImportedMessage] = field(default_factory=list)
    leaf: int | None = None
    settings: dict[str, Any] = field(default_factory=dict)
    named: bool = True


def seconds(value: object) -> float:
    """A time as Unix seconds, from seconds, milliseconds or ISO 8601; 0 when it is none of them."""
    if isinstance(value, bool):
        return 0.0
    if isinstance(value, int | float):
        number = float(value)
        if not 0 < number < 1e15:
            return 0.0
        return number / 1000 if number > _MILLISECONDS_FROM else number
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value).timestamp()
        except (ValueError, OverflowError, OSError):
            return 0.0
    return 0.0


def words(value: object) -> str:
    """A text without halves of surrogate pairs, which no file can hold; "" for anything else."""
    return value.encode("utf-8", "replace").decode("utf-8") if isinstance(value, str) else ""


def mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    """A JSON array; an empty one for anything else."""
    return value if isinstance(value, list) else []
