"""One conversation as Markdown (the path that is shown) or as JSON (the whole tree)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path
from types import MappingProxyType
from typing import Final

from thimble.conversations.models import AttachedFile, Conversation, Message, Role
from thimble.errors import Code, ThimbleError, storage_code
from thimble.settings import write_atomically

JSON_FORMAT: Final = "thimble-conversation"
JSON_VERSION: Final = 1

ENGLISH_NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {Role.SYSTEM: "Instructions", Role.USER: "You", Role.ASSISTANT: "Answer"}
)


def as_markdown(
    conversation: Conversation,
    path: Iterable[Message],
    names: Mapping[str, str] = ENGLISH_NAMES,
    untitled: str = "",
    attached: Mapping[int, Sequence[str]] | None = None,
) -> str:
    """A document to read: a heading for the title and one for each message, texts unchanged.

    Args:
        conversation: whose title heads it.
        path: the messages from the first to the last, as `Store.path` gives them.
        names: what each role is called, in the reader's language.
        untitled: heading of a conversation without a title.
        attached: by message id, the names of its files; their texts stay out.
    """
    title = conversation.title or untitled
    blocks = [f"# {title}"] if title else []
    for message in path:
        name = names.get(message.role, message.role)
        heading = f"## {name} ({message.model})" if message.model else f"## {name}"
        blocks.append(heading)
        blocks += [f"📎 {name}" for name in (attached or {}).get(message.id, ())]
        if message.text.strip():
            blocks.append(message.text.strip("\n"))
    return "\n\n".join(blocks) + "\n"


def as_json(
    conversation: Conversation,
    messages: Iterable[Message],
    files: Mapping[int, Iterable[AttachedFile]] | None = None,
) -> str:
    """Everything that is stored, with ids and branches, for other programs (`docs/conversation-format.md`).

    Args:
        conversation: the conversation.
        messages: its tree, as `Store.messages` gives it.
        files: by message id, the attached files.
    """
    head = asdict(conversation)
    for of_this_computer in ("draft", "folder_id", "pinned", "deleted_at", "tools", "allowed"):
        del head[of_this_computer]
    head["created"], head["updated"] = _iso(conversation.created), _iso(conversation.updated)
    body = [{**asdict(message), "created": _iso(message.created)} for message in messages]
    for message in body:
        del message["conversation_id"]
        attached = (files or {}).get(message["id"], ())
        message["attachments"] = [file._asdict() for file in attached]
    document = {"format": JSON_FORMAT, "version": JSON_VERSION, "conversation": head, "messages": body}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def file_name(title: str) -> str:
    """A title as a name that every system takes for a file."""
    name = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', " ", title)
    return " ".join(name.split()).strip(" .")[:80] or "chat"


def free_path(folder: Path, name: str, suffix: str, taken: set[str]) -> Path:
    """A path in a folder whose name is not taken yet: "Cats.json", then "Cats 2.json".

    Args:
        folder: where.
        name: without the suffix.
        suffix: with the dot.
        taken: names that are there, casefolded (some systems do not tell "cats" from "Cats"); this one is added.
    """
    names = chain([f"{name}{suffix}"], (f"{name} {number}{suffix}" for number in count(2)))
    free = next(one for one in names if one.casefold() not in taken)
    taken.add(free.casefold())
    return folder / free


def with_ending(chosen: Path, suffix: str) -> Path:
    """The file a person chose; without the kind's suffix it gets it, and then replaces nothing: nobody was asked."""
    if chosen.suffix.lower() == suffix:
        return chosen
    taken = {path.name.casefold() for path in chosen.parent.iterdir()} if chosen.parent.is_dir() else set()
    return free_path(chosen.parent, chosen.name, suffix, taken)


def save_text(path: Path, text: str) -> None:
    """Writes an export; an older file of that name is replaced whole or not at all.

    Raises:
        ThimbleError: DISK_FULL or FILE_NOT_WRITABLE.
    """
    try:
        write_atomically(path, text)
    except OSError as error:
        code = storage_code(error)
        sentence = "The conversation could not be exported, because the disk is full."
        if code is Code.FILE_NOT_WRITABLE:
            sentence = "The conversation could not be exported, because that place cannot be written."
        raise ThimbleError(code, sentence, "Choose another folder.", f"{path}: {error}") from error


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
