"""Prefix reuse: what is kept is never visible in the answer, only in the time."""

from __future__ import annotations

import pytest

from tests.engine.conftest import Engine
from thimble.engine.session import Session, common_prefix

pytestmark = pytest.mark.engine


def session_of(engine: Engine) -> Session:
    session = engine.host._session
    assert session is not None
    return session


def test_the_common_beginning_is_counted() -> None:
    assert [common_prefix([1, 2, 3], other) for other in ([1, 2], [1, 9, 3], [], [1, 2, 3, 4])] == [2, 1, 0, 3]


def test_a_second_turn_reads_only_what_is_new(nonsense: Engine) -> None:
    first = nonsense.go_on("The quick brown fox")
    longer = "The quick brown fox jumps"
    second = nonsense.go_on(longer)
    assert first.timings.cached_tokens == 0
    assert second.timings.cached_tokens == len("The quick brown fox")


def test_the_same_prompt_again_reads_its_last_token_only(nonsense: Engine) -> None:
    nonsense.go_on("again and again")
    assert nonsense.go_on("again and again").timings.cached_tokens == len("again and again") - 1


def test_the_answer_is_part_of_what_is_kept(chain: Engine) -> None:
    answer = chain.ask("Hi").text
    again = chain.ask("Hi", answer, "More")
    assert again.timings.cached_tokens == len("u:Hi\n")  # then comes ">" in the first and "a:" in the second


def test_a_continued_answer_keeps_all_of_it(chain: Engine) -> None:
    from thimble.engine.generate import AnswerTask, ChatPrompt

    begun = chain.ask("Hi", max_tokens=3).text
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": begun}]
    rest = chain.run(AnswerTask(ChatPrompt(messages, continue_final=True)))
    assert rest.timings.cached_tokens == len("u:Hi\n>") + len(begun.encode()) - 1


@pytest.mark.parametrize("fixture", ["nonsense", "windowed"])
def test_answers_are_equal_with_and_without_reuse(fixture: str, request: pytest.FixtureRequest) -> None:
    engine: Engine = request.getfixturevalue(fixture)
    prompts = ["Once upon a time there was ", "Once upon a time there was a king, and he ", "Once upon another day"]
    reused = [engine.go_on(prompt, 48).text for prompt in prompts]
    fresh = []
    for prompt in prompts:
        session_of(engine).clear()
        fresh.append(engine.go_on(prompt, 48).text)
    assert reused == fresh


def test_window_layers_go_back_to_a_place_whose_window_is_gone(windowed: Engine) -> None:
    """The dangerous case: a rewind that llama.cpp accepts and then computes wrongly."""
    start = "a story of sixty and some more tokens before the place to which we go back: "
    windowed.go_on(start + "x" * 1500, 8)
    answer = windowed.go_on(start + "y", 48)
    session_of(windowed).clear()
    assert answer.text == windowed.go_on(start + "y", 48).text
    assert answer.timings.cached_tokens == len(start)


def test_window_layers_are_read_again_when_nothing_was_kept(windowed: Engine) -> None:
    """As in a stock build."""
    session = session_of(windowed)
    session._history = None
    start = "a story of sixty and some more tokens before the place to which we go back: "
    windowed.go_on(start + "x" * 1500, 8)
    answer = windowed.go_on(start + "y", 48)
    session.clear()
    assert answer.text == windowed.go_on(start + "y", 48).text
    assert answer.timings.cached_tokens == 0


def test_window_layers_keep_a_prefix_whose_window_is_whole(windowed: Engine) -> None:
    windowed.go_on("x" * 100, 4)
    assert windowed.go_on("x" * 100 + "y", 4).timings.cached_tokens == 100
