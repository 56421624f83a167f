"""The table of experts as it comes from the engine."""

from __future__ import annotations

import base64
from array import array
from typing import Any

import pytest

from thimble.errors import Code, ThimbleError
from thimble.insight.expert_map import ABSENT, LEVELS, ExpertMap


def packed(uses: list[list[int]], resident: list[list[int]], neurons: int = 0, active: int = 0) -> dict[str, Any]:
    flat = [n for row in uses for n in row]
    return {
        "uses": base64.b64encode(array("I", flat).tobytes()).decode(),
        "misses": base64.b64encode(array("I", [n // 2 for n in flat]).tobytes()).decode(),
        "resident": base64.b64encode(bytes(n for row in resident for n in row)).decode(),
        "layers": [[2 * number, len(row), neurons, active] for number, row in enumerate(uses)],
    }


def test_cells_and_layers_are_what_was_sent() -> None:
    found = ExpertMap.from_json(packed([[1, 3], [0, 8]], [[1, 0], [1, 1]], 10, 4))
    cell = found.cell(0, 1)
    assert cell is not None
    assert (cell.layer, cell.expert, cell.uses, cell.misses, cell.share, cell.resident) == (0, 1, 3, 1, 0.75, False)
    assert [(row.layer, row.uses, row.resident, row.active) for row in found.rows] == [(0, 4, 1, 0.4), (2, 8, 2, 0.4)]
    assert found.cell(2, 0) is None
    assert found.cell(0, 2) is None


def test_shades_tell_use_and_place_apart() -> None:
    found = ExpertMap.from_json(packed([[0, 4, 16]], [[0, 1, 0]]))
    assert list(found.shades(4)) == [0, LEVELS + (LEVELS - 1) // 2, LEVELS - 1, ABSENT]


@pytest.mark.parametrize("most", [1, 16_700_000, 17_000_000, 2**32 - 1])
def test_shades_are_the_same_after_millions_of_uses(most: int) -> None:
    found = ExpertMap.from_json(packed([[0, most // 4, most]], [[0, 0, 0]]))
    low, middle, high = found.shades(3)
    assert (low, high) == (0, LEVELS - 1)
    assert middle == pytest.approx((LEVELS - 1) // 2 if most > 1 else 0, abs=1)


def test_a_flipped_residency_changes_that_cell_only() -> None:
    before = ExpertMap.from_json(packed([[5, 5], [5, 5]], [[1, 1], [0, 0]])).shades(4)
    after = ExpertMap.from_json(packed([[5, 5], [5, 5]], [[1, 1], [0, 1]])).shades(4)
    assert [place for place in range(8) if before[place] != after[place]] == [5]


def test_layers_of_different_size_leave_places_empty() -> None:
    found = ExpertMap.from_json(packed([[1], [1, 1, 1]], [[1], [1, 1, 1]]))
    assert found.columns == 3
    assert list(found.shades(4)[:4]) == [LEVELS * 2 - 1, ABSENT, ABSENT, ABSENT]


@pytest.mark.parametrize("shape", [(1, 4), (128, 160)])
def test_the_smallest_and_the_biggest_grid(shape: tuple[int, int]) -> None:
    layers, experts = shape
    found = ExpertMap.from_json(packed([[7] * experts] * layers, [[1] * experts] * layers))
    assert (len(found.rows), found.columns) == shape
    assert len(found.shades(160)) == layers * 160


def test_an_engine_without_experts_is_an_empty_map() -> None:
    found = ExpertMap.from_json({"uses": "", "misses": "", "resident": "", "layers": []})
    assert (found.rows, found.columns, found.shades(4)) == ([], 0, b"")


@pytest.mark.parametrize(
    "change",
    [
        {"uses": "!!"},
        {"uses": ""},
        {"resident": base64.b64encode(b"\1").decode()},
        {"layers": [[0, -2, 0, 0], [1, 6, 0, 0]]},
        {"layers": None},
        {"layers": [["x", 4, 0, 0]]},
    ],
)
def test_what_does_not_fit_together_is_said_and_not_drawn(change: dict[str, Any]) -> None:
    with pytest.raises(ThimbleError) as caught:
        ExpertMap.from_json({**packed([[1, 1], [1, 1]], [[1, 1], [1, 1]]), **change})
    assert caught.value.problem.code == Code.ENGINE_FAILED


def test_a_missing_part_is_said() -> None:
    with pytest.raises(ThimbleError):
        ExpertMap.from_json({})
