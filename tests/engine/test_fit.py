"""The decision before a load: refuse, keep once, or keep re-arranged as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import tiny_model
from thimble.engine.fit import check_memory, history_room, size
from thimble.errors import ThimbleError
from thimble.modelfile import ModelHeader, estimate_memory, read_header


@pytest.fixture
def header(tmp_path: Path) -> ModelHeader:
    """A tiny model's header."""
    return read_header(tiny_model.write_random(tmp_path / "a.gguf"))


def test_a_limit_with_room_for_both_copies_allows_repacking(header: ModelHeader) -> None:
    estimate = estimate_memory(header, 512)
    assert check_memory(header, 512, estimate.total + estimate.weights)


def test_a_limit_with_room_for_one_copy_forbids_repacking(header: ModelHeader) -> None:
    assert not check_memory(header, 512, estimate_memory(header, 512).total)


def test_one_byte_less_is_refused(header: ModelHeader) -> None:
    with pytest.raises(ThimbleError, match="limit"):
        check_memory(header, 512, estimate_memory(header, 512).total - 1)


def test_what_the_limit_leaves_is_room_for_going_back(header: ModelHeader) -> None:
    estimate = estimate_memory(header, 512)
    limit = estimate.total + estimate.weights + 1000
    f16 = ("f16", "f16")
    assert history_room(header, 512, limit, f16, repack=True) == 1000
    assert history_room(header, 512, limit, f16, repack=False) == estimate.weights + 1000
    assert history_room(header, 512, estimate.total, f16, repack=False) == 0
    assert history_room(header, 512, 0, f16, repack=True) > 0


def test_fewer_bits_for_keys_and_values_make_a_model_fit(header: ModelHeader) -> None:
    less = estimate_memory(header, 4096, cache=("q8_0", "q8_0"))
    with pytest.raises(ThimbleError, match="limit"):
        check_memory(header, 4096, less.total)
    assert not check_memory(header, 4096, less.total, ("q8_0", "q8_0"))


def test_sizes_are_written_in_binary_units() -> None:
    assert [size(300 * 2**20), size(3 * 2**29)] == ["300 MiB", "1.5 GiB"]
