"""Making a conversation fit into the context, or saying by how much it does not."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from thimble.engine.model import LoadedModel
from thimble.engine.pictures import PictureTokens
from thimble.engine.prompt import picture_tokens, prompt_tokens
from thimble.errors import Code, ThimbleError

Message = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Fitted:
    """A prompt that fits.

    Attributes:
        tokens: of the prompt.
        dropped_messages, dropped_tokens: what was left out for that.
        pictures: what negative numbers among the tokens stand for.
    """

    tokens: list[int]
    dropped_messages: int = 0
    dropped_tokens: int = 0
    pictures: Mapping[int, PictureTokens] = field(default_factory=dict)


def too_long(needed: int, capacity: int) -> ThimbleError:
    """The error of a prompt that does not fit, with both figures in tokens."""
    return ThimbleError(
        Code.CONTEXT_TOO_LONG,
        f"This text has {needed:,} tokens, but the context holds {capacity:,}, the answer included.",
        "Shorten it, start a new conversation, or choose a longer context in the settings.",
        f"{needed} > {capacity}",
    )


def fit_messages(
    loaded: LoadedModel,
    messages: Sequence[Message],
    *,
    continue_final: bool = False,
    drop_oldest: bool = False,
    variables: Mapping[str, Any] | None = None,
    tools: Sequence[Mapping[str, Any]] = (),
    max_tokens: int = 0,
) -> Fitted:
    """The prompt's tokens, with the oldest turns left out if that was asked for and is needed.

    System messages at the beginning and the last turn are always kept. When turns have to go, so many go that the
    following turns of the conversation fit without dropping again: what is kept then begins alike from turn to turn,
    and its KV entries can be used again.

    Raises:
        ThimbleError: it does not fit, or the template refused the messages.
    """
    capacity = loaded.info.context

    def tokens_of(some: Sequence[Message]) -> list[int]:
        return prompt_tokens(
            loaded.vocabulary,
            loaded.template,
            some,
            continue_final=continue_final,
            variables=variables,
            tools=tools,
            projector=loaded.projector,
            blind=loaded.info.no_pictures,
        )

    whole = tokens_of(messages)
    pictures = picture_tokens(messages, loaded.projector)
    if not drop_oldest:
        if len(whole) >= capacity:
            raise too_long(len(whole), capacity)
        return Fitted(whole, pictures=pictures)
    block = max(1, capacity // 4)
    room = min(max_tokens, block) if max_tokens else block
    excess = len(whole) - (capacity - room)
    if excess <= 0:
        return Fitted(whole, pictures=pictures)
    goal = -(-excess // block) * block  # in whole quarters of the context, so that the cut moves rarely
    starts = turn_starts(messages)

    def without(start: int) -> list[int]:
        return tokens_of([*messages[: system_count(messages)], *messages[start:]])

    # By halves: a conversation may have thousands of turns, and each try reads all that is left.
    cut = bisect.bisect_left(starts, goal, key=lambda start: len(whole) - len(without(start)))
    start = starts[min(cut, len(starts) - 1)] if starts else 0
    tokens = without(start) if starts else whole
    if len(tokens) >= capacity:
        raise too_long(len(tokens), capacity)
    dropped = start - system_count(messages) if starts else 0
    return Fitted(tokens, dropped, len(whole) - len(tokens), pictures)


def system_count(messages: Sequence[Message]) -> int:
    """How many system messages stand at the beginning."""
    count = 0
    while count < len(messages) and messages[count].get("role") in {"system", "developer"}:
        count += 1
    return count


def turn_starts(messages: Sequence[Message]) -> list[int]:
    """Where the second and later turns begin: at each of the user's messages but the first."""
    starts = [i for i, message in enumerate(messages) if message.get("role") == "user"]
    return starts[1:]
