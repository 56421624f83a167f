"""The header of a model that is still on the hub: a few MB by range requests, parsed while they come."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

import httpx

from thimble.errors import Code, ThimbleError
from thimble.library.choices import Choice, HubFile
from thimble.library.connection import Connection
from thimble.library.hub import Hub
from thimble.modelfile.header import ModelHeader, assemble_header, check_language_model
from thimble.modelfile.parser import ParsedFile, parse_source

_SKIP_BY_READING: Final = 512 * 1024
"""Bytes that are read and thrown away rather than asked around."""
_MOST_BYTES: Final = 64 * 2**20
"""Of one file's header: ten times what the biggest vocabularies take."""


def read_remote_header(connection: Connection, repository: str, commit: str, choice: Choice) -> ModelHeader:
    """Reads the header of a quantization on the hub, of all its parts.

    Args:
        connection: to the hub.
        repository: "author/name".
        commit: that the files belong to.
        choice: the quantization.

    Raises:
        ThimbleError: as `Connection.json`, and MODEL_NOT_GGUF, _UNSUPPORTED, _TRUNCATED or _DAMAGED.
    """
    parts: list[ParsedFile] = []
    for index, file in enumerate(choice.files):
        with _RemoteFile(connection, repository, commit, file) as source:
            parts.append(parse_source(source, file.size, Path(PurePosixPath(file.path).name), index))
    header = assemble_header(tuple(Path(PurePosixPath(file.path).name) for file in choice.files), parts)
    check_language_model(header)
    return header


class _RemoteFile(contextlib.AbstractContextManager["_RemoteFile"]):
    """Reads forward through one answer as long as it can, and asks for another range where much is skipped."""

    def __init__(self, connection: Connection, repository: str, commit: str, file: HubFile) -> None:
        self._connection = connection
        self._what = f"{repository}/{file.path}"
        self._url = Hub(connection).locate(repository, commit, file.path).url
        self._wanted = 0
        self._at = 0
        self._rest = b""
        self._pieces: Iterator[bytes] = iter(())
        self._answer: contextlib.ExitStack | None = None
        self._taken = 0

    def __exit__(self, *_: object) -> None:
        self._leave()

    def seek(self, offset: int, /) -> int:
        """Goes to a byte; nothing is asked yet."""
        self._wanted = offset
        return offset

    def read(self, count: int, /) -> bytes:
        """So many bytes, or fewer at the end."""
        gap = self._wanted - self._at
        if self._answer is None or not 0 <= gap <= _SKIP_BY_READING:
            self._ask(self._wanted)
        while self._at < self._wanted:
            if not self._fill():
                return b""
            step = min(len(self._rest), self._wanted - self._at)
            self._rest, self._at = self._rest[step:], self._at + step
        if not self._rest and not self._fill():
            return b""
        found, self._rest = self._rest[:count], self._rest[count:]
        self._at += len(found)
        self._wanted = self._at
        return found

    def _fill(self) -> bool:
        if not self._rest:
            self._rest = next(self._pieces, b"")
            self._taken += len(self._rest)
            if self._taken > _MOST_BYTES:
                raise ThimbleError(
                    Code.MODEL_DAMAGED, "The model's header on the hub is longer than any real one.", "", self._what
                )
        return bool(self._rest)

    def _ask(self, start: int) -> None:
        self._leave()
        stack = contextlib.ExitStack()
        headers = {"Range": f"bytes={start}-"}
        response: httpx.Response = stack.enter_context(
            self._connection.stream("GET", self._url, what=self._what, headers=headers)
        )
        self._answer, self._pieces, self._rest = stack, self._connection.pieces(response, what=self._what), b""
        # A server without ranges sends all from the beginning: what comes before is read past, within the bound.
        self._at = start if response.status_code == 206 else 0

    def _leave(self) -> None:
        """Ends the answer; the server stops sending."""
        answer, self._answer = self._answer, None
        if answer is not None:
            answer.close()
