"""Why a model would not see pictures, in the window's language."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from thimble.ui import problem_texts

if TYPE_CHECKING:
    from thimble.protocol import ModelInfo
    from thimble.ui.remote_models import RemoteChoice


def blindness(model: ModelInfo | None, remote: RemoteChoice | None) -> str:
    """A sentence for the composer; "" for a model that sees, and while there is none.

    Args:
        model: the resident one.
        remote: the one that answers instead.
    """
    translate = QCoreApplication.translate
    if remote is not None:
        return translate("Sight", "Pictures are not sent to models on other computers, only their names.")
    if model is None or model.pictures:
        return ""
    words = translate("Sight", "This model cannot see pictures; it is told only their names.")
    return f"{words} {problem_texts.translated(model.no_pictures)}".strip()
