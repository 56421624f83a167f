"""What other memory limits and other policies would do, by replaying what the last tokens used.

The store's recorder keeps the routes in C memory; nothing is done for a token here. Whoever asks takes them from there.
"""

from __future__ import annotations

import threading
from array import array
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Final

from thimble.engine.experts import ExpertStore, Policy, replay_values

ROOM: Final = 1 << 18
"""Values the recorder has room for: 1 MiB; a thousand tokens of a model with 32 layers and 4 experts each."""
MOST_TOKENS: Final = 384
LEAST_TOKENS: Final = 48
"""Below this a replay says more about its empty beginning than about the cache."""
_HEAD: Final = 3
_COMPARED: Final = (Policy.LRFU, Policy.LRU, Policy.BELADY)


@dataclass(frozen=True, slots=True)
class Position:
    """One memory limit.

    Attributes:
        limit: bytes of the whole process.
        experts_bytes: what the experts would get.
        hits, uses: of the replay under the policy that runs; 0 uses while there are too few tokens.
    """

    limit: int
    experts_bytes: int
    hits: int
    uses: int


@dataclass(frozen=True, slots=True)
class Outlook:
    """Answers of a replay.

    Attributes:
        tokens: written one by one that were replayed; the first half only fills the cache.
        least_limit, most_limit: bytes between which a limit changes anything.
        now: with what the experts have now; its limit is the one in force, else the one that would give them that.
        policies: (name, hits, uses) at the memory of the moment.
        positions: see `Position`; limits with which the model would not work are left out.
    """

    tokens: int
    least_limit: int
    most_limit: int
    now: Position
    policies: tuple[tuple[str, int, int], ...]
    positions: tuple[Position, ...]


class RecentTrace:
    """The routes of the last tokens that were written one by one.

    Prompts are left out: their tokens come in hundreds, and ask for experts in another way.
    """

    def __init__(self) -> None:
        self._store: ExpertStore | None = None
        self._records: deque[array[int]] = deque()
        self._layers: set[int] = set()
        self._taken = 0

    def update(self, store: ExpertStore) -> None:
        """Takes what the store has recorded since the last call; begins to record at the first."""
        if store is not self._store:
            self._store, self._taken = store, 0
            self._records.clear()
            self._layers.clear()
            store.start_trace(ROOM)
            return
        while values := store.read_trace_values():
            self._taken += len(values)
            self._add(values)
        if self._taken > ROOM // 2:  # what was read stays in the recorder's room until it begins anew
            self._taken = 0
            store.start_trace(ROOM)

    def forget(self) -> None:
        """The recorder is somebody else's now, or its model has gone."""
        self._store = None

    @property
    def tokens(self) -> int:
        """How many there are."""
        return len(self._records) // max(1, len(self._layers))

    def values(self) -> bytes:
        """All of them, as `replay_values` wants them."""
        return b"".join(record.tobytes() for record in self._records)

    def __len__(self) -> int:
        """Records: layers of tokens."""
        return len(self._records)

    def _add(self, values: Sequence[int]) -> None:
        at = 0
        while at < len(values):
            size = _HEAD + values[at + 1] * values[at + 2]
            if values[at + 1] == 1:
                self._layers.add(values[at])
                self._records.append(array("i", values[at : at + size]))
            at += size
        while len(self._records) > MOST_TOKENS * max(1, len(self._layers)):
            self._records.popleft()


class Forecaster:
    """Replays for one host; one replay at a time, because each takes a core from the answer.

    Args:
        lock: held for each access to the store, so that its model stays meanwhile.
    """

    def __init__(self, lock: AbstractContextManager[object]) -> None:
        self._store_lock = lock
        self._trace = RecentTrace()
        self._one = threading.Lock()

    def forget(self) -> None:
        """See `RecentTrace.forget`."""
        self._trace.forget()

    def outlook(
        self,
        store: Callable[[], ExpertStore],
        limits: Sequence[int],
        experts_at: Callable[[int], int | None],
        bounds: tuple[int, int],
        now: tuple[int, int],
    ) -> Outlook:
        """Replays the recent trace.

        Args:
            store: of the resident model; raises when there is none.
            limits: bytes of the whole process.
            experts_at: bytes that the experts get at a limit; None: too small for the model.
            bounds: the least and the most limit.
            now: the limit of the moment, and the bytes that the experts get; a person may have chosen these alone.
        """
        with self._one:
            with self._store_lock:
                it = store()
                stats = it.stats()
                self._trace.update(it)
            tokens, records = self._trace.tokens, len(self._trace)
            enough = tokens >= LEAST_TOKENS
            values, from_record = self._trace.values() if enough else b"", records // 2
            known: dict[tuple[Policy, int], tuple[int, int]] = {}

            def replayed(policy: Policy, size: int) -> tuple[int, int]:
                slots = min(stats.total_experts, size // max(1, stats.expert_bytes))
                if not enough:
                    return 0, 0
                if (policy, slots) not in known:
                    found = replay_values(values, slots, policy, count_from=from_record)
                    known[policy, slots] = found.hits, found.uses
                return known[policy, slots]

            running = Policy(stats.policy)
            compared = (running, *(policy for policy in _COMPARED if policy != running))
            policies = tuple((policy.name.lower(), *replayed(policy, stats.budget_bytes)) for policy in compared)
            positions = tuple(
                Position(limit, size, *replayed(running, size))
                for limit in limits
                if (size := experts_at(limit)) is not None
            )
            present = Position(*now, *replayed(running, now[1]))
            return Outlook(tokens, *bounds, present, policies if enough else (), positions)
