"""Pictures as the engine takes them, and how they stand among a prompt's tokens.

In a message's text a picture is one `MARK`. In a prompt's token list each of its tokens is the same negative number,
made of the picture's content: equal numbers, equal keys and values, so that what is in the cache can be compared with
a new prompt number by number.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from thimble.errors import Code, ThimbleError

MARK: Final = "\U000f7d00"
"""Stands in a message's text where a picture is; a private character that no message may bring by itself."""
_ID_BYTES: Final = 7


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in the order of a message.

    Attributes:
        key: names its content.
        width, height: pixels.
        pixels: its bytes, three for each pixel (red, green, blue), row by row; called when they are needed.
    """

    key: str
    width: int
    height: int
    pixels: Callable[[], bytes]


@dataclass(frozen=True, slots=True)
class PictureTokens:
    """A picture, or one of the tiles that a model cuts it into, as a run of tokens.

    Attributes:
        picture: whose.
        part: the how-many-eth piece of what `Projector.layout` says, text counted as well.
        count: tokens.
        positions: by how much the position of what follows is higher: less than `count` with M-RoPE, where a picture's
            tokens share positions.
    """

    picture: Picture
    part: int
    count: int
    positions: int

    @property
    def id(self) -> int:
        """The number that stands for each of its tokens; negative."""
        digest = hashlib.sha256(f"{self.picture.key} {self.part} {self.count}".encode()).digest()
        return -1 - int.from_bytes(digest[:_ID_BYTES], "little")


def no_pictures(reason: str, detail: str = "") -> ThimbleError:
    """The error of a model that cannot see.

    Args:
        reason: what is missing, as a sentence.
        detail: for the log.
    """
    return ThimbleError(
        Code.NO_PICTURES,
        f"This model cannot see pictures. {reason}",
        "Take the picture out, add the model's projector (an mmproj file), or choose a model that has one.",
        detail,
    )
