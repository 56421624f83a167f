"""Messages of a chat."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import AliasChoices, Field, PlainValidator

from thimble.engine.prompt import PICTURES
from thimble.server.pictures import Content, content_of, read_picture
from thimble.server.schemas.body import Body


class CalledFunction(Body):
    """What an earlier answer called."""

    name: str = Field(min_length=1)
    arguments: str | dict[str, Any] = ""


class MessageCall(Body):
    """A tool call of an earlier answer."""

    id: str = ""
    function: CalledFunction

    def for_template(self) -> dict[str, Any]:
        """As chat templates know it: the arguments are an object, which they write out in their own way."""
        arguments: object = self.function.arguments
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments or "{}")
            except (ValueError, RecursionError):
                arguments = self.function.arguments  # the model wrote it so; it may learn from the answer to it
        return {"id": self.id, "type": "function", "function": {"name": self.function.name, "arguments": arguments}}


class Message(Body):
    """One message of a chat."""

    role: Literal["system", "developer", "user", "assistant", "tool"]
    content: Annotated[Content, PlainValidator(content_of)] = Content()
    name: str | None = None
    reasoning_content: str | None = Field(default=None, validation_alias=AliasChoices("reasoning_content", "reasoning"))
    tool_calls: list[MessageCall] = Field(default_factory=list)
    tool_call_id: str | None = None

    def for_template(self) -> dict[str, Any]:
        """As chat templates know it; OpenAI's newer "developer" is their "system". Decodes pictures: not in the loop's
        thread."""
        message: dict[str, Any] = {
            "role": "system" if self.role == "developer" else self.role,
            "content": self.content.text,
        }
        if self.content.addresses:
            message[PICTURES] = [read_picture(address) for address in self.content.addresses]
        if self.name:
            message["name"] = self.name
        if self.reasoning_content and self.role == "assistant":
            message["reasoning_content"] = message["thinking"] = self.reasoning_content
        if self.tool_calls and self.role == "assistant":
            message["tool_calls"] = [call.for_template() for call in self.tool_calls]
        if self.tool_call_id:
            message["tool_call_id"] = self.tool_call_id
        return message


def template_messages(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as chat templates know them."""
    return [message.for_template() for message in messages]
