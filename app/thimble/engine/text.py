"""From token bytes to text that may be shown: whole characters only, and nothing of a stop string."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextDecoder:
    """Bytes of tokens in, text out. A character split over tokens appears when it is whole; wrong bytes become U+FFFD.

    What is still incomplete when an answer ends is dropped: half a character is no text.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def feed(self, data: bytes) -> str:
        """The text that is complete now."""
        return self._decoder.decode(data)


class StopFilter:
    """Holds back text that may be the beginning of a stop string, and ends at the first stop string.

    Attributes:
        stopped: a stop string was found; everything fed later is ignored.
        found: that stop string.
    """

    def __init__(self, stops: Sequence[str]) -> None:
        self._stops = tuple(stop for stop in stops if stop)
        self._held = ""
        self.stopped = False
        self.found = ""

    def feed(self, text: str) -> str:
        """The text that is certainly before any stop string."""
        if self.stopped:
            return ""
        if not self._stops:
            return text
        self._held += text
        found = [(position, stop) for stop in self._stops if (position := self._held.find(stop)) >= 0]
        if found:
            self.stopped = True
            first, self.found = min(found)
            ready, self._held = self._held[:first], ""
            return ready
        keep = max(self._overlap(stop) for stop in self._stops)
        cut = len(self._held) - keep
        ready, self._held = self._held[:cut], self._held[cut:]
        return ready

    def finish(self) -> str:
        """What was held back although no stop string came."""
        held, self._held = self._held, ""
        return "" if self.stopped else held

    def _overlap(self, stop: str) -> int:
        """Length of the longest end of the held text that begins the stop string."""
        for length in range(min(len(stop) - 1, len(self._held)), 0, -1):
            if self._held.endswith(stop[:length]):
                return length
        return 0
