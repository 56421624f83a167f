"""The texts that were written by hand: questions, answers and topics, one plain form for all of them.

A file is a list of intents: `= name`, then lines `> answer` (several are one answer of several lines), `~ things`,
`+ doings`, `! clauses`, `? questions`; ` | ` stands between two of them. `* slot` and its words are for `{slot}` in
questions of that file. `#` begins a remark.
"""

from __future__ import annotations

import json
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
        clauses: what is so, as it stands behind "explain why".
        questions: whole questions.
    """

    id: str
    answer: str = ""
    things: list[str] = field(default_factory=list)
    doings: list[str] = field(default_factory=list)
    clauses: list[str] = field(default_factory=list)
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
        if line[1:2] != " " or line[0] not in "=>~+!?*":
            raise ValueError(f"{path.name}, line {number}: no mark: {line!r}")
        found.append((line[0], line[2:].strip()))
    return found


def intents(path: Path) -> list[Intent]:
    """The intents of one file, in its order."""
    made: list[Intent] = []
    for mark, rest in lines(path):
        if mark == "*":
            continue
        if mark == "=":
            made.append(Intent(rest))
            continue
        intent = made[-1]
        if mark == ">":
            intent.answer = f"{intent.answer}\n{rest}" if intent.answer else rest
        else:
            into = {"~": intent.things, "+": intent.doings, "!": intent.clauses, "?": intent.questions}[mark]
            into.extend(part.strip() for part in rest.split(" | "))
    return made


def slots(path: Path) -> dict[str, list[str]]:
    """The lists of words of one file."""
    every = ([part.strip() for part in rest.split(" | ")] for mark, rest in lines(path) if mark == "*")
    return {name: words for name, *words in every}


def handbook() -> list[Intent]:
    """What the guide knows about Thimble."""
    return [intent for path in sorted((FOLDER / "handbook").glob("[0-9]*.txt")) for intent in intents(path)]


def topics() -> dict[str, str]:
    """One neutral line for each intent of the handbook: people write test questions from it who have not seen ours."""
    text = (FOLDER / "handbook" / "topics.txt").read_text("utf-8")
    pairs = (line.split(" | ", 1) for line in text.splitlines() if line and not line.startswith("#"))
    return {name.strip(): topic.strip() for name, topic in pairs}


def exam() -> list[str]:
    """The questions that the guide is examined with: none of them may be trained on, in whatever way it got there."""
    lines_of = [path.read_text("utf-8").splitlines() for path in sorted(FOLDER.parent.glob("held-out*.jsonl"))]
    return [str(json.loads(line)["question"]) for some in lines_of for line in some]


def refusals() -> list[Intent]:
    """What the guide cannot do, by kind."""
    return intents(FOLDER / "refusals.txt")


def unknown() -> list[Intent]:
    """What the guide does not know; parts of one intent."""
    return intents(FOLDER / "unknown.txt")
