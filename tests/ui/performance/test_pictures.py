"""Our own widgets against stored pictures, where there is no text whose font could differ.

`THIMBLE_ACCEPT_PICTURES=1 pytest …` writes them anew; look at them before committing.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.ui.performance.conftest import table
from thimble.insight.expert_map import ExpertMap
from thimble.settings import Settings
from thimble.ui.performance.heat_map import HeatMap
from thimble.ui.theme import Theme
from thimble.ui.widgets.charts import Part, Sparkline, StackedBar

FOLDER = Path(__file__).parent / "pictures"
TOLERANCE = 12
"""Of a channel, 0…255: how much smoothed edges may differ from one Qt to the next."""
FEW = 0.01
"""Share of pixels that may differ more."""


def bar(theme: Theme) -> tuple[QWidget, QRect]:
    made = StackedBar(theme, "memory", 20)
    made.resize(240, 20)
    roles = ("weights", "late", "hit", "kv", "kv_window", "compute", "other")
    made.set_parts([Part(10.0 + number, role, role) for number, role in enumerate(roles)], 120.0, 100.0)
    return made, made.rect()


def spark(theme: Theme) -> tuple[QWidget, QRect]:
    made = Sparkline(theme, 100.0, "compute", "speed")
    made.resize(160, 44)
    made.set_points([(float(n), float((n * 7) % 13)) for n in range(0, 100, 4)], 100.0)
    return made, made.rect()


def big_cells(theme: Theme) -> tuple[QWidget, QRect]:
    made = HeatMap(theme)
    made.resize(300, 160)
    made.set_map(ExpertMap.from_json(table([1, 0, 0, 1, 0, 1, 1, 0])))
    return made, made.area.toAlignedRect()


def small_cells(theme: Theme) -> tuple[QWidget, QRect]:
    made = HeatMap(theme)
    made.resize(300, 160)
    made.set_map(ExpertMap.from_json(table([n % 3 // 2 for n in range(64 * 96)], layers=64)))
    return made, made.area.toAlignedRect()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("make", [bar, spark, big_cells, small_cells], ids=lambda make: make.__name__)
def test_it_looks_as_it_did(
    qtbot: QtBot,
    settings: Settings,
    theme: Theme,
    make: Callable[[Theme], tuple[QWidget, QRect]],
    dark: bool,
) -> None:
    settings.set("look.theme", "dark" if dark else "light")
    widget, part = make(theme)
    qtbot.addWidget(widget)
    found = widget.grab(part).toImage().convertToFormat(QImage.Format.Format_RGB32)
    stored = FOLDER / f"{make.__name__}-{'dark' if dark else 'light'}.png"
    if os.environ.get("THIMBLE_ACCEPT_PICTURES"):
        FOLDER.mkdir(exist_ok=True)
        assert found.save(str(stored))
    expected = QImage(str(stored)).convertToFormat(QImage.Format.Format_RGB32)
    assert found.size() == expected.size()
    different = sum(
        _apart(found.pixelColor(x, y), expected.pixelColor(x, y)) > TOLERANCE
        for x in range(found.width())
        for y in range(found.height())
    )
    assert different <= FEW * found.width() * found.height()


def _apart(one: QColor, other: QColor) -> int:
    return max(abs(one.red() - other.red()), abs(one.green() - other.green()), abs(one.blue() - other.blue()))
