"""States of recurrent layers at a few places, because such a layer cannot go back by itself.

What is kept is what cannot be cut at its end: recurrent states, and windows beside them. Keys and values of layers that
see everything stay in the cache.
"""

from __future__ import annotations

import ctypes
import mmap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from thimble.engine.binding import llama

SPACING: Final = 2048
"""Tokens between two checkpoints inside a long prompt."""
BEFORE_END: Final = (16, 1)
"""Tokens before a prompt's end: the next prompt mostly differs from it in its last few tokens, if at all, and the last
token has to be read for its logits."""

_SEQUENCE: Final = 0
_PARTIAL: Final = 1
"""`LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY`"""


@dataclass(slots=True)
class _Kept:
    position: int
    memory: mmap.mmap
    size: int

    @property
    def address(self) -> Any:
        """For C; valid while this object lives."""
        return (ctypes.c_uint8 * self.size).from_buffer(self.memory)


class Checkpoints:
    """Checkpoints of one context's sequence 0, by position. Used by the worker thread only.

    Args:
        context: the `llama_context *`.
        hold: see `WindowHistory`.
        position: of the token behind so many; it is lower where pictures share positions.
    """

    def __init__(
        self, context: Any, hold: Callable[[int], bool], position: Callable[[int], int] = lambda tokens: tokens
    ) -> None:
        self._lib, self._context, self._hold, self._place = llama(), context, hold, position
        self._kept: list[_Kept] = []
        self._wanted: set[int] = set()

    @property
    def bytes(self) -> int:
        """Memory taken."""
        return sum(kept.size for kept in self._kept)

    @property
    def positions(self) -> list[int]:
        """Where one can go back to, ascending."""
        return [kept.position for kept in self._kept]

    def plan(self, total: int) -> None:
        """Says that a prompt of so many tokens is going to be read."""
        self._wanted = {total - before for before in BEFORE_END} | set(range(SPACING, total, SPACING))

    def next_stop(self, position: int, end: int) -> int:
        """Where to stop reading between `position` and `end`: at the first place that is to be kept, or at `end`."""
        return min((wanted for wanted in self._wanted if position < wanted < end), default=end)

    def reached(self, position: int) -> None:
        """Keeps the state if this is a place that was planned."""
        if position in self._wanted:
            self.take(position)

    def take(self, position: int) -> None:
        """Keeps the state after `position` tokens, in place of the oldest ones if there is no room for all."""
        if position <= 0 or position in self.positions:
            return
        size = int(self._lib.llama_state_seq_get_size_ext(self._context, _SEQUENCE, _PARTIAL))
        while size and not self._hold(self.bytes + size):
            if not self._kept:
                return
            del self._kept[0]
        if not size:
            return
        kept = _Kept(position, mmap.mmap(-1, size), size)
        if self._lib.llama_state_seq_get_data_ext(self._context, kept.address, size, _SEQUENCE, _PARTIAL) != size:
            self._hold(self.bytes)
            return
        self._kept = sorted([*self._kept, kept], key=lambda one: one.position)

    def go_back(self, keep: int) -> int:
        """Restores the last state at or before `keep` tokens and forgets the later ones.

        Returns:
            its position; 0 when there is none, or when llama.cpp refused: the sequence has to be forgotten then.
        """
        self._kept = [kept for kept in self._kept if kept.position <= keep]
        self._hold(self.bytes)
        if not self._kept:
            return 0
        kept = self._kept[-1]
        done = self._lib.llama_state_seq_set_data_ext(self._context, kept.address, kept.size, _SEQUENCE, _PARTIAL)
        memory = self._lib.llama_get_memory(self._context)
        if done != kept.size or not self._lib.llama_memory_seq_rm(memory, _SEQUENCE, self._place(kept.position), -1):
            return 0
        return kept.position

    def clear(self) -> None:
        """Forgets everything."""
        self._wanted.clear()
        if self._kept:
            self._kept.clear()
            self._hold(0)
