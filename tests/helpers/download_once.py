"""As a program: works on a queue of downloads until nothing is left to do. The tests kill it."""

from __future__ import annotations

import sys
from pathlib import Path

from thimble.library.connection import Access
from thimble.library.downloads import Downloads
from thimble.library.stages import GOING


def main(file: str, endpoint: str) -> int:
    """Arguments: the queue's file, the hub's address. Exits with 0 when everything has come."""
    downloads = Downloads(Path(file), access=Access(endpoint))
    if not downloads.start():
        return 2
    for status in downloads.statuses():
        downloads.wait(status.id)
    failed = [status for status in downloads.statuses() if status.stage in GOING or status.problem is not None]
    downloads.close()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
