"""What the engine is asked: the messages above an answer, and the settings in force."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from thimble.conversations import AttachedFile, Message, Role, Store, ToolStep
from thimble.conversations.tool_steps import spoken
from thimble.retrieval.choosing import Found, Passage
from thimble.settings import Settings

if TYPE_CHECKING:
    from thimble.client import ChatRequest


def chat_request(
    store: Store,
    settings: Settings,
    message: Message,
    written: str,
    model: str,
    *,
    steps: Sequence[ToolStep] = (),
    tools: Sequence[dict[str, Any]] = (),
    pictures: bool = False,
) -> ChatRequest:
    """The request for an answer.

    Args:
        store: where the conversation is.
        settings: global and per model; the conversation's own are in the store.
        message: the answer's message.
        written: what of it is there already and is continued.
        model: what the settings call the model that will answer.
        steps: calls of tools in what of it is there already.
        tools: what the model may call, as OpenAI's `tools`; without any, earlier calls are left out, too.
        pictures: whether it sees pictures.

    Raises:
        ThimbleError: the conversation is gone, or the store cannot be read.
    """
    from thimble.client import ChatRequest
    from thimble.client.answering import answer_options

    own = store.conversation(message.conversation_id).settings
    by_id = {other.id: other for other in store.messages(message.conversation_id)}
    above: list[Message] = []
    parent = message.parent_id
    while parent is not None:
        above.append(by_id[parent])
        parent = by_id[parent].parent_id
    system = str(settings.value("answers.system_prompt", model=model, conversation=own))
    files = store.files_of(message.conversation_id, searched_too=False)
    messages = as_prompt(list(reversed(above)), system, files, with_steps=bool(tools), pictures=pictures)
    before = len(messages)
    if steps and tools:
        messages += spoken(written, steps)
    elif written:
        messages.append({"role": str(Role.ASSISTANT), "content": written})

    return ChatRequest(
        messages,
        continue_final=len(messages) > before and messages[-1]["role"] == Role.ASSISTANT,
        tools=tools,
        context_policy=str(settings.value("answers.context_full", model=model, conversation=own)),
        **answer_options(settings, model, own),
    )


def as_prompt(
    messages: list[Message],
    system: str,
    files: Mapping[int, Sequence[AttachedFile]] | None = None,
    *,
    with_steps: bool = False,
    pictures: bool = False,
) -> list[dict[str, Any]]:
    """Messages as the protocol wants them, the system prompt first; empty ones are left out.

    Messages of one role in a row become one: most chat templates refuse two of them. Passages that were found in files
    stand with the last question only: an answer to an earlier one has read its own.

    Args:
        messages: oldest first.
        system: the system prompt.
        files: by message id, what is attached.
        with_steps: calls of tools and their results are told, too; only models that know tools understand them.
        pictures: whether the model sees them; else it is told what it cannot see.
    """
    prompt: list[dict[str, Any]] = [{"role": str(Role.SYSTEM), "content": system}] if system.strip() else []
    asked = next((message.id for message in reversed(messages) if message.role == Role.USER), None)
    for message in messages:
        text = message.text
        if message.id == asked and message.passages:
            text = with_passages(text, Found.from_json(message.passages).passages)
        attached = (files or {}).get(message.id, ())
        text = with_files(text, [file for file in attached if not file.picture or not pictures])
        content = _with_pictures(text, [file.text for file in attached if file.picture and pictures])
        if not content and not (with_steps and message.steps):
            continue
        if with_steps and message.steps:
            prompt += spoken(message.text, message.steps)
        elif prompt and prompt[-1]["role"] == message.role:
            prompt[-1]["content"] = _joined(prompt[-1]["content"], content)
        else:
            prompt.append({"role": str(message.role), "content": content})
    return prompt


def _with_pictures(text: str, addresses: Sequence[str]) -> str | list[dict[str, Any]]:
    """A text behind its pictures, as OpenAI's parts; without pictures it stays a text."""
    if not addresses:
        return text
    parts: list[dict[str, Any]] = [{"type": "image_url", "image_url": {"url": address}} for address in addresses]
    return [*parts, {"type": "text", "text": text}] if text else parts


def _joined(first: str | list[dict[str, Any]], second: str | list[dict[str, Any]]) -> str | list[dict[str, Any]]:
    """Two contents as one."""
    if isinstance(first, str) and isinstance(second, str):
        return f"{first}\n\n{second}"
    return [
        part
        for content in (first, second)
        for part in (content if isinstance(content, list) else [{"type": "text", "text": content}])
    ]


def with_files(text: str, files: Sequence[AttachedFile]) -> str:
    """A message's text behind its attached files, each between marks that do not occur in it."""
    parts = []
    for file in files:
        if file.picture:
            parts.append(f"Picture “{file.name}”: it cannot be shown to you.")
        elif file.searched:
            parts.append(f"File “{file.name}”: passages of it are shown with the question.")
        else:
            content = re.sub(r"\s*\f\s*", "\n\n", file.text)  # pages
            parts.append(f"File “{file.name}”:\n{_fenced(content)}")
    return "\n\n".join([*parts, text] if text else parts)


def with_passages(text: str, passages: Sequence[Passage]) -> str:
    """A question behind the passages that were found for it, each between marks that do not occur in it."""
    parts = []
    for passage in passages:
        first, last = passage.pages
        where = "" if not first else f", page {first}" if first == last else f", pages {first}–{last}"
        content = re.sub(r"\s*\f\s*", "\n\n", passage.text)
        parts.append(f"Passage from “{passage.name}”{where}:\n{_fenced(content)}")
    return "\n\n".join([*parts, text] if text else parts)


def _fenced(content: str) -> str:
    longest = max((len(run) for run in re.findall(r"`{3,}", content)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}\n{content}\n{fence}"
