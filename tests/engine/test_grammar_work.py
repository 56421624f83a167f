"""Grammars that can be read in too many ways end in a sentence; all others allow what they allowed."""

from __future__ import annotations

import ctypes
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest

from tests.engine.conftest import Engine
from thimble.engine.binding import llama
from thimble.engine.generate import AnswerTask
from thimble.engine.grammar import Grammar, grammar_of_json, last_work
from thimble.engine.memory import memory_use
from thimble.engine.sampling import Sampling
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, ThimbleError

pytestmark = pytest.mark.engine

LIMIT = 10**9
"""Units of work that the engine gives one step; a single one of them takes far less."""
DOUBLING = 'root ::= s "!"\ns ::= "a" s x | "a" s y | "a"\nx ::= "x"\ny ::= "y"\n'
"""After n letters there are 2^n ways to go on."""
EMPTY = "e ::= f\nf ::= \n"
"""A rule whose emptiness llama.cpp's look for left recursion does not see."""
NESTED = {
    "anyOf": [{"type": "array", "items": {"$ref": "#/$defs/one"}}, {"type": "array", "items": {"$ref": "#/$defs/two"}}]
}
"""Each opening bracket may belong to either kind of list."""
SCHEMA = {"$defs": {"one": NESTED, "two": {**NESTED, "minItems": 0}}, **NESTED}
HOSTILE = {
    "doubling": (DOUBLING, "a"),
    "empty pieces": ('root ::= ("a"? "a"? "a"?){0,500} "b"', "a"),
    "growing without end": ('root ::= "a" r\nr ::= e r "x" | "y"\n' + EMPTY, "a"),
    "endless from the start": ('root ::= e root "x" | "y"\n' + EMPTY, "a"),
    "long pieces written out": ('root ::= "' + "a" * 45_000 + '"{0,1900}', "a"),
    "two kinds of lists": (SCHEMA, "["),
}


@pytest.fixture
def vocabulary(engine: Engine, starter_model: Path) -> Vocabulary:
    """A real one, with tokens of many letters and of pieces of letters."""
    engine.load(starter_model, context=512)
    assert engine.host._loaded is not None
    return engine.host._loaded.vocabulary


def text_of(grammar: object) -> str:
    llama()
    return grammar if isinstance(grammar, str) else grammar_of_json(grammar)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", HOSTILE)
def test_too_many_ways_end_in_a_sentence_and_the_engine_goes_on(nonsense: Engine, name: str) -> None:
    grammar, wanted = HOSTILE[name]
    before = memory_use().peak
    sampling = Sampling(temperature=0, grammar=text_of(grammar), logit_bias={ord(wanted): 100.0})
    with pytest.raises(ThimbleError, match="can be read in too many ways") as failed:
        nonsense.run(AnswerTask("x", sampling, 200))
    assert failed.value.problem.code == Code.BAD_REQUEST
    assert memory_use().peak - before < 2**30
    fine = nonsense.run(AnswerTask("x", Sampling(temperature=0, grammar='root ::= "fine"'), 20))
    assert fine.text == "fine"


def units_of_each_step(vocabulary: Vocabulary) -> list[int]:
    grammar = Grammar(DOUBLING, vocabulary.pointer)
    units = [last_work().units]
    letter = vocabulary.tokenize_within("a")[0]
    with suppress(ThimbleError):
        for _ in range(100):
            grammar.accept(letter)
            units.append(last_work().units)
    grammar.close()
    return [*units, last_work().units]


def test_the_work_is_counted_and_not_timed(vocabulary: Vocabulary) -> None:
    units = units_of_each_step(vocabulary)
    assert units == units_of_each_step(vocabulary)
    assert max(units[:-1]) <= LIMIT < units[-1] < 1.01 * LIMIT


@pytest.mark.parametrize(
    "schema",
    [
        {"enum": [f"value number {number}" for number in range(2000)]},
        {"type": "array", "items": {"type": "string", "maxLength": 1000}, "maxItems": 1000},
        {"anyOf": [{"type": "object", "properties": {f"p{n}": {"type": "string"}}} for n in range(300)]},
    ],
    ids=["list of words", "high limits", "kinds of objects"],
)
def test_ordinary_large_schemas_need_a_fraction(vocabulary: Vocabulary, schema: dict[str, object]) -> None:
    made = {"type": "object", "properties": {"one": schema}, "required": ["one"]}
    grammar = Grammar(grammar_of_json(made), vocabulary.pointer)
    units = [last_work().units]
    for token in vocabulary.tokenize_within('{"one": '):
        allowed(grammar, vocabulary)
        units.append(last_work().units)
        grammar.accept(token)
        units.append(last_work().units)
    allowed(grammar, vocabulary)
    units.append(last_work().units)
    grammar.close()
    assert max(units) < LIMIT / 10


def allowed(grammar: Grammar, vocabulary: Vocabulary) -> set[int]:
    """All tokens that the answer may go on with."""
    lib = llama()
    candidates = np.zeros(vocabulary.size, np.dtype([("id", "i4"), ("logit", "f4"), ("p", "f4")]))
    candidates["id"] = np.arange(vocabulary.size)
    data = candidates.ctypes.data_as(ctypes.POINTER(lib.llama_token_data))
    grammar.rule_out(lib.llama_token_data_array(data, vocabulary.size, -1, False))
    return set(np.flatnonzero(np.isfinite(candidates["logit"])).tolist())


WORDS = [
    "a",
    "ab",
    "abc",
    "ü",
    "über",
    "übel",
    "Übung",
    "é",
    "ê",
    "日",
    "日本",
    "日本語",
    "🙂",
    "🙃",
    "🚀 up",
    "rot",
    "rose",
    "ros",
]
"""What some begin with others are, also where only bytes of a letter are the same."""
CLASSES = ["x", "y", "z", "xx", "xy", "xz", "yx", "yy", "yz", "zx", "zy", "zz"]


def test_exactly_the_beginnings_of_what_fits_are_allowed(vocabulary: Vocabulary) -> None:
    grammar_text = "root ::= [x-z] [xyz]? | " + " | ".join(f'"{word}"' for word in WORDS)
    whole = [word.encode() for word in (*WORDS, *CLASSES)]
    beginnings = {word[:length] for word in whole for length in range(len(word) + 1)}
    pieces = [vocabulary.piece(token) for token in range(vocabulary.size)]
    ends = {token for token in range(vocabulary.size) if vocabulary.is_end(token)}
    for word in WORDS:
        grammar = Grammar(grammar_text, vocabulary.pointer)
        written = b""
        for token in (*vocabulary.tokenize_within(word), None):
            wanted = {n for n, piece in enumerate(pieces) if piece and written + piece in beginnings}
            assert allowed(grammar, vocabulary) == (wanted | ends if written in whole else wanted)
            if token is not None:
                grammar.accept(token)
                written += pieces[token]
        grammar.close()


def test_a_rule_that_names_another_twice_costs_no_more_for_it(nonsense: Engine) -> None:
    steps = "".join(f"r{n} ::= r{n + 1} | r{n + 1}\n" for n in range(60))
    answer = nonsense.run(AnswerTask("x", Sampling(temperature=0, grammar=f'root ::= r0\n{steps}r60 ::= "x"'), 5))
    assert answer.text == "x"


def test_a_grammar_that_leads_nowhere_is_said_and_the_engine_lives(nonsense: Engine) -> None:
    for grammar in ("root ::= r\nr ::= e r\n" + EMPTY, 'root ::= "a" r\nr ::= e r\n' + EMPTY):
        with pytest.raises(ThimbleError, match="no way to go on"):
            nonsense.run(AnswerTask("x", Sampling(temperature=0, grammar=grammar), 5))
    assert nonsense.run(AnswerTask("x", Sampling(temperature=0, grammar='root ::= "fine"'), 20)).text == "fine"
