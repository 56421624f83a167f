"""GPT4All's `gpt4all-*.chat` files: what its classes Chat, ChatLLM and ChatModel write, version by version.

The order of the values is taken from gpt4all-chat/src of nomic-ai/gpt4all (chatlistmodel.cpp, chat.cpp, chatllm.cpp,
chatmodel.h, chatmodel.cpp, tool.cpp) up to version 12, the one of its last release, 3.10.
"""

from __future__ import annotations

from typing import Final
from urllib.parse import unquote, urlsplit

from thimble.conversations.importing.qt_stream import QtReader, StreamError
from thimble.conversations.importing.values import ImportedConversation, ImportedMessage, seconds
from thimble.conversations.models import AttachedFile

MAGIC: Final = b"\xf5\xd5\x53\xcc"
NEWEST: Final = 12

_ROLES: Final = {"Prompt: ": "user", "Response: ": "assistant", "System: ": "system"}
_PARTS: Final = frozenset({"Response: ", "Text: ", "ToolCall: ", "ToolResponse: ", "Think: "})
_DEEPEST: Final = 16


class UnknownVersionError(Exception):
    """The file was written by a version of GPT4All that this reader does not know."""


def from_gpt4all(data: bytes) -> ImportedConversation:
    """Reads one chat.

    Raises:
        UnknownVersionError: a version that is not known.
        StreamError: the file is cut or damaged.
    """
    reader = QtReader(data)
    if bytes(data[:4]) != MAGIC:
        raise StreamError("no chat of GPT4All")
    reader.skip(4)
    version = reader.i32()
    if not 1 <= version <= NEWEST:
        raise UnknownVersionError(str(version))
    created = seconds(reader.i64())
    reader.string()  # id
    title = " ".join(reader.string().split())
    reader.string()  # the person's name
    model = reader.string()
    if version >= 3:
        reader.strings()  # collections of documents
    if version < 11:
        _skip_engine(reader, version)
    made = ImportedConversation(title, created, created)
    for _ in range(reader.count(reader.i32())):
        message = _item(reader, version, model)
        if message is not None:
            message.parent = len(made.messages) - 1 if made.messages else None
            made.messages.append(message)
    return made


def _skip_engine(reader: QtReader, version: int) -> None:
    """What older versions kept of the model's memory."""
    with_memory = reader.boolean() if version >= 6 else True
    if version >= 2:
        reader.i32()  # kind of model
        reader.i32()  # version of its memory
    reader.string()  # last answer
    reader.string()  # title that the model wrote
    reader.u32()  # tokens
    if not with_memory:
        return
    if version < 4:
        reader.u32()  # number of logits
    reader.u32()  # n_past
    if version >= 7:
        reader.u32()  # n_ctx
    if version < 9:
        reader.skip(4 * reader.u64())  # logits
    reader.skip(4 * reader.u64())  # tokens
    reader.bytes_()  # memory


def _item(reader: QtReader, version: int, model: str) -> ImportedMessage | None:
    """One message; None for an empty one."""
    if version < 12:
        reader.i32()  # id
    name = reader.string()
    if name not in _ROLES:
        raise StreamError(f"an item called {name[:40]!r}")
    text = reader.string()
    if version < 10:
        reader.string()  # prompt
    reader.string()  # what the person would have preferred
    for _ in range(4):
        reader.boolean()  # being written, stopped, liked, disliked
    failed = version >= 11 and name == "Response: " and reader.boolean()
    if version >= 8:
        _skip_sources(reader)
    elif version >= 3:
        reader.string()
        reader.strings()
    files = _attachments(reader) if version >= 10 else ()
    parts = [_part(reader, 0) for _ in range(reader.count(reader.i64()))] if version >= 12 else []
    words = "\n\n".join(part for part in parts if part.strip())
    if words:
        text = words if text.strip() in words else f"{words}\n\n{text}"
    if not text.strip() and not files:
        return None
    role = _ROLES[name]
    state = "failed" if failed else "done"
    return ImportedMessage(role, text, None, model=model if role == "assistant" else "", state=state, files=files)


def _skip_sources(reader: QtReader) -> None:
    for _ in range(reader.count(reader.i64())):
        for _ in range(7):
            reader.string()  # collection, path, file, title, author, date, text
        for _ in range(3):
            reader.i32()  # page, from, to


def _attachments(reader: QtReader) -> tuple[AttachedFile, ...]:
    files = []
    for _ in range(reader.count(reader.i64())):
        url, content = reader.bytes_(), reader.bytes_()
        name = _file_name(url.decode("utf-8", "replace"))
        text = content.decode("utf-8", "replace")
        if "\0" not in text and not content.startswith(b"PK"):  # spreadsheets are kept as they were: no text
            files.append(AttachedFile(name or "file", text.replace("\r\n", "\n")))
    return tuple(files)


def _file_name(url: str) -> str:
    try:
        path = urlsplit(url).path
    except ValueError:  # half an IPv6 address
        return ""
    return unquote(path).rpartition("/")[2]


def _part(reader: QtReader, depth: int) -> str:
    """A part of an answer as Markdown: words, thoughts, or a call of a tool."""
    if depth > _DEEPEST:
        raise StreamError("parts within parts without end")
    name = reader.string()
    if name not in _PARTS:
        raise StreamError(f"a part called {name[:40]!r}")
    text = reader.string()
    if name == "ToolCall: ":
        _skip_tool_call(reader)
    elif name == "Think: ":
        reader.i32()  # time
    inner = [_part(reader, depth + 1) for _ in range(reader.count(reader.i64()))]
    if inner:
        return "\n\n".join(part for part in inner if part.strip())
    return "" if name == "ToolResponse: " else text


def _skip_tool_call(reader: QtReader) -> None:
    reader.string()  # name
    for _ in range(reader.count(reader.i64())):
        reader.string()
        reader.i32()
        reader.variant()
    reader.string()  # result
    reader.i32()  # error
    reader.string()  # its words
