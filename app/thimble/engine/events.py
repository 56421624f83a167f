"""What an answer consists of while it is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PromptRead:
    """`processed` of the prompt's `total` tokens are in the cache."""

    processed: int
    total: int


@dataclass(frozen=True, slots=True)
class TextPiece:
    """More text of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPiece:
    """More of what the model thinks before it answers."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallBegin:
    """The model calls a tool.

    Attributes:
        index: of the call within the answer, from 0.
        id: by which the tool's result names the call: nine letters and digits, the only form Mistral's templates take.
        name: of the tool.
    """

    index: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class ToolCallArguments:
    """More of a call's arguments; joined, they are the text of a JSON object unless the answer was cut short."""

    index: int
    text: str


@dataclass(frozen=True, slots=True)
class TokenChance:
    """A token and how likely the model found it, before temperature and all other sampling.

    Attributes:
        data: its bytes; a character may be split over several tokens.
        logprob: natural logarithm of its probability.
    """

    data: bytes
    logprob: float


@dataclass(frozen=True, slots=True)
class TokenChosen:
    """A token of the answer; told to those who ask, before the text that it completes.

    Attributes:
        chosen: the token.
        top: the likeliest ones at this place, the likeliest first.
    """

    chosen: TokenChance
    top: tuple[TokenChance, ...] = ()


Event = PromptRead | TextPiece | ReasoningPiece | ToolCallBegin | ToolCallArguments | TokenChosen
Emit = Callable[[Event], None]
