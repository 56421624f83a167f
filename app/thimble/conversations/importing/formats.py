"""One function per program: from its JSON to our values. What is no conversation of that program gives None."""

from __future__ import annotations

from typing import Any, Final

from thimble.conversations.importing.values import (
    ImportedConversation,
    ImportedMessage,
    mapping,
    seconds,
    sequence,
    words,
)
from thimble.conversations.models import AttachedFile
from thimble.conversations.tool_steps import steps_of

ROLES: Final = ("system", "user", "assistant")  # no set: what is looked for may be a list
STATES: Final = ("done", "stopped", "failed")
OUR_FORMAT: Final = "thimble-conversation"
_IMAGE: Final = "*(an image that was not part of the export)*"


def from_thimble(document: object) -> ImportedConversation | None:
    """Our own export, whole tree (`docs/conversation-format.md`)."""
    data = mapping(document)
    if data.get("format") != OUR_FORMAT:
        return None
    head = mapping(data.get("conversation"))
    made = ImportedConversation(
        words(head.get("title")),
        seconds(head.get("created")),
        seconds(head.get("updated")),
        settings=dict(mapping(head.get("settings"))),
        named=head.get("named") is not False,
    )
    places: dict[object, int] = {}
    for entry in sequence(data.get("messages")):
        one = mapping(entry)
        if one.get("role") not in ROLES:
            continue
        state = one.get("state")
        timings, passages = one.get("timings"), one.get("passages")
        files = [mapping(file) for file in sequence(one.get("attachments"))]
        made.messages.append(
            ImportedMessage(
                one["role"],
                words(one.get("text")),
                places.get(_key(one.get("parent_id"))),
                seconds(one.get("created")),
                words(one.get("model")),
                state if state in STATES else "stopped",
                timings if isinstance(timings, dict) else None,
                tuple(
                    AttachedFile(
                        words(f.get("name")), words(f.get("text")), _count(f.get("pages")), f.get("searched") is True
                    )
                    for f in files
                ),
                passages if isinstance(passages, dict) else None,
                steps_of(sequence(one.get("steps"))),
            )
        )
        places[_key(one.get("id"))] = len(made.messages) - 1
    made.leaf = places.get(_key(head.get("leaf_id")))
    return made


def from_chatgpt(document: object) -> ImportedConversation | None:
    """One entry of `conversations.json` in ChatGPT's export: a tree of nodes, of which some hold no visible message."""
    data = mapping(document)
    nodes = mapping(data.get("mapping"))
    if not nodes:
        return None
    made = ImportedConversation(
        words(data.get("title")), seconds(data.get("create_time")), seconds(data.get("update_time"))
    )
    children: dict[str, list[str]] = {}
    for name, node in nodes.items():
        parent = mapping(node).get("parent")
        children.setdefault(parent if isinstance(parent, str) and parent in nodes else "", []).append(name)
    waiting: list[tuple[str, int | None]] = [(name, None) for name in reversed(children.pop("", []))]
    places: dict[str, int | None] = {}
    while waiting:  # from the roots down; a node in a circle is never reached
        name, parent = waiting.pop()
        message = _chatgpt_message(mapping(mapping(nodes[name]).get("message")), parent)
        place = parent
        if message is not None:
            made.messages.append(message)
            place = len(made.messages) - 1
        places[name] = place
        waiting += [(child, place) for child in reversed(children.pop(name, []))]
    current = data.get("current_node")
    made.leaf = places.get(current) if isinstance(current, str) else None
    return made


def _chatgpt_message(data: Any, parent: int | None) -> ImportedMessage | None:
    role = mapping(data.get("author")).get("role")
    metadata = mapping(data.get("metadata"))
    if role not in ROLES or metadata.get("is_visually_hidden_from_conversation"):
        return None
    if data.get("recipient") not in {None, "all"}:  # words for a tool
        return None
    content = mapping(data.get("content"))
    text = ""
    match content.get("content_type"):
        case "text" | "multimodal_text":
            parts = [words(part) if isinstance(part, str) else _IMAGE for part in sequence(content.get("parts"))]
            text = "\n\n".join(part for part in parts if part.strip())
        case "code":
            text = f"```\n{words(content.get('text'))}\n```"
    if not text.strip():
        return None
    return ImportedMessage(str(role), text, parent, seconds(data.get("create_time")), words(metadata.get("model_slug")))


def from_lm_studio(document: object) -> ImportedConversation | None:
    """LM Studio's `*.conversation.json`: a list of messages with versions, of which one is selected."""
    data = mapping(document)
    entries = [mapping(entry) for entry in sequence(data.get("messages"))]
    if not any(sequence(entry.get("versions")) for entry in entries):
        return None
    made = ImportedConversation(words(data.get("name")), seconds(data.get("createdAt")))
    made.updated = seconds(data.get("userLastMessagedAt")) or seconds(data.get("assistantLastMessagedAt"))
    model = words(mapping(data.get("lastUsedModel")).get("identifier"))
    system = words(data.get("systemPrompt")) or _lm_studio_system(data)
    if system:
        made.settings["answers.system_prompt"] = system
    parent: int | None = None
    for entry in entries:
        versions = sequence(entry.get("versions"))
        selected = entry.get("currentlySelected")
        following = parent
        for number, version in enumerate(mapping(one) for one in versions):
            role, text = version.get("role"), _lm_studio_text(version)
            if role not in ROLES or not text.strip():
                continue
            writer = model if role == "assistant" else ""
            made.messages.append(ImportedMessage(str(role), text, parent, model=writer))
            if number == selected or following == parent:
                following = len(made.messages) - 1
        parent = following
    made.leaf = parent
    return made


def _lm_studio_system(data: Any) -> str:
    for field in sequence(mapping(data.get("perChatPredictionConfig")).get("fields")):
        if mapping(field).get("key") == "llm.prediction.systemPrompt":
            return words(mapping(field).get("value"))
    return ""


def _lm_studio_text(version: Any) -> str:
    if version.get("type") != "multiStep":
        return _text_parts(version.get("content"))
    made = []
    for step in (mapping(one) for one in sequence(version.get("steps"))):
        if step.get("type") != "contentBlock":
            continue
        text = _text_parts(step.get("content"))
        thinking = mapping(step.get("style")).get("type") == "thinking"
        made.append(f"<think>{text}</think>" if thinking and "<think>" not in text else text)
    return "\n\n".join(text for text in made if text.strip())


def _text_parts(content: object) -> str:
    if isinstance(content, str):
        return words(content)
    parts = [mapping(part) for part in sequence(content)]
    return "\n\n".join(words(part.get("text")) for part in parts if part.get("type") == "text")


def from_jan(lines: list[Any], thread: object = None) -> ImportedConversation | None:
    """Jan's `messages.jsonl`, with the `thread.json` beside it when there is one."""
    entries = [mapping(line) for line in lines]
    if not entries or any(entry.get("object") != "thread.message" for entry in entries):
        return None
    head = mapping(thread)
    made = ImportedConversation(words(head.get("title")), seconds(head.get("created")), seconds(head.get("updated")))
    for entry in sorted(entries, key=lambda entry: seconds(entry.get("created_at"))):
        role, parts = entry.get("role"), [mapping(part) for part in sequence(entry.get("content"))]
        text = "\n\n".join(
            words(mapping(part.get("text")).get("value")) for part in parts if part.get("type") == "text"
        )
        if role not in ROLES or not text.strip():
            continue
        parent = len(made.messages) - 1 if made.messages else None
        made.messages.append(ImportedMessage(str(role), text, parent, seconds(entry.get("created_at"))))
    return made


def _key(value: object) -> object:
    return value if isinstance(value, int | str) else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31 else 0
