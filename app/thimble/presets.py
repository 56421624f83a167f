"""Named sets of a conversation's settings, in one JSON file that can be read, copied and shared."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from thimble.errors import Code, ThimbleError, storage_code
from thimble.settings import write_atomically
from thimble.settings_table import BY_KEY, Scope, Value

log = logging.getLogger(__name__)

FILE_VERSION: Final = 1


class Presets:
    """The presets of one user; every change is written at once.

    Args:
        path: the file; one that cannot be read counts as empty and is set aside as `*.damaged` at the next change.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._damaged = False
        self._presets = self._read()

    def names(self) -> list[str]:
        """All names, in alphabetical order."""
        return sorted(self._presets, key=str.casefold)

    def get(self, name: str) -> dict[str, Value]:
        """The settings of one, by key; empty for a name that is not there."""
        return dict(self._presets.get(name, {}))

    def save(self, name: str, settings: Mapping[str, object]) -> None:
        """Keeps settings under a name; an older preset of that name is replaced.

        Raises:
            ThimbleError: the file cannot be written.
        """
        self._look_again()
        self._presets[name] = _accepted(settings)
        self._write()

    def remove(self, name: str) -> dict[str, Value]:
        """Forgets one; what it was.

        Raises:
            ThimbleError: the file cannot be written.
        """
        self._look_again()
        removed = self._presets.pop(name, {})
        self._write()
        return removed

    def as_text(self, name: str) -> str:
        """A preset as JSON, to be sent to somebody."""
        document = {"thimble-preset": name, "settings": self.get(name)}
        return json.dumps(document, indent=2, ensure_ascii=False)

    def add_text(self, text: str) -> str:
        """Adds a preset that somebody sent; one of the same name stays, and the new one gets a number.

        Returns:
            Its name.

        Raises:
            ThimbleError: BAD_REQUEST when the text is no preset; the file cannot be written.
        """
        try:
            data = json.loads(text)
            name, settings = " ".join(data["thimble-preset"].split())[:80], _accepted(data["settings"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ThimbleError(
                Code.BAD_REQUEST, "There is no preset on the clipboard.", "Copy one first.", str(error)
            ) from error
        self._look_again()
        name = name or "Preset"
        free, number = name, 1
        while free in self._presets:
            number += 1
            free = f"{name} {number}"
        self.save(free, settings)
        return free

    def _look_again(self) -> None:
        """Another window may have written meanwhile."""
        if not self._damaged and self._path.exists():
            self._presets = self._read()

    def _read(self) -> dict[str, dict[str, Value]]:
        try:
            data = json.loads(self._path.read_text("utf-8"))
            presets = data["presets"]
            return {str(name): _accepted(values) for name, values in presets.items() if isinstance(values, dict)}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("presets %s cannot be read: %s", self._path, error)
            self._damaged = True
            return {}

    def _write(self) -> None:
        document = {"version": FILE_VERSION, "presets": self._presets}
        try:
            if self._damaged:
                self._path.replace(self._path.with_suffix(".damaged"))
                self._damaged = False
            write_atomically(self._path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        except OSError as error:
            raise ThimbleError(
                storage_code(error) or Code.FILE_NOT_WRITABLE,
                "The preset could not be saved.",
                "Check the permissions of Thimble's settings folder.",
                f"{self._path}: {error}",
            ) from error


def _accepted(values: Mapping[str, Any]) -> dict[str, Value]:
    """What is a setting of a conversation and within its range."""
    accepted: dict[str, Value] = {}
    for key, value in values.items():
        setting = BY_KEY.get(key)
        if setting is None or setting.scope is not Scope.CONVERSATION:
            continue
        try:
            accepted[key] = setting.accept(value)
        except ValueError as error:
            log.warning("preset setting ignored: %s", error)
    return accepted
