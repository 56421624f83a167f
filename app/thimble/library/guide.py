"""The Thimble guide: a tiny SmallThinker that comes with Thimble and is copied into the models folder when wanted.

It knows Thimble and little else. Its settings (`settings_table.RECOMMENDED`) leave some of its experts on disk, so that
there is something to see on the Performance page.
"""

from __future__ import annotations

import filecmp
from pathlib import Path

from thimble import paths
from thimble.errors import Code, ThimbleError
from thimble.library.copying import (
    Cancelled,
    Progress,
    check_space,
    copy_stream,
    make_folder,
    storage_error,
    temporary_in,
)
from thimble.modelfile import check_model_file
from thimble.modelfile.places import GUIDE_FILE


def bundled() -> Path | None:
    """The file that came with Thimble; None when this copy of Thimble has none."""
    file = paths.assets_dir() / "tiny" / GUIDE_FILE
    return file if file.is_file() else None


def path(models_folder: Path) -> Path:
    """Where the guide is, or will be."""
    return models_folder / GUIDE_FILE


def installed(models_folder: Path) -> bool:
    """Whether it is there, whole, and the one that came with this Thimble. Reads both files once after a change."""
    source = bundled()
    try:
        return source is not None and filecmp.cmp(source, path(models_folder), shallow=False)
    except OSError:
        return False


def install(models_folder: Path, *, progress: Progress | None = None, cancelled: Cancelled | None = None) -> Path:
    """Copies the guide into the models folder, in place of an older one; returns at once when it is there.

    Args:
        models_folder: made when it is not there.
        progress: see `copying.Progress`.
        cancelled: see `copying.Cancelled`.

    Raises:
        ThimbleError: MODEL_NOT_FOUND when this copy of Thimble has no guide, MODEL_* when it is damaged, DISK_FULL,
            FILE_NOT_WRITABLE or CANCELLED. Nothing half-done is left.
    """
    target = path(models_folder)
    if installed(models_folder):
        return target
    source = bundled()
    if source is None:
        raise ThimbleError(
            Code.MODEL_NOT_FOUND,
            "This copy of Thimble came without the Thimble guide.",
            "Get the starter model instead.",
            str(paths.assets_dir() / "tiny" / GUIDE_FILE),
        )
    size = check_model_file(source).file_bytes
    make_folder(models_folder)
    check_space(models_folder, size)
    try:
        temporary = temporary_in(models_folder)
        try:
            with source.open("rb") as file:
                copy_stream(file, temporary, progress=progress, cancelled=cancelled, total=size)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise storage_error(error, models_folder) from error
    return target
