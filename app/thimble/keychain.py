"""Secrets of a person: in the system's keyring, one for each name, never in a settings file.

Where the system has no keyring (a server, a bare window manager), a secret goes into a file that only its owner may
read; where it has one that stays locked, a new secret is kept until the program ends. Whoever saved it is told which.

A list of names in the configuration folder says which secrets are in the keyring, so that a locked one is not taken for
an empty one.
"""

from __future__ import annotations

import json
import logging
import os
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from thimble import paths
from thimble.errors import Code, ThimbleError, storage_code

log = logging.getLogger(__name__)

_NAMES_FILE: Final = "keyring-names.json"
_memory: Final[dict[tuple[str, str], str]] = {}
"""Secrets that are kept until the program ends, by service and name."""


class Kept(StrEnum):
    """Where a secret is."""

    KEYRING = "keyring"
    FILE = "file"
    """There is no keyring: in a file that only this user may read."""
    MEMORY = "memory"
    """The keyring is locked: until the program ends."""


class _LockedError(Exception):
    """There is a keyring, and its owner has not unlocked it."""


class Keychain:
    """The secrets of one kind. Every call may take a moment, and a locked keyring may ask its owner: use a job.

    Args:
        service: what the keyring calls them.
        file_name: of the file that stands in for a keyring, in the configuration folder.
    """

    def __init__(self, service: str, file_name: str) -> None:
        self.service: Final = service
        self._file_name: Final = file_name

    def load(self, name: str) -> str:
        """The secret of this name; empty when there is none.

        Raises:
            ThimbleError: KEYRING_LOCKED: there is one, and it cannot be read now.
        """
        kept = _memory.get((self.service, name)) or self._from_file().get(name, "")
        if kept:
            return kept
        try:
            secret = self._from_keyring(name)
        except _LockedError as error:
            if name in self._names():
                raise _locked(error) from error
            return ""
        if secret:
            self._note(name, kept=True)
        return secret

    def save(self, name: str, secret: str) -> Kept:
        """Keeps a secret, or forgets it when it is empty.

        Raises:
            ThimbleError: FILE_NOT_WRITABLE or DISK_FULL: there is no keyring, and the file cannot be written;
                KEYRING_LOCKED: it cannot be forgotten now.
        """
        if not secret:
            self._forget(name)
            return Kept.KEYRING
        _memory.pop((self.service, name), None)
        try:
            kept = Kept.KEYRING if self._into_keyring(name, secret) else Kept.FILE
        except _LockedError:
            _memory[self.service, name] = secret
            return Kept.MEMORY
        entries = self._from_file()
        if kept is Kept.FILE:
            self._write({**entries, name: secret})
        elif entries.pop(name, None) is not None:
            self._write(entries)
        self._note(name, kept=kept is Kept.KEYRING)
        return kept

    def _forget(self, name: str) -> None:
        import keyring
        from keyring.errors import KeyringLocked

        _memory.pop((self.service, name), None)
        entries = self._from_file()
        if entries.pop(name, None) is not None:
            self._write(entries)
        try:
            if keyring.get_password(self.service, name) is not None:
                keyring.delete_password(self.service, name)
        except KeyringLocked as error:
            if name in self._names():
                raise _locked(error) from error
        except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
            log.info("no keyring to forget a secret in: %s", error)
        self._note(name, kept=False)

    def _from_keyring(self, name: str) -> str:
        import keyring
        from keyring.errors import KeyringLocked

        try:
            return keyring.get_password(self.service, name) or ""
        except KeyringLocked as error:
            raise _LockedError from error
        except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
            log.info("no keyring: %s", error)
            return ""

    def _into_keyring(self, name: str, secret: str) -> bool:
        import keyring
        from keyring.errors import KeyringLocked

        try:
            keyring.set_password(self.service, name, secret)
            # the null backend takes everything and keeps nothing
            return keyring.get_password(self.service, name) == secret
        except KeyringLocked as error:
            raise _LockedError from error
        except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
            log.info("no keyring, the secret goes into a file: %s", error)
            return False

    def _names(self) -> list[str]:
        """Names of the secrets in the keyring."""
        found = _read(paths.config_dir() / _NAMES_FILE).get(self.service)
        return [str(name) for name in found] if isinstance(found, list) else []

    def _note(self, name: str, *, kept: bool) -> None:
        """Remembers whether there is a secret of this name in the keyring. A list that cannot be kept is no loss."""
        names = self._names()
        if (name in names) == kept:
            return
        path = paths.config_dir() / _NAMES_FILE
        after = [*names, name] if kept else [each for each in names if each != name]
        try:
            _replace(path, {**_read(path), self.service: after})
        except OSError as error:
            log.info("%s cannot be written: %s", path, error)

    def _from_file(self) -> dict[str, str]:
        data = _read(paths.config_dir() / self._file_name)
        return {str(name): value for name, value in data.items() if isinstance(value, str)}

    def _write(self, entries: dict[str, str]) -> None:
        path = paths.config_dir() / self._file_name
        try:
            if entries:
                _replace(path, entries)
            else:
                path.unlink(missing_ok=True)
        except OSError as error:
            raise ThimbleError(
                storage_code(error),
                "The access key could not be saved.",
                "Check that the disk is not full and the folder may be written.",
                f"{path}: {error}",
            ) from error


def _read(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}


def _replace(path: Path, data: dict[str, Any]) -> None:
    """Writes a file that only its owner may read; never through a link that somebody has put there."""
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(data, file)
    temporary.replace(path)


def _locked(error: Exception) -> ThimbleError:
    return ThimbleError(
        Code.KEYRING_LOCKED,
        "The system's keyring is locked, so a saved key cannot be read.",
        "Unlock the keyring, then try again.",
        repr(error.__cause__ or error),
    )
