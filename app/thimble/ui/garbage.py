"""When the garbage collector need not look: a full collection stops the window for as long as all there is takes."""

from __future__ import annotations

import gc


def keep() -> None:
    """What there is now stays, as far as the collector knows; it is freed by its reference counts when it goes.

    For many objects at once that are made for long and are in no cycles: each message of a chat adds to a full
    collection, which comes again and again while they are made (2,000 messages: 50 ms each time).
    """
    gc.collect(1)  # young cycles would stay, too
    gc.freeze()
