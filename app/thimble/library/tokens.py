"""A person's access token for a model hub: one for each host, in the keychain."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Final

from thimble import paths
from thimble.errors import ThimbleError
from thimble.keychain import Kept, Keychain
from thimble.library.connection import OFFICIAL, Access

log = logging.getLogger(__name__)

_TOKENS: Final = Keychain("thimble model hub", "hub-tokens.json")
_OFFICIAL_HOST: Final = Access(OFFICIAL).host


def load(host: str) -> str:
    """The token for a host; empty when there is none.

    For the official hub also one that `hf auth login` or HF_TOKEN left, as other programs use it. May take a moment,
    and a locked keyring may ask its owner: call it in a job.
    """
    own = ""
    try:
        own = _TOKENS.load(host)
    except ThimbleError as error:  # most models want none; for one that does, the hub says so
        log.warning("no token: %s", error.problem)
    return own or (_of_others() if host == _OFFICIAL_HOST else "")


def save(host: str, token: str) -> Kept:
    """Keeps a token, or forgets it when it is empty.

    Raises:
        ThimbleError: as `Keychain.save`.
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
