"""The host: states, counters, and ending."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.engine.conftest import GREEDY, SECONDS, SENTENCE, Engine
from tests.helpers import tiny_model
from thimble.engine.cancel import CancelFlag
from thimble.engine.events import TextPiece
from thimble.engine.generate import AnswerTask
from thimble.engine.host import Host
from thimble.errors import Code, ThimbleError
from thimble.protocol import LoadOptions, State, StopReason

pytestmark = pytest.mark.engine


def test_the_state_is_answering_while_it_answers_and_ready_afterwards(chain: Engine) -> None:
    during: list[State] = []
    chain.run(AnswerTask("Hi>", GREEDY), emit=lambda _event: during.append(chain.host.status.state))
    assert set(during) == {State.ANSWERING}
    assert chain.host.status.state is State.READY


def test_counters_only_grow_and_times_add_up(chain: Engine) -> None:
    before = chain.host.sample()
    chain.ask("Hi")
    after = chain.host.sample()
    assert after.generated_tokens - before.generated_tokens == len(SENTENCE.encode()) + 1
    assert after.prompt_tokens - before.prompt_tokens == len("u:Hi\n>")
    assert after.answers - before.answers == 1
    parts = after.compute_ns + after.stall_ns + after.sampling_ns + after.other_ns
    assert parts == after.prefill_ns + after.decode_ns


def test_the_sample_knows_how_full_the_cache_is(chain: Engine) -> None:
    chain.ask("Hi", max_tokens=2)
    sample = chain.host.sample()
    assert (sample.kv_tokens, sample.kv_capacity) == (len("u:Hi\n>") + 1, 4096)


def test_cancel_stops_the_running_answer(endless: Engine) -> None:
    answer = endless.run(
        AnswerTask("Hi>", GREEDY), emit=lambda event: endless.host.cancel() if isinstance(event, TextPiece) else None
    )
    assert answer.timings.stop_reason == StopReason.CANCELLED


def test_cancel_says_when_there_was_nothing_to_stop(chain: Engine) -> None:
    assert chain.host.cancel() is False


def test_closing_in_mid_answer_ends_it_and_refuses_more(tmp_path: Path) -> None:
    host = Host()
    path = tiny_model.write_chain(tmp_path / "a.gguf", "abc", loops=True, context=32768)
    host.load(path, LoadOptions(32768, 1), CancelFlag()).result(SECONDS)
    running = host.answer(AnswerTask("Hi>", GREEDY), CancelFlag(), lambda _event: None)
    while not host.sample().generated_tokens and not running.done():
        pass
    host.close().result(SECONDS)
    assert running.result(SECONDS).stop_reason == StopReason.CANCELLED
    with pytest.raises(ThimbleError):
        host.unload()


def test_memory_is_given_back_when_the_model_has_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = Host()
    given_back: list[bool] = []
    try:
        host.load(tiny_model.write_chain(tmp_path / "a.gguf", "abc"), LoadOptions(256, 1), CancelFlag()).result(SECONDS)
        monkeypatch.setattr("thimble.engine.host.trim", lambda: given_back.append(host._loaded is None))
        host.unload().result(SECONDS)
        assert given_back == [True]
    finally:
        host.close().result(SECONDS)


def test_an_unexpected_failure_is_told_without_its_traceback(chain: Engine) -> None:
    def fail(_event: object) -> None:
        raise RuntimeError("a bug")

    with pytest.raises(ThimbleError) as failure:
        chain.run(AnswerTask("Hi>", GREEDY), emit=fail)
    assert failure.value.problem.code == Code.INTERNAL
    assert chain.ask("Hi").text == SENTENCE


def test_why_a_load_failed_is_known_until_the_next_also_after_an_answer(chain: Engine, tmp_path: Path) -> None:
    with pytest.raises(ThimbleError):
        chain.load(tmp_path / "missing.gguf")
    chain.ask("Hi")
    problem = chain.host.status.problem
    assert problem is not None
    chain.load(tiny_model.write_chain(tmp_path / "b.gguf", "abc"))
    assert chain.host.status.problem is None


def test_another_chat_template_is_taken_without_loading_again(tmp_path: Path) -> None:
    host = Host()
    model = tiny_model.write_chain(tmp_path / "a.gguf", "abc")
    try:
        options = LoadOptions(context=256)
        host.load(model, options, CancelFlag()).result(SECONDS)
        told: list[State] = []
        host.on_change = lambda: told.append(host.status.state)
        messages = [{"role": "user", "content": "ab"}]
        before = host.tokenize_messages(messages)
        host.load(model, replace(options, chat_template="{{ messages[0].content }}"), CancelFlag()).result(SECONDS)
        assert host.tokenize_messages(messages) != before
        assert told == [State.READY]
        host.load(model, options, CancelFlag()).result(SECONDS)
        assert host.tokenize_messages(messages) == before
    finally:
        host.close().result(SECONDS)
