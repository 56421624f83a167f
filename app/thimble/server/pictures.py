"""Pictures in requests: `data:` addresses made into what the engine takes. Nothing is ever fetched."""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
import re
import threading
import warnings
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from thimble.engine.pictures import MARK, Picture
from thimble.engine.projector import MOST_SIDE
from thimble.errors import Code, ThimbleError

if TYPE_CHECKING:
    from PIL.Image import Image

MOST_BYTES: Final = 20 * 2**20
MOST_PIXELS: Final = 50_000_000
LONGEST_STRIP: Final = 50
"""A picture so many times longer than wide shows nothing once it is made to fit."""
FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
_ADDRESS: Final = re.compile(r"data:image/[a-z0-9.+-]+(?:;[a-z0-9=._-]+)*;base64,", re.IGNORECASE)
_REMEMBERED: Final = 256


class Content(NamedTuple):
    """What a message says.

    Attributes:
        text: its words; a mark stands for each picture.
        addresses: of the pictures, in order.
    """

    text: str = ""
    addresses: tuple[str, ...] = ()


def content_of(value: object) -> Content:
    """A message's content as one text and its pictures.

    Args:
        value: text, or OpenAI's list of parts.

    Raises:
        ValueError: it is neither, or a part is of a kind that is not understood.
    """
    if isinstance(value, Content):
        return value
    if isinstance(value, str):
        return Content(_unmarked(value))
    if not isinstance(value, list):
        raise ValueError("it must be text or a list of parts")
    texts: list[str] = []
    addresses: list[str] = []
    for part in value:
        kind = part.get("type") if isinstance(part, dict) else None
        if kind == "text" and isinstance(part.get("text"), str):
            texts.append(_unmarked(part["text"]))
        elif kind == "image_url":
            texts.append(MARK)
            addresses.append(_address_in(part.get("image_url")))
        else:
            raise ValueError("only parts of type “text” and “image_url” are understood")
    return Content("\n".join(texts), tuple(addresses))


def read_picture(address: str) -> Picture:
    """The picture in a `data:` address, upright and without transparency.

    Raises:
        ThimbleError: PICTURE_UNUSABLE.
    """
    comma = address.index(",")
    try:
        data = base64.b64decode(address[comma + 1 :], validate=True)
    except (binascii.Error, ValueError) as error:
        raise _unusable("The picture is damaged: its data is no base64.", str(error)) from error
    if len(data) > MOST_BYTES:
        raise _unusable(
            f"The picture is larger than {MOST_BYTES // 2**20} MiB.", f"{len(data)} bytes", "Make it smaller first."
        )
    key = hashlib.sha256(data).hexdigest()
    size = _SIZES.get(key)
    if size is None:
        size = _opened(data).size  # all of it is read: a picture that is cut off is refused now, not in mid-prompt
        _SIZES.put(key, size)
    return Picture(key, *size, lambda: _opened(data).tobytes())


def _unmarked(text: str) -> str:
    return text.replace(MARK, "\ufffd")


def _address_in(value: Any) -> str:
    address = value.get("url") if isinstance(value, dict) else value
    if not isinstance(address, str):
        raise ValueError("“image_url” has no “url”")
    if re.match(r"[a-z][a-z0-9+.-]*://", address, re.IGNORECASE):
        raise ValueError("pictures are never fetched; send the picture itself, as “data:image/png;base64,…”")
    if _ADDRESS.match(address) is None:
        raise ValueError("a picture must be sent as “data:image/png;base64,…”")
    return address


def _opened(data: bytes) -> Image:
    """Decoded, turned as its camera held it, on white, and no larger than the engine takes it."""
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about odd metadata; sizes are checked below
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                width, height = opened.size
                _check_size(width, height)
                opened.draft("RGB", (MOST_SIDE, MOST_SIDE))
                picture: Image.Image = ImageOps.exif_transpose(opened)
                if picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info:
                    ground = Image.new("RGBA", picture.size, "white")
                    picture = Image.alpha_composite(ground, picture.convert("RGBA"))
                picture = picture.convert("RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise _unusable(
            "This is no picture that can be read.", str(error), "Send it as PNG, JPEG, WebP, GIF, BMP or TIFF."
        ) from error
    except ThimbleError:
        raise
    except Exception as error:
        raise _unusable("The picture is damaged or cut off.", repr(error), "Open it and save it anew.") from error
    picture.thumbnail((MOST_SIDE, MOST_SIDE), Image.Resampling.LANCZOS)
    return picture


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS:
        raise _unusable(
            f"The picture has {width:,} × {height:,} pixels; {MOST_PIXELS // 10**6} million are the most.",
            f"{width} x {height}",
            "Make it smaller first.",
        )
    if max(width, height) > LONGEST_STRIP * min(width, height):
        raise _unusable(
            f"The picture has {width:,} × {height:,} pixels: that is too narrow.",
            f"{width} x {height}",
            "Cut out the part that matters.",
        )


def _unusable(sentence: str, detail: str, action: str = "") -> ThimbleError:
    return ThimbleError(Code.PICTURE_UNUSABLE, sentence, action, detail)


class _Sizes:
    """Sizes of pictures that were read, by content: a conversation sends its pictures again with each turn."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def get(self, key: str) -> tuple[int, int] | None:
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
            return self._known.get(key)

    def put(self, key: str, size: tuple[int, int]) -> None:
        with self._lock:
            self._known[key] = size
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)


_SIZES: Final = _Sizes()
