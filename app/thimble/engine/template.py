"""From chat messages to the prompt text, by the model's own template."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any, Final

from thimble.engine.binding import llama
from thimble.engine.jinja import GIVEN, Jinja
from thimble.engine.template_process import SECONDS, Fault, TemplateFault, TemplateProcess
from thimble.engine.tools import harmony
from thimble.engine.tools.formats import is_harmony
from thimble.engine.tools.thoughts import OPEN_THOUGHT
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, ThimbleError, to_translate

log = logging.getLogger(__name__)

CHATML: Final = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>' + '\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)
CHATML_STOP: Final = "<|im_end|>"
_WORDS: Final = {
    Fault.ENDLESS: to_translate("It does not come to an end."),
    Fault.TOO_BIG: to_translate("It needs too much memory."),
    Fault.BROKEN: to_translate("It broke the program that fills it in."),
}
_PROBE: Final = "probe"

Message = dict[str, Any]


def values_of(
    messages: Sequence[Message],
    bos: str,
    eos: str,
    *,
    tools: Sequence[Mapping[str, Any]] = (),
    variables: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What a template is filled with; a request's variables replace nothing of it."""
    own = {
        "messages": list(messages),
        "bos_token": bos,
        "eos_token": eos,
        "add_generation_prompt": True,
        "tools": list(tools) or None,
        "functions": None,
        "function_call": None,
        "tool_choice": None,
    }
    return {name: value for name, value in (variables or {}).items() if name not in GIVEN} | own


class ChatTemplate:
    """The template of one model, or ChatML when it brings none that can be used.

    Args:
        source: its text; None or "" for ChatML.
        bos, eos: the model's tokens, as text.
        strict: raise what is wrong with it instead of using ChatML.
        seconds: see `TemplateProcess`.

    Raises:
        TemplateFault: `strict`, and it cannot be used at all.
        ThimbleError: ENGINE_FAILED: no process could be started for it.

    Attributes:
        own: whether it is the model's own.
        source: its text.
        harmony: whether answers come on channels.
        typed: it reads a message's content only as a list of parts, and would leave out one that is plain text.
    """

    def __init__(
        self, source: str | None, *, bos: str, eos: str, strict: bool = False, seconds: float = SECONDS
    ) -> None:
        self._bos, self._eos = bos, eos
        self.own, self.source, self.typed = False, CHATML, False
        self._template: TemplateProcess | Jinja = Jinja(CHATML)  # ours needs no guard
        if source:
            try:
                self._template, self.own, self.source = TemplateProcess(source, seconds=seconds), True, source
                self.typed = not self._shows(_PROBE) and self._shows(_parts(_PROBE))
            except TemplateFault as fault:
                self._template, self.own, self.source = Jinja(CHATML), False, CHATML
                if strict:
                    raise
                log.warning("the model's chat template cannot be read, ChatML is used: %s", fault.detail)
            except OSError as error:
                raise _not_started(error) from error
        self.harmony = is_harmony(self.source)

    def close(self) -> None:
        """Ends its process; a later `render` would start another."""
        if isinstance(self._template, TemplateProcess):
            self._template.close()

    def _shows(self, content: object) -> bool:
        try:
            return _PROBE in self._filled([{"role": "user", "content": content}])
        except TemplateFault as fault:
            if fault.kind is not Fault.FAILED:
                raise
            return False

    def _filled(self, messages: Sequence[Message], **more: Any) -> str:
        return self._template.render(values_of(messages, self._bos, self._eos, **more))

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
        if self.typed:
            messages = [
                {**message, "content": _parts(message["content"])}
                if isinstance(message.get("content"), str)
                else message
                for message in messages
            ]
        try:
            prompt = self._filled(messages, variables=variables, tools=tools)
        except TemplateFault as fault:
            raise _failed(fault) from fault
        except OSError as error:
            raise _not_started(error) from error
        except Exception as error:
            # ChatML over messages that are none
            raise _failed(TemplateFault(Fault.FAILED, str(error), detail=repr(error))) from error
        if beginning and self.harmony:
            return prompt + harmony.beginning(beginning)
        opened = OPEN_THOUGHT.search(prompt)
        return prompt + (beginning.removeprefix(opened[0]) if opened else beginning)


def reason_of(fault: TemplateFault) -> str:
    """What is wrong with a template, as a sentence."""
    reason = _WORDS.get(fault.kind) or fault.reason.strip().rstrip(".") + "."
    return reason[:1].upper() + reason[1:]


def _failed(fault: TemplateFault) -> ThimbleError:
    if fault.kind in _WORDS:
        return ThimbleError(
            Code.BAD_REQUEST,
            f"The model's chat template does not work. {reason_of(fault)}",
            "Change the template on the model's card, or use another model.",
            fault.detail,
        )
    reason = fault.reason.strip().rstrip(".")
    return ThimbleError(
        Code.BAD_REQUEST,
        f"The model's chat template does not accept these messages: {reason}.",
        "Check the order of the roles.",
        fault.detail,
    )


def _not_started(error: OSError) -> ThimbleError:
    return ThimbleError(
        Code.ENGINE_FAILED,
        "The process for the model's chat template could not be started.",
        "Close other programs, then try again.",
        repr(error),
    )


def _parts(text: str) -> list[dict[str, str]]:
    return [{"type": "text", "text": text}]


def template_of(model: Any, vocabulary: Vocabulary, chosen: str) -> ChatTemplate:
    """The chosen chat template of a model, or the file's own where there is none or it cannot be read."""
    bos, eos = vocabulary.text_of(vocabulary.bos), vocabulary.text_of(vocabulary.eos)
    if chosen and (made := ChatTemplate(chosen, bos=bos, eos=eos)).own:
        return made
    source = llama().llama_model_chat_template(model, None)
    return ChatTemplate(source.decode("utf-8", "replace") if source else None, bos=bos, eos=eos)
