"""Models with recurrent layers: they go back to kept states, and nobody can tell it from the logits."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.helpers.state_models import CONTEXT, VOCABULARY, Array, Kind, write_state_model
from thimble.engine.binding import llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.checkpoints import SPACING, Checkpoints
from thimble.engine.load import load_model
from thimble.engine.model import LoadedModel
from thimble.engine.session import Aborted, Session
from thimble.protocol import LoadOptions

pytestmark = pytest.mark.engine

TOLERANCE = 0.1
"""Chunks of other sizes add up in another order; a state of another conversation is off by more than 1."""


class Chat:
    """A session, used as an answer does it."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded, self.session = loaded, Session(loaded)
        self.reused = 0

    def read(self, prompt: list[int], stop_at: int = -1) -> Array:
        """Logits after the prompt; the chunk that begins at or behind `stop_at` is stopped."""
        done = self.reused = self.session.rewind_to(prompt)
        while done < len(prompt):
            end = self.session.chunk_end(prompt, done)
            self.loaded.stop.set(0 <= stop_at <= done)
            try:
                self.session.read(prompt[done:end])
            except Aborted:
                break
            finally:
                self.loaded.stop.set(False)
            done = end
        return self.logits()

    def write(self, count: int) -> list[int]:
        """So many tokens, always the likeliest."""
        tokens = []
        for _ in range(count):
            tokens.append(int(self.logits().argmax()))
            self.session.step(tokens[-1])
        return tokens

    def logits(self) -> Array:
        row = llama().llama_get_logits_ith(self.loaded.context, -1)
        return np.ctypeslib.as_array(ctypes.cast(row, ctypes.POINTER(ctypes.c_float)), (VOCABULARY,)).copy()

    @property
    def checkpoints(self) -> Checkpoints:
        assert self.session._checkpoints is not None
        return self.session._checkpoints


@pytest.fixture(params=list(Kind))
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_state_model(tmp_path / "state.gguf", request.param)


def load(path: Path) -> LoadedModel:
    return load_model(path, LoadOptions(CONTEXT, 2), progress=lambda _share: None, cancel=CancelFlag(), remember=False)


@pytest.fixture
def chat(path: Path) -> Iterator[Chat]:
    model = load(path)
    yield Chat(model)
    model.close()


@pytest.fixture
def fresh(path: Path) -> Iterator[Chat]:
    model = load(path)
    yield Chat(model)
    model.close()


def some(count: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(VOCABULARY), k=count)


def afresh(fresh: Chat, prompt: list[int]) -> Array:
    fresh.session.clear()
    return fresh.read(prompt)


def test_the_same_answer_again_reads_one_token(chat: Chat) -> None:
    prompt = some(700, 1)
    chat.read(prompt)
    first = chat.write(300)
    chat.read(prompt)
    assert chat.reused == len(prompt) - 1
    assert chat.write(60) == first[:60]


def test_a_next_turn_that_lost_the_end_of_the_prompt_reads_little(chat: Chat, fresh: Chat) -> None:
    """As with templates that drop what the model thought."""
    prompt = some(700, 2)
    chat.read(prompt)
    chat.write(200)
    longer = [*prompt[:-5], *some(40, 3)]
    found = chat.read(longer)
    assert chat.reused == len(prompt) - 16
    assert np.abs(found - afresh(fresh, longer)).max() < TOLERANCE


def test_an_edit_of_the_last_message_goes_back_to_where_it_began(chat: Chat, fresh: Chat) -> None:
    first = some(600, 4)
    chat.read(first)
    answered = [*first, *chat.write(100)]
    chat.read([*answered, *some(50, 5)])
    edited = [*answered, *some(50, 6)]
    found = chat.read(edited)
    assert chat.reused == len(answered)
    assert np.abs(found - afresh(fresh, edited)).max() < TOLERANCE


def test_a_long_prompt_has_places_to_go_back_to(chat: Chat, fresh: Chat) -> None:
    tokens = some(3000, 7)
    chat.read(tokens)
    edited = [*tokens[:2500], *some(20, 8)]
    found = chat.read(edited)
    assert chat.reused == SPACING
    assert np.abs(found - afresh(fresh, edited)).max() < TOLERANCE


def test_a_stop_in_the_middle_of_a_prompt_goes_on_from_the_last_place(chat: Chat, fresh: Chat) -> None:
    tokens = some(3500, 9)
    chat.read(tokens, stop_at=2600)
    assert chat.session.length == SPACING
    found = chat.read(tokens)
    assert chat.reused == SPACING
    assert np.abs(found - afresh(fresh, tokens)).max() < TOLERANCE


@pytest.mark.parametrize("seed", range(3))
def test_any_sequence_of_turns_edits_and_stops(chat: Chat, fresh: Chat, seed: int) -> None:
    chance = random.Random(seed)
    tokens = chance.choices(range(VOCABULARY), k=chance.randrange(1, 900))
    for _ in range(10):
        match chance.choice(["turn", "answer", "edit", "stop"]):
            case "turn":
                tokens = [*tokens, *chance.choices(range(VOCABULARY), k=chance.randrange(1, 500))]
            case "answer" if chat.session.length == len(tokens):
                tokens = [*tokens, *chat.write(chance.randrange(1, 100)), 5]
            case "edit":
                tokens = [*tokens[: chance.randrange(1, len(tokens) + 1)], 1, 2, 3]
            case "stop":
                chat.read([*tokens, *some(900, seed)][: CONTEXT - 64], stop_at=chance.randrange(len(tokens) + 900))
        tokens = tokens[: CONTEXT - 600]
        assert np.abs(chat.read(tokens) - afresh(fresh, tokens)).max() < TOLERANCE


def test_without_room_the_oldest_go(chat: Chat) -> None:
    checkpoints = chat.checkpoints
    tokens = some(600, 10)
    chat.read(tokens)
    one = checkpoints.bytes // len(checkpoints.positions)
    checkpoints._hold = lambda size: size <= 2 * one
    tokens = [*tokens, *some(100, 11)]
    chat.read(tokens)
    assert checkpoints.positions == [len(tokens) - 16, len(tokens) - 1]
    chat.session.clear()
    assert checkpoints.positions == []


def test_nothing_is_kept_that_may_not_be(chat: Chat) -> None:
    chat.checkpoints._hold = lambda size: size == 0
    prompt = some(100, 12)
    chat.read(prompt)
    assert chat.checkpoints.positions == []
    chat.read(prompt)
    assert chat.reused == 0
