"""Short lists of records, each in one JSON file that can be read, copied and repaired by hand."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from thimble.errors import ThimbleError, storage_code
from thimble.settings import write_atomically

log = logging.getLogger(__name__)

FILE_VERSION: Final = 1


class Kept(Protocol):
    """A record with a name for good."""

    @property
    def id(self) -> str: ...
    def to_json(self) -> dict[str, Any]: ...


R = TypeVar("R", bound=Kept)


class Records(Generic[R]):
    """All of one kind; every change is written at once. Other windows may change the file, so it is read each time.

    Args:
        path: the file.
        key: what the list is called in it.
        what: is in it, for the sentence of a failure: "The connections".
        read: makes a record of a JSON object; raises for one that is none.
    """

    def __init__(self, path: Path, key: str, what: str, read: Callable[[dict[str, Any]], R]) -> None:
        self._file = RecordFile(path, key, what)
        self._record = read

    def all(self) -> list[R]:
        """In the order they were made; what cannot be read is left out."""
        found = []
        for data in self._file.read():
            try:
                found.append(self._record(data))
            except (ValueError, TypeError, KeyError, AttributeError, ThimbleError) as error:
                log.warning("a record is left out: %s", error)
        return found

    def get(self, record_id: str) -> R | None:
        """One of them."""
        return next((one for one in self.all() if one.id == record_id), None)

    def put(self, record: R) -> None:
        """Adds one, changes it, or puts it back after it was removed.

        Raises:
            ThimbleError: the file cannot be written.
        """
        before = self.all()
        after = [record if one.id == record.id else one for one in before]
        self._write(after if any(one.id == record.id for one in before) else [*before, record])

    def remove(self, record_id: str) -> None:
        """Forgets one; its secrets are another's business.

        Raises:
            ThimbleError: the file cannot be written.
        """
        self._write([one for one in self.all() if one.id != record_id])

    def _write(self, records: Sequence[R]) -> None:
        self._file.write([one.to_json() for one in records])


class RecordFile:
    """The file. One that cannot be read counts as empty, and is set aside as `*.damaged` at the next change.

    Args:
        path: the file.
        key: what the list is called in it.
        what: is in it, for the sentence of a failure: "The connections".
    """

    def __init__(self, path: Path, key: str, what: str) -> None:
        self._path = path
        self._key = key
        self._what = what

    def read(self) -> list[dict[str, Any]]:
        """The records, in the order of the file."""
        return self._read()[0]

    def _read(self) -> tuple[list[dict[str, Any]], bool]:
        try:
            found = json.loads(self._path.read_text("utf-8"))[self._key]
            return [record for record in found if isinstance(record, dict)], False
        except FileNotFoundError:
            return [], False
        except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
            log.warning("%s cannot be read: %s", self._path, error)
            return [], True

    def write(self, records: Sequence[dict[str, Any]]) -> None:
        """Replaces them all.

        Raises:
            ThimbleError: DISK_FULL or FILE_NOT_WRITABLE; the file is as it was.
        """
        document = {"version": FILE_VERSION, self._key: list(records)}
        try:
            if self._read()[1]:
                self._path.replace(self._path.with_suffix(".damaged"))
            write_atomically(self._path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        except OSError as error:
            raise ThimbleError(
                storage_code(error),
                f"{self._what} could not be saved.",
                "Check that the disk is not full and the settings folder may be written.",
                f"{self._path}: {error}",
            ) from error
