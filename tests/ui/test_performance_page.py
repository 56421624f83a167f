"""The Performance page shows the engine's figures, and only while it is seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QScrollArea
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from thimble.protocol import Sample
from thimble.settings_table import GIB, MIB
from thimble.ui.app_context import AppContext
from thimble.ui.performance.page import PerformancePage

BEFORE = Sample("a", 1)
AFTER = Sample(
    "a",
    10**9,
    prompt_tokens=400,
    cached_tokens=100,
    generated_tokens=50,
    answers=2,
    prefill_ns=10**9,
    decode_ns=192 * 10**7,
    compute_ns=15 * 10**8,
    stall_ns=3 * 10**8,
    sampling_ns=10**8,
    other_ns=10**8,
    expert_hits=790,
    expert_misses=210,
    expert_bytes_read=200 * MIB,
    memory_bytes=round(0.35 * GIB),
    peak_memory_bytes=round(0.4 * GIB),
    memory_limit=GIB,
    kv_tokens=812,
    kv_capacity=4096,
    cpu_percent=196.0,
    state="answering",
)


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def page(qtbot: QtBot, context: AppContext) -> Iterator[PerformancePage]:
    made = PerformancePage(context, 16 * GIB)
    qtbot.addWidget(made)
    made.resize(1144, 772)
    made.show()
    yield made
    made.hide()


def _feed(qtbot: QtBot, context: AppContext, engine: FakeEngine) -> None:
    context.link.start("/models/starter.gguf")
    qtbot.waitUntil(lambda: context.link.status.model is not None and not context.link.loading_path)
    qtbot.waitUntil(lambda: len(engine.samples) == 1)
    engine.send(BEFORE)
    engine.send(AFTER)


def test_without_an_engine_everything_is_unknown(page: PerformancePage) -> None:
    for card in (page.decode, page.prefill, page.memory, page.tokens):
        assert card.number.text() == "—"
    assert page.gauges.memory_text.text() == "—"


def test_big_numbers_are_the_engines(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.decode.number.text() == "25.0")
    assert page.prefill.number.text() == "300"
    assert (page.memory.number.text(), page.memory.unit.text()) == ("0.35", "GiB")
    assert page.memory.remark.text() == "peak 0.40 GiB"
    assert page.tokens.number.text() == "50"
    assert page.tokens.remark.text() == "in 2 answers"


def test_a_tokens_time_adds_up(qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine) -> None:
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.time.value("compute") == "30.0 ms · 75.0 %")
    assert page.time.value("stall") == "6.0 ms · 15.0 %"
    assert page.time.value("sampling") == "2.0 ms · 5.0 %"
    assert page.time.value("other") == "2.0 ms · 5.0 %"


def test_memory_and_context_are_shown_against_their_bounds(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.gauges.memory_text.text() == "0.35 GiB of 1.00 GiB (limit)")
    assert page.gauges.context_text.text() == "812 of 4,096 tokens"


def test_experts_in_memory_are_shown_when_the_engine_tells_of_them(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    assert page.gauges.experts.isHidden()
    _feed(qtbot, context, engine)
    assert page.gauges.experts.isHidden()
    engine.send(replace(AFTER, time_ns=AFTER.time_ns + 1, experts_resident=412, experts_total=1024))
    qtbot.waitUntil(lambda: page.gauges.experts_text.text() == "412 of 1,024")
    assert not page.gauges.experts.isHidden()


def test_expert_figures_are_shown_for_a_moe_model_only(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    engine.experts = 32
    assert page.hit.isHidden()
    _feed(qtbot, context, engine)
    qtbot.waitUntil(page.hit.isVisible)
    assert (page.hit.number.text(), page.per_token.number.text()) == ("79", "4.0")


def test_a_dense_model_has_no_expert_figures(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.decode.number.text() == "25.0")
    assert page.hit.isHidden()
    assert page.per_token.isHidden()


def test_facts_of_model_and_engine_are_shown(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.model_facts.value("name") == "starter")
    assert page.model_facts.value("parameters") == "135 M"
    assert page.model_facts.value("context") == "4,096 tokens"
    assert page.engine_facts.value("pid") == "4711"
    assert page.engine_facts.value("build") == "0.3.36+thimble.1"


def test_a_dead_engines_figures_go(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.decode.number.text() == "25.0")
    engine.die()
    qtbot.waitUntil(lambda: page.decode.number.text() == "—")
    assert page.engine_facts.value("state") == "stopped"
    assert page.engine_facts.value("pid") == "—"


def test_it_watches_only_while_it_is_seen(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    context.link.start()
    qtbot.waitUntil(lambda: len(engine.samples) == 1)
    page.hide()
    qtbot.waitUntil(lambda: engine.samples == [])
    page.show()
    qtbot.waitUntil(lambda: len(engine.samples) == 1)


@pytest.mark.parametrize("experts", [0, 32])
def test_nothing_needs_scrolling_at_the_default_size(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine, experts: int
) -> None:
    engine.experts = experts
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.decode.number.text() == "25.0")
    scroll = page.findChild(QScrollArea)
    assert scroll is not None
    assert scroll.verticalScrollBar().maximum() == 0


@pytest.mark.parametrize("experts", [0, 32])
def test_the_smallest_window_scrolls_and_clips_nothing_sideways(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine, experts: int
) -> None:
    engine.experts = experts
    page.resize(843, 572)
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.decode.number.text() == "25.0")
    scroll = page.findChild(QScrollArea)
    assert scroll is not None
    content = scroll.widget()
    assert content is not None
    assert content.width() <= scroll.viewport().width()
    assert content.minimumSizeHint().width() <= scroll.viewport().width()


def test_a_page_opened_later_shows_what_was_measured_before(qtbot: QtBot, context: AppContext) -> None:
    context.link.start("/models/starter.gguf")
    qtbot.waitUntil(lambda: context.link.status.model is not None and not context.link.loading_path)
    context.link.take_sample(BEFORE)
    context.link.take_sample(AFTER)
    late = PerformancePage(context, 16 * GIB)
    qtbot.addWidget(late)
    late.show()
    assert late.decode.number.text() not in {"", "—"}
    late.hide()


def test_keys_and_values_are_compared_with_full_attention(page: PerformancePage, engine: FakeEngine) -> None:
    assert page.gauges.kv.isHidden()
    page.gauges.show_sample(
        replace(
            AFTER,
            kv_window_bytes=351 * MIB,
            kv_global_bytes=416 * MIB,
            kv_full_bytes=1664 * MIB,
            kv_kept_bytes=80 * MIB,
        )
    )
    assert page.gauges.kv.text.text() == "0.83 GiB of 1.63 GiB with full attention"
    assert page.gauges.kv.parts.text() == (
        "layers that see everything 0.41 GiB · layers with a window 0.34 GiB · kept for going back 80 MiB"
    )
    page.gauges.show_sample(replace(AFTER, kv_global_bytes=100 * MIB, kv_full_bytes=100 * MIB))
    assert page.gauges.kv.text.text() == "100 MiB"
    assert page.gauges.kv.parts.isHidden()


def test_an_approximate_head_says_what_it_computed(
    qtbot: QtBot, page: PerformancePage, context: AppContext, engine: FakeEngine
) -> None:
    _feed(qtbot, context, engine)
    qtbot.waitUntil(lambda: page.model_facts.value("head") == "whole")
    model = context.link.status.model
    assert model is not None
    engine.set_status(replace(engine.status, model=replace(model, has_predictor=True, approximate_head=True)))
    qtbot.waitUntil(lambda: page.model_facts.value("head") == "approximate")
    engine.send(replace(AFTER, time_ns=2 * 10**9, head_rows=250, head_all_rows=1000))
    qtbot.waitUntil(lambda: page.model_facts.value("head") == "approximate: 25 % of the rows")
    engine.send(replace(AFTER, time_ns=3 * 10**9, head_rows=260, head_all_rows=1000, head_checked=40, head_changed=3))
    said = "approximate: 26 % of the rows, 3 of 40 checked tokens changed"
    qtbot.waitUntil(lambda: page.model_facts.value("head") == said)
