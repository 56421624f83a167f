"""What a route trace would have cost under other replacement policies."""

from __future__ import annotations

import heapq
from collections import OrderedDict, defaultdict, deque
from collections.abc import Hashable, Sequence


def lru_hits(uses: Sequence[Hashable], slots: int, count_from: int = 0) -> int:
    """Hits of least-recently-used replacement among the uses from `count_from` on; the cache is empty at first."""
    cache: OrderedDict[Hashable, None] = OrderedDict()
    hits = 0
    for at, use in enumerate(uses):
        if use in cache:
            cache.move_to_end(use)
            hits += at >= count_from
            continue
        if slots <= 0:
            continue
        if len(cache) >= slots:
            cache.popitem(last=False)
        cache[use] = None
    return hits


def belady_hits(uses: Sequence[Hashable], slots: int, count_from: int = 0) -> int:
    """Hits of the best possible replacement (Belady 1966): out goes what is used again last."""
    later: defaultdict[Hashable, deque[int]] = defaultdict(deque)
    for at, use in enumerate(uses):
        later[use].append(at)
    never = len(uses)
    cache: dict[Hashable, int] = {}  # to its next use
    farthest: list[tuple[int, int, Hashable]] = []  # (-next use, order, key); entries whose next use changed are stale
    hits = 0
    for at, use in enumerate(uses):
        later[use].popleft()
        following = later[use][0] if later[use] else never
        if use in cache:
            hits += at >= count_from
        elif slots <= 0:
            continue
        elif len(cache) >= slots:
            while True:
                next_use, _, victim = heapq.heappop(farthest)
                if cache.get(victim) == -next_use:
                    break
            del cache[victim]
        cache[use] = following
        heapq.heappush(farthest, (-following, at, use))
    return hits
