"""Whether a chat template works, tried on a sample conversation."""

from __future__ import annotations

from typing import Any, Final

from thimble.engine.template import ChatTemplate, reason_of
from thimble.engine.template_process import SECONDS, Fault, TemplateFault
from thimble.errors import Code, ThimbleError, to_translate

BOS, EOS = "<bos>", "<eos>"
"""What stands for the model's own tokens."""
SYSTEM: Final = "You are a helpful assistant."
LAST: Final = "And at night?"
SAMPLE: Final[tuple[dict[str, Any], ...]] = (
    {"role": "system", "content": SYSTEM},
    {"role": "user", "content": "Why is the sky blue?"},
    {"role": "assistant", "content": "Because air scatters blue light more than red."},
    {"role": "user", "content": LAST},
)


def check_template(source: str) -> tuple[str, bool]:
    """Tries a template; blocks.

    Args:
        source: its text.

    Returns:
        the prompt of the sample conversation, and whether the template has a place for a system prompt.

    Raises:
        ThimbleError: BAD_REQUEST, with the line where there is one.
    """
    try:
        template = ChatTemplate(source, bos=BOS, eos=EOS, strict=True, seconds=SECONDS)
    except TemplateFault as fault:
        raise _wrong(fault) from fault
    failure: BaseException | None = None
    for messages in (SAMPLE, SAMPLE[1:]):  # some templates know no system prompt and say so
        try:
            prompt = template.render(messages)
            break
        except ThimbleError as error:
            failure = error.__cause__
    else:
        if isinstance(failure, TemplateFault):
            raise _wrong(failure)
        raise ThimbleError(Code.INTERNAL, "The chat template could not be tried.", "Try again.", repr(failure))
    if LAST not in prompt:
        raise _wrong(TemplateFault(Fault.FAILED, to_translate("It leaves out what the person says.")))
    return prompt, SYSTEM in prompt


def _wrong(fault: TemplateFault) -> ThimbleError:
    reason = reason_of(fault)
    sentence = f"Line {fault.line}: {reason}" if fault.line else reason
    return ThimbleError(Code.BAD_REQUEST, f"The chat template does not work. {sentence}", "", fault.detail)
