"""The whole test run."""

from __future__ import annotations

import pytest

from installer import all_checks


@pytest.mark.parametrize(("cores", "workers"), [(1, None), (2, "2"), (16, "4")])
def test_tests_run_side_by_side_where_there_are_cores(cores: int, workers: str | None) -> None:
    arguments = all_checks.side_by_side(cores)
    assert arguments[1:2] == ([workers] if workers else [])
