"""Text to tokens and back, with a vocabulary of bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engine.conftest import Engine
from tests.helpers import tiny_model
from thimble.engine.vocabulary import Vocabulary
from thimble.errors import Code, ThimbleError

pytestmark = pytest.mark.engine


def test_every_text_comes_back_from_its_tokens(chain: Engine) -> None:
    text = "Zwölf Boxkämpfer 🙂 \n\t…"
    assert chain.host.detokenize(chain.host.tokenize(text, add_special=False)) == text


def test_control_marks_written_in_the_text_become_their_tokens(chain: Engine) -> None:
    assert chain.host.tokenize("a<|im_end|>", add_special=False) == [ord("a") - 33 + 33, tiny_model.IM_END]


def test_control_tokens_have_no_text_in_an_answer(chain: Engine) -> None:
    loaded = chain.host._loaded
    assert loaded is not None
    assert loaded.vocabulary.piece(tiny_model.IM_START) == b""


def test_the_end_mark_ends_answers(chain: Engine) -> None:
    loaded = chain.host._loaded
    assert loaded is not None
    assert loaded.vocabulary.is_end(tiny_model.IM_END)


def test_a_number_that_is_no_token_is_refused_with_the_range(chain: Engine) -> None:
    with pytest.raises(ThimbleError, match="tokens 0 to 257"):
        chain.host.detokenize([999])


def test_without_a_model_there_are_no_tokens(engine: Engine) -> None:
    with pytest.raises(ThimbleError) as failure:
        engine.host.tokenize("a", add_special=False)
    assert failure.value.problem.code == Code.NO_MODEL


def test_real_text_survives_the_starter_models_vocabulary(engine: Engine, starter_model: Path) -> None:
    engine.load(starter_model, context=512)
    text = "The Eiffel Tower – 330 m high 🗼 – stands in Paris."
    assert engine.host.detokenize(engine.host.tokenize(text, add_special=False)) == text


class WithSpace(Vocabulary):
    """Puts a space before every text, as SentencePiece does, and joins it to the first letter."""

    def __init__(self) -> None:
        self.pieces = [b" x", b" \n", b"x", b"y", b"\n"]

    def tokenize(self, text: str, **_how: bool) -> list[int]:
        first, *others = list(text)
        return [self.pieces.index(piece.encode()) for piece in (f" {first}", *others)]

    def piece(self, token: int, **_how: bool) -> bytes:
        return self.pieces[token]


def test_text_within_an_answer_has_no_space_before_it() -> None:
    vocabulary = WithSpace()
    assert b"".join(map(vocabulary.piece, vocabulary.tokenize("xy"))) == b" xy"
    assert b"".join(map(vocabulary.piece, vocabulary.tokenize_within("xy"))) == b"xy"
