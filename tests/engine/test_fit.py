"""The decision before a load: refuse, keep once, or keep re-arranged as well."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers import tiny_model
from thimble.engine.fit import check_memory, size
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


def test_sizes_are_written_in_binary_units() -> None:
    assert [size(300 * 2**20), size(3 * 2**29)] == ["300 MiB", "1.5 GiB"]
