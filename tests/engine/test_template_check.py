"""Chat templates are tried before they are kept."""

from __future__ import annotations

import pytest

from thimble.engine import template_check
from thimble.engine.template import CHATML
from thimble.engine.template_check import LAST, SYSTEM, check_template
from thimble.errors import Code, ThimbleError

PLAIN = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}"


def refusal(source: str) -> str:
    """Why a template is refused."""
    with pytest.raises(ThimbleError) as refused:
        check_template(source)
    assert refused.value.problem.code == Code.BAD_REQUEST
    return refused.value.problem.sentence.removeprefix("The chat template does not work. ")


def test_a_working_template_shows_the_sample_conversation() -> None:
    prompt, system = check_template(CHATML)
    assert system
    assert prompt.startswith(f"<|im_start|>system\n{SYSTEM}<|im_end|>")
    assert prompt.endswith(f"{LAST}<|im_end|>\n<|im_start|>assistant\n")


def test_wrong_syntax_is_told_with_its_line() -> None:
    assert refusal("first\nsecond {% if %}\n").startswith("Line 2: ")


def test_a_failure_while_it_is_filled_in_is_told_with_its_line() -> None:
    assert refusal(f"{PLAIN}\n\n{{{{ nothing.inside }}}}") == "Line 4: 'nothing' is undefined."


def test_one_that_knows_no_system_prompt_is_tried_without() -> None:
    source = "{% if messages[0].role == 'system' %}{{ raise_exception('no system') }}{% endif %}" + PLAIN
    prompt, system = check_template(source)
    assert (system, prompt.splitlines()[0]) == (False, "user: Why is the sky blue?")


def test_its_own_refusal_is_its_reason() -> None:
    assert refusal("\n{{ raise_exception('never') }}") == "Line 2: Never."


def test_one_that_leaves_out_the_question_is_refused() -> None:
    assert refusal("{{ bos_token }}Hello") == "It leaves out what the person says."


def test_nothing_of_python_can_be_reached() -> None:
    assert "unsafe" in refusal("{{ ''.__class__.__mro__[1].__subclasses__() }}" + PLAIN)


def test_one_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template_check, "SECONDS", 0.5)
    many = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
    assert refusal(many + PLAIN) == "It does not come to an end."
