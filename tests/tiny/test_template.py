"""The guide's chat template: the last question alone, whatever a program sends."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import jinja2.sandbox
import pytest

SOURCE = Path(__file__).parents[2] / "assets" / "tiny" / "recipe" / "vocabulary.py"


@pytest.fixture
def template() -> jinja2.Template:
    """Without importing its module, which needs the tokenizers package."""
    found = re.search(r"CHAT_TEMPLATE: Final = (\(.*?\n\))", SOURCE.read_text("utf-8"), re.DOTALL)
    assert found is not None
    return jinja2.sandbox.ImmutableSandboxedEnvironment().from_string(ast.literal_eval(found.group(1)))


def said(*messages: tuple[str, str]) -> list[dict[str, str]]:
    return [{"role": role, "content": content} for role, content in messages]


def test_earlier_questions_and_the_systems_message_are_left_out(template: jinja2.Template) -> None:
    messages = said(("system", "Be kind."), ("user", "One?"), ("assistant", "One."), ("user", "Two?"))
    text = template.render(messages=messages, add_generation_prompt=True)
    assert text == "<|im_start|>user\nTwo?<|im_end|>\n<|im_start|>assistant\n"


def test_an_answer_that_goes_on_stays_with_its_question(template: jinja2.Template) -> None:
    messages = said(("user", "One?"), ("assistant", "One."), ("user", "Two?"), ("assistant", "Tw"))
    text = template.render(messages=messages, add_generation_prompt=False)
    assert text == "<|im_start|>user\nTwo?<|im_end|>\n<|im_start|>assistant\nTw<|im_end|>\n"
