"""What the window remembers of itself: size, splitter, last page, last model, drafts and scroll positions of pages.

Not settings: nobody chooses these on purpose, and losing them costs nothing.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any, Final

from PySide6.QtCore import QObject

from thimble.settings import write_atomically
from thimble.ui.throttle import Debounce

log = logging.getLogger(__name__)

FILE_NAME: Final = "window.json"
SAVE_AFTER_MS: Final = 500


class WindowState(QObject):
    """A dict of JSON values that is saved shortly after it changes.

    Args:
        path: the file; None keeps everything in memory.
    """

    def __init__(self, path: Path | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._values: dict[str, Any] = _read(path) if path else {}
        self._save = Debounce(SAVE_AFTER_MS, self._write, self)

    def get(self, key: str, default: Any = None) -> Any:
        """The value, or `default` when there is none or it is of another type than a default that is not None."""
        value = self._values.get(key, default)
        if default is not None and not isinstance(value, type(default)):
            return default
        return value

    def set(self, key: str, value: Any) -> None:
        """Stores a JSON value; None forgets the key."""
        if self._values.get(key) == value:
            return
        if value is None:
            self._values.pop(key, None)
        else:
            self._values[key] = value
        self._save()

    def flush(self) -> None:
        """Writes now what is not written yet."""
        self._save.flush()

    def _write(self) -> None:
        if self._path is None:
            return
        try:
            write_atomically(self._path, json.dumps(self._values, indent=1, ensure_ascii=False) + "\n")
        except (OSError, TypeError) as error:
            log.warning("the window's state could not be saved: %s", error)


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        log.warning("the window's state cannot be read: %s", error)
        return {}
    return data if isinstance(data, dict) else {}
