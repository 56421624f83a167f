"""What is wanted from the hub, as a file that survives a restart."""

from __future__ import annotations

import json
import logging
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


@dataclass(frozen=True, slots=True)
class Order:
    """A model that somebody wants.

    Attributes:
        repository: "author/name".
        commit: that the files belong to.
        label: the quantization.
        files: all parts.
        cache: the download folder.
        paused: whether it waits for a person.
    """

    repository: str
    commit: str
    label: str
    files: tuple[HubFile, ...]
    cache: str
    paused: bool = False

    @property
    def id(self) -> str:
        """Names it; the same model into the same folder is the same order."""
        return f"{self.repository}/{self.files[0].path}@{self.commit}"

    @property
    def size(self) -> int:
        """Bytes."""
        return sum(file.size for file in self.files)


def read_orders(path: Path) -> list[Order]:
    """The orders in a file; none when it is not there. What is damaged is left out: its bytes stay on the disk."""
    try:
        data = json.loads(path.read_text("utf-8"))
        entries = data["orders"]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        log.warning("the list of downloads cannot be read: %s", error)
        return []
    orders = []
    for entry in entries if isinstance(entries, list) else []:
        order = _order(entry)
        if order is None:
            log.warning("not a download: %r", entry)
        else:
            orders.append(order)
    return orders


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
        }
        for order in orders
    ]
    try:
        write_atomically(path, json.dumps({"version": _VERSION, "orders": entries}, indent=1) + "\n")
    except OSError as error:
        raise ThimbleError(
            storage_code(error),
            "The list of downloads could not be saved; a restart would forget the last change.",
            "Check that the disk is not full and the folder may be written.",
            f"{path}: {error}",
        ) from error


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
