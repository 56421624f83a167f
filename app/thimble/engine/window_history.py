"""What window layers have dropped, kept outside the cache so that a conversation can go back without being read again.

A window layer holds the keys and values of its window only. To go on from an earlier position it needs those of the
window before that position. They are copied here just before the cache may overwrite them, newest kept, in blocks that
are taken and given back one by one. A whole state for each place to go back to would hold the same rows many times.
"""

from __future__ import annotations

import ctypes
import mmap
from collections import deque
from collections.abc import Callable
from typing import Final, Protocol

BLOCK_BYTES: Final = 8 * 2**20
_LEAST_ROWS: Final = 16


class Rows(Protocol):
    """Where rows come from and go back to; see `kv.WindowRows`."""

    bytes: int

    def next_loss(self, count: int) -> int: ...
    def get(self, first: int, count: int, address: int) -> int: ...
    def put(self, first: int, count: int, address: int) -> bool: ...


class _Block:
    """Memory of its own, given back to the system when this is dropped; pages are taken as they are written."""

    def __init__(self, size: int) -> None:
        self._memory = mmap.mmap(-1, size)
        self._view = (ctypes.c_char * size).from_buffer(self._memory)
        self.address = ctypes.addressof(self._view)


class WindowHistory:
    """Rows of the positions `first` to `end`, without a gap. Used by the worker thread only.

    Args:
        rows: of the cache.
        window: tokens a window layer sees.
        cells: tokens it has room for; until so many are there, nothing is overwritten.
        hold: asks for so many bytes in all; False when that is too much. Called before memory is taken, and after it
            was given back.
    """

    def __init__(self, rows: Rows, window: int, cells: int, hold: Callable[[int], bool]) -> None:
        self._rows, self._window, self._cells, self._hold = rows, window, cells, hold
        self._per_block = max(_LEAST_ROWS, BLOCK_BYTES // rows.bytes)
        self._block_bytes = self._per_block * rows.bytes
        self._blocks: deque[_Block] = deque()
        self.first = self.end = 0

    @property
    def bytes(self) -> int:
        """Memory taken."""
        return len(self._blocks) * self._block_bytes

    def save(self, length: int, more: int) -> None:
        """Copies what the cache overwrites when more tokens come.

        Args:
            length: tokens in the cache.
            more: how many are about to be decoded.
        """
        if self.end == 0 and length + more <= self._cells:
            return
        lost = self._rows.next_loss(more)
        if lost <= self.end:
            return
        # all that the next token does not see, at once: one row at a time costs ten times as much for each
        end = max(lost, length - self._window + 1)
        while self.end < end:
            inside = (self.end - self.first) % self._per_block
            if self.end == self.first + len(self._blocks) * self._per_block and not self._add_block():
                self.first = self.end = end
                return
            count = min(end - self.end, self._per_block - inside)
            address = self._blocks[-1].address + inside * self._rows.bytes
            if self._rows.get(self.end, count, address) != count:
                self.clear()  # a row was overwritten unseen: what is before it is of no use
                self.first = self.end = end
                return
            self.end += count

    def settle(self) -> None:
        """Gives back what is too much since memory was divided anew: the oldest rows first."""
        if not self._blocks:
            return
        while not self._hold(self.bytes):  # nothing at all is never too much
            self._blocks.popleft()
            self.first = min(self.end, self.first + self._per_block)

    def can_go_back(self, keep: int, lowest: int) -> bool:
        """Whether everything is here that is missing in the cache for the token at position `keep`.

        Args:
            keep: tokens that stay.
            lowest: the first position that the window layers still hold.
        """
        need, upto = max(0, keep - self._window + 1), min(keep, lowest)
        return upto <= need or (self.first <= need and upto <= self.end)

    def put_back(self, keep: int, lowest: int) -> bool:
        """Puts the missing rows into the cache, from which everything after `keep` was removed; `can_go_back` said yes.

        Returns:
            False when the cache refused; the whole sequence has to be forgotten then.
        """
        at, upto = max(0, keep - self._window + 1), min(keep, lowest)
        while at < upto:
            block, inside = divmod(at - self.first, self._per_block)
            count = min(upto - at, self._per_block - inside)
            if not self._rows.put(at, count, self._blocks[block].address + inside * self._rows.bytes):
                return False
            at += count
        self._cut(keep)
        return True

    def clear(self) -> None:
        """Forgets everything and gives the memory back."""
        self.first = self.end = 0
        if self._blocks:
            self._blocks.clear()
            self._hold(0)

    def _cut(self, end: int) -> None:
        """Forgets the rows from `end` on: other tokens will be there."""
        if end >= self.end:
            return
        if end <= self.first:
            self.clear()
            self.first = self.end = end
            return
        self.end = end
        before = len(self._blocks)
        while (len(self._blocks) - 1) * self._per_block >= self.end - self.first:
            self._blocks.pop()
        if len(self._blocks) != before:
            self._hold(self.bytes)

    def _add_block(self) -> bool:
        """Memory for more rows; when there may not be more, that of the oldest."""
        if self._hold(self.bytes + self._block_bytes):
            self._blocks.append(_Block(self._block_bytes))
        elif self._blocks:
            self._blocks.rotate(-1)
            self.first += self._per_block
        else:
            return False
        return True
