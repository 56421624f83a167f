"""Conversations as JSONL: what guides are made of."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

Role = Literal["system", "user", "assistant"]
KINDS: Final = ("handbook", "story", "smalltalk", "explain", "refusal", "unknown", "chat")


@dataclass(frozen=True, slots=True)
class Message:
    """One turn."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Conversation:
    """One line of a file.

    Attributes:
        kind: one of `KINDS`.
        id: of what is asked; paraphrases of a question share it.
    """

    kind: str
    id: str
    messages: tuple[Message, ...]

    @property
    def question(self) -> str:
        """What is asked first."""
        return next(message.content for message in self.messages if message.role == "user")

    @property
    def answer(self) -> str:
        """What is answered first."""
        return next(message.content for message in self.messages if message.role == "assistant")


def read(folder: Path) -> list[Conversation]:
    """All conversations of a folder's `*.jsonl`, in the order of names and lines.

    Raises:
        ValueError: a line is none; says which.
    """
    return [found for path in sorted(folder.glob("*.jsonl")) for found in _read(path)]


def _read(path: Path) -> Iterator[Conversation]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                yield conversation(json.loads(line))
            except (KeyError, TypeError, ValueError) as error:
                raise ValueError(f"{path.name}, line {number}: {error}") from error


def conversation(read: dict[str, object]) -> Conversation:
    """One from a line's JSON.

    Raises:
        KeyError, TypeError, ValueError: something is missing or of another kind.
    """
    kind, messages = str(read["kind"]), read["messages"]
    if kind not in KINDS:
        raise ValueError(f"unknown kind {kind}")
    if not isinstance(messages, list):
        raise TypeError("messages are no list")
    turns = tuple(Message(message["role"], message["content"].strip()) for message in messages)
    if not {"user", "assistant"} <= {turn.role for turn in turns}:
        raise ValueError("no question or no answer")
    if any(turn.role not in {"system", "user", "assistant"} or not turn.content for turn in turns):
        raise ValueError("an empty message, or an unknown role")
    return Conversation(kind, str(read["id"]), turns)


def texts(conversations: Iterable[Conversation]) -> Iterator[str]:
    """What is said, for the tokenizer: of the stories, which are many and long, one in four."""
    stories = 0
    for each in conversations:
        if each.kind == "story":
            stories += 1
            if stories % 4 != 1:
                continue
        for message in each.messages:
            yield message.content
