"""The guide's own tokenizer: byte-level BPE, split as llama.cpp's "smollm" splits (single digits, then GPT-2's words).

Control tokens come from the template only: a message that contains their text is read as
ordinary characters, as in Thimble's engine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import tokenizers
from tokenizers import AddedToken, decoders, models, pre_tokenizers, trainers

from assets.tiny.recipe.conversations import Message

PRE_TOKENIZER: Final = "smollm"
END_OF_TEXT: Final = "<|endoftext|>"
START: Final = "<|im_start|>"
END: Final = "<|im_end|>"
SPECIAL: Final = (END_OF_TEXT, START, END)
CHAT_TEMPLATE: Final = (
    "{% set last = namespace(at=0) %}{% for message in messages %}{% if message['role'] == 'user' %}"
    "{% set last.at = loop.index0 %}{% endif %}{% endfor %}{% for message in messages[last.at:] %}"
    "{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""ChatML with the last question alone: so small a model does what it was trained for and not what it is told by a
system's message, and earlier questions only confuse it (of ten in one chat it answered four; alone, nine)."""
_ENOUGH: Final = 3  # uses of a pair, for a token of its own


@dataclass(frozen=True, slots=True)
class Encoded:
    """Tokens of a conversation, and which one of an answer each of them is: 1 for the first, 0 for none of any."""

    tokens: list[int]
    said: list[int]


class Vocabulary:
    """A trained tokenizer."""

    def __init__(self, tokenizer: tokenizers.Tokenizer) -> None:
        self.tokenizer = tokenizer
        tokenizer.encode_special_tokens = True  # as text, wherever a message has one
        self.end_of_text, self.start, self.end = (tokenizer.token_to_id(token) for token in SPECIAL)
        self.last_special = max(self.end_of_text, self.start, self.end)
        self._heads = {role: [self.start, *self.encode(f"{role}\n")] for role in ("user", "assistant")}
        self._newline = self.encode("\n")

    @classmethod
    def train(cls, texts: Iterable[str], size: int) -> Self:
        """A tokenizer with at most `size` tokens."""
        tokenizer = tokenizers.Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        )
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            min_frequency=_ENOUGH,
            special_tokens=[AddedToken(token, special=True, normalized=False) for token in SPECIAL],
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
            show_progress=False,
        )
        tokenizer.train_from_iterator(_with_roles(texts), trainer)
        return cls(tokenizer)

    @classmethod
    def load(cls, path: Path) -> Self:
        """From a `tokenizer.json`."""
        return cls(tokenizers.Tokenizer.from_file(str(path)))

    def save(self, path: Path) -> None:
        """As `tokenizer.json`."""
        self.tokenizer.save(str(path))

    def __len__(self) -> int:
        return int(self.tokenizer.get_vocab_size())

    def encode(self, text: str) -> list[int]:
        """Tokens of a text, without control tokens."""
        found: list[int] = self.tokenizer.encode(text, add_special_tokens=False).ids
        return found

    def decode(self, tokens: list[int]) -> str:
        """Text of tokens, without control tokens."""
        return str(self.tokenizer.decode(tokens, skip_special_tokens=True))

    def conversation(self, messages: Iterable[Message]) -> Encoded:
        """As the chat template writes it."""
        tokens: list[int] = []
        said: list[int] = []
        for message in messages:
            if message.role == "system":
                continue
            head, body = self._heads[message.role], [*self.encode(message.content), self.end]
            own = range(1, len(body) + 1) if message.role == "assistant" else [0] * len(body)
            tokens += [*head, *body, *self._newline]
            said += [*[0] * len(head), *own, *[0] * len(self._newline)]
        return Encoded(tokens, said)

    def prompt(self, messages: Iterable[Message]) -> list[int]:
        """A conversation and the head of the answer."""
        return [*self.conversation(messages).tokens, *self._heads["assistant"]]


def _with_roles(texts: Iterable[str]) -> Iterator[str]:
    """What the template adds to each message should not cost a token a letter."""
    for text in texts:
        yield text
        yield "user\n"
        yield "assistant\n"
