"""From a file to conversations: says which program wrote it, or why it cannot be read."""

from __future__ import annotations

import json
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import psutil

from thimble.conversations.importing import formats, gpt4all
from thimble.conversations.importing.qt_stream import StreamError
from thimble.conversations.importing.values import ImportedConversation
from thimble.errors import Code, ThimbleError

MOST_BYTES: Final = 2**30
_TEXT_BYTES: Final = 3
_VALUE_BYTES: Final = 72
"""Of memory for each byte of a file, as bytes and as text, and for each value in it."""


def read_conversations(path: Path) -> list[ImportedConversation]:
    """Reads an export of Thimble, ChatGPT (the ZIP file or its `conversations.json`), LM Studio, Jan or GPT4All.

    Returns:
        Conversations that have at least one message.

    Raises:
        ThimbleError: BAD_REQUEST for a file of another kind, FILE_UNREADABLE when it cannot be read.
    """
    try:
        data = _bytes_of(path)
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"“{path.name}” cannot be read.",
            "Choose the file once more, or export it anew.",
            f"{path}: {error}",
        ) from error
    try:
        found = _gpt4all(data, path) if data.startswith(gpt4all.MAGIC) else _parse(data, path)
    except RecursionError:
        found = []
    found = [conversation for conversation in found if conversation.messages]
    if not found:
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"No conversation was found in “{path.name}”.",
            "Exports of Thimble and ChatGPT, and the files of LM Studio, Jan and GPT4All can be read.",
            str(path),
        )
    return found


def _gpt4all(data: bytes, path: Path) -> list[ImportedConversation]:
    try:
        return [gpt4all.from_gpt4all(data)]
    except gpt4all.UnknownVersionError as error:
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"“{path.name}” has a form of GPT4All's that Thimble does not know (number {error}).",
            "Copy the chat in GPT4All and paste it here.",
            str(path),
        ) from error
    except StreamError as error:
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"“{path.name}” is damaged or cut off, so nothing of it was imported.",
            "Open the chat in GPT4All once more, close GPT4All, and try again.",
            f"{path}: {error}",
        ) from error


def _bytes_of(path: Path) -> bytes:
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            inside = next((i for i in archive.infolist() if Path(i.filename).name == "conversations.json"), None)
            if inside is None:
                return b""
            if inside.file_size > MOST_BYTES:
                raise OSError("conversations.json in it is larger than 1 GiB")
            with archive.open(inside) as file:
                return file.read(MOST_BYTES)  # whatever the archive says of its size
    if path.stat().st_size > MOST_BYTES:
        raise OSError("the file is larger than 1 GiB")
    return path.read_bytes()


def _check_room(data: bytes, path: Path) -> None:
    """Empty lists and objects take twenty times the memory that they take in the file."""
    needed = _TEXT_BYTES * len(data) + _VALUE_BYTES * sum(data.count(mark) for mark in (b",", b"[", b"{"))
    free = psutil.virtual_memory().available
    if needed > free:
        raise ThimbleError(
            Code.BAD_REQUEST,
            f"“{path.name}” takes more memory to read than is free now.",
            "Close other programs, or export fewer chats at a time.",
            f"{path}: about {needed} bytes, {free} are free",
        )


def _parse(data: bytes, path: Path) -> list[ImportedConversation]:
    _check_room(data, path)
    text = data.decode("utf-8-sig", "replace")
    try:
        document = json.loads(text)
    except ValueError:
        return _jan(text, path)
    found = [_one(entry) for entry in (document if isinstance(document, list) else [document])]
    known = [conversation for conversation in found if conversation is not None]
    return known or _jan(text, path)  # a Jan chat of one message is one line, which is a document as well


def _one(document: object) -> ImportedConversation | None:
    for read in (formats.from_thimble, formats.from_chatgpt, formats.from_lm_studio):
        conversation = read(document)
        if conversation is not None:
            return conversation
    return None


def _jan(text: str, path: Path) -> list[ImportedConversation]:
    lines: list[Any] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue  # one broken line must not hide the others
    thread: object = None
    with suppress(OSError, ValueError):
        thread = json.loads(path.with_name("thread.json").read_bytes())
    conversation = formats.from_jan(lines, thread)
    return [conversation] if conversation is not None else []
