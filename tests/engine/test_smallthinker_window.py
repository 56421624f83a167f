"""The patched SmallThinker against plain NumPy: the window and its layers are those of the file."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.closeness import relative_error
from tests.helpers.forced import Run, in_memory
from tests.helpers.reference import forward
from tests.helpers.smallthinker_models import AUTHORS_WINDOW, Shape, write_smallthinker

pytestmark = pytest.mark.engine

_TOKENS = [(7 * index + index * index) % 96 for index in range(48)]
# the engine computes in float32; a wrong mask or rotation is off by more than 0.1
_TOLERANCE = 1e-4


def _compare(folder: Path, shape: Shape, piece: int = 64) -> float:
    """How far the engine is from NumPy, which both read the file."""
    path = write_smallthinker(folder / "tiny.gguf", shape)
    return relative_error(in_memory(path, _TOKENS, Run(piece=piece)), forward(path, _TOKENS))


def test_a_window_smaller_than_the_prompt_is_taken_from_the_file(tmp_path: Path) -> None:
    assert _compare(tmp_path, Shape(layers=8, window=12)) < _TOLERANCE


def test_a_file_may_name_another_period(tmp_path: Path) -> None:
    assert _compare(tmp_path, Shape(layers=6, window=12, pattern=3)) < _TOLERANCE


def test_a_file_may_flag_every_layer(tmp_path: Path) -> None:
    flags = (True, True, False, True, False, False)
    assert _compare(tmp_path, Shape(layers=6, window=12, pattern=flags)) < _TOLERANCE


@pytest.mark.parametrize("pattern", [(True,) * 4, 0], ids=["flags", "period 0"])
def test_a_pattern_in_which_every_layer_has_the_window_rotates_every_layer(
    tmp_path: Path, pattern: int | tuple[bool, ...]
) -> None:
    assert _compare(tmp_path, Shape(window=12, pattern=pattern)) < _TOLERANCE


def test_a_pattern_in_which_no_layer_has_the_window_is_a_model_without_one(tmp_path: Path) -> None:
    path = write_smallthinker(tmp_path / "tiny.gguf", Shape(window=12, pattern=(False,) * 4))
    plain = write_smallthinker(tmp_path / "plain.gguf", Shape())
    assert relative_error(in_memory(path, _TOKENS, Run()), forward(plain, _TOKENS)) < _TOLERANCE


@pytest.mark.parametrize("piece", [1, 5])
def test_the_window_holds_when_the_prompt_comes_in_pieces(tmp_path: Path, piece: int) -> None:
    assert _compare(tmp_path, Shape(layers=6, window=12, pattern=3), piece) < _TOLERANCE


def test_a_file_by_the_models_authors_computes_as_before(tmp_path: Path) -> None:
    """Window 4096 and no pattern: what upstream assumes of every file."""
    assert _compare(tmp_path, Shape(layers=8, window=AUTHORS_WINDOW)) < _TOLERANCE


def test_without_a_window_every_layer_has_rotary_positions_and_sees_everything(tmp_path: Path) -> None:
    assert _compare(tmp_path, Shape()) < _TOLERANCE
