"""One download of the queue: what is told of it, what the queue keeps of it, and what follows from its order."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

from thimble.errors import Code, Problem, ThimbleError
from thimble.library.connection import Connection
from thimble.library.hub_cache import HubCache
from thimble.library.orders import Order
from thimble.library.speed import Speed
from thimble.library.stages import Stage


@dataclass(frozen=True, slots=True)
class DownloadStatus:
    """A download at one moment.

    Attributes:
        id: names it in the queue.
        repository, label: what it is: "anna/small-GGUF", "Q4_K_M".
        stage: see `Stage`.
        done, total: bytes; while its old bytes are being checked, of these.
        speed: bytes a second; 0 when it is not moving.
        seconds_left: at this speed; None when nobody can tell.
        problem: why it waits or failed.
        path: the model, when it is there.
    """

    id: str
    repository: str
    label: str
    stage: Stage
    done: int
    total: int
    speed: float = 0.0
    seconds_left: float | None = None
    problem: Problem | None = None
    path: str = ""


class Job:
    """One download and its worker; whoever holds the queue's lock may change it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.stage = Stage.PAUSED if order.paused else Stage.QUEUED
        self.problem: Problem | None = None
        self.path = ""
        self.done = 0
        self.speed = Speed()
        self.stopped = threading.Event()
        self.connection: Connection | None = None
        self.thread: threading.Thread | None = None
        self.working = False
        self.tries = 0
        self.next_try = 0.0


def disk_missing(order: Order) -> ThimbleError:
    """The error of a download folder whose disk is unplugged."""
    return ThimbleError(
        Code.DISK_MISSING,
        f"The disk of the download folder ({order.mount}) is not there.",
        "Plug it in: the download goes on by itself.",
        order.cache,
    )


def disk_away(mount: str, cache: Path) -> ThimbleError:
    """The error of a download that is wanted while its folder's disk is unplugged."""
    return ThimbleError(
        Code.DISK_MISSING,
        f"The disk of the download folder ({mount}) is not there, so nothing was downloaded.",
        "Plug it in, or choose another download folder in the settings.",
        str(cache),
    )


def bytes_here(order: Order) -> int:
    """How many bytes of a download have come."""
    cache = HubCache(Path(order.cache), order.repository)
    return sum(cache.bytes_here(file) for file in order.files)


def parts_of(order: Order) -> list[Path]:
    """Where its bytes are while they come."""
    cache = HubCache(Path(order.cache), order.repository)
    return [cache.part(file) for file in order.files]
