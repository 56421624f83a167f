"""Where a sequence's tokens are: with M-RoPE a picture's share positions, so what follows has a lower one."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence

from thimble.engine.pictures import PictureTokens


class Places:
    """Positions of a sequence's tokens by their index, as pictures come and go at its end."""

    def __init__(self) -> None:
        self._ends: list[int] = []
        self._saved: list[int] = []

    @property
    def straight(self) -> bool:
        """Whether each token's position is its index."""
        return not self._ends

    def position(self, index: int) -> int:
        """The position of the token at an index; an index inside a picture has none of its own."""
        at = bisect_right(self._ends, index)
        return index - (self._saved[at - 1] if at else 0)

    def index(self, position: int) -> int:
        """The index of the token at a position behind the last picture."""
        return position + (self._saved[-1] if self._saved else 0)

    def add(self, end: int, tokens: PictureTokens) -> None:
        """A picture's tokens are there, and end before this index."""
        if tokens.count != tokens.positions:
            saved = self._saved[-1] if self._saved else 0
            self._ends.append(end)
            self._saved.append(saved + tokens.count - tokens.positions)

    def cut(self, length: int) -> None:
        """The sequence ends here now."""
        kept = bisect_right(self._ends, length)
        del self._ends[kept:], self._saved[kept:]


def whole_pictures(keep: int, tokens: Sequence[int], pictures: Mapping[int, PictureTokens]) -> int:
    """How many of the first `keep` tokens stay when no picture may be cut."""
    at = 0
    while pictures and at < keep:
        at += pictures[tokens[at]].count if tokens[at] < 0 else 1
        if at > keep:
            return at - pictures[tokens[at - 1]].count
    return keep
