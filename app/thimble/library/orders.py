"""What is wanted from the hub, as a file that survives a restart."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from thimble.errors import ThimbleError, storage_code
from thimble.library.choices import HubFile
from thimble.library.names import is_commit, is_file_path, is_hash, is_repository
from thimble.settings import write_atomically

log = logging.getLogger(__name__)

_VERSION: Final = 1
KEEP_S: Final = 7 * 24 * 3600.0
"""So long after a damaged list no parts of downloads are swept away."""


@dataclass(frozen=True, slots=True)
class Order:
    """A model that somebody wants.

    Attributes:
        repository: "author/name".
        commit: that the files belong to.
        label: the quantization.
        files: all parts, and the projector behind them if there is one.
        cache: the download folder.
        paused: whether it waits for a person.
        mount: where the folder's disk was mounted when it was wanted; empty when that is not known.
    """

    repository: str
    commit: str
    label: str
    files: tuple[HubFile, ...]
    cache: str
    paused: bool = False
    mount: str = ""

    @property
    def id(self) -> str:
        """Names it; the same model into the same folder is the same order."""
        return f"{self.repository}/{self.files[0].path}@{self.commit}"

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(file.size for file in self.files)


def read_orders(path: Path) -> tuple[list[Order], bool]:
    """The orders in a file, and whether the file is sound; what is damaged is left out."""
    try:
        entries = json.loads(path.read_text("utf-8"))["orders"]
    except FileNotFoundError:
        return [], True
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the list of downloads cannot be read: %s", error)
        return [], False
    found = [_order(entry) for entry in entries] if isinstance(entries, list) else [None]
    orders = [order for order in found if order is not None]
    if len(orders) < len(found):
        log.warning("the list of downloads has %s entries that are none", len(found) - len(orders))
    return orders, len(orders) == len(found)


def set_aside(path: Path) -> None:
    """Gives a damaged file another name, so that the next `write_orders` leaves its bytes.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE.
    """
    aside = _aside(path)
    try:
        path.replace(aside)
        os.utime(aside)  # `lately_damaged` counts from now
    except OSError as error:
        raise _not_saved(path, error) from error
    log.warning("the damaged list of downloads is now %s", aside)


def lately_damaged(path: Path) -> bool:
    """Whether a damaged file was set aside some days ago: nobody knows then what was wanted, so no bytes may go."""
    try:
        return time.time() - _aside(path).stat().st_mtime < KEEP_S
    except OSError:
        return False


def write_orders(path: Path, orders: Sequence[Order]) -> None:
    """Replaces the file.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE or DISK_FULL.
    """
    entries = [
        {
            "repository": order.repository,
            "commit": order.commit,
            "label": order.label,
            "files": [{"path": file.path, "size": file.size, "hash": file.hash} for file in order.files],
            "cache": order.cache,
            "paused": order.paused,
            "mount": order.mount,
        }
        for order in orders
    ]
    try:
        write_atomically(path, json.dumps({"version": _VERSION, "orders": entries}, indent=1) + "\n")
    except OSError as error:
        raise _not_saved(path, error) from error


def _aside(path: Path) -> Path:
    return path.with_name(f"{path.name}.damaged")


def _not_saved(path: Path, error: OSError) -> ThimbleError:
    return ThimbleError(
        storage_code(error),
        "The list of downloads could not be saved; a restart would forget the last change.",
        "Check that the disk is not full and the folder may be written.",
        f"{path}: {error}",
    )


def _order(entry: Any) -> Order | None:
    try:
        files = tuple(HubFile(str(f["path"]), int(f["size"]), str(f["hash"])) for f in entry["files"])
        order = Order(
            str(entry["repository"]),
            str(entry["commit"]),
            str(entry["label"]),
            files,
            str(entry["cache"]),
            bool(entry.get("paused")),
            str(entry.get("mount") or ""),
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        return None
    sound = (
        is_repository(order.repository)
        and is_commit(order.commit)
        and bool(files)
        and all(is_file_path(file.path) and is_hash(file.hash) and file.size > 0 for file in files)
    )
    return order if sound else None
