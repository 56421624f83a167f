"""Going back in a conversation whose window layers have dropped something: never visible in the logits."""

from __future__ import annotations

import ctypes
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.engine import smallthinker_reference as reference
from tests.engine.smallthinker_reference import Array, Shape
from tests.helpers.window_models import write_window_model
from thimble.engine import load as load_module
from thimble.engine.binding import llama
from thimble.engine.cancel import CancelFlag
from thimble.engine.load import load_model
from thimble.engine.model import BATCH, LoadedModel
from thimble.engine.session import Aborted, Session
from thimble.engine.window_history import WindowHistory
from thimble.protocol import LoadOptions

pytestmark = pytest.mark.engine

WINDOW = 40
CELLS = 768
"""Window and ubatch, rounded up to 256 as llama.cpp does."""
CONTEXT = 4096
# every expert is used: with fewer, a tie in the router that falls the other way would hide what is looked for here
SHAPE = Shape(tuple(layer % 3 != 0 for layer in range(4)), window=WINDOW, experts=2, experts_used=2)
EXACT, FLASH = 5e-3, 0.3
"""The logits' tolerance without flash attention, and with it: it adds values up in 16 bits, one by one for a single
token and in tiles for many. When what the window has lost is not put back, the logits are off by 4."""
SAME_CHUNKS = 0.02
"""With the same chunks only the order of the cells differs."""
NUMPY = 0.02


def write_model(folder: Path) -> tuple[Path, dict[str, Array]]:
    path = folder / "window.gguf"
    return path, write_window_model(path, SHAPE, CONTEXT, period=3)


def load(path: Path, **options: object) -> LoadedModel:
    wanted = LoadOptions(CONTEXT, 2, **options)  # type: ignore[arg-type]
    return load_model(path, wanted, progress=lambda _share: None, cancel=CancelFlag(), remember=False)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_model(tmp_path_factory.mktemp("window"))[0]


@pytest.fixture(params=["exact", "flash"])
def tolerance(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> float:
    """Of the logits; without flash attention the context is made as for a model that lacks it."""
    if request.param == "exact":
        monkeypatch.setattr(load_module, "_FLASH_ATTENTION_AUTO", llama().LLAMA_FLASH_ATTN_TYPE_DISABLED)
        return EXACT
    return FLASH


@pytest.fixture
def loaded(path: Path, tolerance: float) -> Iterator[LoadedModel]:
    model = load(path)
    yield model
    model.close()


@pytest.fixture
def other(path: Path, tolerance: float) -> Iterator[LoadedModel]:
    """The same model in a context of its own."""
    model = load(path)
    yield model
    model.close()


class Chat:
    """A session, used as an answer does it."""

    def __init__(self, loaded: LoadedModel) -> None:
        self.loaded, self.session = loaded, Session(loaded)
        self.reused = 0

    def read(self, prompt: list[int]) -> Array:
        """Logits after the prompt."""
        done = self.reused = self.session.rewind_to(prompt)
        for start in range(done, len(prompt), BATCH):
            self.session.read(prompt[start : min(len(prompt), start + BATCH)])
        return self.logits()

    def stop_in(self, prompt: list[int], chunks: int) -> None:
        """Reads so many chunks of a prompt; the next one is stopped when its tokens are in the cache already."""
        done = self.session.rewind_to(prompt)
        for number, start in enumerate(range(done, len(prompt), BATCH)):
            if number == chunks:
                self.loaded.stop.set(True)
            try:
                self.session.read(prompt[start : min(len(prompt), start + BATCH)])
            except Aborted:
                break
        self.loaded.stop.set(False)

    def write(self, count: int) -> list[int]:
        """So many tokens, always the likeliest."""
        tokens = []
        for _ in range(count):
            tokens.append(int(self.logits().argmax()))
            self.session.step(tokens[-1])
        return tokens

    def logits(self) -> Array:
        row = llama().llama_get_logits_ith(self.loaded.context, -1)
        return np.ctypeslib.as_array(ctypes.cast(row, ctypes.POINTER(ctypes.c_float)), (SHAPE.vocabulary,)).copy()


def history_of(chat: Chat) -> WindowHistory:
    assert chat.session._history is not None
    return chat.session._history


def some(count: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(SHAPE.vocabulary), k=count)


def fresh(other: LoadedModel, prompt: list[int]) -> Array:
    chat = Chat(other)
    chat.session.clear()
    return chat.read(prompt)


def test_the_window_layers_hold_only_their_window(loaded: LoadedModel) -> None:
    row = 2 * SHAPE.kv_heads * SHAPE.head_size * 2
    assert (loaded.kv.window_layers, loaded.kv.window_cells) == (2, CELLS)
    assert (loaded.kv.global_layers, loaded.kv.global_cells) == (2, CONTEXT)
    assert loaded.kv.window_bytes == 2 * CELLS * row
    assert loaded.kv.global_bytes == 2 * CONTEXT * row
    assert loaded.kv.full_bytes == 4 * CONTEXT * row


@pytest.mark.parametrize("keep", [2999, 1500, 100, 7])
def test_going_back_anywhere_computes_as_a_fresh_run(
    loaded: LoadedModel, other: LoadedModel, keep: int, tolerance: float
) -> None:
    chat, tokens = Chat(loaded), some(3000, 1)
    chat.read(tokens)
    edited = [*tokens[:keep], *some(30, 2)]
    found = chat.read(edited)
    assert chat.reused == keep
    assert np.abs(found - fresh(other, edited)).max() < tolerance


def test_the_same_answer_again_reads_one_token(loaded: LoadedModel, other: LoadedModel, tolerance: float) -> None:
    chat, prompt = Chat(loaded), some(1500, 3)
    chat.read(prompt)
    first = chat.write(900)
    found = chat.read(prompt)
    assert chat.reused == len(prompt) - 1
    assert np.abs(found - fresh(other, prompt)).max() < tolerance
    assert chat.write(60) == first[:60]


def test_going_back_to_tokens_that_replaced_others(loaded: LoadedModel, other: LoadedModel, tolerance: float) -> None:
    chat, tokens = Chat(loaded), some(3000, 4)
    chat.read(tokens)
    for keep, more in ((2500, 1000), (2600, 30), (2599, 500), (1700, 1200), (1950, 30)):
        tokens = [*tokens[:keep], *some(more, keep)]
        found = chat.read(tokens)
        assert chat.reused == keep
        assert np.abs(found - fresh(other, tokens)).max() < tolerance


def test_with_the_same_chunks_it_goes_on_like_a_run_that_never_went_back(
    loaded: LoadedModel, other: LoadedModel
) -> None:
    chat, straight, tokens = Chat(loaded), Chat(other), some(3000, 1)
    chat.read(tokens)
    edited = [*tokens[:1536], *some(30, 2)]
    found = chat.read(edited)
    assert chat.reused == 1536
    straight.read(edited[:1536])
    assert np.abs(found - straight.read(edited)).max() < SAME_CHUNKS
    assert chat.write(40) == straight.write(40)


def test_numpy_agrees_after_going_back(tmp_path: Path, tolerance: float) -> None:
    path, weights = write_model(tmp_path)
    model = load(path)
    chat, tokens = Chat(model), some(1300, 9)
    chat.read(tokens)
    edited = [*tokens[:420], *some(25, 10)]
    found = chat.read(edited)
    assert chat.reused == 420
    assert np.abs(found - reference.logits(edited, SHAPE, weights)[-1]).max() < max(tolerance, NUMPY)
    model.close()


@pytest.mark.parametrize("seed", range(4))
def test_any_sequence_of_turns_edits_branches_and_stops(
    loaded: LoadedModel, other: LoadedModel, seed: int, tolerance: float
) -> None:
    chance = random.Random(seed)
    chat = Chat(loaded)
    branches: list[list[int]] = [chance.choices(range(SHAPE.vocabulary), k=chance.randrange(1, 1200))]
    tokens = branches[0]
    for _ in range(10):
        match chance.choice(["turn", "answer", "edit", "branch", "stop"]):
            case "turn":
                tokens = [*tokens, *chance.choices(range(SHAPE.vocabulary), k=chance.randrange(1, 700))]
            case "answer":
                tokens = [*tokens, *chat.write(chance.randrange(1, 300))] if chat.session.length else tokens
                tokens = [*tokens, 3]
            case "edit":
                keep = chance.randrange(1, len(tokens) + 1)
                tokens = [*tokens[:keep], *chance.choices(range(SHAPE.vocabulary), k=chance.randrange(1, 90))]
            case "branch":
                tokens = chance.choice(branches)
            case "stop":
                longer = [*tokens, *chance.choices(range(SHAPE.vocabulary), k=chance.randrange(1, 1500))]
                chat.stop_in(longer[: CONTEXT - 64], chance.randrange(3))
        tokens = tokens[: CONTEXT - 400]
        branches.append(tokens)
        assert np.abs(chat.read(tokens) - fresh(other, tokens)).max() < tolerance


def test_what_is_kept_is_bounded_and_the_rest_is_read_again(
    loaded: LoadedModel, other: LoadedModel, tolerance: float
) -> None:
    chat, tokens = Chat(loaded), some(3900, 11)
    history = history_of(chat)
    history._per_block, history._block_bytes = 256, 256 * history._rows.bytes
    most = 4 * history._block_bytes
    assert loaded.budget is not None
    history._hold = lambda size: size <= most and loaded.hold_history(size)
    chat.read(tokens)
    assert history.bytes == loaded.history == most
    assert 256 < history.end - history.first <= 4 * 256
    recent, early = [*tokens[:3100], 1, 2, 3], [*tokens[:1000], 1, 2, 3]
    assert np.abs(chat.read(recent) - fresh(other, recent)).max() < tolerance
    assert chat.reused == 3100
    assert np.abs(chat.read(early) - fresh(other, early)).max() < tolerance
    assert chat.reused == 0


def test_a_smaller_share_drops_the_oldest_rows_at_the_next_answer(
    loaded: LoadedModel, other: LoadedModel, tolerance: float
) -> None:
    chat, tokens = Chat(loaded), some(3900, 14)
    history = history_of(chat)
    history._per_block, history._block_bytes = 256, 256 * history._rows.bytes
    chat.read(tokens)
    most = 5 * history._block_bytes
    assert history.bytes > most
    history._hold = lambda size: size <= most and loaded.hold_history(size)
    edited = [*tokens[:3300], 1, 2]
    assert np.abs(chat.read(edited) - fresh(other, edited)).max() < tolerance
    assert chat.reused == 3300
    assert history.bytes == loaded.history <= most


def test_a_short_conversation_keeps_nothing(loaded: LoadedModel) -> None:
    chat = Chat(loaded)
    chat.read(some(CELLS - 20, 12))
    chat.write(20)
    assert (history_of(chat).bytes, loaded.history) == (0, 0)


def test_a_cleared_session_gives_the_memory_back(loaded: LoadedModel) -> None:
    chat = Chat(loaded)
    chat.read(some(2000, 13))
    assert loaded.history > 0
    chat.session.clear()
    assert loaded.history == 0


def test_what_is_kept_is_taken_off_the_experts(loaded: LoadedModel) -> None:
    assert loaded.budget is not None
    assert loaded.experts is not None
    assert loaded.governor is not None
    share = loaded.budget.history
    assert not loaded.hold_history(share + 1)
    assert loaded.history == 0
    before = loaded.governor.now
    assert loaded.hold_history(loaded.budget.spare + 1)
    assert loaded.governor.now == before - 1
    assert loaded.hold_history(0)
    assert loaded.governor.now == before
