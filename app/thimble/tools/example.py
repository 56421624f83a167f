"""The bundled tool server: the time, arithmetic, and notes in a folder. It shows how one is written.

Run by Thimble as `python -m thimble.tools.example FOLDER`; it speaks MCP on its standard input and output, as any
program can that uses the official SDK.
"""

from __future__ import annotations

import ast
import functools
import operator
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TypeVar, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_BINARY: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
}
_UNARY: Final[dict[type[ast.unaryop], Callable[[Any], Any]]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_LARGEST_POWER: Final = 4096
_LONGEST_NOTE: Final = 1_000_000


def calculate(expression: str) -> float:
    """The value of an arithmetic expression: numbers, + - * / // % ** and brackets; nothing else is evaluated.

    Raises:
        ValueError: it is something else, or too large.
        ZeroDivisionError: it divides by zero.
    """
    if len(expression) > 1000:
        raise ValueError("the expression is too long")
    try:
        value: float = _value(ast.parse(expression.strip(), mode="eval").body)
    except (SyntaxError, RecursionError, OverflowError, MemoryError) as error:
        raise ValueError(f"not arithmetic: {error}") from error
    if (isinstance(value, int) and value.bit_length() > 10_000) or isinstance(value, complex):
        raise ValueError("the result is too large, or no real number")
    return value


def _value(node: ast.expr) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float):
        return node.value
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        left, right = _value(node.left), _value(node.right)
        if isinstance(node.op, ast.Pow) and (abs(right) > _LARGEST_POWER or abs(left) > 10**9):
            raise ValueError("the power is too large")
        if isinstance(node.op, ast.Mult) and max(abs(left), abs(right)) > 10**5000:
            raise ValueError("the product is too large")
        return _BINARY[type(node.op)](left, right)
    raise ValueError("only numbers and + - * / // % ** ( ) are understood")


class Notes:
    """Text files in one folder, called by their names without ending."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def names(self) -> list[str]:
        """All names, in alphabetical order."""
        return sorted(path.stem for path in self._folder.glob("*.md") if path.is_file())

    def read(self, name: str) -> str:
        """The text of a note.

        Raises:
            ValueError: the name is none, or there is no such note.
        """
        path = self._path(name)
        if not path.is_file():
            raise ValueError(f"there is no note called {name!r}; there are: {', '.join(self.names()) or 'none'}")
        return path.read_text("utf-8", "replace")[:_LONGEST_NOTE]

    def write(self, name: str, text: str) -> str:
        """Replaces a note, or makes it.

        Raises:
            ValueError: the name is none, or the text too long.
        """
        if len(text) > _LONGEST_NOTE:
            raise ValueError("the note is too long")
        path = self._path(name)
        self._folder.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        return f"saved {path.name}"

    def _path(self, name: str) -> Path:
        name = name.strip().removesuffix(".md")
        plain = name.isprintable() and not any(c in name for c in '/\\:*?"<>|') and name[:1] != "."
        if not name or len(name) > 100 or not plain:
            raise ValueError("a note's name is a plain file name")
        path = self._folder / f"{name}.md"
        if path.is_symlink():
            raise ValueError("this note is a link to another file")
        return path


def now(zone: str = "") -> str:
    """Date, time and weekday; in this computer's time zone unless another is named.

    Raises:
        ValueError: there is no such zone.
    """
    try:
        at = datetime.now(ZoneInfo(zone)) if zone.strip() else datetime.now().astimezone()
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"no time zone is called {zone!r}") from error
    return at.strftime("%A, %Y-%m-%d %H:%M:%S %Z")


Text = TypeVar("Text", bound=Callable[..., str])


def said(tool: Text) -> Text:
    """A tool whose refusals are told to the model; the SDK keeps other exceptions to itself."""

    @functools.wraps(tool)
    def run(*arguments: Any, **named: Any) -> str:
        from mcp.server.mcpserver.exceptions import ToolError

        try:
            return tool(*arguments, **named)
        except (ValueError, ArithmeticError, OSError) as error:
            raise ToolError(str(error)) from error

    return cast(Text, run)


def main(argv: list[str]) -> None:
    """Serves until standard input ends.

    Args:
        argv: the folder of the notes.
    """
    from mcp.server import MCPServer

    notes = Notes(Path(argv[0]).expanduser())
    server = MCPServer("Thimble's example tools", log_level="CRITICAL")

    @server.tool(description="The current date, time and weekday. `zone`: an IANA name, or empty for this computer's.")
    @said
    def current_time(zone: str = "") -> str:
        return now(zone)

    @server.tool(name="calculate", description="The exact value of an arithmetic expression such as (3 + 4) * 2**5.")
    @said
    def calculate_value(expression: str) -> str:
        return str(calculate(expression))

    @server.tool(description="The names of the notes.")
    @said
    def list_notes() -> str:
        return "\n".join(notes.names()) or "There are no notes yet."

    @server.tool(description="The text of one note.")
    @said
    def read_note(name: str) -> str:
        return notes.read(name)

    @server.tool(description="Saves a note; an older one of this name is replaced.")
    @said
    def write_note(name: str, text: str) -> str:
        return notes.write(name, text)

    server.run()


if __name__ == "__main__":
    main(sys.argv[1:])
