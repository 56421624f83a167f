"""What there is to say about where a secret was kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

if TYPE_CHECKING:
    from thimble.keychain import Kept


def where_kept(kept: Kept) -> str:
    """A sentence; empty for the system's keyring, where secrets belong."""
    if kept == "file":
        return QCoreApplication.translate(
            "Kept", "This system has no keyring: what is secret is kept in a file that only your user may read."
        )
    if kept == "memory":
        return QCoreApplication.translate(
            "Kept",
            "The system's keyring is locked: what is secret is kept until Thimble closes. Unlock the keyring and save"
            " it once more to keep it for good.",
        )
    return ""
