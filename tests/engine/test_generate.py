"""One answer: its text, its end, its figures, and stopping it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.engine.conftest import GREEDY, SECONDS, SENTENCE, Engine
from tests.helpers import tiny_model
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import Event, PromptRead, TextPiece
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.sampling import Sampling
from thimble.errors import Code, ThimbleError
from thimble.protocol import LoadOptions, Sample, StopReason

pytestmark = pytest.mark.engine


def code_of(action: Callable[[], Any]) -> str:
    with pytest.raises(ThimbleError) as failure:
        action()
    return failure.value.problem.code


def test_the_model_says_its_sentence_and_ends(chain: Engine) -> None:
    answer = chain.ask("Hi")
    assert (answer.text, answer.timings.stop_reason) == (SENTENCE, StopReason.END)


def test_no_event_holds_half_a_character(chain: Engine) -> None:
    pieces = [event.text for event in chain.ask("Hi").events if isinstance(event, TextPiece)]
    assert "🙂" in pieces


def test_an_answer_cut_in_mid_character_ends_before_it(chain: Engine) -> None:
    tokens = len(SENTENCE.partition("🙂")[0].encode()) + 2
    assert chain.ask("Hi", max_tokens=tokens).text == SENTENCE.partition("🙂")[0]


def test_a_stop_string_across_tokens_ends_the_answer_before_it(chain: Engine) -> None:
    answer = chain.ask("Hi", stops=("fin",))
    assert (answer.text, answer.timings.stop_reason) == ("Grä", StopReason.STOP_STRING)


def test_the_longest_answer_is_kept_to(endless: Engine) -> None:
    answer = endless.ask("Hi", max_tokens=9)
    assert (answer.text, answer.timings.stop_reason) == ("abcdefgab", StopReason.MAX_TOKENS)


def test_an_answer_ends_when_the_context_is_full(engine: Engine, tmp_path: Path) -> None:
    engine.load(tiny_model.write_chain(tmp_path / "a.gguf", "abc", loops=True), context=256)
    timings = engine.ask("Hi", max_tokens=0).timings
    assert timings.stop_reason == StopReason.CONTEXT_FULL
    assert timings.prompt_tokens + timings.generated_tokens == 256 + 1  # the last one needs no place any more


def test_a_prompt_longer_than_the_context_is_refused_with_both_figures(engine: Engine, tmp_path: Path) -> None:
    engine.load(tiny_model.write_chain(tmp_path / "a.gguf", "abc"), context=256)
    with pytest.raises(ThimbleError, match=r"has 1,004 tokens, but the context holds 256") as failure:
        engine.ask("x" * 1000)
    assert failure.value.problem.code == Code.CONTEXT_TOO_LONG


def test_the_prompts_progress_never_falls_and_ends_at_its_length(nonsense: Engine) -> None:
    progress = nonsense.go_on("x" * 1500, 1).progress
    assert [event.processed for event in progress] == [0, 512, 1024, 1500]
    assert {event.total for event in progress} == {1500}


def test_the_figures_of_an_answer_add_up(chain: Engine) -> None:
    timings = chain.ask("Hi").timings
    assert timings.prompt_tokens == len("u:Hi\n>")
    assert timings.generated_tokens == len(SENTENCE.encode()) + 1  # with the end token
    assert 0 < timings.first_token_ms < timings.prefill_ms + timings.decode_ms + 1000
    assert timings.peak_memory_bytes > 2**20


def test_the_counters_grow_with_every_chunk_of_the_prompt_and_every_token(nonsense: Engine) -> None:
    samples: list[Sample] = []
    nonsense.run(AnswerTask("x" * 1500, GREEDY, 8), emit=lambda _event: samples.append(nonsense.host.sample()))
    reading = samples[:4]
    assert [sample.prompt_tokens for sample in reading] == [0, 512, 1024, 1500]
    assert reading[0].prefill_ns < reading[1].prefill_ns < reading[2].prefill_ns < reading[3].prefill_ns
    decoded = [sample.decode_ns for sample in samples[4:]]
    assert decoded == sorted(set(decoded))


def test_the_counters_of_a_finished_answer_are_its_figures(nonsense: Engine) -> None:
    nonsense.go_on("x" * 700, 4)
    before = nonsense.host.sample()
    timings = nonsense.go_on("x" * 700 + "y", 4).timings
    after = nonsense.host.sample()
    assert after.prompt_tokens - before.prompt_tokens == timings.prompt_tokens == 701
    assert after.cached_tokens - before.cached_tokens == timings.cached_tokens == 700
    assert after.decode_ns - before.decode_ns == round(timings.decode_ms * 1e6)
    assert after.prefill_ns - before.prefill_ns == round(timings.prefill_ms * 1e6)
    spent = after.compute_ns + after.stall_ns + after.sampling_ns + after.other_ns
    assert spent == after.prefill_ns + after.decode_ns


def test_the_same_prompt_again_reads_its_last_token_only(nonsense: Engine) -> None:
    first = nonsense.go_on("abcdef", 1)
    again = nonsense.go_on("abcdef", 1)
    assert (again.text, again.timings.cached_tokens) == (first.text, 5)


def test_greedy_answers_repeat(nonsense: Engine) -> None:
    assert nonsense.ask("Hi").text == nonsense.ask("Hi").text


def test_the_same_seed_gives_the_same_answer_and_another_one_does_not(nonsense: Engine) -> None:
    def say(seed: int) -> str:
        return nonsense.run(AnswerTask("Hi", Sampling(temperature=2, top_k=0, top_p=1, min_p=0, seed=seed), 32)).text

    assert say(1) == say(1) != say(2)


def test_a_biased_token_is_chosen(nonsense: Engine) -> None:
    token = nonsense.host.tokenize("Q", add_special=False)[0]
    assert nonsense.run(AnswerTask("Hi", Sampling(temperature=0, logit_bias={token: 100.0}), 3)).text == "QQQ"


def test_a_frequency_penalty_stops_repetition(nonsense: Engine) -> None:
    token = nonsense.host.tokenize("Q", add_special=False)[0]
    sampling = Sampling(temperature=0, logit_bias={token: 20.0}, frequency_penalty=2.0)
    assert nonsense.run(AnswerTask("Hi", sampling, 32)).text != "Q" * 32


def test_penalties_leave_the_prompt_alone(nonsense: Engine) -> None:
    token = nonsense.host.tokenize("Q", add_special=False)[0]
    sampling = Sampling(temperature=0, logit_bias={token: 20.0}, repeat_penalty=10_000.0)
    assert nonsense.run(AnswerTask("Q" * 16, sampling, 1)).text == "Q"


def test_an_empty_prompt_of_plain_text_begins_at_the_beginning(nonsense: Engine) -> None:
    assert nonsense.go_on("", 3).timings.prompt_tokens == 1


def test_tokens_that_do_not_exist_are_refused(nonsense: Engine) -> None:
    assert code_of(lambda: nonsense.go_on([1, 99999])) == Code.BAD_REQUEST


def test_cancelling_in_mid_answer_keeps_what_was_said(endless: Engine) -> None:
    cancel = CancelFlag()
    said: list[str] = []

    def stop_after_ten(event: Event) -> None:
        if isinstance(event, TextPiece):
            said.append(event.text)
            if len(said) == 10:
                cancel.set()

    answer = endless.run(AnswerTask("Hi>", GREEDY), cancel, stop_after_ten)
    assert (answer.text, answer.timings.stop_reason) == ("abcdefgabc", StopReason.CANCELLED)


def test_cancelling_inside_a_prompt_chunk_stops_the_compute_there(nonsense: Engine) -> None:
    """The flag is set when Python has already gone into C for the second chunk: only C can see it there."""
    session = nonsense.host._session
    assert session is not None
    cancel, calls, decode = CancelFlag(), [0], session._decode

    def decode_and_cancel(context: Any, batch: Any) -> int:
        calls[0] += 1
        if calls[0] == 2:
            cancel.set()
        return int(decode(context, batch))

    session._decode = decode_and_cancel
    answer = nonsense.run(AnswerTask("x" * 2000, GREEDY, 1), cancel)
    assert answer.timings.stop_reason == StopReason.CANCELLED
    assert (answer.progress[-1].processed, session.length, calls[0]) == (512, 512, 2)


class CancelAfterAChunk:
    """Cancels as soon as a chunk was read."""

    def __init__(self, cancel: CancelFlag) -> None:
        self._cancel = cancel

    def __call__(self, event: Event) -> None:
        if isinstance(event, PromptRead) and event.processed:
            self._cancel.set()


def test_after_a_cancelled_prompt_the_next_answer_is_right(engine: Engine, tmp_path: Path) -> None:
    engine.load(tiny_model.write_random(tmp_path / "a.gguf"))
    text = "y" * 2000
    expected = engine.go_on(text, 16).text
    session = engine.host._session
    assert session is not None
    session.clear()
    cancel = CancelFlag()
    engine.run(AnswerTask(text, GREEDY, 16), cancel, CancelAfterAChunk(cancel))
    again = engine.go_on(text, 16)
    assert again.text == expected
    assert 0 < again.timings.cached_tokens < 2000


def test_a_flag_set_before_the_start_cancels_at_once(endless: Engine) -> None:
    cancel = CancelFlag()
    cancel.set()
    answer = endless.run(AnswerTask("Hi>", GREEDY), cancel)
    assert (answer.text, answer.timings.stop_reason) == ("", StopReason.CANCELLED)


def test_an_old_cancel_does_not_touch_the_next_answer(endless: Engine) -> None:
    cancel = CancelFlag()
    endless.run(AnswerTask("Hi>", GREEDY, 3), cancel)
    cancel.set()
    assert endless.ask("Hi", max_tokens=3).text == "abc"


def test_a_chat_template_that_refuses_leaves_the_engine_ready(chain: Engine) -> None:
    twice = ChatPrompt([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])
    assert code_of(lambda: chain.run(AnswerTask(twice))) == Code.BAD_REQUEST
    assert chain.ask("Hi").text == SENTENCE


def test_the_starter_model_answers(engine: Engine, starter_model: Path) -> None:
    options = LoadOptions(context=1024, threads=1)
    engine.host.load(starter_model, options, CancelFlag()).result(SECONDS)
    assert "Paris" in engine.go_on("The capital of France is", 4).text


def test_the_starter_models_answers_are_equal_with_and_without_reuse(engine: Engine, starter_model: Path) -> None:
    engine.load(starter_model, context=1024)
    first = engine.ask("Name three colours.", max_tokens=24)
    second = engine.ask("Name three colours.", first.text, "And three animals.", max_tokens=24)
    session = engine.host._session
    assert session is not None
    session.clear()
    fresh = engine.ask("Name three colours.", first.text, "And three animals.", max_tokens=24)
    assert second.timings.cached_tokens > first.timings.prompt_tokens
    assert fresh.timings.cached_tokens == 0
    assert second.text == fresh.text
