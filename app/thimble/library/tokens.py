"""A person's access token for a model hub: one for each host, in the keychain."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from thimble import paths
from thimble.keychain import Keychain
from thimble.library.connection import OFFICIAL, Access

_TOKENS: Final = Keychain("thimble model hub", "hub-tokens.json")
_OFFICIAL_HOST: Final = Access(OFFICIAL).host


def load(host: str) -> str:
    """The token for a host; empty when there is none.

    For the official hub also one that `hf auth login` or HF_TOKEN left, as other programs use it. May take a moment,
    and a locked keyring may ask its owner: call it in a job.
    """
    return _TOKENS.load(host) or (_of_others() if host == _OFFICIAL_HOST else "")


def save(host: str, token: str) -> bool:
    """Keeps a token, or forgets it when it is empty.

    Returns:
        whether it is in the keyring; False: it is in a file that only this user may read.

    Raises:
        ThimbleError: FILE_NOT_WRITABLE or DISK_FULL: there is no keyring, and the file cannot be written.
    """
    return _TOKENS.save(host, token)


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
