"""What the engine is asked: the messages above an answer, and the settings in force."""

from __future__ import annotations

from typing import TYPE_CHECKING

from thimble.conversations import Message, Role, Store
from thimble.settings import Settings

if TYPE_CHECKING:
    from thimble.client import ChatRequest


def chat_request(store: Store, settings: Settings, message: Message, written: str, model: str) -> ChatRequest:
    """The request for an answer.

    Args:
        store: where the conversation is.
        settings: global and per model; the conversation's own are in the store.
        message: the answer's message.
        written: what of it is there already and is continued.
        model: id of the model that will answer.

    Raises:
        ThimbleError: the conversation is gone, or the store cannot be read.
    """
    from thimble.client import ChatRequest

    own = store.conversation(message.conversation_id).settings
    by_id = {other.id: other for other in store.messages(message.conversation_id)}
    above: list[Message] = []
    parent = message.parent_id
    while parent is not None:
        above.append(by_id[parent])
        parent = by_id[parent].parent_id
    system = str(settings.value("answers.system_prompt", model=model, conversation=own))
    messages = as_prompt(list(reversed(above)), system)
    if written:
        messages.append({"role": str(Role.ASSISTANT), "content": written})
    return ChatRequest(
        messages,
        temperature=float(settings.value("answers.temperature", model=model, conversation=own)),
        repeat_penalty=float(settings.value("answers.repeat_penalty", model=model, conversation=own)),
        max_tokens=int(settings.value("answers.max_tokens", model=model, conversation=own)),
        continue_final=bool(written),
        context_policy=str(settings.value("answers.context_full", model=model, conversation=own)),
    )


def as_prompt(messages: list[Message], system: str) -> list[dict[str, str]]:
    """Messages as the protocol wants them, the system prompt first; empty ones are left out."""
    prompt = [{"role": str(Role.SYSTEM), "content": system}] if system.strip() else []
    return prompt + [{"role": str(message.role), "content": message.text} for message in messages if message.text]
