"""Making a conversation fit: what goes, what stays, and that it stays alike from turn to turn."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.conftest import Engine
from tests.helpers import tiny_model
from thimble.engine.context import fit_messages, system_count, turn_starts
from thimble.engine.generate import AnswerTask, ChatPrompt
from thimble.engine.model import LoadedModel
from thimble.errors import Code, ThimbleError

pytestmark = pytest.mark.engine

CAPACITY = 256


@pytest.fixture
def small(engine: Engine, tmp_path: Path) -> LoadedModel:
    """A model with a context of 256 tokens, one for each byte."""
    engine.load(tiny_model.write_chain(tmp_path / "a.gguf", "abc"), context=CAPACITY)
    loaded = engine.host._loaded
    assert loaded is not None
    return loaded


def conversation(turns: int) -> list[dict[str, str]]:
    """A system message, then turns of 40 tokens, each with its number."""
    messages = [{"role": "system", "content": "Be kind."}]
    for number in range(turns):
        messages.append({"role": "user", "content": f"{number:02d}".ljust(17, ".")})
        messages.append({"role": "assistant", "content": "." * 17})
    return [*messages, {"role": "user", "content": "last"}]


def fitted(small: LoadedModel, messages: list[dict[str, str]]) -> str:
    return small.vocabulary.detokenize(fit_messages(small, messages, drop_oldest=True).tokens)


def test_what_fits_is_left_alone(small: LoadedModel) -> None:
    assert fitted(small, conversation(3)) == small.template.render(conversation(3))


def test_the_system_message_and_the_last_turn_are_kept(small: LoadedModel) -> None:
    text = fitted(small, conversation(12))
    assert text.startswith("s:Be kind.\n")
    assert text.endswith("u:last\n>")


def test_the_oldest_turns_go_first_and_whole(small: LoadedModel) -> None:
    assert "u:00" not in (text := fitted(small, conversation(8)))
    assert text.removeprefix("s:Be kind.\n").startswith("u:")


def test_room_is_left_for_the_answer(small: LoadedModel) -> None:
    assert len(fit_messages(small, conversation(12), drop_oldest=True).tokens) <= CAPACITY - CAPACITY // 4


def test_what_was_left_out_is_told(small: LoadedModel) -> None:
    messages = conversation(8)
    fit = fit_messages(small, messages, drop_oldest=True)
    first = int(small.vocabulary.detokenize(fit.tokens).split("u:")[1][:2])
    assert fit.dropped_messages == 2 * first
    assert fit.dropped_tokens == 40 * first
    assert (fit_messages(small, conversation(3), drop_oldest=True).dropped_messages) == 0


def test_the_kept_messages_stand_where_a_shorter_conversation_would_have_them(small: LoadedModel) -> None:
    """No cell is moved to another position: what is kept is the prompt of a conversation that began later."""
    messages = conversation(8)
    fit = fit_messages(small, messages, drop_oldest=True)
    kept = [messages[0], *messages[1 + fit.dropped_messages :]]
    assert fit.tokens == fit_messages(small, kept).tokens


def test_the_cut_stays_for_the_following_turn_so_that_the_prefix_is_reused(small: LoadedModel) -> None:
    starts = [fitted(small, conversation(turns))[:40] for turns in range(6, 14)]
    assert len(set(starts)) < len(starts) - 2


def test_a_last_message_that_does_not_fit_alone_is_refused(small: LoadedModel) -> None:
    with pytest.raises(ThimbleError) as failure:
        fit_messages(small, [*conversation(2), {"role": "assistant", "content": ""}, *big()], drop_oldest=True)
    assert failure.value.problem.code == Code.CONTEXT_TOO_LONG


def big() -> list[dict[str, str]]:
    return [{"role": "user", "content": "x" * 400}]


def test_without_dropping_the_whole_length_is_told(small: LoadedModel) -> None:
    with pytest.raises(ThimbleError, match="256"):
        fit_messages(small, conversation(12))


def test_an_answer_tells_what_was_left_out_for_it(small: LoadedModel, engine: Engine) -> None:
    messages = conversation(8)
    fit = fit_messages(small, messages, drop_oldest=True, max_tokens=8)
    timings = engine.run(AnswerTask(ChatPrompt(messages, drop_oldest=True), max_tokens=8)).timings
    assert (timings.dropped_messages, timings.dropped_tokens) == (fit.dropped_messages, fit.dropped_tokens)
    assert (timings.prompt_tokens, timings.context) == (len(fit.tokens), CAPACITY)


def test_turns_begin_at_the_users_messages() -> None:
    messages = conversation(2)
    assert (system_count(messages), turn_starts(messages)) == (1, [3, 5])
