"""A person's access token for a model hub: in the system's keyring, one for each host, never in the settings file.

Where the system has no keyring (a server, a bare window manager), the token goes into a file that only its owner may
read, and whoever saved it is told so.
"""

from __future__ import annotations

import json
import logging
import os
from pathlib import Path
from typing import Final

from thimble import paths
from thimble.errors import ThimbleError, storage_code
from thimble.library.connection import OFFICIAL, Access

log = logging.getLogger(__name__)

SERVICE: Final = "thimble model hub"
_FILE: Final = "hub-tokens.json"
_OFFICIAL_HOST: Final = Access(OFFICIAL).host


def load(host: str) -> str:
    """The token for a host; empty when there is none.

    For the official hub also one that `hf auth login` or HF_TOKEN left, as other programs use it. May take a moment,
    and a locked keyring may ask its owner: call it in a job.
    """
    return _from_keyring(host) or _from_file().get(host, "") or (_of_others() if host == _OFFICIAL_HOST else "")


def save(host: str, token: str) -> bool:
    """Keeps a token, or forgets it when it is empty.

    Returns:
        whether it is in the keyring; False: it is in a file that only this user may read.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE or DISK_FULL: there is no keyring, and the file cannot be written.
    """
    if not token:
        _forget(host)
        return True
    kept = _into_keyring(host, token)
    entries = _from_file()
    if kept:
        if entries.pop(host, None) is not None:
            _write(entries)
    else:
        _write({**entries, host: token})
    return kept


def _forget(host: str) -> None:
    import keyring

    try:
        if keyring.get_password(SERVICE, host) is not None:
            keyring.delete_password(SERVICE, host)
    except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
        log.info("no keyring to forget the token in: %s", error)
    entries = _from_file()
    if entries.pop(host, None) is not None:
        _write(entries)


def _from_keyring(host: str) -> str:
    import keyring

    try:
        return keyring.get_password(SERVICE, host) or ""
    except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
        log.info("no keyring: %s", error)
        return ""


def _into_keyring(host: str, token: str) -> bool:
    import keyring

    try:
        keyring.set_password(SERVICE, host, token)
        return keyring.get_password(SERVICE, host) == token  # the null backend takes everything and keeps nothing
    except Exception as error:  # noqa: BLE001 - backends raise whatever their system does
        log.info("no keyring, the token goes into a file: %s", error)
        return False


def _from_file() -> dict[str, str]:
    try:
        data = json.loads((paths.config_dir() / _FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(k): v for k, v in data.items() if isinstance(v, str)} if isinstance(data, dict) else {}


def _write(entries: dict[str, str]) -> None:
    path = paths.config_dir() / _FILE
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
            "The access token could not be saved.",
            "Check that the disk is not full and the folder may be written.",
            f"{path}: {error}",
        ) from error


def _of_others() -> str:
    """What other programs of this person use: HF_TOKEN, else the file of `hf auth login`."""
    for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
        if os.environ.get(name, "").strip():
            return os.environ[name].strip()
    named = os.environ.get("HF_TOKEN_PATH")
    path = Path(named).expanduser() if named else paths.hugging_face_home() / "token"
    try:
        return path.read_text("utf-8").strip()
    except (OSError, ValueError):
        return ""
