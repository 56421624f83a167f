"""Charts that scroll, zoom and pause; the answers; what goes into a file."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.performance.conftest import BEFORE, PAGED, Feed
from thimble.protocol import KEPT_ANSWERS, AnswerRecord, Timings
from thimble.settings_table import GIB, MIB
from thimble.ui.app_context import AppContext
from thimble.ui.performance.page import PerformancePage
from thimble.ui.theme import Theme
from thimble.ui.widgets.line_chart import MOST_SPAN, Line, LineChart, nearest, nice_top

ANSWERS = [
    AnswerRecord(
        number,
        number * 10**9,
        1_700_000_000.0 + number,
        "4b",
        GIB,
        Timings(
            prompt_tokens=20,
            generated_tokens=11,
            first_token_ms=500.0,
            prefill_ms=400.0,
            decode_ms=1000.0 / number,
            expert_hits=80,
            expert_misses=20,
            expert_bytes_read=22 * MIB,
            expert_stall_ms=70.0,
        ),
    )
    for number in (1, 2)
]


@pytest.fixture
def chart(qtbot: QtBot, theme: Theme) -> LineChart:
    made = LineChart(theme, "speed", lambda value: f"{value:g}")
    qtbot.addWidget(made)
    made.resize(400, 160)
    made.set_lines([Line("writing", "compute", [[(n, float(n % 7)) for n in range(1000)]])], 999.0)
    made.show()
    return made


def test_it_follows_now_until_somebody_pauses(chart: LineChart) -> None:
    assert chart.looked_at == (879.0, 999.0)
    chart.set_lines([], 1009.0)
    assert chart.looked_at == (889.0, 1009.0)
    chart.set_paused(True)
    chart.set_lines([], 1100.0)
    assert chart.looked_at == (889.0, 1009.0)
    chart.set_paused(False)
    assert chart.looked_at[1] == 1100.0


def test_an_empty_time_says_so_and_shares_keep_their_axis(qtbot: QtBot, theme: Theme) -> None:
    written: list[float] = []

    def write(value: float) -> str:
        written.append(value)
        return f"{value:g}"

    made = LineChart(theme, "hits", write)
    qtbot.addWidget(made)
    made.set_writer(write, 100.0)
    made.resize(400, 160)
    without = made.grab().toImage()
    assert {0.0, 50.0, 100.0} <= set(written)
    made.set_lines([Line("hits", "hit", [[(0.0, 1.0)]])], 1000.0)  # long before what is looked at
    assert made.grab().toImage() == without


def test_keys_scroll_zoom_pause_and_return(qtbot: QtBot, chart: LineChart) -> None:
    qtbot.keyClick(chart, Qt.Key.Key_Left)
    assert chart.paused
    assert chart.looked_at == (855.0, 975.0)
    qtbot.keyClick(chart, Qt.Key.Key_Minus)
    assert chart.span == 150.0
    qtbot.keyClick(chart, Qt.Key.Key_End)
    assert not chart.paused
    qtbot.keyClick(chart, Qt.Key.Key_Space)
    assert chart.paused


def test_zoom_and_scroll_have_ends(chart: LineChart) -> None:
    chart.set_span(1e9)
    assert chart.span == MOST_SPAN
    chart.set_span(120)
    chart.scroll_time(-1e9)
    assert chart.looked_at[0] >= 999.0 - MOST_SPAN
    chart.scroll_time(1e9)
    assert not chart.paused


def test_a_gap_is_not_bridged(qtbot: QtBot, chart: LineChart, theme: Theme) -> None:
    chart.set_lines([Line("a", "miss", [[(880.0, 1.0), (900.0, 1.0)], [(980.0, 1.0), (998.0, 1.0)]])], 999.0)
    picture = chart.grab().toImage()
    colour = theme.color("miss")
    drawn = {
        x
        for x in range(picture.width())
        for y in range(picture.height())
        if abs(picture.pixelColor(x, y).red() - colour.red()) < 12
        and abs(picture.pixelColor(x, y).blue() - colour.blue()) < 12
    }
    assert min(drawn) < 120
    assert max(drawn) > 370
    assert not drawn & set(range(150, 300))


def test_the_newest_values_are_told_to_screen_readers(chart: LineChart) -> None:
    assert chart.accessibleDescription() == "writing 5"


@pytest.mark.parametrize(
    ("value", "top"), [(0, 1), (0.7, 1), (3, 5), (22, 25), (100, 100), (101, 200), (float("nan"), 1), (4e9, 5e9)]
)
def test_axes_end_at_round_numbers(value: float, top: float) -> None:
    assert nice_top(value) == top


def test_the_point_under_the_cross_hair_is_the_nearest() -> None:
    pieces = [[(0.0, 1.0), (1.0, 2.0)], [(50.0, 3.0)]]
    assert nearest(pieces, 0.8, 0) == (1.0, 2.0)
    assert nearest(pieces, 25.0, 2) is None
    assert nearest([], 0.0, 9) is None


def test_both_charts_look_at_the_same_time(page: PerformancePage) -> None:
    page.show_view("history")
    view = page.history
    view.second_chart.chart.set_span(600)
    assert view.first_chart.chart.span == 600
    view.first_chart.chart.set_paused(True)
    assert view.second_chart.chart.paused
    assert view.pause.isChecked()


@pytest.fixture
def answered(qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine) -> PerformancePage:
    engine.answers = list(ANSWERS)
    page.show_view("history")
    feed(BEFORE, PAGED, replace(PAGED, time_ns=3 * 10**9, generated_tokens=90, decode_ns=4 * 10**9))
    qtbot.waitUntil(lambda: page.dashboard.sample is not None and page.dashboard.sample.generated_tokens == 90)
    page.dashboard._on_second()
    qtbot.waitUntil(lambda: len(page.dashboard.answers) == 2)
    return page


def test_answers_are_listed_newest_first(answered: PerformancePage) -> None:
    rows = answered.history.table.texts()
    assert [row[1:] for row in rows] == [
        ["20.0", "50.0", "500 ms", "11", "80 %", "2.0 MiB", "8 %"],
        ["10.0", "50.0", "500 ms", "11", "80 %", "2.0 MiB", "5 %"],
    ]


def test_two_chosen_answers_are_compared(answered: PerformancePage) -> None:
    view = answered.history
    assert view.compare.texts() == []
    for row in (0, 1):
        view.table.selectionModel().select(
            view.table.model().index(row, 0),
            QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows,
        )
    assert view.compare.texts()[:3] == [
        ["", "#1", "#2", ""],
        ["Writing, tok/s", "10.0", "20.0", "× 2.00"],
        ["Reading, tok/s", "50.0", "50.0", "× 1.00"],
    ]
    assert view.compare.hint.isHidden()


def test_chosen_answers_stay_chosen_when_there_is_one_more(answered: PerformancePage) -> None:
    view = answered.history
    view.table.selectAll()
    answered.dashboard.answers.append(replace(ANSWERS[1], number=3))
    answered.dashboard.answers_changed.emit()
    assert [answer.number for answer in view.chosen()] == [1, 2]
    assert view.compare.texts()[0] == ["", "#1", "#2", ""]


def test_only_so_many_answers_are_kept_as_the_engine_keeps(
    qtbot: QtBot, answered: PerformancePage, feed: Feed, engine: FakeEngine
) -> None:
    engine.answers += [replace(ANSWERS[1], number=number) for number in range(3, KEPT_ANSWERS + 12)]
    newest = engine.answers[-1].number
    feed(replace(PAGED, time_ns=4 * 10**9, answers=newest))
    qtbot.waitUntil(lambda: answered.dashboard.sample is not None and answered.dashboard.sample.answers == newest)
    answered.dashboard._on_second()
    qtbot.waitUntil(lambda: answered.dashboard.answers[-1].number == newest)
    assert len(answered.dashboard.answers) == answered.history.table.rowCount() == KEPT_ANSWERS


def test_a_new_engine_begins_a_new_list(qtbot: QtBot, answered: PerformancePage, feed: Feed) -> None:
    feed(replace(BEFORE, engine_epoch="b"))
    qtbot.waitUntil(lambda: answered.dashboard.sample is not None and answered.dashboard.sample.engine_epoch == "b")
    answered.dashboard._on_second()
    assert answered.dashboard.answers == []
    assert answered.history.table.texts() == []


def test_the_course_goes_into_files(
    qtbot: QtBot, answered: PerformancePage, context: AppContext, tmp_path: Path
) -> None:
    for kind in ("csv", "json", "png"):
        answered.history.write(tmp_path / f"a.{kind}", kind)
        qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert (tmp_path / "a.csv").read_text("utf-8").startswith("time,epoch,answering,decode")
    assert len(json.loads((tmp_path / "a.json").read_text("utf-8"))["answers"]) == 2
    assert QImage(str(tmp_path / "a.png")).width() > 500


def test_a_file_that_cannot_be_written_is_said(
    qtbot: QtBot, answered: PerformancePage, context: AppContext, tmp_path: Path
) -> None:
    said: list[object] = []
    context.toasts.show = lambda text, *_a, **_k: said.append(text)  # type: ignore[method-assign, assignment]
    for kind in ("csv", "png"):
        answered.history.write(tmp_path / "missing" / f"a.{kind}", kind)
        qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert len(said) == 2
    assert not (tmp_path / "missing").exists()


def test_a_chart_can_be_read_as_a_table(answered: PerformancePage) -> None:
    card = answered.history.first_chart
    card.toggle.click()
    assert card.table is not None
    assert card.table.texts()[0][0] == "0 s ago"
