"""How well the guide answers questions it has never seen, beside a baseline that only counts words.

    python -m assets.tiny.recipe.evaluate GUIDE.gguf --data FOLDER --questions HELD-OUT.jsonl

A line of the held-out file is `{"id": …, "question": …}`. An answer is right when it is an answer of that id: exactly,
or so nearly (0.9 of its letters in the same order) that nobody would notice, and nearer to it than to any other id's.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

from assets.tiny.recipe.conversations import Conversation, read
from assets.tiny.recipe.guide import Guide
from assets.tiny.recipe.overlap import WordOverlap, jaccard_id

NEAR: Final = 0.9
ANSWERED: Final = ("handbook", "smalltalk", "explain", "refusal", "unknown")


@dataclass(frozen=True, slots=True)
class Verdict:
    """One question's.

    Attributes:
        exact: the answer is one of the id's, letter by letter.
        given: id whose answer was given, exactly or nearly; None for none.
        word_overlap, jaccard: ids that the baselines chose.
    """

    id: str
    question: str
    answer: str
    exact: bool
    given: str | None
    word_overlap: str | None
    jaccard: str

    @property
    def right(self) -> bool:
        """Whether the guide's answer is the id's."""
        return self.given == self.id


class Answers:
    """The answers of every id."""

    def __init__(self, conversations: Iterable[Conversation]) -> None:
        self._ids: dict[str, set[str]] = defaultdict(set)
        for each in conversations:
            self._ids[each.answer].add(each.id)

    def exact(self, answer: str, id_: str) -> bool:
        """Whether it is one of the id's."""
        return id_ in self._ids.get(answer, ())

    def nearest(self, answer: str) -> str | None:
        """The id whose answer this is, exactly or nearly."""
        if answer in self._ids:
            return min(self._ids[answer])
        best, found = NEAR, None
        for other, ids in self._ids.items():
            matcher = SequenceMatcher(None, answer, other, autojunk=False)
            if matcher.real_quick_ratio() >= best and matcher.quick_ratio() >= best and (it := matcher.ratio()) >= best:
                best, found = it, min(ids)
        return found


def judge(guide: Guide, known: list[Conversation], questions: Iterable[tuple[str, str]]) -> list[Verdict]:
    """Asks each question in a chat of its own, greedily.

    Args:
        guide: who answers.
        known: what it was trained with.
        questions: (id, question).
    """
    answers = Answers(known)
    pairs = [(each.question, each.id) for each in known]
    overlap = WordOverlap(pairs)
    verdicts = []
    for id_, question in questions:
        answer = guide.ask(question)
        exact = answers.exact(answer, id_)
        given = id_ if exact else answers.nearest(answer)
        by_words = overlap.id_of(question)
        verdicts.append(Verdict(id_, question, answer, exact, given, by_words, jaccard_id(question, pairs)))
    return verdicts


def report(verdicts: list[Verdict]) -> str:
    """Figures, and every wrong answer."""
    total = len(verdicts)

    def line(name: str, right: int) -> str:
        return f"{name}: {right} of {total} = {right / total:.1%}"

    lines = [
        line("guide, right answer", sum(it.right for it in verdicts)),
        line("guide, letter by letter", sum(it.exact for it in verdicts)),
        line("baseline, TF-IDF neighbour", sum(it.word_overlap == it.id for it in verdicts)),
        line("baseline, Jaccard neighbour", sum(it.jaccard == it.id for it in verdicts)),
        "",
    ]
    for it in verdicts:
        if not it.right:
            lines += [f"wanted {it.id}, got {it.given}: {it.question}", f"    {it.answer}"]
    return "\n".join(lines)


def held_out(path: Path) -> list[tuple[str, str]]:
    """(id, question) of each line."""
    lines = path.read_text("utf-8").splitlines()
    return [(str(read["id"]), str(read["question"])) for read in map(json.loads, filter(None, lines))]


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m assets.tiny.recipe.evaluate", description=__doc__)
    parser.add_argument("guide", type=Path)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--questions", type=Path, required=True)
    given = parser.parse_args()
    known = [each for each in read(given.data) if each.kind in ANSWERED]
    with Guide(given.guide) as guide:
        sys.stdout.write(report(judge(guide, known, held_out(given.questions))) + "\n")


if __name__ == "__main__":
    main()
