"""Secrets of a person: in the system's keyring, one for each name, never in a settings file.

Where the system has no keyring (a server, a bare window manager), a secret goes into a file that only its owner may
read, and whoever saved it is told so.
"""

from __future__ import annotations

import json
import logging
import os
from typing import Final

from thimble import paths
from thimble.errors import ThimbleError, storage_code

log = logging.getLogger(__name__)


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
        """The secret of this name; empty when there is none."""
        return self._from_keyring(name) or self._from_file().get(name, "")

    def save(self, name: str, secret: str) -> bool:
        """Keeps a secret, or forgets it when it is empty.

        Returns:
            whether it is in the keyring; False: it is in a file that only this user may read.

        Raises:
            ThimbleError: FILE_NOT_WRITABLE or DISK_FULL: there is no keyring, and the file cannot be written.
        """
        if not secret:
            self._forget(name)
            return True
        kept = self._into_keyring(name, secret)
        entries = self._from_file()
        if kept:
            if entries.pop(name, None) is not None:
                self._write(entries)
        else:
            self._write({**entries, name: secret})
        return kept

    def _forget(self, name: str) -> None:
        import keyring

        try:
            if keyring.get_password(self.service, name) is not None:
                keyring.delete_password(self.service, name)
        except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
            log.info("no keyring to forget a secret in: %s", error)
        entries = self._from_file()
        if entries.pop(name, None) is not None:
            self._write(entries)

    def _from_keyring(self, name: str) -> str:
        import keyring

        try:
            return keyring.get_password(self.service, name) or ""
        except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
            log.info("no keyring: %s", error)
            return ""

    def _into_keyring(self, name: str, secret: str) -> bool:
        import keyring

        try:
            keyring.set_password(self.service, name, secret)
            # the null backend takes everything and keeps nothing
            return keyring.get_password(self.service, name) == secret
        except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
            log.info("no keyring, the secret goes into a file: %s", error)
            return False

    def _from_file(self) -> dict[str, str]:
        try:
            data = json.loads((paths.config_dir() / self._file_name).read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return {str(k): v for k, v in data.items() if isinstance(v, str)} if isinstance(data, dict) else {}

    def _write(self, entries: dict[str, str]) -> None:
        path = paths.config_dir() / self._file_name
        temporary = path.with_suffix(".new")
        try:
            if not entries:
                path.unlink(missing_ok=True)
                return
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                json.dump(entries, file)
            temporary.replace(path)
        except OSError as error:
            raise ThimbleError(
                storage_code(error),
                "The access key could not be saved.",
                "Check that the disk is not full and the folder may be written.",
                f"{path}: {error}",
            ) from error
