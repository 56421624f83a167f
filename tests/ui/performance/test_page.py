"""The Performance page shows the engine's figures, and only while it is seen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.ui.performance.conftest import AFTER, BEFORE, PAGED, Feed
from thimble.modelfile.forecast import Facts
from thimble.settings_table import GIB
from thimble.speeds import Speeds
from thimble.ui.app_context import AppContext
from thimble.ui.performance.page import PerformancePage
from thimble.ui.performance.view import View


def test_without_an_engine_everything_is_unknown(page: PerformancePage) -> None:
    for card in page.now.cards:
        assert card.number.text() == "—"
    assert page.now.gauges.remark.text() == "—"
    assert page.now.time.first.text() == "—"


def test_big_numbers_are_the_engines(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    feed()
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    assert page.now.prefill.number.text() == "300"
    assert (page.now.memory.number.text(), page.now.memory.unit.text()) == ("0.35", "GiB")
    assert page.now.memory.remark.text() == "peak 0.40 GiB"
    assert page.now.time.answers.text() == "50 tokens in 2 answers"
    assert page.now.time.first.text() == "640 ms"
    assert page.now.time.reading.text() == "300 tok/s · 25 % reused"


def test_a_tokens_time_adds_up(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    feed()
    qtbot.waitUntil(lambda: page.now.time.value("compute") == "30.0 ms · 75.0 %")
    assert page.now.time.value("stall") == "6.0 ms · 15.0 %"
    assert page.now.time.value("sampling") == "2.0 ms · 5.0 %"
    assert page.now.time.value("other") == "2.0 ms · 5.0 %"


def test_a_streaming_model_shows_hits_and_a_dense_one_does_not(
    qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine
) -> None:
    feed()
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    assert page.now.hit.isHidden()
    assert page.now.experts.isHidden()
    feed(replace(PAGED, time_ns=AFTER.time_ns + 1))
    qtbot.waitUntil(page.now.hit.isVisible)
    assert (page.now.hit.number.text(), page.now.per_token.number.text()) == ("79", "4.0")
    assert page.now.memory.isHidden()


def test_the_bound_is_shown_when_all_of_it_was_measured(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    feed(BEFORE, PAGED)
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    assert page.now.reached.number.text() == "—"
    dashboard = page.dashboard
    dashboard.facts = Facts(0, 10**8, 0, 0, 0, 0, 0, 1, 0, 0)
    dashboard.speeds = Speeds(20e9, 200 * 2**20, disk_measured=False)
    page.now.refresh()
    assert page.now.reached.number.text() == "—"  # an assumed disk is no bound
    assert page.now.reached.remark.whole_text() == "the disk's speed is not known"
    dashboard.speeds = Speeds(20e9, 200 * 2**20, disk_measured=True)
    page.now.refresh()
    assert page.now.reached.number.text() == "50"  # 4 MiB a token of 200 MiB a second
    assert page.now.reached.remark.whole_text() == "50.0 tok/s, limited by the disk"


def test_a_dead_engines_figures_go(qtbot: QtBot, page: PerformancePage, feed: Feed, engine: FakeEngine) -> None:
    feed()
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    engine.die()
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "—")
    page.show_view("system")
    assert page.system.engine_facts.value("state") == "stopped"
    assert page.system.engine_facts.value("pid") == "—"


def test_a_new_engines_figures_are_its_own(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    feed()
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    feed(replace(BEFORE, engine_epoch="b"), replace(AFTER, engine_epoch="b", decode_ns=96 * 10**8))
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "5.0")


def test_counters_that_jump_back_are_no_figures_below_zero(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    feed(BEFORE, PAGED)
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    feed(replace(PAGED, time_ns=3 * 10**9, generated_tokens=1, decode_ns=1, expert_hits=2, stall_ns=0, compute_ns=0))
    qtbot.waitUntil(lambda: page.dashboard.rates.last is not None and page.dashboard.rates.last.generated_tokens == 1)
    for view in ("now", "experts", "history", "system"):
        page.show_view(view)
    page.show_view("now")
    texts = [card.number.text() for card in page.now.cards]
    assert not [text for text in texts if text.startswith("-")]


def test_silence_is_said(qtbot: QtBot, page: PerformancePage, feed: Feed, monkeypatch: pytest.MonkeyPatch) -> None:
    feed()
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    monkeypatch.setattr("thimble.ui.performance.dashboard.SILENT_SECONDS", 1)
    qtbot.waitUntil(lambda: page.now.decode.remark.text() == "no news from the engine")
    monkeypatch.setattr("thimble.ui.performance.dashboard.SILENT_SECONDS", 100)
    feed(replace(AFTER, time_ns=2 * 10**9))
    qtbot.waitUntil(lambda: page.now.decode.remark.text() == "now")


def test_it_watches_only_while_it_is_seen(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    context.link.start()
    qtbot.waitUntil(lambda: len(engine.samples) == 1)
    page.hide()
    qtbot.waitUntil(lambda: engine.samples == [])
    page.show()
    qtbot.waitUntil(lambda: len(engine.samples) == 1)


def test_a_hidden_page_asks_nothing_and_paints_nothing(
    qtbot: QtBot, page: PerformancePage, feed: Feed, context: AppContext, engine: FakeEngine
) -> None:
    feed(BEFORE, PAGED)
    qtbot.waitUntil(lambda: len(engine.outlooks) > 1)
    page.hide()
    asked, text = len(engine.outlooks), page.now.decode.number.text()
    context.link.take_sample(replace(PAGED, time_ns=9 * 10**9, generated_tokens=500, decode_ns=50 * 10**9))
    assert not page.dashboard._clock.isActive()
    assert not page.dashboard._figures.pending
    assert (len(engine.outlooks), page.now.decode.number.text()) == (asked, text)


@pytest.mark.parametrize("paged", [False, True])
@pytest.mark.parametrize("view", ["now", "experts", "history", "system"])
def test_nothing_needs_scrolling_at_the_default_size(
    qtbot: QtBot, page: PerformancePage, feed: Feed, view: str, paged: bool
) -> None:
    feed(BEFORE, PAGED if paged else AFTER)
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    page.show_view(view)
    qtbot.waitUntil(lambda: page.dashboard.outlook is not None or not paged)
    assert page.view.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("paged", [False, True])
@pytest.mark.parametrize("view", ["now", "experts", "history", "system"])
def test_the_smallest_window_clips_nothing_sideways(
    qtbot: QtBot, page: PerformancePage, feed: Feed, view: str, paged: bool
) -> None:
    page.resize(843, 572)
    feed(BEFORE, PAGED if paged else AFTER)
    qtbot.waitUntil(lambda: page.now.decode.number.text() == "25.0")
    page.show_view(view)
    shown: View = page.view
    content = shown.widget()
    assert content is not None
    assert content.minimumSizeHint().width() <= shown.viewport().width()
    assert page.minimumSizeHint().width() <= 843


def test_the_view_is_remembered(qtbot: QtBot, page: PerformancePage, context: AppContext) -> None:
    page.show_view("history")
    again = PerformancePage(context, 16 * GIB)
    qtbot.addWidget(again)
    assert again.view is again.history


def test_a_page_opened_later_shows_what_was_measured_before(qtbot: QtBot, context: AppContext) -> None:
    context.link.start("/models/starter.gguf")
    qtbot.waitUntil(lambda: context.link.status.model is not None and not context.link.loading_path)
    context.link.take_sample(BEFORE)
    context.link.take_sample(AFTER)
    late = PerformancePage(context, 16 * GIB)
    qtbot.addWidget(late)
    late.show()
    assert late.now.decode.number.text() == "25.0"
    late.hide()


def test_facts_of_model_and_engine_are_shown(qtbot: QtBot, page: PerformancePage, feed: Feed) -> None:
    page.show_view("system")
    feed()
    qtbot.waitUntil(lambda: page.system.model_facts.value("name") == "starter")
    assert page.system.model_facts.value("parameters") == "135 M"
    assert page.system.model_facts.value("context") == "4,096 tokens"
    assert page.system.engine_facts.value("pid") == "4711"
    assert page.system.engine_facts.value("build") == "0.3.36+thimble.1"
    assert page.system.engine_facts.value("variant") == "this processor"


def test_an_approximate_head_says_what_it_computed(
    qtbot: QtBot, page: PerformancePage, feed: Feed, context: AppContext, engine: FakeEngine
) -> None:
    page.show_view("system")
    feed()
    facts = page.system.model_facts
    qtbot.waitUntil(lambda: facts.value("head") == "whole")
    model = context.link.status.model
    assert model is not None
    engine.set_status(replace(engine.status, model=replace(model, has_predictor=True, approximate_head=True)))
    qtbot.waitUntil(lambda: facts.value("head") == "approximate")
    feed(replace(AFTER, time_ns=2 * 10**9, head_rows=250, head_all_rows=1000))
    qtbot.waitUntil(lambda: facts.value("head") == "approximate: 25 % of the rows")
    feed(replace(AFTER, time_ns=3 * 10**9, head_rows=260, head_all_rows=1000, head_checked=40, head_changed=3))
    said = "approximate: 26 % of the rows, 3 of 40 checked tokens changed"
    qtbot.waitUntil(lambda: facts.value("head") == said)
