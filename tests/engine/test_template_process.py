"""Templates that mean harm: each is ended by itself, and nothing else is."""

from __future__ import annotations

import gc
from typing import Any

import psutil
import pytest

from thimble.engine import template_process
from thimble.engine.template import ChatTemplate
from thimble.engine.template_process import Fault, TemplateFault, TemplateProcess
from thimble.errors import Code, ThimbleError

NEVER = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"
USER = {"role": "user", "content": "Hi"}


def fault_of(template: TemplateProcess, **values: Any) -> Fault:
    with pytest.raises(TemplateFault) as failed:
        template.render(values)
    return failed.value.kind


def test_one_that_never_ends_is_ended_and_can_be_filled_again() -> None:
    template = TemplateProcess("{% if loops %}" + NEVER + "{% endif %}done")
    template._seconds = 0.5
    assert fault_of(template, loops=True) is Fault.ENDLESS
    template._seconds = template_process.SECONDS
    assert template.render({"loops": False}) == "done"


@pytest.mark.parametrize(
    "bomb",
    [
        "{{ 'a' * n }}",
        "{{ 'a'.ljust(n) }}",
        "{{ '%*s' % (n, 'a') }}",
        "{% set s = namespace(s='a' * 99999999) %}{% for _ in range(60) %}{% set s.s = s.s ~ s.s %}{% endfor %}",
        "{% for _ in range(99999) %}{{ 'a' * 100000 }}{% endfor %}",
        "{{ [1] * n }}",
    ],
)
def test_one_that_wants_all_memory_gets_no_more_than_its_share(bomb: str) -> None:
    template = TemplateProcess("{% if n %}" + bomb + "{% endif %}small")
    assert fault_of(template, n=20_000_000_000) in {Fault.TOO_BIG, Fault.FAILED}
    assert template.render({"n": 0}) == "small"


def test_a_constant_is_not_unfolded_without_bounds_while_it_is_read() -> None:
    template = TemplateProcess("{% if show %}{{ 'a' * 20000000000 }}{% endif %}fine")
    assert template.render({"show": False}) == "fine"


def test_a_prompt_beyond_every_context_is_refused() -> None:
    assert fault_of(TemplateProcess("{{ 'a' * n }}"), n=template_process.LONGEST + 1) is Fault.TOO_BIG


def test_a_process_that_is_lost_is_said_and_replaced() -> None:
    template = TemplateProcess("{{ word }}")
    assert template._process is not None
    template._process.kill()
    template._process.wait()
    assert fault_of(template, word="Hi") is Fault.BROKEN
    assert template.render({"word": "Hi"}) == "Hi"


def test_its_process_ends_with_it() -> None:
    template = TemplateProcess("Hi")
    assert template._process is not None
    pid = template._process.pid
    del template
    gc.collect()
    assert not psutil.pid_exists(pid)


def test_its_process_ends_when_nobody_asks_any_more() -> None:
    template = TemplateProcess("Hi")
    process = template._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(20) == 0


@pytest.mark.parametrize(
    "source",
    [
        "{{ ''.__class__.__mro__[1].__subclasses__() }}",
        "{{ messages.append(1) }}",
        "{% include '/etc/passwd' %}",
        "{{ cycler.__init__.__globals__.os.getcwd() }}",
        "{{ lipsum.__globals__['os'].getcwd() }}",
        "{{ raise_exception.__globals__ }}",
        "{{ strftime_now.__globals__ }}",
        "{{ '{0.__class__}'.format(messages) }}",
        "{{ (messages | map(attribute='__class__') | list)[0].__name__.x }}",
    ],
)
def test_nothing_of_python_or_the_disk_can_be_reached(source: str) -> None:
    kind, prompt = Fault.FAILED, ""
    try:
        prompt = TemplateProcess(source).render({"messages": [USER]})
    except TemplateFault as fault:
        kind = fault.kind
    assert (kind, prompt) == (Fault.FAILED, ""), "refused, or as if it were not there"


def test_a_model_whose_template_never_ends_is_used_with_chatml() -> None:
    template = ChatTemplate(NEVER, bos="", eos="", seconds=0.5)
    assert not template.own
    assert "<|im_start|>user\nHi" in template.render([USER])


def test_a_template_that_means_harm_only_later_ends_in_a_sentence() -> None:
    source = "{% if messages | length > 1 %}{{ 'a' * 20000000000 }}{% endif %}{{ messages[0].content }}"
    template = ChatTemplate(source, bos="", eos="")
    assert template.render([USER]) == "Hi"
    with pytest.raises(ThimbleError, match="needs too much memory") as refused:
        template.render([USER, USER])
    assert refused.value.problem.code == Code.BAD_REQUEST
