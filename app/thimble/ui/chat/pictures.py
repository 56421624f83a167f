"""Pictures that are given to a message: read, made small enough, kept as `data:` addresses, shown as thumbnails."""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QObject, QSize, Qt
from PySide6.QtGui import QColor, QImage, QImageReader, QImageWriter, QPainter

from thimble.errors import Code, ThimbleError

if TYPE_CHECKING:
    from PySide6.QtCore import QMimeData

    from thimble.ui.jobs import JobHandle, JobRunner

SUFFIXES: Final = frozenset({".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff"})
MOST_SIDE: Final = 2048
"""Pixels of the longer side: the engine takes no more."""
MOST_PIXELS: Final = 100_000_000
LONGEST_STRIP: Final = 50
"""A picture so many times longer than wide shows nothing once it is made to fit."""
MOST_PNG_BYTES: Final = 1_500_000
"""A larger one, a photo mostly, is kept as JPEG."""
QUALITY: Final = 90
THUMBNAIL_SIDE: Final = 480
"""Pixels of a thumbnail's longer side: sharp at 200 %."""
_KEPT: Final = 128


def is_picture(path: Path) -> bool:
    """Whether a file's name says that it is a picture."""
    return path.suffix.lower() in SUFFIXES


def read_picture(path: Path) -> str:
    """A picture file as a `data:` address, upright and no larger than it has to be. For threads, too.

    Raises:
        ThimbleError: PICTURE_UNUSABLE: what is wrong with it.
    """
    reader = QImageReader(str(path))
    reader.setDecideFormatFromContent(True)
    reader.setAutoTransform(True)
    size = reader.size()
    if size.isValid():
        _check(path.name, size)
        if max(size.width(), size.height()) > MOST_SIDE:
            reader.setScaledSize(size.scaled(MOST_SIDE, MOST_SIDE, Qt.AspectRatioMode.KeepAspectRatio))
    image = reader.read()
    if image.isNull():
        raise _unusable(
            f"“{path.name}” cannot be read as a picture.",
            "Open it in another program and save it as PNG or JPEG.",
            f"{path}: {reader.errorString()}",
        )
    return as_address(image, path.name)


def as_address(image: QImage, name: str) -> str:
    """A picture as a `data:` address. For threads, too.

    Args:
        image: the picture.
        name: what a sentence calls it.

    Raises:
        ThimbleError: PICTURE_UNUSABLE.
    """
    _check(name, image.size())
    if max(image.width(), image.height()) > MOST_SIDE:
        image = image.scaled(
            MOST_SIDE, MOST_SIDE, Qt.AspectRatioMode.KeepAspectRatio, Qt.TransformationMode.SmoothTransformation
        )
    kind, data = "png", _saved(image, b"PNG", -1)
    if not data or len(data) > MOST_PNG_BYTES:
        kind, data = "jpeg", _saved(_on_white(image), b"JPEG", QUALITY)
    if not data:
        raise _unusable(f"“{name}” cannot be kept as a picture.", "", f"{image.width()} x {image.height()}")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode('ascii')}"


def pasted_picture(source: QMimeData) -> QImage | None:
    """The picture among what is pasted; None when there are words: text copied from some programs has both."""
    if not source.hasImage() or source.hasText():
        return None
    image = source.imageData()
    image = image if isinstance(image, QImage) else QImage(image)
    return None if image.isNull() else image


def decoded(address: str) -> QImage:
    """The picture in a `data:` address; a null one when it is damaged."""
    try:
        data = base64.b64decode(address.partition(",")[2], validate=True)
    except ValueError:
        return QImage()
    return QImage.fromData(data)


class Thumbnails(QObject):
    """Small versions of attached pictures, made in jobs and kept while there is room.

    Args:
        jobs: background work.
        read: the `data:` address of an attachment; called in a thread.
        parent: owner.
    """

    def __init__(self, jobs: JobRunner, read: Callable[[int], str], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._read = read
        self._made: OrderedDict[int, QImage] = OrderedDict()

    def want(self, attachment: int, done: Callable[[QImage], None]) -> None:
        """Calls `done` with the thumbnail, at once if it is there; not at all when the picture is gone."""
        if (image := self._made.get(attachment)) is not None:
            self._made.move_to_end(attachment)
            done(image)
            return

        def make(_handle: JobHandle) -> QImage:
            image = decoded(self._read(attachment))
            return image.scaled(
                THUMBNAIL_SIDE,
                THUMBNAIL_SIDE,
                Qt.AspectRatioMode.KeepAspectRatio,
                Qt.TransformationMode.SmoothTransformation,
            )

        def keep(image: QImage) -> None:
            self._made[attachment] = image
            if len(self._made) > _KEPT:
                self._made.popitem(last=False)
            done(image)

        self._jobs.run(make, done=keep, failed=lambda _problem: None, name=f"thumbnail {attachment}")


def _check(name: str, size: QSize) -> None:
    width, height = size.width(), size.height()
    if width * height > MOST_PIXELS:
        raise _unusable(f"“{name}” has too many pixels: {width:,} × {height:,}.", "Make it smaller first.", "")
    if max(width, height) > LONGEST_STRIP * min(width, height):
        raise _unusable(f"“{name}” is too narrow: {width:,} × {height:,} pixels.", "Cut out the part that matters.", "")


def _unusable(sentence: str, action: str, detail: str) -> ThimbleError:
    return ThimbleError(Code.PICTURE_UNUSABLE, sentence, action, detail)


def _on_white(image: QImage) -> QImage:
    """What is transparent becomes white; JPEG would make it black."""
    if not image.hasAlphaChannel():
        return image
    ground = QImage(image.size(), QImage.Format.Format_RGB32)
    ground.fill(QColor(Qt.GlobalColor.white))
    painter = QPainter(ground)
    painter.drawImage(0, 0, image)
    painter.end()
    return ground


def _saved(image: QImage, kind: bytes, quality: int) -> bytes:
    data = QByteArray()
    buffer = QBuffer(data)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    writer = QImageWriter(buffer, QByteArray(kind))
    writer.setQuality(quality)
    return bytes(data.data()) if writer.write(image) else b""
