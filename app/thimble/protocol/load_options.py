"""How a model is loaded."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final


class ExpertPolicy(StrEnum):
    """Which expert makes room for another. The others are there to be compared with."""

    LRFU = "lrfu"
    """Least recently and frequently used, with a half-life that is found while it runs."""
    LRU = "lru"
    LFU = "lfu"
    NONE = "none"
    """Nothing is kept from one use to the next."""


class CacheType(StrEnum):
    """How keys and values are kept. Values in fewer than 16 bits need flash attention; with it, 32 bits would be cut to
    16 before every use, so there is no such type here."""

    F16 = "f16"
    BF16 = "bf16"
    Q8_0 = "q8_0"
    Q5_1 = "q5_1"
    Q5_0 = "q5_0"
    Q4_1 = "q4_1"
    Q4_0 = "q4_0"
    IQ4_NL = "iq4_nl"


NO_PROJECTOR: Final = "off"
"""In place of a projector's path: none, although one may lie beside the model."""


@dataclass(frozen=True, slots=True)
class LoadOptions:
    """How to load a model.

    Attributes:
        context: KV-cache length in tokens; the model's own training length bounds it.
        threads: compute threads; 0 for one per physical core.
        memory_limit: most bytes the engine process may use at its peak; 0 for none: a model with experts then takes
            what is free, and leaves the computer a rest.
        expert_cache: bytes for the experts alone; 0 for all that the limit leaves.
        expert_policy: see `ExpertPolicy`.
        cache_k, cache_v: how keys and values are kept; see `CacheType`.
        approximate_head: compute only the rows of the vocabulary that the file's own predictor expects to matter. It
            changes answers; a file without a usable predictor is loaded with its whole head.
        projector: the projector for pictures: "" for the one that lies beside the model, `NO_PROJECTOR`, or a path.
        chat_template: in place of the file's own; "" for that.
    """

    context: int = 4096
    threads: int = 0
    memory_limit: int = 0
    expert_cache: int = 0
    expert_policy: str = ExpertPolicy.LRFU
    cache_k: str = CacheType.F16
    cache_v: str = CacheType.F16
    approximate_head: bool = False
    projector: str = ""
    chat_template: str = ""

    def to_json(self) -> dict[str, int | str | bool]:
        """As a JSON object."""
        return asdict(self)
