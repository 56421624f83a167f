"""Figures read as people write them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale

from thimble.settings_table import GIB, MIB
from thimble.ui import figures


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    QLocale.setDefault(before)


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "—"),
        (-1, "—"),
        (500, "0 KiB"),
        (94 * MIB, "94 MiB"),
        (round(0.35 * GIB), "0.35 GiB"),
        (12 * GIB, "12.00 GiB"),
    ],
)
def test_sizes(count: float, text: str) -> None:
    assert figures.size(count) == text


def test_a_part_of_a_size_has_one_unit() -> None:
    assert figures.of_size(0.97 * GIB, GIB) == "0.97 / 1.00 GiB"


@pytest.mark.parametrize(("value", "text"), [(0, "—"), (0.4, "0.4"), (22.44, "22.4"), (417.3, "417")])
def test_rates(value: float, text: str) -> None:
    assert figures.rate(value) == text


@pytest.mark.parametrize(("weights", "text"), [(0, "—"), (134_515_008, "135 M"), (4_270_000_000, "4.3 B")])
def test_parameters(weights: int, text: str) -> None:
    assert figures.parameters(weights) == text


@pytest.mark.parametrize(("milliseconds", "text"), [(310, "310 ms"), (310.4, "310 ms"), (1230.0, "1.2 s")])
def test_durations(milliseconds: float, text: str) -> None:
    assert figures.duration(milliseconds) == text


def test_numbers_follow_the_language() -> None:
    QLocale.setDefault(QLocale(QLocale.Language.German))
    assert figures.size(0.35 * GIB) == "0,35 GiB"
    assert figures.count(12_345) == "12.345"
