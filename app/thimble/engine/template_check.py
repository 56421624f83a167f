"""Whether a chat template works, tried on a sample conversation: in a process of its own, so that one that never ends
can be ended.

`python -m thimble.engine.template_check` reads `{"template": …}` and prints `{"prompt", "system"}` or
`{"reason", "line"}`.
"""

from __future__ import annotations

import json
import subprocess
import sys
import traceback
from typing import Any, Final

from thimble.errors import Code, ThimbleError, to_translate

SECONDS: Final = 10.0
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
_FILE: Final = "<template>"
"""What jinja calls a template's text in tracebacks."""


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
        done = subprocess.run(
            [sys.executable, "-m", "thimble.engine.template_check"],
            input=json.dumps({"template": source}),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=SECONDS,
            check=False,
        )
        told = json.loads(done.stdout.splitlines()[-1])
    except subprocess.TimeoutExpired:
        raise _wrong("It does not come to an end.", 0) from None
    except (ValueError, IndexError) as error:
        raise _wrong("It broke the program that tried it.", 0, done.stderr[-500:]) from error
    if "prompt" not in told:
        raise _wrong(str(told["reason"]), int(told["line"]))
    return str(told["prompt"]), bool(told["system"])


def _wrong(reason: str, line: int, detail: str = "") -> ThimbleError:
    sentence = f"Line {line}: {reason}" if line else reason
    return ThimbleError(Code.BAD_REQUEST, f"The chat template does not work. {sentence}", "", detail)


def _try(source: str) -> dict[str, Any]:
    from jinja2 import TemplateSyntaxError

    from thimble.engine.binding import llama
    from thimble.engine.template import ChatTemplate

    llama()
    from llama_cpp.llama_chat_format import Jinja2ChatFormatter

    try:
        Jinja2ChatFormatter(template=source, eos_token=EOS, bos_token=BOS)
    except TemplateSyntaxError as error:
        return {"reason": _sentence(error.message or "wrong syntax"), "line": error.lineno}
    template = ChatTemplate(source, bos=BOS, eos=EOS)
    prompt = ""
    for messages in (SAMPLE, SAMPLE[1:]):  # some templates know no system prompt and say so
        try:
            prompt = template.render(messages)
            break
        except ThimbleError as error:
            cause = error.__cause__
            failure = {"reason": _sentence(str(cause) or type(cause).__name__), "line": _line(cause)}
    else:
        return failure
    if LAST not in prompt:
        return {"reason": to_translate("It leaves out what the person says."), "line": 0}
    return {"prompt": prompt, "system": SYSTEM in prompt}


def _sentence(reason: str) -> str:
    reason = reason.strip().rstrip(".")
    return f"{reason[:1].upper()}{reason[1:]}."


def _line(error: BaseException | None) -> int:
    """The template's line at fault; 0 where it is not known."""
    frames = traceback.extract_tb(error.__traceback__) if error is not None else []
    return next((frame.lineno or 0 for frame in reversed(frames) if frame.filename == _FILE), 0)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_try(json.loads(sys.stdin.read())["template"])) + "\n")
