"""Rows of tokens from conversations: any step's batch follows from the seed and the step's number alone.

A row has one kind of text only, filled with whole conversations that do not see each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from assets.tiny.recipe.augment import Augmenter
from assets.tiny.recipe.conversations import Conversation, Message
from assets.tiny.recipe.vocabulary import Encoded, Vocabulary

Numbers = npt.NDArray[np.int64]
SHARES: Final = {
    "handbook": 0.6,
    "story": 0.18,
    "smalltalk": 0.05,
    "explain": 0.04,
    "refusal": 0.04,
    "unknown": 0.06,
    "chat": 0.03,
}
"""Of the rows, by kind of text; kinds without data leave theirs to the others."""
_ANOTHER_TURN: Final = 0.35
_MOST_TURNS: Final = 8
_DECIDING: Final = 6
_DECIDING_WEIGHT: Final = 4.0
"""An answer's first tokens decide which one it is; the others follow from them, and are learned in no time."""


_CUT: Final = 0.8
"""Share of the conversations that end a few tokens into their last answer: so more questions fit into a row."""
_TOLD_WHOLE: Final = frozenset({"story", "chat"})


@dataclass(frozen=True, slots=True)
class Batch:
    """All [rows, length].

    Attributes:
        tokens: padded with the end of text.
        documents: number of the conversation within its row, -1 for padding.
        weights: of the loss at this token, which is about the next one.
        unseen: tokens of questions that the model is not shown (their place stays).
    """

    tokens: Numbers
    documents: Numbers
    weights: npt.NDArray[np.float32]
    unseen: npt.NDArray[np.bool_]


class Batches:
    """Makes batches.

    Args:
        conversations: all of them.
        vocabulary: the tokenizer.
        seed: of every choice.
        question_weight: of tokens in questions, relative to later ones of answers.
        unseen: share of the questions' tokens that are not shown, so that no single word decides.
    """

    def __init__(
        self,
        conversations: Sequence[Conversation],
        vocabulary: Vocabulary,
        seed: int,
        question_weight: float = 0.0,
        unseen: float = 0.0,
    ) -> None:
        self._vocabulary = vocabulary
        self._seed = seed
        self._question_weight = question_weight
        self._unseen = unseen
        self._augmenter = Augmenter()
        # by what is asked, so that a question with many paraphrases is not asked more often
        by_kind: dict[str, dict[str, list[Conversation]]] = {}
        for each in conversations:
            by_kind.setdefault(each.kind, {}).setdefault(each.id, []).append(each)
        self._by_kind = {kind: list(by_id.values()) for kind, by_id in by_kind.items()}
        present = [kind for kind in SHARES if kind in self._by_kind]
        self._turns = [kind for kind in present if kind not in _TOLD_WHOLE]
        total = sum(SHARES[kind] for kind in present)
        self._shares = {kind: SHARES[kind] / total for kind in present}

    def batch(self, step: int, rows: int, length: int) -> Batch:
        """The batch of a step."""
        random = np.random.default_rng((self._seed, step))
        kinds = random.choice(list(self._shares), size=rows, p=list(self._shares.values()))
        tokens = np.full((rows, length), self._vocabulary.end_of_text, np.int64)
        documents = np.full((rows, length), -1, np.int64)
        weights = np.zeros((rows, length), np.float32)
        unseen = np.zeros((rows, length), np.bool_)
        for row, kind in enumerate(sorted(kinds)):
            filled = number = 0
            while True:
                encoded = self._encoded(str(kind), random)
                end = filled + len(encoded.tokens)
                if end > length and filled:
                    break  # what is left over is short: most conversations are
                kept = min(end, length) - filled
                tokens[row, filled : filled + kept] = encoded.tokens[:kept]
                documents[row, filled : filled + kept] = number
                if kind not in _TOLD_WHOLE:
                    asked = np.asarray(encoded.said[:kept]) == 0
                    unseen[row, filled : filled + kept] = asked & (random.random(kept) < self._unseen)
                about = np.asarray(encoded.said[1 : kept + 1])
                about = np.where(about > 0, np.where(about > _DECIDING, 1.0, _DECIDING_WEIGHT), self._question_weight)
                weights[row, filled : filled + len(about)] = about
                weights[row, min(end, length) - 1] = 0  # nothing follows
                filled, number = end, number + 1
                if filled >= length:
                    break
        return Batch(tokens, documents, weights, unseen & (tokens > self._vocabulary.last_special))

    def _encoded(self, kind: str, random: np.random.Generator) -> Encoded:
        messages = self._one(kind, random)
        turns = 1
        while kind not in _TOLD_WHOLE and turns < _MOST_TURNS and random.random() < _ANOTHER_TURN:
            messages += self._one(str(random.choice([kind, kind, *self._turns])), random)
            turns += 1
        encoded = self._vocabulary.conversation(messages)
        if kind not in _TOLD_WHOLE and random.random() < _CUT:
            end = len(encoded.said) - encoded.said[::-1].index(1) + _DECIDING
            return Encoded(encoded.tokens[:end], encoded.said[:end])
        return encoded

    def _one(self, kind: str, random: np.random.Generator) -> list[Message]:
        of_kind = self._by_kind[kind]
        paraphrases = of_kind[random.integers(len(of_kind))]
        chosen = paraphrases[random.integers(len(paraphrases))]
        return [
            Message(message.role, self._augmenter.question(message.content, random))
            if message.role == "user"
            else message
            for message in chosen.messages
        ]
