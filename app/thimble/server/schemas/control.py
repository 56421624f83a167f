"""Requests of Thimble's own."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from thimble.protocol import CacheType, ExpertPolicy, LoadOptions
from thimble.server.schemas.body import Body

MOST_TEMPLATE: Final = 500_000


class LoadBody(Body):
    """`POST /thimble/load`."""

    path: str = Field(min_length=1)
    context: int = Field(LoadOptions().context, ge=16, le=16_777_216)
    threads: int = Field(0, ge=0, le=1024)
    memory_limit: int = Field(0, ge=0)
    expert_cache: int = Field(0, ge=0)
    expert_policy: ExpertPolicy = ExpertPolicy.LRFU
    cache_k: CacheType = CacheType.F16
    cache_v: CacheType = CacheType.F16
    approximate_head: bool = False
    projector: str = ""
    chat_template: Annotated[str, Field(max_length=MOST_TEMPLATE)] = ""

    def options(self) -> LoadOptions:
        """How to load."""
        return LoadOptions(
            self.context,
            self.threads,
            self.memory_limit,
            self.expert_cache,
            self.expert_policy,
            self.cache_k,
            self.cache_v,
            self.approximate_head,
            self.projector,
            chat_template=self.chat_template,
        )


class TemplateBody(Body):
    """`POST /thimble/template`."""

    template: Annotated[str, Field(max_length=MOST_TEMPLATE)]


class MemoryBody(Body):
    """`POST /thimble/memory`."""

    memory_limit: int = Field(0, ge=0)
    expert_cache: int = Field(0, ge=0)


class TraceBody(Body):
    """`POST /thimble/trace`: records from now on, up to so many values; 0 ends the recording."""

    max_values: int = Field(4_194_304, ge=0, le=16_777_216)


class ReplayBody(Body):
    """`POST /thimble/replay`: what caches of several sizes would have done under several policies.

    `records` are those of `GET /thimble/trace`; without them, those recorded since the last call.
    """

    slots: list[Annotated[int, Field(ge=0, lt=2**32)]] = Field(default_factory=list, max_length=64)
    policies: list[Literal["lrfu", "lru", "lfu", "none", "belady"]] = Field(
        ["lrfu", "lru", "lfu", "belady"], min_length=1, max_length=5
    )
    half_life: float = Field(0.0, ge=0)
    count_from: int = Field(0, ge=0, lt=2**32)
    records: (
        Annotated[
            list[tuple[Annotated[int, Field(ge=0, lt=2**31)], list[list[Annotated[int, Field(ge=0, lt=4096)]]]]],
            Field(max_length=262_144),
        ]
        | None
    ) = None


class OutlookBody(Body):
    """`POST /thimble/outlook`: limits of the whole process, bytes."""

    limits: list[Annotated[int, Field(gt=0, lt=2**50)]] = Field(default_factory=list, max_length=32)
