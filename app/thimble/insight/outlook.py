"""What another memory limit would bring: the engine's replay turned into tokens a second. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Final

from thimble.protocol import Sample

STEPS: Final = 8
_LEAST_TOKENS: Final = 8


@dataclass(frozen=True, slots=True)
class Guess:
    """At one limit; `hit` and `tokens_per_second` are None while nothing can be said."""

    limit: int
    hit: float | None
    tokens_per_second: float | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """`POST /thimble/outlook`, see there.

    Attributes:
        tokens: replayed.
        least, most: limits between which something changes, bytes.
        now: at the limit of the moment, with the memory that experts have now.
        policies: (name, share of hits); the first is the one that runs.
        guesses: by limit, rising.
    """

    tokens: int
    least: int
    most: int
    now: Guess
    policies: tuple[tuple[str, float], ...]
    guesses: tuple[Guess, ...]

    @classmethod
    def from_json(cls, data: dict[str, Any], cost: TokenCost | None) -> Outlook:
        """Reads the engine's answer.

        Args:
            data: the answer.
            cost: of the last tokens; None: hits are told and no speeds.
        """
        return cls(
            int(data.get("tokens", 0)),
            int(data.get("least_limit", 0)),
            int(data.get("most_limit", 0)),
            _guess(data.get("now", {}), cost),
            tuple((str(name), hits / uses) for name, hits, uses in data.get("policies", ()) if uses),
            tuple(_guess(position, cost) for position in data.get("positions", ())),
        )

    def with_limit(self, limit: int) -> Outlook:
        """When a limit was chosen a moment ago, until the engine says it itself; 0 for none."""
        return replace(self, now=self.at(limit or self.most))

    def at(self, limit: int) -> Guess:
        """Between the limits that were replayed: on the line between its neighbours."""
        if not self.guesses:
            return Guess(limit, None, None)
        below = max((g for g in self.guesses if g.limit <= limit), key=lambda g: g.limit, default=self.guesses[0])
        above = min((g for g in self.guesses if g.limit >= limit), key=lambda g: g.limit, default=self.guesses[-1])
        share = (limit - below.limit) / (above.limit - below.limit) if above.limit > below.limit else 0.0
        return Guess(
            limit,
            _between(below.hit, above.hit, share),
            _between(below.tokens_per_second, above.tokens_per_second, share),
        )


@dataclass(frozen=True, slots=True)
class TokenCost:
    """What a token cost of late.

    Attributes:
        busy_s: seconds without waiting for the disk.
        uses: of experts.
        wait_s: waited for each use that was a miss.
    """

    busy_s: float
    uses: float
    wait_s: float

    def tokens_per_second(self, hit: float) -> float:
        """At another share of hits, if a miss costs what it did."""
        return 1 / max(1e-6, self.busy_s + (1 - hit) * self.uses * self.wait_s)


def token_cost(first: Sample, last: Sample, fallback_wait_s: float) -> TokenCost | None:
    """Of the tokens between two samples; None when there were too few, or a prompt was read meanwhile.

    Args:
        first, last: samples of one epoch.
        fallback_wait_s: for a miss, when there was none.
    """
    tokens = last.generated_tokens - first.generated_tokens
    read = (last.prompt_tokens - last.cached_tokens) - (first.prompt_tokens - first.cached_tokens)
    if tokens < _LEAST_TOKENS or read > 0:
        return None
    uses = last.expert_hits + last.expert_misses - first.expert_hits - first.expert_misses
    misses = last.expert_misses - first.expert_misses
    stall = max(0, last.stall_ns - first.stall_ns) / 1e9
    busy = max(0, last.decode_ns - first.decode_ns) / 1e9 - stall
    if busy <= 0 or uses <= 0:
        return None
    wait = stall / misses if misses >= tokens else fallback_wait_s
    return TokenCost(busy / tokens, uses / tokens, wait)


def limits(least: int, most: int) -> list[int]:
    """Limits worth asking for, evenly spread."""
    if not 0 < least < most:
        return []
    return sorted({least + (most - least) * step // (STEPS - 1) for step in range(STEPS)})


def _guess(position: dict[str, Any], cost: TokenCost | None) -> Guess:
    uses = int(position.get("uses", 0))
    hit = position["hits"] / uses if uses else None
    speed = cost.tokens_per_second(hit) if cost is not None and hit is not None else None
    return Guess(int(position.get("limit", 0)), hit, speed)


def _between(below: float | None, above: float | None, share: float) -> float | None:
    return None if below is None or above is None else below + (above - below) * share
