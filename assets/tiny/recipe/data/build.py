"""All conversations for the training, in files of one JSON object a line.

`python -m assets.tiny.recipe.data.build --out FOLDER`: the same files each time, in some seconds. A line is
`{"kind": "handbook" | "smalltalk" | "explain" | "refusal" | "unknown" | "story" | "chat", "id": …, "messages": […]}`.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from assets.tiny.recipe.data import phrasing, sources, tales

SEED: Final = 20261126
HANDBOOK_FORMS: Final = 160
"""Questions for each intent of the handbook."""
TALK_FORMS: Final = 96
REFUSAL_FORMS: Final = 600
FILLED: Final = 16
"""So often a question with places for words is asked, at most."""
TALES: Final = 12000
CHATS: Final = 3000
LONGEST_CHAT: Final = 4
"""Questions in a conversation of several, at most."""


@dataclass(frozen=True, slots=True)
class Row:
    """One conversation: its kind, its name, and what user and guide say in turn."""

    kind: str
    id: str
    said: tuple[str, ...]

    def line(self) -> str:
        """As JSON."""
        roles = ("user", "assistant")
        messages = [{"role": roles[place % 2], "content": text} for place, text in enumerate(self.said)]
        return json.dumps({"kind": self.kind, "id": self.id, "messages": messages}, ensure_ascii=True)


def asked(
    kind: str, intents: Iterable[sources.Intent], count: int, dice: random.Random, taken: set[str] | None = None
) -> list[Row]:
    """Each intent in so many ways; a question that two intents would have belongs to the first.

    Args:
        kind: of the rows.
        intents: what is asked.
        count: of ways.
        dice: for all choices.
        taken: questions that others have; those of these intents are added.
    """
    taken = set() if taken is None else taken
    rows = []
    for intent in intents:
        every = phrasing.forms(intent, count, dice, phrasing.AFTER if kind == "handbook" else phrasing.POLITE)
        forms = [form for form in every if phrasing.plain(form) not in taken]
        rows += [Row(kind, intent.id, (form, intent.answer)) for form in forms]
        taken.update(phrasing.plain(form) for form in forms)
    return rows


def refused(dice: random.Random, taken: set[str]) -> list[Row]:
    """What the guide cannot do, each kind with an answer of its own."""
    kinds = sources.refusals()
    slots = sources.slots(sources.FOLDER / "refusals.txt")
    for each in kinds:
        each.questions = phrasing.filled(each.questions, slots, FILLED, dice)
    return asked("refusal", kinds, REFUSAL_FORMS, dice, taken)


def not_known(dice: random.Random, taken: set[str]) -> list[Row]:
    """Questions of all other kinds: one intent, with an answer for each part of it."""
    slots = sources.slots(sources.FOLDER / "story-words.txt") | sources.slots(sources.FOLDER / "unknown.txt")
    rows = []
    for part in sources.unknown():
        every = phrasing.filled(part.questions, slots, FILLED, dice)
        varied = dict.fromkeys(phrasing.varied(text, dice, phrasing.POLITE) for text in every)
        forms = [form for form in varied if phrasing.plain(form) not in taken]
        rows += [Row("unknown", "unknown", (form, part.answer)) for form in forms]
        taken.update(phrasing.plain(form) for form in forms)
    dice.shuffle(rows)
    return rows


def stories() -> list[Row]:
    """Composed ones."""
    return [Row("story", f"story.{tale.plot}", (tale.prompt, tale.text)) for tale in tales.tales(TALES, SEED)]


def chats(parts: Sequence[Row], talk: Sequence[Row], dice: random.Random) -> list[Row]:
    """Conversations of several questions: now and then a greeting first and thanks at the end."""
    hello = [row for row in talk if row.id == "talk.hello"]
    thanks = [row for row in talk if row.id in {"talk.thanks", "talk.bye", "talk.good"}]
    rows = []
    for _ in range(CHATS):
        chosen = dice.sample(parts, dice.randint(2, LONGEST_CHAT))
        if dice.random() < 0.3:
            chosen[0] = dice.choice(hello)
        if dice.random() < 0.3:
            chosen[-1] = dice.choice(thanks)
        rows.append(Row("chat", "chat", tuple(text for row in chosen for text in row.said)))
    return rows


def everything() -> Iterator[tuple[str, list[Row]]]:
    """(file name, rows) of all parts."""
    dice = random.Random(SEED)  # noqa: S311 - nothing secret
    taken = {phrasing.plain(question) for question in sources.exam()}
    handbook = asked("handbook", sources.handbook(), HANDBOOK_FORMS, dice, taken)
    yield "handbook", handbook
    talk = asked("smalltalk", sources.intents(sources.FOLDER / "smalltalk.txt"), TALK_FORMS, dice, taken)
    yield "smalltalk", talk
    explained = asked("explain", sources.intents(sources.FOLDER / "explain.txt"), TALK_FORMS, dice, taken)
    yield "explain", explained
    refusals = refused(dice, taken)
    yield "refusals", refusals
    unknown = not_known(dice, taken)
    yield "unknown", unknown
    told = stories()
    yield "stories", told
    some = [row for rows in (refusals, unknown, told) for row in dice.sample(rows, 1200)]
    yield "chats", chats(handbook + talk + explained + some, talk, dice)


def main(arguments: Sequence[str] | None = None) -> None:
    """Writes the files."""
    parser = argparse.ArgumentParser(prog="python -m assets.tiny.recipe.data.build", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    for name, rows in everything():
        (options.out / f"{name}.jsonl").write_text("".join(f"{row.line()}\n" for row in rows), "utf-8")
        sys.stderr.write(f"{name}: {len(rows)} conversations, {len({row.id for row in rows})} ids\n")


if __name__ == "__main__":
    main()
