"""The longest thoughts: closed by the template's own mark, in the middle of an answer, by the real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.conftest import Answer, Engine
from tests.helpers import tiny_model
from thimble.engine.events import ReasoningPiece, TokenChosen
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.sampling import Sampling
from thimble.protocol import StopReason

pytestmark = pytest.mark.engine

MESSAGES = "{% for m in messages %}{{ m.content }}{% endfor %}"
OPENED = MESSAGES + "{{ '<think>\\n' }}"
ONLY_A = Sampling(temperature=0, logit_bias={ord("a"): 100.0})
CLOSED = "\n</think>\n\n"


def load(engine: Engine, folder: Path, template: str = OPENED) -> Engine:
    engine.load(tiny_model.write_random(folder / "thinks.gguf", template=template))
    return engine


def ask(
    engine: Engine,
    budget: int | None,
    *,
    sampling: Sampling = ONLY_A,
    beginning: str = "",
    split: bool = False,
    tokens: int = 30,
    stops: tuple[str, ...] = (),
    logprobs: int | None = None,
) -> Answer:
    messages = [{"role": "user", "content": "Hi"}]
    if beginning:
        messages.append({"role": "assistant", "content": beginning})
    prompt = ChatPrompt(messages, continue_final=bool(beginning), split_reasoning=split, reasoning_budget=budget)
    return engine.run(AnswerTask(prompt, sampling, tokens, stops, logprobs=logprobs))


def thoughts(answer: Answer) -> str:
    return "".join(event.text for event in answer.events if isinstance(event, ReasoningPiece))


def test_after_its_tokens_the_thought_is_closed_and_the_answer_begins(engine: Engine, tmp_path: Path) -> None:
    answer = ask(load(engine, tmp_path), 5)
    assert answer.text == "<think>\naaaaa" + CLOSED + "a" * (30 - 5 - len(CLOSED))


def test_it_is_told_apart_as_ever(engine: Engine, tmp_path: Path) -> None:
    answer = ask(load(engine, tmp_path), 5, split=True)
    assert thoughts(answer) == "aaaaa"
    assert answer.text == "a" * (30 - 5 - len(CLOSED))


def test_without_a_budget_nothing_is_closed(engine: Engine, tmp_path: Path) -> None:
    assert ask(load(engine, tmp_path), None).text == "<think>\n" + "a" * 30


def test_a_budget_of_nothing_closes_at_once(engine: Engine, tmp_path: Path) -> None:
    answer = ask(load(engine, tmp_path), 0, split=True, tokens=12)
    assert (thoughts(answer), answer.text) == ("", "aa")


def test_a_thought_that_the_model_opens_itself_counts_from_there(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, MESSAGES)
    form = 'root ::= "<think>" [a]* "\\n</think>\\n\\nyes"'
    held = Sampling(temperature=0, grammar=form, logit_bias={ord("a"): 100.0})
    assert ask(engine, 4, sampling=held, tokens=40).text == "<think>aaaa" + CLOSED + "yes"


def test_an_answer_without_thoughts_is_left_alone(engine: Engine, tmp_path: Path) -> None:
    assert ask(load(engine, tmp_path, MESSAGES), 3).text == "a" * 30


def test_thoughts_that_ended_in_time_are_left_alone(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path)
    short = Sampling(temperature=0, grammar='root ::= "so</think>yes it is so"')
    assert ask(engine, 9, sampling=short).text == "<think>\nso</think>yes it is so"


def test_a_grammar_that_knows_no_closing_mark_goes_first(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path)
    digits = Sampling(temperature=0, grammar="root ::= [0-9]{12}")
    answer = ask(engine, 3, sampling=digits)
    assert answer.text.removeprefix("<think>\n").isdigit()
    assert answer.timings.stop_reason == StopReason.END


def test_what_is_written_for_the_model_counts_and_has_probabilities(engine: Engine, tmp_path: Path) -> None:
    answer = ask(load(engine, tmp_path), 5, logprobs=0)
    chosen = b"".join(event.chosen.data for event in answer.events if isinstance(event, TokenChosen))
    assert chosen == b"aaaaa" + CLOSED.encode() + b"a" * (30 - 5 - len(CLOSED))
    assert answer.timings.generated_tokens == 30


def test_a_stop_string_in_the_mark_ends_the_answer(engine: Engine, tmp_path: Path) -> None:
    answer = ask(load(engine, tmp_path), 5, stops=("</think>",))
    assert (answer.text, answer.timings.stop_reason) == ("<think>\naaaaa\n", StopReason.STOP_STRING)


def test_the_longest_answer_ends_within_the_mark(engine: Engine, tmp_path: Path) -> None:
    answer = ask(load(engine, tmp_path), 5, tokens=9)
    assert (answer.text, answer.timings.stop_reason) == ("<think>\naaaaa\n</t", StopReason.MAX_TOKENS)


def test_thoughts_of_a_continued_answer_count(engine: Engine, tmp_path: Path) -> None:
    answer = ask(load(engine, tmp_path), len("<think>\nso") + 2, beginning="<think>\nso", tokens=14)
    assert answer.text == "aa" + CLOSED + "a"


def test_thoughts_that_were_too_long_already_are_closed_at_once(engine: Engine, tmp_path: Path) -> None:
    answer = ask(load(engine, tmp_path), 2, beginning="<think>\nso", tokens=len(CLOSED) + 1)
    assert answer.text == CLOSED + "a"


def test_no_thought_is_closed_in_the_middle_of_a_character(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path)
    smiles = Sampling(temperature=0, grammar='root ::= "🙂"* "\\n</think>\\n\\nyes"', logit_bias={0xF0: 100.0})
    assert ask(engine, 6, sampling=smiles, tokens=40).text == "<think>\n🙂🙂" + CLOSED + "yes"


def test_gpt_oss_goes_on_to_its_final_channel(engine: Engine, tmp_path: Path) -> None:
    load(engine, tmp_path, MESSAGES + "{# <|channel|> <|message|> #}{{ '<|start|>assistant' }}")
    form = 'root ::= "<|channel|>analysis<|message|>" [a]* "<|end|><|start|>assistant<|channel|>final<|message|>yes"'
    answer = ask(
        engine, 4, sampling=Sampling(temperature=0, grammar=form, logit_bias={ord("a"): 100.0}), split=True, tokens=200
    )
    assert (thoughts(answer), answer.text) == ("aaaa", "yes")


@pytest.mark.parametrize("split", [True, False])
def test_tokens_that_were_thought_are_counted(engine: Engine, tmp_path: Path, split: bool) -> None:
    answer = ask(load(engine, tmp_path), 5, split=split)
    unfinished_mark = "\n</think"  # written letter by letter by this model; its last letter ends the thought
    assert answer.timings.reasoning_tokens == 5 + len(unfinished_mark)
    assert answer.timings.generated_tokens == 30


def test_an_answer_without_thoughts_counts_none(engine: Engine, tmp_path: Path) -> None:
    assert ask(load(engine, tmp_path, MESSAGES), None, split=True).timings.reasoning_tokens == 0
