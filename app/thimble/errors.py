"""Errors as values: what happened, what the user can do, and what belongs in the log.

Every failure that a person may meet is a `Problem`. Inside the program it travels in a `ThimbleError`; over HTTP
it travels inside OpenAI's error object (see `thimble.protocol`). A traceback goes to the log, never to a person.
"""

from __future__ import annotations

import errno
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Code(StrEnum):
    """Stable names of problems; clients branch on these, never on sentences."""

    BAD_REQUEST = "bad_request"
    UNAUTHORIZED = "unauthorized"
    ORIGIN_REFUSED = "origin_refused"
    KEY_NEEDED = "key_needed"
    QUEUE_FULL = "queue_full"
    TOO_LARGE = "too_large"
    NOT_FOUND = "not_found"
    NO_MODEL = "no_model"
    MODEL_NOT_FOUND = "model_not_found"
    MODEL_UNREADABLE = "model_unreadable"
    MODEL_IS_FOLDER = "model_is_folder"
    MODEL_NOT_GGUF = "model_not_gguf"
    MODEL_TRUNCATED = "model_truncated"
    MODEL_DAMAGED = "model_damaged"
    MODEL_UNSUPPORTED = "model_unsupported"
    MODEL_LOAD_FAILED = "model_load_failed"
    MODEL_READ_FAILED = "model_read_failed"
    TOOLS_UNSUPPORTED = "tools_unsupported"
    EMBEDDINGS_UNSUPPORTED = "embeddings_unsupported"
    CHAT_UNSUPPORTED = "chat_unsupported"
    OUT_OF_MEMORY = "out_of_memory"
    CONTEXT_TOO_LONG = "context_too_long"
    NO_PICTURES = "no_pictures"
    PICTURE_UNUSABLE = "picture_unusable"
    CANCELLED = "cancelled"
    ENGINE_DIED = "engine_died"
    ENGINE_UNREACHABLE = "engine_unreachable"
    ENGINE_NOT_BUILT = "engine_not_built"
    PROCESSOR_TOO_OLD = "processor_too_old"
    ENGINE_BUSY = "engine_busy"
    ENGINE_FAILED = "engine_failed"
    PORT_TAKEN = "port_taken"
    DISK_FULL = "disk_full"
    DISK_MISSING = "disk_missing"
    FILE_NOT_WRITABLE = "file_not_writable"
    KEYRING_LOCKED = "keyring_locked"
    DATA_DAMAGED = "data_damaged"
    DATA_TOO_NEW = "data_too_new"
    NO_NETWORK = "no_network"
    OFFLINE = "offline"
    DOWNLOAD_DAMAGED = "download_damaged"
    HUB_GATED = "hub_gated"
    HUB_BUSY = "hub_busy"
    HUB_FAILED = "hub_failed"
    REMOTE_UNREACHABLE = "remote_unreachable"
    REMOTE_REFUSED = "remote_refused"
    REMOTE_BUSY = "remote_busy"
    REMOTE_FAILED = "remote_failed"
    REMOTE_CUT = "remote_cut"
    TOOL_FAILED = "tool_failed"
    DOWNLOADS_ELSEWHERE = "downloads_elsewhere"
    INTERNAL = "internal"


@dataclass(frozen=True, slots=True)
class Problem:
    """One failure, said so that a person can act on it.

    Attributes:
        code: stable name, see `Code`.
        sentence: one sentence in plain words: what happened, and what was kept.
        action: what the user can do about it, as a short imperative sentence; empty when there is nothing.
        detail: for the log and for bug reports: paths, system messages, figures.
    """

    code: str
    sentence: str
    action: str = ""
    detail: str = ""

    def to_json(self) -> dict[str, str]:
        """The four fields as a JSON object."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote; unknown fields are ignored and missing ones are empty."""
        return cls(
            code=str(data.get("code") or Code.INTERNAL),
            sentence=str(data.get("sentence") or ""),
            action=str(data.get("action") or ""),
            detail=str(data.get("detail") or ""),
        )

    def __str__(self) -> str:
        return f"{self.sentence} {self.action}".strip()


class ThimbleError(Exception):
    """A `Problem` on its way to somebody who shows it."""

    def __init__(self, code: str, sentence: str, action: str = "", detail: str = "") -> None:
        super().__init__(sentence)
        self.problem = Problem(str(code), sentence, action, detail)

    @classmethod
    def of(cls, problem: Problem) -> Self:
        """Wraps an existing problem."""
        return cls(problem.code, problem.sentence, problem.action, problem.detail)

    def __str__(self) -> str:
        return str(self.problem)


class FieldError(ThimbleError):
    """A request whose field is wrong.

    Attributes:
        field: its name, with dots for what is inside it.
    """

    def __init__(
        self, field: str, sentence: str, code: str = Code.BAD_REQUEST, action: str = "", detail: str = ""
    ) -> None:
        super().__init__(code, sentence, action, detail)
        self.field = field


def to_translate(sentence: str) -> str:
    """The same: marks a sentence for the window that no failure says, so that `installer/sentences.py` finds it."""
    return sentence


def storage_code(error: OSError) -> Code:
    """What a failed write to disk was: a full disk (or quota), or a place that cannot be written."""
    return Code.DISK_FULL if error.errno in {errno.ENOSPC, errno.EDQUOT} else Code.FILE_NOT_WRITABLE
