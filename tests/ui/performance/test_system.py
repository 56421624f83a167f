"""This computer on the page, the hint when others starve the engine, and the benchmark."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.performance.conftest import AFTER, BEFORE, PAGED, Feed
from thimble import paths, speeds
from thimble.insight.machine import Load
from thimble.protocol import State
from thimble.settings_table import GIB
from thimble.speeds import Speeds
from thimble.ui.app_context import AppContext
from thimble.ui.performance import system_view
from thimble.ui.performance.benchmark_card import TOKENS, load_result
from thimble.ui.performance.page import PerformancePage
from thimble.ui.widgets.basic import Card

BUSY = Load(
    cores=(100.0, 98.0),
    disk_read=None,
    memory_total=16 * GIB,
    memory_available=10 * GIB,
    page_cache=4 * GIB,
    pressure=None,
    engine_cores=0.9,
    window_cores=0.02,
)


@pytest.fixture
def system(page: PerformancePage) -> PerformancePage:
    page.show_view("system")
    page.dashboard._clock.stop()  # the test says when a second is over, and what the machine does
    return page


def seconds(page: PerformancePage, load: Load, count: int) -> None:
    page.dashboard.load = load
    for _ in range(count):
        page.system.refresh_second()


def test_what_nobody_counts_is_said_and_not_drawn_as_zero(system: PerformancePage) -> None:
    seconds(system, BUSY, 1)
    computer = system.system.computer
    assert computer.value("read") == "not counted here"
    assert computer.value("pressure") == "not told by this system"
    assert computer.value("free") == "10.00 GiB"


def test_pressure_says_whose_it_is(system: PerformancePage) -> None:
    seconds(system, replace(BUSY, pressure=2.5), 1)
    assert system.system.computer.value("pressure") == "2.5 % of the time (whole computer)"
    seconds(system, replace(BUSY, pressure=0.0, pressure_of_group=True), 1)
    assert system.system.computer.value("pressure") == "0.0 % of the time (this group)"


def test_cores_are_bars_and_a_table(system: PerformancePage) -> None:
    seconds(system, BUSY, 1)
    cores = system.system.cores
    assert cores.remark.whole_text() == "2.0 of 2 in use"
    cores.toggle.click()
    assert cores.table is not None
    assert cores.table.texts() == [["Core 0", "100 %"], ["Core 1", "98 %"]]


def test_a_program_that_starves_the_engine_is_named_after_three_seconds(
    qtbot: QtBot, system: PerformancePage, feed: Feed, context: AppContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_view, "busiest_other", lambda _own: "cc1plus")
    feed(BEFORE, replace(PAGED, threads=1))
    qtbot.waitUntil(lambda: system.dashboard.sample is not None and system.dashboard.sample.threads == 1)
    seconds(system, BUSY, 2)
    assert system.system.hint.isHidden()
    seconds(system, BUSY, 1)
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    seconds(system, BUSY, 1)
    assert system.system.hint.text() == (
        "“cc1plus” slows the engine: other programs use 1.1 of 2 cores. It computes with 1 of 2 threads meanwhile."
    )
    seconds(system, replace(BUSY, engine_cores=1.9), 1)
    assert system.system.hint.isHidden()


def test_nobody_starves_an_engine_that_has_nothing_to_do(qtbot: QtBot, system: PerformancePage, feed: Feed) -> None:
    feed(BEFORE, replace(AFTER, state=State.READY))
    qtbot.waitUntil(lambda: system.dashboard.sample is not None and system.dashboard.sample.state == State.READY)
    seconds(system, BUSY, 5)
    assert system.system.hint.isHidden()


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []

    def renewed(file: Path, threads: int, files: list[Path]) -> Speeds:
        calls.append(threads)
        return Speeds(20e9, 2 * GIB, disk_measured=True)

    monkeypatch.setattr(speeds, "renewed", renewed)
    return calls


@pytest.mark.parametrize("view", ["now", "system", "history"])
def test_titles_of_cards_beside_each_other_share_a_line(page: PerformancePage, feed: Feed, view: str) -> None:
    feed(BEFORE, PAGED)
    page.show_view(view)
    page.resize(1280, 800)
    page.show()
    rows: dict[int, set[int]] = {}  # by the top of the card
    for card in page.view.findChildren(Card):
        for title in [one for one in card.findChildren(QLabel) if one.text() == card.accessibleName()][:1]:
            if title.isVisible():
                middle = title.mapTo(page.view, title.rect().center()).y()
                rows.setdefault(card.mapTo(page.view, card.rect().topLeft()).y(), set()).add(middle)
    assert [sorted(middles) for middles in rows.values()] == [[min(middles)] for middles in rows.values()]
    assert any(rows)


def test_the_benchmark_measures_the_machine_and_an_answer_and_is_kept(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine, measured: list[int]
) -> None:
    page.show_view("system")
    feed(BEFORE, replace(AFTER, state=State.READY))
    card = page.system.benchmark
    qtbot.waitUntil(card.run.isEnabled)
    card.run.click()
    qtbot.waitUntil(lambda: card.result is not None and not card.stop.isVisible())
    assert len(measured) == 1
    assert engine.requests[-1].max_tokens == TOKENS
    assert (card.value("disk"), card.value("first")) == ("2.00 GiB/s", "0 ms")
    assert card.value("decode") == "66.7 tok/s"  # the fake's 3 tokens in 30 ms
    assert load_result() == card.result
    assert "66.7 tok/s" in card.text()


def test_without_a_model_only_the_machine_is_measured(qtbot: QtBot, page: PerformancePage, measured: list[int]) -> None:
    page.show_view("system")
    card = page.system.benchmark
    card.start()
    qtbot.waitUntil(lambda: card.result is not None)
    assert (card.value("disk"), card.value("decode")) == ("2.00 GiB/s", "—")


def test_a_stopped_benchmark_leaves_no_result(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine, measured: list[int]
) -> None:
    page.show_view("system")
    engine.hold_answers = True
    feed(BEFORE, replace(AFTER, state=State.READY))
    card = page.system.benchmark
    card.start()
    qtbot.waitUntil(lambda: len(engine.requests) == 1)
    card.cancel()
    qtbot.waitUntil(lambda: card.words.text() == "Stopped.")
    assert card.result is None


def test_it_does_not_measure_while_something_is_answered(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    page.show_view("system")
    feed()
    qtbot.waitUntil(lambda: page.dashboard.sample is not None)
    link = page.dashboard.link
    link.status = replace(link.status, state=State.ANSWERING)
    page.system.refresh()
    assert not page.system.benchmark.run.isEnabled()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"when": 1}'])
def test_a_damaged_result_is_none(page: PerformancePage, text: str) -> None:
    paths.cache_dir().mkdir(parents=True, exist_ok=True)
    (paths.cache_dir() / "benchmark.json").write_text(text, "utf-8")
    assert load_result() is None
