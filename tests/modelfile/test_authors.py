"""What the header says of files by SmallThinker's authors."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from gguf import GGMLQuantizationType as Type

from tests.helpers import authors_files
from thimble.errors import Code, ThimbleError
from thimble.modelfile import ModelHeader, check_model_file, estimate_memory
from thimble.modelfile.authors import PREDICTOR, has_predictor, predictor_bytes


def header_of(path: Path, **options: object) -> ModelHeader:
    return check_model_file(authors_files.write(path / "a.gguf", **options).path)  # type: ignore[arg-type]


@pytest.mark.parametrize("neuron_major", [True, False])
def test_experts_may_lie_either_way(neuron_major: bool, tmp_path: Path) -> None:
    kinds = (Type.F32,)
    header = header_of(tmp_path, neuron_major=neuron_major, down=kinds)
    assert header.expert_bytes == 3 * 3 * 8 * 256 * 96 * 4


@pytest.mark.parametrize("neurons", [64, 128])
def test_experts_of_another_size_are_refused(neurons: int, tmp_path: Path) -> None:
    with pytest.raises(ThimbleError) as raised:
        header_of(tmp_path, neurons_of_layer_1=neurons)
    problem = raised.value.problem
    assert problem.code == Code.MODEL_DAMAGED
    assert "do not fit together: “blk.1.ffn_down_exps.weight”" in problem.sentence


def test_a_predictor_is_found_and_not_counted_as_weights_of_the_model(tmp_path: Path) -> None:
    plain = header_of(tmp_path)
    header = header_of(tmp_path, profiler=authors_files.random_profiler())
    assert (has_predictor(plain), has_predictor(header)) == (False, True)
    assert predictor_bytes(header) == 32 * (256 + 96) // 32 * 18
    assert estimate_memory(header, 512).weights == estimate_memory(plain, 512).weights


@pytest.mark.parametrize("change", [-1, 1, 40])
def test_one_of_the_wrong_size_is_not_offered(change: int, tmp_path: Path) -> None:
    values = np.zeros((1, 32 * (256 + 96) + change), np.float32)
    assert not has_predictor(header_of(tmp_path, profiler=authors_files.stored(values, Type.F32)))


def test_nor_one_whose_rows_end_within_a_block(tmp_path: Path) -> None:
    header = header_of(tmp_path, profiler=authors_files.random_profiler(units=16, kind=Type.F32))
    assert has_predictor(header)
    tensors = tuple(dataclasses.replace(t, type="Q4_0") if t.name == PREDICTOR else t for t in header.tensors)
    assert not has_predictor(dataclasses.replace(header, tensors=tensors))
