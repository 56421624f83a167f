"""How fast a download is, over the last seconds."""

from __future__ import annotations

from collections import deque
from typing import Final

SECONDS: Final = 8.0
_STEP: Final = 0.25


class Speed:
    """Bytes a second over the last `SECONDS`."""

    def __init__(self) -> None:
        self._points: deque[tuple[float, int]] = deque()

    def add(self, now: float, done: int) -> None:
        """So many bytes are here at this time (monotonic seconds); may be called often."""
        if self._points and now - self._points[-1][0] < _STEP:
            return
        self._points.append((now, done))
        while self._points[0][0] < now - SECONDS:
            self._points.popleft()

    def value(self, now: float) -> float:
        """Bytes a second; 0 when there is too little to tell, or nothing has come for a while."""
        points = list(self._points)
        if len(points) < 2 or now - points[-1][0] > SECONDS:
            return 0.0
        # Up to now, not to the last piece: a stall is seen at once.
        return max(0.0, (points[-1][1] - points[0][1]) / max(_STEP, now - points[0][0]))
