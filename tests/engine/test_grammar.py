"""Answers of a given form: JSON, a schema, a grammar of one's own."""

from __future__ import annotations

import json

import pytest

from tests.engine.conftest import Answer, Engine
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.grammar import grammar_of_json
from thimble.engine.sampling import Sampling
from thimble.errors import Code, ThimbleError

pytestmark = pytest.mark.engine

YES_OR_NO = 'root ::= "yes" | "no"\n'


def ask(engine: Engine, sampling: Sampling, max_tokens: int = 24) -> Answer:
    chat = ChatPrompt([{"role": "user", "content": "Hi"}])
    return engine.run(AnswerTask(chat, sampling, max_tokens, ()))


@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_a_model_of_nonsense_says_what_the_grammar_allows(nonsense: Engine, temperature: float) -> None:
    for seed in range(5):
        answer = ask(nonsense, Sampling(temperature=temperature, seed=seed, grammar=YES_OR_NO))
        assert answer.text in {"yes", "no"}


def test_a_schema_is_kept_to(nonsense: Engine) -> None:
    schema = {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]}
    answer = ask(nonsense, Sampling(temperature=1.0, seed=3, grammar=grammar_of_json(schema)))
    assert json.loads(answer.text)["ok"] in {True, False}


def test_any_json_begins_as_an_object(nonsense: Engine) -> None:
    sampling = Sampling(temperature=1.0, seed=1, grammar=grammar_of_json())
    assert ask(nonsense, sampling, max_tokens=20).text.lstrip().startswith("{")


def test_penalties_and_the_same_seed_go_with_a_grammar(nonsense: Engine) -> None:
    sampling = Sampling(temperature=1.0, seed=5, repeat_penalty=1.3, grammar="root ::= [a-z]{5}")
    one, two = ask(nonsense, sampling), ask(nonsense, sampling)
    assert one.text == two.text
    assert len(one.text) == 5
    assert one.text.isalpha()


@pytest.mark.parametrize(
    "grammar",
    [
        "this is none",
        'start ::= "x"',
        "root ::= (",
        "root ::= " + "(" * 30_000 + '"a"' + ")" * 30_000,  # llama.cpp overflows its stack
    ],
)
def test_what_is_no_grammar_is_refused_and_the_engine_lives(nonsense: Engine, grammar: str) -> None:
    with pytest.raises(ThimbleError, match="grammar") as raised:
        ask(nonsense, Sampling(grammar=grammar))
    assert raised.value.problem.code == Code.BAD_REQUEST
    assert ask(nonsense, Sampling(grammar=YES_OR_NO)).text in {"yes", "no"}


@pytest.mark.parametrize("limits", [{"type": "string", "maxLength": 65_536}, {"type": "array", "maxItems": 65_536}])
def test_limits_too_high_to_count_are_left_out_and_the_engine_lives(
    nonsense: Engine, limits: dict[str, object]
) -> None:
    schema = {"type": "object", "properties": {"text": limits}, "required": ["text"]}
    answer = ask(nonsense, Sampling(temperature=1.0, seed=3, grammar=grammar_of_json(schema)), max_tokens=6)
    assert answer.text.lstrip().startswith("{")


def test_limits_that_can_be_counted_are_kept(nonsense: Engine) -> None:
    schema = {"type": "string", "minLength": 2, "maxLength": 3}
    answer = ask(nonsense, Sampling(temperature=1.0, seed=3, grammar=grammar_of_json(schema)), max_tokens=40)
    assert len(json.loads(answer.text)) in {2, 3}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 10**9},
        {"type": "array", "items": {"type": "string"}, "minItems": 10**9},
        {"type": "string", "pattern": "^((a{1000}){1000}){1000}$"},
    ],
)
def test_a_schema_that_wants_more_than_can_be_counted_is_refused(schema: dict[str, object]) -> None:
    with pytest.raises(ThimbleError, match="schema"):
        grammar_of_json({"type": "object", "properties": {"text": schema}})


def test_what_only_looks_like_a_limit_stays() -> None:
    limits = {"maxLength": 65_536}
    schema = {"type": "object", "properties": {"maxLength": {"const": limits}}, "required": ["maxLength"]}
    assert "65536" in grammar_of_json(schema)


def test_a_schema_that_is_none_is_refused() -> None:
    with pytest.raises(ThimbleError, match="schema"):
        grammar_of_json({"type": "what"})


def go_on(engine: Engine, written: str, grammar: str) -> Answer:
    chat = ChatPrompt(
        [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": written}], continue_final=True
    )
    return engine.run(AnswerTask(chat, Sampling(temperature=1.0, seed=2, grammar=grammar), 24, ()))


def test_a_continued_answer_goes_on_in_the_grammar_where_it_was_cut(nonsense: Engine) -> None:
    assert go_on(nonsense, '{"ok":', 'root ::= "{\\"ok\\":" "true" "}"').text == "true}"
    assert go_on(nonsense, "Grä", 'root ::= "Gräfin"').text == "fin"
    assert go_on(nonsense, "yes", YES_OR_NO).text == ""  # it was whole


def test_a_beginning_that_does_not_fit_is_refused_and_the_engine_lives(nonsense: Engine) -> None:
    with pytest.raises(ThimbleError, match="written so far") as raised:
        go_on(nonsense, "maybe", YES_OR_NO)
    assert raised.value.problem.code == Code.BAD_REQUEST
    assert ask(nonsense, Sampling(grammar=YES_OR_NO)).text in {"yes", "no"}


def test_a_token_that_the_grammar_refused_is_not_penalized(endless: Engine) -> None:
    """Behind an a the model wants b. The grammar refuses it once; it is not less wanted for that."""
    sampling = Sampling(temperature=0, presence_penalty=1000, grammar='root ::= "aa" [bc]')
    assert ask(endless, sampling).text == "aab"
