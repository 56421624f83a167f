"""The memory in parts, and the slider that changes the limit of the running model."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.performance.conftest import AFTER, BEFORE, PAGED, Feed
from thimble.errors import Code, Problem
from thimble.insight.machine import Load
from thimble.settings_table import GIB, MIB
from thimble.ui.app_context import AppContext
from thimble.ui.performance.limit_slider import STEP
from thimble.ui.performance.page import PerformancePage


def foretold(page: PerformancePage) -> bool:
    outlook = page.now.gauges.limit.course.outlook
    return outlook is not None and len(outlook.guesses) > 0


def test_memory_is_shown_against_its_limit_in_parts(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    feed(BEFORE, PAGED)
    gauges = page.now.gauges
    qtbot.waitUntil(lambda: gauges.remark.text() == "0.35 GiB of 1.00 GiB (limit)")
    gauges.toggle.click()
    assert gauges.table is not None
    assert gauges.table.texts() == [
        ["weights of every token", "90 MiB"],
        ["files, in the page cache", "30 MiB"],
        ["experts", "100 MiB"],
        ["keys and values", "20 MiB"],
        ["keys and values, window", "10 MiB"],
        ["intermediate results", "34 MiB"],
        ["program and the rest", "74 MiB"],
        ["together", "0.35 GiB of 1.00 GiB (limit)"],
    ]
    assert gauges.experts.whole_text() == "Experts: 3 of 8 in memory, 100 MiB of 120 MiB"
    assert gauges.context.whole_text() == "Context: 812 of 4,096 tokens · 30 MiB instead of 80 MiB with full attention"


def test_in_a_small_window_none_of_it_is_cut_off(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    page.resize(828, 560)
    page.show()
    feed(BEFORE, PAGED)
    qtbot.waitUntil(page.now.gauges.limit.isVisible)
    page.now.gauges.show_figures(PAGED, Load(memory_total=16 * GIB, memory_available=8 * GIB), page.dashboard.outlook)
    QCoreApplication.processEvents()
    parts = [one for one in page.now.gauges.findChildren(QLabel) if one.isVisible() and one.text()]
    assert len(parts) > 10
    assert [one.text() for one in parts if one.height() < one.sizeHint().height()] == []
    assert page.now.gauges.limit.slider.height() >= page.now.gauges.limit.slider.sizeHint().height()


def test_a_saving_of_nothing_is_not_told(page: PerformancePage) -> None:
    same = PAGED.kv_window_bytes + PAGED.kv_global_bytes
    page.now.gauges.show_figures(replace(PAGED, kv_full_bytes=same), Load(), None)
    assert page.now.gauges.context.whole_text() == "Context: 812 of 4,096 tokens"


def test_without_a_limit_the_whole_is_this_computer(page: PerformancePage) -> None:
    page.now.gauges.show_figures(replace(AFTER, memory_limit=0), Load(), None)
    assert page.now.gauges.remark.text() == "0.35 GiB of 16.00 GiB (this computer)"
    assert page.now.gauges.experts.isHidden()


def test_what_is_given_back_is_said(page: PerformancePage) -> None:
    page.now.gauges.show_figures(replace(PAGED, expert_given_back_bytes=64 * MIB), Load(), None)
    assert page.now.gauges.experts.whole_text().endswith("64 MiB given back, memory is short")


def test_the_slider_reaches_from_the_least_to_the_most_and_says_what_to_expect(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine
) -> None:
    limit = page.now.gauges.limit
    assert limit.isHidden()
    feed(BEFORE, PAGED)
    qtbot.waitUntil(lambda: foretold(page))
    assert (limit.slider.minimum() * STEP, limit.slider.maximum() * STEP) == engine.bounds
    assert limit.limit == GIB
    assert engine.outlooks[0] == []
    assert (engine.outlooks[-1][0], engine.outlooks[-1][-1]) == engine.bounds
    limit.slider.setValue(limit.slider.minimum())
    assert limit.words.text().startswith("0.50 GiB · 50 % found in memory")


def test_untouched_the_slider_says_what_there_is_and_not_what_its_limit_would_bring(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine
) -> None:
    feed(BEFORE, PAGED)
    limit = page.now.gauges.limit
    qtbot.waitUntil(lambda: foretold(page))
    assert limit.words.text().startswith("1.00 GiB · 58 % found in memory")
    limit.slider.setValue(limit.slider.value() + 1)
    assert limit.words.text().startswith("1.02 GiB · 52 % found in memory")


def test_a_moved_slider_stays_where_it_is(qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine) -> None:
    feed(BEFORE, PAGED)
    limit = page.now.gauges.limit
    qtbot.waitUntil(limit.isVisible)
    wanted = limit.slider.minimum() + 8
    moves: list[int] = []
    limit.slider.setValue(wanted)
    limit.slider.valueChanged.connect(moves.append)
    told = len(engine.outlooks)
    qtbot.waitUntil(lambda: bool(engine.limits) and len(engine.outlooks) > told + 2)
    assert limit.slider.value() == wanted
    assert moves == []


def test_a_moved_slider_changes_the_running_model_and_is_remembered(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine, context: AppContext
) -> None:
    feed(BEFORE, PAGED)
    limit = page.now.gauges.limit
    qtbot.waitUntil(limit.isVisible)
    wanted = limit.slider.minimum() + 8
    limit.slider.setValue(wanted)
    qtbot.waitUntil(lambda: engine.limits == [wanted * STEP])
    key = context.settings.model_key("/models/starter.gguf")
    qtbot.waitUntil(lambda: context.settings.integer("engine.memory_limit", model=key) == wanted * STEP)
    assert engine.loads[1:] == []  # the model stayed


def test_a_limit_the_engine_refuses_goes_back_and_is_said(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine, context: AppContext
) -> None:
    engine.limit_problem = Problem(Code.OUT_OF_MEMORY, "This model needs at least 600 MiB.", "Raise the limit.")
    feed(BEFORE, PAGED)
    limit = page.now.gauges.limit
    qtbot.waitUntil(limit.isVisible)
    limit.slider.setValue(limit.slider.minimum())
    qtbot.waitUntil(lambda: limit.limit == GIB)
    key = context.settings.model_key("/models/starter.gguf")
    assert context.settings.integer("engine.memory_limit", model=key) == 0


def test_the_limit_can_be_removed(qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine) -> None:
    feed(BEFORE, PAGED)
    limit = page.now.gauges.limit
    qtbot.waitUntil(limit.automatic.isVisible)
    limit.automatic.click()
    qtbot.waitUntil(lambda: engine.limits == [0])


def test_where_all_experts_are_small_the_slider_has_finer_steps(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine
) -> None:
    engine.bounds = (100 * MIB, 118 * MIB)
    feed(BEFORE, PAGED)
    limit = page.now.gauges.limit
    qtbot.waitUntil(limit.isVisible)
    assert (limit.slider.minimum(), limit.slider.maximum()) == (100, 118)
    limit.slider.setValue(110)
    assert limit.limit == 110 * MIB


def test_a_chosen_limit_takes_the_place_of_a_chosen_expert_cache(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine, context: AppContext
) -> None:
    settings = context.settings
    key = settings.model_key("/models/starter.gguf")
    settings.set("engine.expert_cache", 4 * MIB, model=key)
    feed(BEFORE, PAGED)
    limit = page.now.gauges.limit
    qtbot.waitUntil(limit.isVisible)
    wanted = limit.slider.minimum() + 8
    limit.slider.setValue(wanted)
    qtbot.waitUntil(lambda: settings.integer("engine.expert_cache", model=key) == 0)
    assert settings.integer("engine.memory_limit", model=key) == wanted * STEP
