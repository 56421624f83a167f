"""Reads a call written as one JSON object while it comes, so that its arguments can be sent on at once."""

from __future__ import annotations

import json
from typing import Final

NAME_KEYS: Final = frozenset({"name", "function"})
ARGUMENT_KEYS: Final = frozenset({"arguments", "parameters"})


class JsonValue:
    """Finds the end of one JSON value in text that comes in pieces.

    Attributes:
        text: of the value so far.
        whole: it has ended.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._depth = 0
        self._in_string = self._escaped = self._begun = False
        self.whole = False

    @property
    def text(self) -> str:
        """The value so far."""
        return "".join(self._parts)

    def feed(self, text: str) -> tuple[str, str]:
        """What of the text belongs to the value, and what comes behind its end."""
        for position, character in enumerate(text):
            if self._in_string:
                if self._escaped:
                    self._escaped = False
                elif character == "\\":
                    self._escaped = True
                elif character == '"':
                    self._in_string = False
                    if not self._depth:
                        return self._end(text, position + 1)
            elif character == '"':
                self._in_string = self._begun = True
            elif character in "{[":
                self._depth += 1
                self._begun = True
            elif character in "}]":
                if not self._depth:  # of what the value stands in: a number or a word ends here
                    return self._end(text, position)
                self._depth -= 1
                if not self._depth:
                    return self._end(text, position + 1)
            elif not self._depth and self._begun and (character == "," or character.isspace()):
                return self._end(text, position)
            elif not character.isspace():
                self._begun = True
        self._parts.append(text)
        return text, ""

    def _end(self, text: str, position: int) -> tuple[str, str]:
        self._parts.append(text[:position])
        self.whole = True
        return text[:position], text[position:]


class JsonCall:
    """One call: an object with a name and arguments, in either order.

    Attributes:
        name: None until it is known.
        whole: the object has ended.
        broken: this is no call; `raw` is what was read.
    """

    def __init__(self) -> None:
        self.name: str | None = None
        self.whole = self.broken = False
        self._raw: list[str] = []
        self._state = "begin"
        self._key = ""
        self._value = JsonValue()
        self._arguments: str | None = None  # what came before the name was known

    @property
    def raw(self) -> str:
        """All that was read."""
        return "".join(self._raw)

    def feed(self, text: str) -> tuple[str, str]:
        """More text.

        Returns:
            new text of the arguments, and what comes behind the object's end.
        """
        new: list[str] = []
        while text and not self.whole and not self.broken:
            before = text
            text = self._step(text, new)
            self._raw.append(before[: len(before) - len(text)])
        if self.name is None or not new:
            return "", text
        return "".join(new), text

    def _step(self, text: str, new: list[str]) -> str:
        character = text[0]
        if self._state in {"value", "arguments"}:
            return self._read_value(text, new)
        if character.isspace():
            return text[1:]
        if self._state == "begin" and character == "{":
            self._state = "key"
        elif self._state == "key" and character == '"':
            self._state, self._value = "name of key", JsonValue()
            return self._read_key(text)
        elif self._state == "name of key":
            return self._read_key(text)
        elif self._state == "colon" and character == ":":
            self._state, self._value = ("arguments" if self._key in ARGUMENT_KEYS else "value"), JsonValue()
        elif self._state == "next" and character == ",":
            self._state = "key"
        elif self._state in {"next", "key"} and character == "}":
            self._end()
        else:
            self.broken = True
        return text[1:]

    def _read_key(self, text: str) -> str:
        _read, rest = self._value.feed(text)
        if self._value.whole:
            self._key, self._state = str(_parsed(self._value.text)), "colon"
        return rest

    def _read_value(self, text: str, new: list[str]) -> str:
        if not self._value.text:
            text = text.lstrip()
        read, rest = self._value.feed(text)
        is_arguments = self._state == "arguments"
        written_as_text = self._value.text.lstrip().startswith('"')  # some models put the object into a string
        if is_arguments and not written_as_text:
            if self.name is None:
                self._arguments = (self._arguments or "") + read
            else:
                new.append(read)
        if self._value.whole:
            self._state = "next"
            value = self._value.text
            if is_arguments and written_as_text:
                text_value = str(_parsed(value))
                if self.name is None:
                    self._arguments = text_value
                else:
                    new.append(text_value)
            elif self._key in NAME_KEYS and not is_arguments:
                name = _parsed(value)
                if isinstance(name, str):
                    self.name = name
                    new.append(self._arguments or "")
                    self._arguments = None
        return rest

    def _end(self) -> None:
        if self.name is None:
            self.broken = True
        self.whole = not self.broken


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
