"""What a download is doing."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Stage(StrEnum):
    """One word for what a download is doing."""

    QUEUED = "queued"
    """Waits for a place, or for Thimble to be online."""
    CHECKING = "checking"
    """What came before is being hashed."""
    LOADING = "loading"
    WAITING = "waiting"
    """The network or the hub is away; it goes on by itself."""
    PAUSED = "paused"
    FAILED = "failed"
    DONE = "done"


GOING: Final = frozenset({Stage.QUEUED, Stage.CHECKING, Stage.LOADING, Stage.WAITING})
"""It comes, or will without anybody's doing."""
