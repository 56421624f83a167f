"""The baseline: no model, only words. The known question with the most words in common decides the answer."""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence


class WordOverlap:
    """Nearest neighbour by cosine of TF-IDF vectors of words.

    Args:
        known: (question, id).
    """

    def __init__(self, known: Sequence[tuple[str, str]]) -> None:
        self._ids = [id_ for _, id_ in known]
        counts = [Counter(words(question)) for question, _ in known]
        found_in = Counter(word for count in counts for word in count)
        self._weight = {word: math.log(len(known) / number) + 1.0 for word, number in found_in.items()}
        self._having: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, count in enumerate(counts):
            for word, value in self._vector(count).items():
                self._having[word].append((number, value))

    def id_of(self, question: str) -> str | None:
        """The id of the nearest known question; None where no word is known."""
        scores: dict[int, float] = defaultdict(float)
        for word, value in self._vector(Counter(words(question))).items():
            for number, other in self._having.get(word, ()):
                scores[number] += value * other
        if not scores:
            return None
        return self._ids[max(scores, key=lambda number: (scores[number], -number))]

    def _vector(self, count: Counter[str]) -> dict[str, float]:
        raw = {word: number * self._weight[word] for word, number in count.items() if word in self._weight}
        length = math.sqrt(sum(value * value for value in raw.values())) or 1.0
        return {word: value / length for word, value in raw.items()}


def words(text: str) -> list[str]:
    """Small letters and digits."""
    return re.findall(r"[a-z0-9]+(?:'[a-z]+)?", text.lower())


def jaccard_id(question: str, known: Iterable[tuple[str, str]]) -> str:
    """The id of the known question with the largest share of common words."""
    asked = set(words(question))

    def share(other: str) -> float:
        theirs = set(words(other))
        return len(asked & theirs) / max(1, len(asked | theirs))

    return max(known, key=lambda pair: share(pair[0]))[1]
