"""From chat messages to the prompt text, by the model's own template (sandboxed jinja)."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from thimble.engine.binding import llama
from thimble.engine.tools import harmony
from thimble.engine.tools.formats import is_harmony
from thimble.engine.tools.thoughts import OPEN_THOUGHT
from thimble.errors import Code, ThimbleError

log = logging.getLogger(__name__)

CHATML: Final = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
CHATML_STOP: Final = "<|im_end|>"
_RESERVED: Final = frozenset(
    {
        "messages",
        "eos_token",
        "bos_token",
        "raise_exception",
        "add_generation_prompt",
        "functions",
        "function_call",
        "tools",
        "tool_choice",
        "strftime_now",
    }
)

_PROBE: Final = "probe"

Message = dict[str, Any]


class ChatTemplate:
    """The template of one model, or ChatML when it brings none that can be used.

    Attributes:
        own: whether it is the model's own.
        source: its text.
        harmony: whether answers come on channels.
        typed: it reads a message's content only as a list of parts, and would leave out one that is plain text.
    """

    def __init__(self, source: str | None, *, bos: str, eos: str) -> None:
        llama()  # the formatter's module needs the library
        from jinja2 import TemplateError
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        self._errors: tuple[type[Exception], ...] = (TemplateError, ValueError, TypeError, KeyError, AttributeError)
        self._formatter: Any = None
        self.own = False
        self.source = CHATML
        if source:
            try:
                self._formatter = Jinja2ChatFormatter(template=source, eos_token=eos, bos_token=bos)
                self.own, self.source = True, source
            except TemplateError as error:
                log.warning("the model's chat template cannot be read, ChatML is used: %s", error)
        if self._formatter is None:
            self._formatter = Jinja2ChatFormatter(template=CHATML, eos_token=eos, bos_token=bos)
        self.harmony = is_harmony(self.source)
        self.typed = self.own and not self._shows(_PROBE) and self._shows(_parts(_PROBE))

    def _shows(self, content: object) -> bool:
        try:
            return _PROBE in str(self._formatter(messages=[{"role": "user", "content": content}]).prompt)
        except self._errors:
            return False

    @property
    def stops(self) -> tuple[str, ...]:
        """Stop strings this template needs: ChatML's end mark is plain text to a model that was not made for it."""
        return () if self.own else (CHATML_STOP,)

    def render(
        self,
        messages: Sequence[Message],
        *,
        continue_final: bool = False,
        variables: Mapping[str, Any] | None = None,
        tools: Sequence[Mapping[str, Any]] = (),
    ) -> str:
        """The prompt text.

        Args:
            messages: oldest first, `role` and `content`; the assistant's may have `tool_calls`, and
                `reasoning_content`.
            continue_final: the last message is the assistant's beginning of the answer. It is put behind the opening
                of an answer, exactly where its tokens stood when it was written, so their KV entries fit.
            variables: the request's `chat_template_kwargs`.
            tools: that the model may call, as OpenAI's objects.

        Raises:
            ThimbleError: the template refused the messages, or failed.
        """
        beginning = ""
        if continue_final and messages and messages[-1].get("role") == "assistant":
            beginning = str(messages[-1].get("content") or "")
            messages = messages[:-1]
        extra = {name: value for name, value in (variables or {}).items() if name not in _RESERVED}
        if self.typed:
            messages = [
                {**message, "content": _parts(message["content"])}
                if isinstance(message.get("content"), str)
                else message
                for message in messages
            ]
        try:
            response = self._formatter(messages=list(messages), tools=list(tools) or None, **extra)
        except self._errors as error:
            reason = str(error).strip().rstrip(".") or type(error).__name__
            raise ThimbleError(
                Code.BAD_REQUEST,
                f"The model's chat template does not accept these messages: {reason}.",
                "Check the order of the roles.",
                repr(error),
            ) from error
        prompt = str(response.prompt)
        if beginning and self.harmony:
            return prompt + harmony.beginning(beginning)
        opened = OPEN_THOUGHT.search(prompt)
        return prompt + (beginning.removeprefix(opened[0]) if opened else beginning)


def _parts(text: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text}]
