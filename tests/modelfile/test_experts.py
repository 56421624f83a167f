"""What a header says of its experts is refused where it cannot be, with a sentence, before any engine sees the file."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.helpers.moe_models import (
    ARCHITECTURES,
    EXPERTS,
    HIDDEN,
    LAYERS,
    WIDTH,
    Architecture,
    Model,
    give_experts,
    write_moe,
)
from thimble.errors import Code, Problem, ThimbleError
from thimble.modelfile import check_model_file, read_header

Change = Callable[[Model], None]


def problem_of(folder: Path, change: Change) -> Problem:
    path = write_moe(folder / "odd.gguf", Architecture.SMALLTHINKER, change=change)
    with pytest.raises(ThimbleError) as failure:
        check_model_file(path)
    problem = failure.value.problem
    assert "odd.gguf" in problem.sentence
    assert problem.action
    return problem


def says(**numbers: int) -> Change:
    """The header with other numbers."""
    return lambda model: model.numbers.update(numbers)


def matrix(name: str, *shape: int) -> Change:
    """One matrix of the second layer with another shape, as NumPy orders it."""
    return lambda model: model.matrix(f"blk.1.ffn_{name}_exps.weight", *shape, kind=Type.Q4_0)


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_sound_models_of_every_architecture_are_taken(architecture: Architecture, tmp_path: Path) -> None:
    assert check_model_file(write_moe(tmp_path / "a.gguf", architecture)).expert_count == EXPERTS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (says(expert_used_count=EXPERTS + 1), "a token uses 9 experts of 8"),
        (says(expert_used_count=0), "none of its 8 experts is ever used"),
        (says(expert_count=0), "does not say how many experts"),
        (says(expert_count=0, expert_used_count=0), "does not say how many experts"),
        (says(expert_group_count=8, expert_group_used_count=1), "1 of 8 groups of its 8 experts"),
        (says(expert_group_count=3, expert_group_used_count=1), "1 of 3 groups of its 8 experts"),
        (says(expert_group_count=4), "0 of 4 groups of its 8 experts"),
        (says(expert_group_count=4, expert_group_used_count=4), "4 of 4 groups of its 8 experts"),
    ],
)
def test_numbers_of_experts_that_cannot_be(change: Change, words: str, tmp_path: Path) -> None:
    problem = problem_of(tmp_path, change)
    assert problem.code == Code.MODEL_DAMAGED
    assert words in problem.sentence


def test_numbers_of_used_experts_may_differ_from_layer_to_layer(tmp_path: Path) -> None:
    def of_layers(*used: int) -> Change:
        return lambda model: model.numbers.update(expert_used_count=list(used))

    check_model_file(write_moe(tmp_path / "a.gguf", Architecture.SMALLTHINKER, change=of_layers(3, 8, 1, 2)))
    assert "uses 9 experts of 8" in problem_of(tmp_path, of_layers(3, 9, 1, 2)).sentence


def test_more_experts_than_the_engine_was_built_for(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, says(expert_count=513))
    assert problem.code == Code.MODEL_UNSUPPORTED
    assert "513 experts" in problem.sentence
    assert "up to 512" in problem.sentence


def test_an_unknown_way_to_choose_experts(tmp_path: Path) -> None:
    problem = problem_of(tmp_path, says(expert_gating_func=9))
    assert problem.code == Code.MODEL_UNSUPPORTED
    assert "chooses its experts" in problem.sentence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (matrix("down", EXPERTS, WIDTH // 2, HIDDEN), "ffn_down_exps.weight” is 256 × 128 × 8"),
        (matrix("down", EXPERTS, WIDTH, HIDDEN // 2), "ffn_down_exps.weight” is 128 × 256 × 8"),
        (matrix("gate", EXPERTS, HIDDEN - 32, WIDTH), "ffn_gate_exps.weight” is 256 × 224 × 8"),
        (matrix("up", EXPERTS, HIDDEN, WIDTH // 2), "is 256 × 256 × 8"),
        (matrix("up", EXPERTS - 1, HIDDEN, WIDTH), "ffn_up_exps.weight” is 256 × 256 × 7"),
        (matrix("gate", EXPERTS * HIDDEN, WIDTH), "ffn_gate_exps.weight” is 256 × 2048"),
        (says(expert_count=16), "ffn_gate_exps.weight” is 256 × 256 × 8"),
    ],
    ids=["down, width", "down, neurons", "gate and up", "up, width", "up, experts", "two dimensions", "header"],
)
def test_matrices_of_experts_that_do_not_fit_together(change: Change, words: str, tmp_path: Path) -> None:
    problem = problem_of(tmp_path, change)
    assert problem.code == Code.MODEL_DAMAGED
    assert "do not fit together" in problem.sentence
    assert words in problem.sentence


def test_a_row_for_each_neuron_is_an_order_that_exists(tmp_path: Path) -> None:
    """ne = {n_embd, n_ff, n_expert}, as in the files of SmallThinker's authors."""

    def turned(model: Model) -> None:
        give_experts(model, hidden=128)
        for layer in range(LAYERS):
            model.matrix(f"blk.{layer}.ffn_down_exps.weight", EXPERTS, 128, WIDTH, kind=Type.Q4_0)

    check_model_file(write_moe(tmp_path / "a.gguf", Architecture.SMALLTHINKER, change=turned))


@pytest.mark.parametrize(
    ("kind", "stored", "hidden", "block"),
    [(Type.Q4_0, "Q4_0", 48, 32), (Type.Q8_0, "Q8_0", 100, 32), (Type.Q4_K, "Q4_K", 96, 256)],
)
def test_rows_that_are_no_whole_blocks(kind: Type, stored: str, hidden: int, block: int, tmp_path: Path) -> None:
    path = write_moe(
        tmp_path / "odd.gguf",
        Architecture.SMALLTHINKER,
        change=lambda model: give_experts(model, hidden=hidden, kinds=(Type.F16,) * 3),
    )
    tensor = next(tensor for tensor in read_header(path).tensors if tensor.name == "blk.0.ffn_down_exps.weight")
    data = bytearray(path.read_bytes())
    at = data.index(tensor.name.encode()) + len(tensor.name) + 4 + 3 * 8  # dimensions and their number; then the type
    assert data[at : at + 4] == int(Type.F16).to_bytes(4, "little")
    data[at : at + 4] = int(kind).to_bytes(4, "little")
    path.write_bytes(data)
    with pytest.raises(ThimbleError) as failure:
        check_model_file(path)
    problem = failure.value.problem
    assert problem.code == Code.MODEL_DAMAGED
    assert f"in the format {stored} hold a multiple of {block}, but here one holds {hidden}" in problem.sentence
    assert tensor.name in problem.detail


def test_an_expert_tensor_that_is_cut_off(tmp_path: Path) -> None:
    path = write_moe(tmp_path / "whole.gguf", Architecture.SMALLTHINKER)
    last = max(read_header(path).tensors, key=lambda tensor: tensor.offset)
    assert "exps" in last.name
    cut = tmp_path / "cut.gguf"
    shutil.copy(path, cut)
    with cut.open("r+b") as file:
        file.truncate(last.offset + last.bytes // 2)
    with pytest.raises(ThimbleError) as failure:
        check_model_file(cut)
    assert failure.value.problem.code == Code.MODEL_TRUNCATED
    assert "cut.gguf" in failure.value.problem.sentence


@pytest.mark.parametrize("used", [1, 3, 8])
def test_any_share_of_the_experts_may_be_used(used: int, tmp_path: Path) -> None:
    path = write_moe(tmp_path / "a.gguf", Architecture.SMALLTHINKER, change=says(expert_used_count=used))
    assert check_model_file(path).expert_used_count == used


def test_one_single_expert_is_enough(tmp_path: Path) -> None:
    path = write_moe(
        tmp_path / "a.gguf", Architecture.SMALLTHINKER, change=lambda model: give_experts(model, experts=1, used=1)
    )
    assert check_model_file(path).expert_count == 1
    assert np.prod([tensor.shape[2] for tensor in read_header(path).tensors if "exps" in tensor.name]) == 1
