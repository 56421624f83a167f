"""The tools a request offers to the model."""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

_ALPHABET: Final = string.ascii_letters + string.digits
_ID_LENGTH: Final = 9


class ToolChoice(StrEnum):
    """Whether the model has to call a tool. Without tools there is no choice, so "none" is not among these."""

    AUTO = "auto"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool.

    Attributes:
        name: by which the model calls it.
        description: for the model.
        parameters: JSON schema of the arguments object; empty for any object.
    """

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    def for_template(self) -> dict[str, Any]:
        """As chat templates know it: OpenAI's object."""
        parameters = dict(self.parameters) or {"type": "object", "properties": {}}
        function = {"name": self.name, "description": self.description, "parameters": parameters}
        return {"type": "function", "function": function}


@dataclass(frozen=True, slots=True)
class Tools:
    """What may be called, and how.

    Attributes:
        offered: all tools; the model is told of each.
        choice: whether one must be called.
        only: the name of the one that must be called; "" for any.
        parallel: whether one answer may hold several calls.
    """

    offered: Sequence[Tool]
    choice: ToolChoice = ToolChoice.AUTO
    only: str = ""
    parallel: bool = True

    @property
    def forced(self) -> bool:
        """Whether the answer must be a call."""
        return self.choice is ToolChoice.REQUIRED or bool(self.only)

    @property
    def callable(self) -> Sequence[Tool]:
        """Those that may be called."""
        return [tool for tool in self.offered if not self.only or tool.name == self.only]

    def named(self, name: str) -> Tool | None:
        """The tool of this name."""
        return next((tool for tool in self.offered if tool.name == name), None)

    def for_template(self) -> list[dict[str, Any]]:
        """As chat templates know them."""
        return [tool.for_template() for tool in self.offered]


def new_call_id() -> str:
    """An id for a call."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_ID_LENGTH))
