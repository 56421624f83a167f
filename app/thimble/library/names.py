"""Names that come from a model hub are other people's words: checked before they become a path or an address."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import Final

from thimble.errors import Code, ThimbleError

LONGEST_SEGMENT: Final = 200  # bytes; file systems take 255, and our own endings are added
LONGEST_PATH: Final = 900  # characters
DEEPEST: Final = 8

_REPO: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,94}[A-Za-z0-9_])?")
_HASH: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_FORBIDDEN: Final = re.compile(r'[\x00-\x1f\x7f<>:"|?*\\\u202a-\u202e\u2066-\u2069]')
_DEVICES: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"com{n}" for n in range(1, 10)), *(f"lpt{n}" for n in range(1, 10))}
)


def is_repository(text: str) -> bool:
    """Whether this is an "author/name" that can be a folder's name on every system."""
    author, slash, name = text.partition("/")
    return bool(slash) and all(
        _REPO.fullmatch(part) is not None and ".." not in part and "--" not in part for part in (author, name)
    )


def is_file_path(text: str) -> bool:
    """Whether this relative path stays below the folder it is put into, on every system."""
    parts = text.split("/")
    return (
        0 < len(text) <= LONGEST_PATH
        and len(parts) <= DEEPEST
        and text.isprintable()
        and all(_is_segment(part) for part in parts)
        and str(PurePosixPath(*parts)) == text
    )


def is_commit(text: str) -> bool:
    """Whether this is a Git commit's hash, in hex."""
    return _COMMIT.fullmatch(text) is not None


def is_hash(text: str) -> bool:
    """Whether this is a SHA-256 or a Git blob's SHA-1, in hex."""
    return _HASH.fullmatch(text) is not None


def check_repository(text: str) -> str:
    """`text`, when it is a repository's name.

    Raises:
        ThimbleError: BAD_REQUEST.
    """
    if not is_repository(text):
        raise ThimbleError(
            Code.BAD_REQUEST,
            "That is not the name of a repository on the model hub.",
            "Write it as author/name.",
            repr(text[:200]),
        )
    return text


def _is_segment(part: str) -> bool:
    return (
        part not in {"", ".", ".."}
        and part == part.strip(" ")
        and not part.endswith(".")
        and not part.startswith((".", "-", "~"))
        and len(part.encode("utf-8", "surrogatepass")) <= LONGEST_SEGMENT
        and _FORBIDDEN.search(part) is None
        and part.split(".", maxsplit=1)[0].lower() not in _DEVICES
    )
