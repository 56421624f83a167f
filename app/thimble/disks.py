"""Disks that come and go: where a folder's disk is mounted, and whether it is there now."""

from __future__ import annotations

import os
from pathlib import Path


def mount_of(path: Path) -> str:
    """The mount point that a path lies below; of a path that is not there, that of its nearest folder that is."""
    at = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow a link to another disk's name
    while not os.path.ismount(at):
        if at.parent == at:
            break
        at = at.parent
    return str(at)


def is_there(mount: str) -> bool:
    """Whether the disk of a mount point is there. The folder alone says nothing: it may stay when the disk goes."""
    return not mount or os.path.ismount(mount)
