"""The bundled catalogue is sound, and a damaged one says what is wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest

from thimble.library.catalogue import catalogue, parse
from thimble.modelfile.forecast import Place, Verdict, forecast


def _data() -> dict[str, Any]:
    model = {
        "id": "a",
        "name": "A",
        "summary": "It is small.",
        "repository": "anna/a-GGUF",
        "quantization": "Q4_0",
        "licence": "mit",
        "architecture": "llama",
        "parameters": 1000,
        "active_parameters": 400,
        "layers": 2,
        "experts": 8,
        "experts_used": 2,
        "context": 2048,
    }
    return {"version": 1, "models": [model]}


def test_the_bundled_one_begins_with_smallthinker_and_has_experts_first() -> None:
    models = catalogue()
    assert [model.id for model in models[:2]] == ["smallthinker-4b", "smallthinker-21b"]
    kinds = [bool(model.experts) for model in models]
    assert kinds == sorted(kinds, reverse=True)
    assert all(model.summary.endswith(".") for model in models)


def test_what_follows_from_the_numbers_is_plausible() -> None:
    small = catalogue()[0]
    assert 2.2e9 < small.file_bytes < 2.6e9
    facts = small.facts
    assert facts.dense + facts.experts == small.file_bytes
    assert facts.dense + facts.active_experts == pytest.approx(
        small.file_bytes * small.active_parameters / small.parameters, rel=0.01
    )
    found = forecast(facts, Place(2**30, True, 15e9, 1.5e9))
    assert found.verdict == Verdict.PAGED
    assert 10 < found.tokens_per_second < 30


def test_a_sound_one_is_read() -> None:
    (model,) = parse(json.dumps(_data()))
    assert (model.id, model.experts_used) == ("a", 2)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("repository", "../evil", "no repository"),
        ("parameters", "many", "is no int"),
        ("parameters", True, "is no int"),
        ("active_parameters", 2000, "out of range"),
        ("experts_used", 8, "experts"),
        ("experts_used", 0, "experts"),
        ("summary", "", "empty"),
        ("colour", "red", "unknown"),
    ],
)
def test_a_damaged_one_says_what_is_wrong(key: str, value: object, said: str) -> None:
    data = _data()
    data["models"][0][key] = value
    with pytest.raises(ValueError, match=said):
        parse(json.dumps(data))


def test_two_of_one_name_another_version_and_nonsense_are_refused() -> None:
    twice = _data()
    twice["models"] *= 2
    for text in (json.dumps(twice), json.dumps({**_data(), "version": 2}), "[]", "{"):
        with pytest.raises(ValueError, match=r"."):
            parse(text)
