"""Readers of single calls, one for each form; they turn text into names and arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Protocol

from thimble.engine.events import Event, TextPiece, ToolCallArguments, ToolCallBegin
from thimble.engine.tools.definitions import Tools, new_call_id
from thimble.engine.tools.formats import Body, ToolFormat
from thimble.engine.tools.json_calls import JsonCall, JsonValue


class Calls:
    """Numbers the calls of one answer."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self.count = 0
        self._said = True

    def begin(self, name: str) -> Event:
        """The next call."""
        self.count += 1
        self._said = False
        return ToolCallBegin(self.count - 1, new_call_id(), name)

    def arguments(self, text: str) -> list[Event]:
        """More of the arguments of the last one."""
        if not text:
            return []
        self._said = True
        return [ToolCallArguments(self.count - 1, text)]

    def end(self) -> list[Event]:
        """The last call is whole: no arguments are an empty object."""
        return [] if self._said else self.arguments("{}")


class CallReader(Protocol):
    """Reads what stands behind an opening mark."""

    whole: bool

    def feed(self, text: str) -> tuple[list[Event], str]:
        """More text: what is known by it, and what comes behind the end of the call."""
        ...

    def finish(self) -> list[Event]:
        """The answer has ended here."""
        ...


class JsonReader:
    """`{"name": …, "arguments": {…}}`.

    Args:
        calls: of the answer.
        raw: what is text after all when this is no call.
        known_only: a name that no tool has means that this is no call.
    """

    def __init__(self, calls: Calls, raw: str = "", *, known_only: bool = False) -> None:
        self._calls = calls
        self._call = JsonCall()
        self._before = raw
        self._known_only = known_only
        self._begun = False
        self.whole = False

    def feed(self, text: str) -> tuple[list[Event], str]:
        """See `CallReader`."""
        call, events = self._call, list[Event]()
        arguments, rest = call.feed(text)
        if not self._begun and call.name is not None:
            if self._known_only and self._calls.tools.named(call.name) is None:
                call.broken = True
            else:
                self._begun = True
                events.append(self._calls.begin(call.name))
        if self._begun:
            events += self._calls.arguments(arguments)
        if call.broken:
            self.whole = True
            if not self._begun:
                return [TextPiece(self._before + call.raw + rest)], ""
        elif call.whole:
            self.whole = True
            events += self._calls.end()
        return events, rest

    def finish(self) -> list[Event]:
        """See `CallReader`."""
        return [] if self._begun or self.whole else [TextPiece(self._before + self._call.raw)]


class ListReader:
    """A list of JSON calls, or `name[ARGS]{…}` (with `[CALL_ID]…` between)."""

    def __init__(self, calls: Calls, raw: str) -> None:
        self._calls = calls
        self._raw = raw
        self._inner: JsonReader | None = None
        self._held = ""
        self._name = ""
        self._value: JsonValue | None = None
        self._listed = False
        self.whole = False

    def feed(self, text: str) -> tuple[list[Event], str]:
        """See `CallReader`."""
        events: list[Event] = []
        while text and not self.whole:
            if self._value is not None:
                read, text = self._value.feed(text)
                events += self._calls.arguments(read)
                self.whole = self._value.whole
                if self.whole:
                    events += self._calls.end()
            elif self._inner is not None:
                some, text = self._inner.feed(text)
                events += some
                if self._inner.whole:
                    self._inner, self.whole = None, not self._listed
            elif not self._held and (text[0] in "[,]{" or text[0].isspace()):
                text = self._enter(text)
            else:
                some, text = self._read_name(text)
                events += some
        return events, text

    def finish(self) -> list[Event]:
        """See `CallReader`."""
        if self._inner is not None:
            return self._inner.finish()
        return [TextPiece(self._raw + self._held)] if self._held else []

    def _enter(self, text: str) -> str:
        if text[0] == "{":
            self._inner = JsonReader(self._calls, self._raw)
            return text
        if text[0] == "[":
            self._listed = True
        elif text[0] == "]":
            self.whole = True
        return text[1:]

    def _read_name(self, text: str) -> tuple[list[Event], str]:
        self._held += text
        name, found, rest = self._held.partition("[ARGS]")
        if not found:
            return [], ""
        self._held = ""
        self._value = JsonValue()
        return [self._calls.begin(name.partition("[CALL_ID]")[0].strip())], rest.lstrip()


class TagReader:
    """Calls in tags of their own; they are understood when they are whole.

    Args:
        calls: of the answer.
        raw: what stands before it.
        closer: its last mark.
        parse: the name and the texts of the arguments; None for no call.
    """

    def __init__(
        self, calls: Calls, raw: str, closer: str, parse: Callable[[str], tuple[str, dict[str, str]] | None]
    ) -> None:
        self._calls = calls
        self._raw = raw
        self._closer = closer
        self._parse = parse
        self._held = ""
        self.whole = False

    def feed(self, text: str) -> tuple[list[Event], str]:
        """See `CallReader`."""
        self._held += text
        body, found, rest = self._held.partition(self._closer)
        if not found:
            return [], ""
        self.whole = True
        call = self._parse(body)
        if call is None:
            return [TextPiece(self._raw + body + found)], rest
        name, given = call
        return [self._calls.begin(name), *self._calls.arguments(self._typed(name, given))], rest

    def finish(self) -> list[Event]:
        """See `CallReader`."""
        return [TextPiece(self._raw + self._held)]

    def _typed(self, name: str, given: dict[str, str]) -> str:
        """The arguments as JSON: text where the tool's schema wants text, else what the text says in JSON."""
        tool = self._calls.tools.named(name)
        properties: Any = tool.parameters.get("properties") if tool is not None else None
        schemas = properties if isinstance(properties, dict) else {}
        values: dict[str, object] = {}
        for key, text in given.items():
            schema = schemas.get(key)
            values[key] = text
            if not (isinstance(schema, dict) and schema.get("type") == "string"):
                try:
                    values[key] = json.loads(text)
                except (ValueError, RecursionError):
                    continue
        return json.dumps(values, ensure_ascii=False)


def parse_function_tags(body: str) -> tuple[str, dict[str, str]] | None:
    """Qwen3-Coder's form."""
    head = re.match(r"\s*<function=([^>\n]+)>", body)
    if head is None:
        return None
    found = re.findall(
        r"<parameter=([^>\n]+)>\n?(.*?)\n?(?=</parameter>|<parameter=|</function>|$)", body[head.end() :], re.DOTALL
    )
    return head[1].strip(), {key.strip(): value for key, value in found}


def parse_argument_tags(body: str) -> tuple[str, dict[str, str]] | None:
    """GLM's form."""
    name = body.partition("<arg_key>")[0].strip()
    if not name:
        return None
    found = re.findall(r"<arg_key>(.*?)</arg_key>\s*<arg_value>(.*?)</arg_value>", body, re.DOTALL)
    return name, {key.strip(): value.strip() for key, value in found}


def reader_of(form: ToolFormat, calls: Calls) -> CallReader:
    """A reader of what stands behind the opening mark of this form."""
    if form.body is Body.LIST:
        return ListReader(calls, form.opener)
    if form.body is Body.FUNCTION_TAGS:
        return TagReader(calls, form.opener, form.closer, parse_function_tags)
    if form.body is Body.ARGUMENT_TAGS:
        return TagReader(calls, form.opener, form.closer, parse_argument_tags)
    return JsonReader(calls, form.opener, known_only=not form.opener)
