"""Chat templates: the model's own, ChatML otherwise, and sentences when they refuse."""

from __future__ import annotations

import pytest

from tests.helpers.tiny_model import TEMPLATE
from thimble.engine.template import CHATML_STOP, ChatTemplate
from thimble.errors import Code, ThimbleError

pytestmark = pytest.mark.engine

USER = {"role": "user", "content": "Hi"}


def template(source: str | None = TEMPLATE) -> ChatTemplate:
    return ChatTemplate(source, bos="<s>", eos="</s>")


def test_messages_are_rendered_with_the_opening_of_an_answer() -> None:
    assert template().render([USER]) == "u:Hi\n>"


def test_a_continued_answer_stands_where_it_was_written() -> None:
    messages = [USER, {"role": "assistant", "content": "Well, "}]
    assert template().render(messages, continue_final=True) == "u:Hi\n>Well, "


def test_without_continuing_the_last_answer_is_a_turn_of_its_own() -> None:
    assert template().render([USER, {"role": "assistant", "content": "Well"}]) == "u:Hi\na:Well\n>"


def test_variables_of_the_request_reach_the_template() -> None:
    assert template().render([USER], variables={"style": "short"}) == "u:Hi\n[short]>"


def test_variables_cannot_replace_the_messages() -> None:
    assert template().render([USER], variables={"messages": [], "bos_token": "x"}) == "u:Hi\n>"


def test_a_refusal_of_the_template_is_said_in_its_words() -> None:
    with pytest.raises(ThimbleError, match="roles must alternate") as failure:
        template().render([USER, USER])
    assert failure.value.problem.code == Code.BAD_REQUEST


def test_a_template_may_ask_for_the_date() -> None:
    assert len(template("{{ strftime_now('%Y') }}").render([USER])) == 4


def test_a_model_without_template_gets_chatml_and_its_end_mark_as_stop_string() -> None:
    chatml = template(None)
    assert (chatml.own, chatml.stops) == (False, (CHATML_STOP,))
    assert chatml.render([USER]) == "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"


def test_a_template_that_cannot_be_read_is_replaced_by_chatml() -> None:
    assert not template("{% for %}").own


def test_a_template_cannot_reach_python() -> None:
    with pytest.raises(ThimbleError):
        template("{{ messages.__class__.__mro__[1].__subclasses__() }}").render([USER])
