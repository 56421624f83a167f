"""The expert cache on the page: classes, policies, and every cell of the map."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.performance.conftest import BEFORE, PAGED, Feed, table
from thimble.insight.expert_map import ExpertMap
from thimble.insight.figures import ExpertUse
from thimble.settings_table import GIB
from thimble.ui.performance.heat_map import HeatMap
from thimble.ui.performance.page import PerformancePage
from thimble.ui.theme import Theme


@pytest.fixture
def heat(qtbot: QtBot, theme: Theme) -> HeatMap:
    made = HeatMap(theme)
    qtbot.addWidget(made)
    made.resize(400, 200)
    made.set_map(ExpertMap.from_json(table([1, 0, 1, 1, 0, 0, 0, 1])))
    return made


def _pixels(heat: HeatMap) -> QImage:
    return heat.grab().toImage()


def test_where_experts_came_from_is_shown_for_a_token(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    page.show_view("experts")
    feed(BEFORE, PAGED)
    view = page.experts
    qtbot.waitUntil(lambda: view.use.value("hits") == "15.0 a token · 75.0 %")
    assert view.use.value("prefetched") == "2.4 a token · 12.0 %"
    assert view.use.value("late") == "0.6 a token · 3.0 %"
    assert view.use.value("demanded") == "2.0 a token · 10.0 %"
    assert view.disk.value("per_token") == "4.00 MiB"
    assert view.disk.value("each") == "1.00 ms for 341 KiB"
    assert view.disk.value("guesses") == "87 % of 1,000"
    assert view.disk.value("evictions") == "3.0 a token"
    assert view.disk.value("neurons") == "—"


def test_policies_are_compared_on_what_the_last_tokens_used(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    page.show_view("experts")
    feed(BEFORE, PAGED)
    expected = [("Thimble's", "70.0 %"), ("LRU", "55.0 %"), ("ideal", "80.0 %")]
    qtbot.waitUntil(lambda: page.experts.policy.texts() == expected)
    assert page.experts.policy.remark.whole_text() == "last 64 tokens, replayed"


def test_a_dense_model_has_nothing_to_tell_and_says_so(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    page.show_view("experts")
    feed()
    qtbot.waitUntil(lambda: page.dashboard.sample is not None)
    assert page.experts.nothing.isVisible()
    assert page.experts.map.isHidden()


def test_an_expert_that_comes_into_memory_changes_its_cell(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine
) -> None:
    page.show_view("experts")
    engine.expert_table = table([1, 0, 1, 1, 0, 0, 0, 1])
    feed(BEFORE, PAGED)
    heat = page.experts.map.heat
    qtbot.waitUntil(lambda: page.dashboard.experts.columns == 4)
    before = [heat.colour_at(row, expert) for row in range(2) for expert in range(4)]
    engine.expert_table = table([1, 1, 1, 1, 0, 0, 0, 1])
    page.dashboard.ask_experts()
    qtbot.waitUntil(lambda: page.dashboard.experts.rows[0].resident == 4)
    after = [heat.colour_at(row, expert) for row in range(2) for expert in range(4)]
    assert [place for place in range(8) if before[place] != after[place]] == [1]


def test_cells_are_drawn_where_they_are(heat: HeatMap) -> None:
    picture = _pixels(heat)
    for row, expert in ((0, 0), (0, 2), (1, 3)):
        at = heat.place_of(row, expert) + QPoint(8, 8)
        assert picture.pixelColor(at) == heat.colour_at(row, expert)
    # an expert on disk has a hole: its middle is the card's ground, its side is not
    middle = heat.place_of(0, 1)
    assert picture.pixelColor(middle) != picture.pixelColor(middle + QPoint(20, 0))
    assert picture.pixelColor(middle + QPoint(30, 0)) == heat.colour_at(0, 1)


def test_the_cell_under_the_pointer_is_told(qtbot: QtBot, heat: HeatMap) -> None:
    heat.show()
    with qtbot.waitSignal(heat.chosen) as told:
        qtbot.mouseMove(heat, heat.place_of(1, 2))
    assert told.args == ["Layer 1, expert 2: 25.0 % of its layer's uses, missing 0 of 4 times, on disk"]


def test_arrow_keys_go_from_cell_to_cell_and_stop_at_the_edge(qtbot: QtBot, heat: HeatMap) -> None:
    heat.show()
    qtbot.keyClick(heat, Qt.Key.Key_Down)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(heat, key)
    assert heat.accessibleDescription().startswith("Layer 1, expert 1:")
    qtbot.keyClick(heat, Qt.Key.Key_End)
    assert heat.accessibleDescription().startswith("Layer 1, expert 3:")
    assert heat.accessibleDescription().endswith("in memory")


@pytest.mark.parametrize("shape", [(1, 4), (128, 160)])
def test_the_smallest_and_the_biggest_grid_are_drawn(heat: HeatMap, shape: tuple[int, int]) -> None:
    layers, experts = shape
    resident = [n % 2 for n in range(layers * experts)]
    heat.resize(900, 500)
    heat.set_map(ExpertMap.from_json(table(resident, layers=layers)))
    picture = _pixels(heat)
    assert picture.pixelColor(heat.place_of(layers - 1, 1)) == heat.colour_at(layers - 1, 1)
    assert heat.colour_at(0, 0) != heat.colour_at(0, 1)


def test_without_experts_the_map_says_so(heat: HeatMap, qtbot: QtBot) -> None:
    heat.set_map(ExpertMap())
    assert not _pixels(heat).isNull()
    qtbot.keyClick(heat, Qt.Key.Key_Down)
    assert heat.cell() is None


def test_a_map_the_engine_garbled_leaves_the_last_one(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine
) -> None:
    engine.expert_table = table([1, 0, 1, 1])
    feed(BEFORE, PAGED)
    qtbot.waitUntil(lambda: page.dashboard.experts.columns == 2)
    engine.expert_table = {"uses": "?"}
    page.dashboard._take_experts(engine.expert_table)
    assert page.dashboard.experts.columns == 2


def test_the_map_can_be_read_as_a_table(qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine) -> None:
    engine.expert_table = table([1, 0, 1, 1])
    page.show_view("experts")
    feed(BEFORE, PAGED)
    qtbot.waitUntil(lambda: page.dashboard.experts.columns == 2)
    page.experts.map.toggle.click()
    assert page.experts.map.table is not None
    assert page.experts.map.table.texts()[1] == ["layer 0, expert 1", "4", "50.0 %", "0", "on disk"]


def test_an_idle_disk_is_said_in_words(page: PerformancePage) -> None:
    for busy, words in ((None, "idle · 2.00 GiB/s are possible"), (0.0, "nothing to read · 2.00 GiB/s are possible")):
        page.experts.disk.show_use(ExpertUse(), None, busy, 2.0 * GIB)
        assert page.experts.disk.value("speed") == words
    page.experts.disk.show_use(ExpertUse(), None, 1.0 * GIB, 2.0 * GIB)
    assert page.experts.disk.value("speed") == "1.00 GiB/s of 2.00 GiB/s"
