"""gpt-oss's answers: messages on channels, of which one is what the model thinks and one may be a tool's."""

from __future__ import annotations

import re
from typing import Final

from thimble.engine.events import Event, ReasoningPiece, TextPiece
from thimble.engine.tools.definitions import Tools
from thimble.engine.tools.readers import Calls

CHANNEL: Final = "<|channel|>"
MESSAGE: Final = "<|message|>"
FINAL: Final = f"{CHANNEL}final{MESSAGE}"
ANALYSIS: Final = f"{CHANNEL}analysis{MESSAGE}"
END_OF_THOUGHT: Final = f"<|end|><|start|>assistant{FINAL}"
"""Ends what is thought and begins the answer."""
_ENDS: Final = ("<|end|>", "<|call|>", "<|return|>", "<|start|>")
_TOOL: Final = re.compile(r"\bto=(?:functions\.)?([\w.-]+)")
_CHANNEL: Final = re.compile(r"<\|channel\|>\s*(\w+)")
_LONGEST_MARK: Final = max(map(len, _ENDS))


class HarmonyParser:
    """Reads such an answer; see `AnswerParser`.

    Args:
        tools: that may be called.
        reasoning: tell reasoning apart; otherwise it comes as text between `<think>` and `</think>`.
    """

    behind_opener: str | None = None
    done = False

    def __init__(self, tools: Tools | None, *, reasoning: bool) -> None:
        self._calls = Calls(tools or Tools(()))
        self._reasoning = reasoning
        self._held = ""
        self._kind = "head"
        self._thinking = False  # text between the marks of reasoning is being written

    @property
    def thinks(self) -> bool:
        """Whether the text so far ends within reasoning."""
        return self._kind == "thought"

    def feed(self, text: str) -> list[Event]:
        """See `AnswerParser`."""
        self._held += text
        events: list[Event] = []
        while self._held and not self.done:
            if self._kind == "head":
                head, found, rest = self._held.partition(MESSAGE)
                if not found:
                    break
                self._held = rest
                self._begin(head, events)
            elif not self._read_body(events):
                break
        return events

    def finish(self) -> list[Event]:
        """See `AnswerParser`."""
        events: list[Event] = []
        held, self._held = self._held, ""
        if self._kind == "head":
            if held and not held.startswith(("<|", "assistant")):  # a model that does not keep to its form
                events.append(TextPiece(held))
        elif not self.done:
            self._say(held, events)
        self._end_thought(events)
        return events

    def _begin(self, head: str, events: list[Event]) -> None:
        tool = _TOOL.search(head)
        channel = _CHANNEL.search(head)
        if tool is not None:
            self._kind = "call"
            self._end_thought(events)
            events.append(self._calls.begin(tool[1]))
        elif channel is not None and channel[1] == "analysis":
            self._kind = "thought"
        else:
            self._kind = "text"
            self._end_thought(events)

    def _read_body(self, events: list[Event]) -> bool:
        ends = [position for end in _ENDS if (position := self._held.find(end)) >= 0]
        if not ends:
            opening = self._held.rfind("<|", max(0, len(self._held) - _LONGEST_MARK))
            cut = opening if opening >= 0 else len(self._held) - self._held.endswith("<")
            text, self._held = self._held[:cut], self._held[cut:]
            self._say(text, events)
            return False
        text, self._held = self._held[: min(ends)], self._held[min(ends) :]
        self._say(text, events)
        if self._kind == "call":
            events += self._calls.end()
            self.done = True
        self._kind = "head"
        return True

    def _say(self, text: str, events: list[Event]) -> None:
        if not text:
            return
        if self._kind == "call":
            events += self._calls.arguments(text)
        elif self._kind == "text":
            events.append(TextPiece(text))
        elif self._reasoning:
            events.append(ReasoningPiece(text))
        else:
            events.append(TextPiece(text if self._thinking else f"<think>{text}"))
            self._thinking = True

    def _end_thought(self, events: list[Event]) -> None:
        if self._thinking:
            self._thinking = False
            events.append(TextPiece("</think>\n\n"))


def beginning(text: str) -> str:
    """The beginning of an answer, as it stands behind the opening of the assistant's message."""
    thought, closed, said = text.removeprefix("<think>").partition("</think>")
    if not text.startswith("<think>"):
        return FINAL + text
    if not closed:
        return ANALYSIS + thought
    return f"{ANALYSIS}{thought}{END_OF_THOUGHT}{said.lstrip()}"
