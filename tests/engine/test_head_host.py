"""The shipped engine with the approximate head: off unless asked for, told, counted, and left out where it hurts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.engine.conftest import GREEDY, Engine
from tests.helpers.moe_models import Architecture, write_moe
from tests.helpers.tiny_model import VOCABULARY
from thimble.engine.experts import ExpertStore
from thimble.engine.generate import AnswerTask
from thimble.engine.head import CHECK_EVERY

pytestmark = pytest.mark.skipif(not ExpertStore.available(), reason="the stock engine has no approximate head")

PROMPT = [int(token) for token in np.random.default_rng(4).integers(0, 256, 40)]
TOKENS = 2 * CHECK_EVERY


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write_moe(tmp_path / "authors.gguf", Architecture.SMALLTHINKER, neuron_major=True, profiler=32)


def test_it_is_off_unless_asked_for(engine: Engine, path: Path) -> None:
    engine.load(path, 512)
    model = engine.host.status.model
    assert model is not None
    assert (model.has_predictor, model.approximate_head) == (True, False)
    timings = engine.go_on(PROMPT).timings
    assert (timings.head_rows, timings.head_all_rows) == (0, 0)


def test_rows_and_changed_tokens_are_counted_by_answer_and_in_all(engine: Engine, path: Path) -> None:
    engine.load(path, 512, approximate_head=True)
    model = engine.host.status.model
    assert model is not None
    assert model.approximate_head
    answers = [engine.go_on(PROMPT, TOKENS).timings for _ in range(2)]
    for timings in answers:
        assert timings.head_all_rows == timings.generated_tokens * VOCABULARY
        assert 0.2 < timings.head_rows / timings.head_all_rows < 0.8
        assert timings.head_changed <= timings.head_checked
    sample = engine.host.sample()
    assert sample.head_rows == sum(timings.head_rows for timings in answers)
    assert sample.head_checked == sum(timings.generated_tokens for timings in answers) // CHECK_EVERY > 0
    assert sample.head_changed == sum(timings.head_changed for timings in answers)


def test_an_answer_with_a_bias_has_the_whole_head(engine: Engine, path: Path) -> None:
    """A bias could not bring back a token that was left out."""
    engine.load(path, 512, approximate_head=True)
    approximate = engine.go_on(PROMPT, TOKENS)
    never = {VOCABULARY - 1: -100.0}
    biased = engine.run(AnswerTask(PROMPT, replace(GREEDY, logit_bias=never), TOKENS))
    assert biased.timings.head_all_rows == 0
    again = engine.go_on(PROMPT, TOKENS)
    assert again.text == approximate.text
    engine.load(path, 512)
    assert engine.run(AnswerTask(PROMPT, replace(GREEDY, logit_bias=never), TOKENS)).text == biased.text


def test_so_has_one_with_a_grammar(engine: Engine, path: Path) -> None:
    """Else only tokens that were left out might fit."""
    engine.load(path, 512, approximate_head=True)
    answer = engine.run(AnswerTask(PROMPT, replace(GREEDY, grammar="root ::= [a-z]+"), TOKENS))
    assert answer.text.isalpha()
    assert answer.timings.head_all_rows == 0


def test_counters_go_on_with_the_next_model(engine: Engine, path: Path) -> None:
    engine.load(path, 512, approximate_head=True)
    engine.go_on(PROMPT)
    before = engine.host.sample()
    engine.load(path, 512)
    after = engine.host.sample()
    assert before.head_rows > 0
    assert (after.head_rows, after.head_all_rows) == (before.head_rows, before.head_all_rows)


def test_a_file_without_a_predictor_is_loaded_with_its_whole_head(engine: Engine, tmp_path: Path) -> None:
    engine.load(write_moe(tmp_path / "moe.gguf", Architecture.SMALLTHINKER), 512, approximate_head=True)
    model = engine.host.status.model
    assert model is not None
    assert (model.has_predictor, model.approximate_head) == (False, False)
    assert engine.go_on(PROMPT).timings.head_all_rows == 0


def test_the_memory_limit_holds_with_the_authors_layout(engine: Engine, path: Path) -> None:
    """The same answer from a third of the experts as from all of them."""
    engine.load(path, 512)
    whole = engine.go_on(PROMPT, TOKENS)
    engine.host.resize(expert_cache=engine.host.sample().expert_cache_bytes // 3)
    assert engine.go_on([*PROMPT], TOKENS).text == whole.text
    assert engine.host.sample().experts_resident < engine.host.sample().experts_total
