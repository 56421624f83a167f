"""The texts that were written by hand: questions, answers and topics, one plain form for all of them.

A file is a list of intents: `= name`, then lines `> answer` (several are one answer of several lines), `~ things`,
`+ doings`, `? questions`; ` | ` stands between two of them. `#` begins a remark.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "data"
"""Where the texts are."""


@dataclass(slots=True)
class Intent:
    """One thing that somebody may want to know.

    Attributes:
        id: its name, `part.word`.
        answer: what the guide says.
        things: what it is about, as it stands behind "what is".
        doings: what can be done, as it stands behind "how do I".
        questions: whole questions.
    """

    id: str
    answer: str = ""
    things: list[str] = field(default_factory=list)
    doings: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Unknown:
    """Questions that the guide cannot answer.

    Attributes:
        answers: ways to say so.
        slots: words for the places in questions.
        questions: with `{slot}` where a word is to stand.
    """

    answers: list[str] = field(default_factory=list)
    slots: dict[str, list[str]] = field(default_factory=dict)
    questions: list[str] = field(default_factory=list)


def lines(path: Path) -> list[tuple[str, str]]:
    """(mark, rest) of each line that says something.

    Raises:
        ValueError: a line without a mark, with its number.
    """
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        if line[1:2] != " " or line[0] not in "=>~+?*":
            raise ValueError(f"{path.name}, line {number}: no mark: {line!r}")
        found.append((line[0], line[2:].strip()))
    return found


def intents(path: Path) -> list[Intent]:
    """The intents of one file, in its order."""
    made: list[Intent] = []
    for mark, rest in lines(path):
        if mark == "=":
            made.append(Intent(rest))
            continue
        intent = made[-1]
        if mark == ">":
            intent.answer = f"{intent.answer}\n{rest}" if intent.answer else rest
        else:
            into = {"~": intent.things, "+": intent.doings, "?": intent.questions}[mark]
            into.extend(part.strip() for part in rest.split(" | "))
    return made


def handbook() -> list[Intent]:
    """What the guide knows about Thimble."""
    return [intent for path in sorted((FOLDER / "handbook").glob("[0-9]*.txt")) for intent in intents(path)]


def topics() -> dict[str, str]:
    """One neutral line for each intent of the handbook: people write test questions from it who have not seen ours."""
    text = (FOLDER / "handbook" / "topics.txt").read_text("utf-8")
    pairs = (line.split(" | ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name.strip(): topic.strip() for name, topic in pairs}


def unknown() -> Unknown:
    """What the guide does not know."""
    made = Unknown()
    for mark, rest in lines(FOLDER / "unknown.txt"):
        if mark == ">":
            made.answers.append(rest)
        elif mark == "*":
            name, *words = (part.strip() for part in rest.split(" | "))
            made.slots[name] = words
        else:
            made.questions.extend(part.strip() for part in rest.split(" | "))
    return made
