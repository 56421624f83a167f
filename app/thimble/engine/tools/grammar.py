"""Grammars (GBNF) of tool calls: of a whole answer that has to be one, and of what follows a call's opening mark."""

from __future__ import annotations

import json
import logging
import re
from typing import Final

from thimble.engine.grammar import grammar_of_json
from thimble.engine.tools import harmony
from thimble.engine.tools.definitions import Tool, Tools
from thimble.engine.tools.formats import THOUGHTS, Body, ToolFormat
from thimble.errors import ThimbleError

log = logging.getLogger(__name__)

_SPACE: Final = r"[ \n]{0,2}"
_PIECES: Final = re.compile(
    r'"(?:\\.|[^"\\])*"|\[(?:\\.|[^\]\\])*\]|#[^\n]*|\{[\d,\s]*\}|[a-zA-Z][a-zA-Z0-9-]*', re.DOTALL
)
_NO_MARK: Final = "[^<\\x5B]*"
_ANY_OBJECT: Final = {"type": "object"}


def literal(text: str) -> str:
    """The text as a literal of GBNF."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r")
    return f'"{escaped}"'


def renamed(grammar: str, prefix: str) -> str:
    """The grammar with this before the name of every rule, so that several can be put together."""

    def new(found: re.Match[str]) -> str:
        piece = found[0]
        return piece if piece[0] in '"[#{' else prefix + piece

    return _PIECES.sub(new, grammar)


def forced_calls(form: ToolFormat, tools: Tools, *, thinks: bool, thinking: str = "") -> str:
    """The grammar of an answer that must be a call.

    Args:
        form: of the model.
        tools: that may be called.
        thinks: the model may think before.
        thinking: the closing mark of the reasoning that the prompt has opened; "" when it has not.
    """
    before = ""
    if form.body is Body.CHANNEL:
        before = f"({literal(harmony.ANALYSIS)} [^<]* {literal('<|end|><|start|>assistant')})? "
    elif thinking:
        before = f"{_NO_MARK} {literal(thinking)} {_SPACE} "
    elif thinks:
        opening, closing = THOUGHTS[0]
        before = f"({literal(opening)} {_NO_MARK} {literal(closing)} {_SPACE})? "
    return f"root ::= {before}{_calls(form, tools, opened=False)}\n{_rules(form, tools)}"


def calls_behind_opener(form: ToolFormat, tools: Tools) -> str:
    """The grammar of what follows the first opening mark; "" for forms whose calls are read as they are."""
    if form.body not in {Body.JSON, Body.LIST} or not form.opener:
        return ""
    return f"root ::= {_calls(form, tools, opened=True)}\n{_rules(form, tools)}"


def or_calls(grammar: str, form: ToolFormat, tools: Tools) -> str:
    """The grammar of an answer that fits another grammar, or is a call."""
    answer = renamed(grammar, "answer-")
    return f"root ::= answer-root | {_calls(form, tools, opened=False)}\n{answer}\n{_rules(form, tools)}"


def _calls(form: ToolFormat, tools: Tools, *, opened: bool) -> str:
    more = form.parallel and tools.parallel
    opener = "" if opened or not form.opener else f"{literal(form.opener)} "
    if form.body is Body.LIST:
        listed = f'"[" {_SPACE} call ({_SPACE} "," {_SPACE} call)* {_SPACE} "]"'
        one = f'"[" {_SPACE} call {_SPACE} "]"'
        return f"{opener}{_SPACE} {listed if more else one}"
    if form.body is Body.CHANNEL:
        return "call"
    closer = f" {_SPACE} {literal(form.closer)}" if form.closer else ""
    again = f" ({_SPACE} {literal(form.opener)} {_SPACE} call{closer})*" if more and form.opener else ""
    return f"{opener}{_SPACE} call{closer}{again}"


def _rules(form: ToolFormat, tools: Tools) -> str:
    callable_ = list(tools.callable)
    lines = ["call ::= " + " | ".join(f"call-{number}" for number in range(len(callable_)))]
    for number, tool in enumerate(callable_):
        lines.append(f"call-{number} ::= {_call(form, tool, number)}")
        if form.body in {Body.JSON, Body.LIST, Body.CHANNEL}:
            lines.append(renamed(_arguments(tool), f"t{number}-"))
    return "\n".join(lines) + "\n"


def _call(form: ToolFormat, tool: Tool, number: int) -> str:
    arguments = f"t{number}-root"
    if form.body is Body.CHANNEL:
        head = f"{harmony.CHANNEL}commentary to=functions.{tool.name} <|constrain|>json{harmony.MESSAGE}"
        return f"{literal(head)} {arguments}"
    if form.body is Body.FUNCTION_TAGS:  # the values are plain text: only the name and the frame are certain
        value = "[^<]*"
        parameter = f'"<parameter=" [^>\\n]+ ">\\n" {value} "</parameter>\\n"'
        return f'{literal(f"<function={tool.name}>")} "\\n" ({parameter})* "</function>\\n"'
    if form.body is Body.ARGUMENT_TAGS:
        pair = '"<arg_key>" [^<]+ "</arg_key>\\n<arg_value>" [^<]* "</arg_value>\\n"'
        return f'{literal(tool.name)} "\\n" ({pair})*'
    name, key = literal(json.dumps(tool.name, ensure_ascii=False)), literal(f'"{form.arguments_key}"')
    return (
        f'"{{" {_SPACE} "\\"name\\"" {_SPACE} ":" {_SPACE} {name} {_SPACE} "," {_SPACE} '
        f'{key} {_SPACE} ":" {_SPACE} {arguments} {_SPACE} "}}"'
    )


def _arguments(tool: Tool) -> str:
    schema = dict(tool.parameters) or _ANY_OBJECT
    if schema.get("type", "object") != "object":
        schema = _ANY_OBJECT
    try:
        return grammar_of_json(schema)
    except ThimbleError as error:
        log.info("the arguments of %s may be any object: %s", tool.name, error.problem.detail)
        return grammar_of_json(_ANY_OBJECT)
