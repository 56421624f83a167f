"""Tools that a model may call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from thimble.engine.tools.definitions import Tool, ToolChoice, Tools
from thimble.errors import FieldError
from thimble.server.schemas.body import Body

MOST_TOOLS: Final = 128


class FunctionBody(Body):
    """A function that the model may call."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_.-]{1,128}$")]
    description: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)


class ToolBody(Body):
    """A tool that the model may call: a function."""

    type: Literal["function"] = "function"
    function: FunctionBody

    def tool(self) -> Tool:
        """For the engine."""
        return Tool(self.function.name, self.function.description, self.function.parameters)


class ChosenName(Body):
    """The name of a function."""

    name: str


class ChosenTool(Body):
    """The one tool that must be called."""

    type: Literal["function"] = "function"
    function: ChosenName


def tools_of(offered: Sequence[Tool], choice: str, only: str = "", *, parallel: bool = True) -> Tools | None:
    """The tools of a request; None when none may be called.

    Args:
        offered: all tools.
        choice: "auto", "required" or "none".
        only: the name of the one that must be called; "" for any.
        parallel: whether there may be several calls.

    Raises:
        FieldError: one must be called that is not there, or two have one name.
    """
    names = [tool.name for tool in offered]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise FieldError("tools", f"Two tools are called “{twice}”.")
    if only and only not in names:
        raise FieldError("tool_choice", f"There is no tool “{only}” in “tools”.")
    if choice == "required" and not offered:
        raise FieldError("tool_choice", "A tool must be called, but “tools” is empty.")
    if not offered or choice == "none":
        return None
    return Tools(offered, ToolChoice.REQUIRED if choice == "required" else ToolChoice.AUTO, only, parallel)
