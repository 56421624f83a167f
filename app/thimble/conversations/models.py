"""What a conversation is made of: a tree of messages, of which one path is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, NamedTuple

from thimble.conversations.tool_steps import ToolStep

PICTURE_ADDRESS: Final = "data:image/"
"""A picture is kept as the text of an attachment that begins so; no other text does (`documents`)."""


class Role(StrEnum):
    """Who speaks in a message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


class MessageState(StrEnum):
    """How far a message has come."""

    WRITING = "writing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Message:
    """One node of a conversation's tree.

    Attributes:
        id: its number; later messages have higher ones, and none is used twice.
        conversation_id: whose message it is.
        parent_id: the message it follows; None for the first.
        role: see `Role`.
        text: Markdown as it was written.
        state: see `MessageState`.
        model: id of the model that wrote it; empty for a person's message.
        created: Unix time in seconds.
        timings: `protocol.Timings` of the answer as JSON, when there are any.
        problem: `errors.Problem` as JSON, when the answer failed.
        passages: what was found in files for a question, `retrieval.Found` as JSON; None when nothing was looked for.
        steps: the calls of tools within it, in their order.
    """

    id: int
    conversation_id: int
    parent_id: int | None
    role: str
    text: str
    state: str
    model: str
    created: float
    timings: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    passages: dict[str, Any] | None = None
    steps: tuple[ToolStep, ...] = ()


@dataclass(frozen=True, slots=True)
class Conversation:
    """One conversation without its messages.

    Attributes:
        id: its number; none is used twice.
        title: shown in the list; empty until it has one.
        created, updated: Unix times in seconds; `updated` follows the newest message.
        leaf_id: last message of the path that is shown; None while there is none.
        draft: what the person was typing.
        settings: values that override the global ones here, by setting key.
        model: id or path of the model last used here.
        folder_id: the folder it lies in; None for none.
        pinned: whether it stands at the top of the list.
        named: whether the title was given by a person; one that was not may be replaced by a better one.
        deleted_at: Unix time in seconds of its deletion; None while it is not in the trash.
        tools: keys of the tools that are switched on here.
        allowed: keys of those that may be called without asking.
    """

    id: int
    title: str
    created: float
    updated: float
    leaf_id: int | None = None
    draft: str = ""
    settings: dict[str, Any] = field(default_factory=dict)
    model: str = ""
    folder_id: int | None = None
    pinned: bool = False
    named: bool = True
    deleted_at: float | None = None
    tools: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder of conversations.

    Attributes:
        id: its number.
        name: what the person called it.
    """

    id: int
    name: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that was given to a message, without its text.

    Attributes:
        id: its number.
        message_id: whose it is; None while it waits in the composer.
        name: the file's name.
        characters: length of its text.
        pages: of a document that has pages; 0 for others.
        searched: passages of it are given to the model, not all of it.
        picture: it is a picture, and its text the picture as a `data:` address.
    """

    id: int
    message_id: int | None
    name: str
    characters: int
    pages: int = 0
    searched: bool = False
    picture: bool = False


class AttachedFile(NamedTuple):
    """A file that was given to a message, with its text.

    Attributes:
        name: the file's name.
        text: what the model reads; pages are divided by form feeds.
        pages: of a document that has pages; 0 for others.
        searched: passages of it are given to the model, not all of it.
    """

    name: str
    text: str
    pages: int = 0
    searched: bool = False

    @property
    def picture(self) -> bool:
        """Whether it is a picture, and its text a `data:` address."""
        return self.text.startswith(PICTURE_ADDRESS)


@dataclass(frozen=True, slots=True)
class Removed:
    """A message that was taken out of its conversation, as it has to be put back.

    Attributes:
        row: its columns.
        children: ids of the messages that followed it.
        attachments: the columns of its attachments.
        leaf_id: the end of the shown path before.
        ancestors: what it followed, the nearest first, with what had been taken out of there already.
    """

    row: dict[str, Any]
    children: tuple[int, ...]
    attachments: tuple[dict[str, Any], ...]
    leaf_id: int | None
    ancestors: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SearchHit:
    """One place where a search found something.

    Attributes:
        conversation_id: where.
        title: the conversation's title.
        message_id: the message, or None when the title matched.
        role: the message's role; empty for a title.
        snippet: the text around the match, on one line.
        marks: the matching parts of `snippet` as (start, end) in characters.
        created: Unix time in seconds of the message, or of the conversation's last change.
    """

    conversation_id: int
    title: str
    message_id: int | None
    role: str
    snippet: str
    marks: tuple[tuple[int, int], ...]
    created: float
