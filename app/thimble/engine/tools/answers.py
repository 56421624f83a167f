"""From the text of an answer to what it consists of: reasoning, words, tool calls."""

from __future__ import annotations

from typing import Protocol

from thimble.engine.events import Event, ReasoningPiece, TextPiece
from thimble.engine.tools.definitions import Tools
from thimble.engine.tools.formats import ToolFormat
from thimble.engine.tools.readers import CallReader, Calls, JsonReader, reader_of
from thimble.engine.tools.thoughts import Thoughts, overlap


class Part(Protocol):
    """Reads the words of an answer.

    Attributes:
        behind_opener: what was read behind the first opening mark of a call; None before it.
        done: nothing that comes now belongs to the answer.
    """

    behind_opener: str | None
    done: bool

    def feed(self, text: str) -> list[Event]:
        """More text."""
        ...

    def finish(self) -> list[Event]:
        """The answer has ended: what was held back."""
        ...


class Words:
    """Words only."""

    behind_opener: str | None = None
    done = False

    def feed(self, text: str) -> list[Event]:
        """See `Part`."""
        return [TextPiece(text)] if text else []

    def finish(self) -> list[Event]:
        """See `Part`."""
        return []


class MarkedCalls:
    """Words, and calls between marks. White space between calls is no text."""

    def __init__(self, form: ToolFormat, tools: Tools) -> None:
        self._form = form
        self._calls = Calls(tools)
        self._parallel = form.parallel and tools.parallel
        self._reader: CallReader | None = None
        self._held = ""
        self._closing = False  # a call is over, its closing mark may come
        self.behind_opener: str | None = None
        self.done = False

    def feed(self, text: str) -> list[Event]:
        """See `Part`."""
        self._held += text
        events: list[Event] = []
        going_on = True
        while going_on and not self.done:
            if self._reader is not None:
                going_on = self._read_call(self._reader, events)
            elif self._closing:
                going_on = self._read_closer()
            else:
                going_on = self._read_words(events)
        return events

    def finish(self) -> list[Event]:
        """See `Part`."""
        if self._reader is not None:
            return self._reader.finish()
        held = self._held if not self._calls.count else self._held.strip()
        return [TextPiece(held)] if held and not self._closing and not self.done else []

    def _read_words(self, events: list[Event]) -> bool:
        form = self._form
        words, found, rest = self._held.partition(form.opener)
        keep = 0 if found else overlap(words, form.opener)
        certain = words[: len(words) - keep]
        if not found or self._calls.count or not certain.strip():  # the rest decides whether this space is text
            certain = certain.rstrip()
        if certain:
            events.append(TextPiece(certain))
        if not found:
            self._held = words[len(certain) :]
            return False
        self._held = rest
        self._reader = reader_of(form, self._calls)
        if self.behind_opener is None:
            self.behind_opener = rest
        return True

    def _read_call(self, reader: CallReader, events: list[Event]) -> bool:
        some, self._held = reader.feed(self._held)
        events += some
        if not reader.whole:
            return False
        self._reader, self._closing = None, True
        if self._calls.count and not self._parallel:
            self.done = True
        return True

    def _read_closer(self) -> bool:
        closer, text = self._form.closer, self._held.lstrip()
        if closer and closer.startswith(text) and text != closer:
            return False
        self._held = text.removeprefix(closer).lstrip() if closer and text.startswith(closer) else text
        self._closing = False
        return True


class BareCalls:
    """An answer that is nothing but calls, without marks (Llama 3), or words."""

    def __init__(self, form: ToolFormat, tools: Tools) -> None:
        self._calls = Calls(tools)
        self._parallel = form.parallel and tools.parallel
        self._mark = form.marks[0]
        self._reader: JsonReader | None = None
        self._held = ""
        self._words = False
        self.behind_opener: str | None = None
        self.done = False

    def feed(self, text: str) -> list[Event]:
        """See `Part`."""
        events: list[Event] = []
        self._held += text
        while self._held and not self.done:
            if self._words:
                events.append(TextPiece(self._held))
                self._held = ""
                break
            if self._reader is None:
                start = self._held.lstrip("; \n").removeprefix(self._mark).lstrip()
                if not start or self._mark.startswith(start):
                    break
                if not start.startswith("{"):
                    self._words = True
                    continue
                self._held, self._reader = start, JsonReader(self._calls, known_only=True)
            some, self._held = self._reader.feed(self._held)
            events += some
            if not self._reader.whole:
                break
            self._reader = None
            self._words = not self._calls.count
            self.done = bool(self._calls.count) and not self._parallel
        return events

    def finish(self) -> list[Event]:
        """See `Part`."""
        if self._reader is not None:
            return self._reader.finish()
        return [TextPiece(self._held)] if self._held.strip() and not self.done else []


class AnswerParser:
    """Reads an answer's text as it comes.

    Args:
        form: in which this model calls tools; None without tools.
        tools: that may be called.
        thoughts: tells reasoning apart; None: it is text like everything else.
    """

    def __init__(self, form: ToolFormat | None, tools: Tools | None, thoughts: Thoughts | None) -> None:
        self._thoughts = thoughts
        self._part: Part = Words()
        if form is not None and tools is not None:
            self._part = MarkedCalls(form, tools) if form.opener else BareCalls(form, tools)

    @property
    def behind_opener(self) -> str | None:
        """What was read behind the first opening mark of a call; None before it."""
        return self._part.behind_opener

    @property
    def done(self) -> bool:
        """Nothing that comes now belongs to the answer."""
        return self._part.done

    def feed(self, text: str) -> list[Event]:
        """More text."""
        if self._thoughts is None:
            return self._part.feed(text)
        thought, said = self._thoughts.feed(text)
        events: list[Event] = [ReasoningPiece(thought)] if thought else []
        return events + self._part.feed(said) if said else events

    def finish(self) -> list[Event]:
        """The answer has ended: what was held back."""
        events: list[Event] = []
        if self._thoughts is not None:
            thought, said = self._thoughts.finish()
            if thought:
                events.append(ReasoningPiece(thought))
            events += self._part.feed(said) if said else []
        return events + self._part.finish()
