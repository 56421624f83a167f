"""The thimble bar says what the engine says, and "—" for what it does not."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale, Qt
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine, model_info
from thimble.errors import Code, Problem
from thimble.protocol import EngineStatus, Sample, State
from thimble.settings_table import GIB
from thimble.ui.engine_link import EngineLink
from thimble.ui.theme import BAR_HEIGHT, Theme
from thimble.ui.thimble_bar import ThimbleBar

MODEL = "/models/starter.gguf"


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    QLocale.setDefault(before)


@pytest.fixture
def bar(qtbot: QtBot, theme: Theme, link: EngineLink) -> Iterator[ThimbleBar]:
    made = ThimbleBar(theme, link, 16 * GIB)
    qtbot.addWidget(made)
    made.resize(1200, BAR_HEIGHT)
    made.show()
    yield made
    made.hide()


def _load(qtbot: QtBot, link: EngineLink) -> None:
    link.start(MODEL)
    qtbot.waitUntil(lambda: link.status.model is not None and not link.loading_path)


def test_before_the_engine_is_there_figures_are_unknown(bar: ThimbleBar) -> None:
    assert bar.texts()[-2:] == ["—", "—"]
    assert "starting" in bar.accessibleName()


def test_a_ready_model_is_named(qtbot: QtBot, bar: ThimbleBar, link: EngineLink) -> None:
    _load(qtbot, link)
    assert bar.texts()[:2] == ["starter", "ready"]


def test_memory_is_shown_in_gib(qtbot: QtBot, bar: ThimbleBar, link: EngineLink) -> None:
    _load(qtbot, link)
    link.take_sample(Sample("a", 1, memory_bytes=round(0.35 * GIB)))
    qtbot.waitUntil(lambda: "0.35 GiB" in bar.texts())


def test_memory_is_shown_against_its_limit(qtbot: QtBot, bar: ThimbleBar, link: EngineLink) -> None:
    _load(qtbot, link)
    link.take_sample(Sample("a", 1, memory_bytes=round(0.97 * GIB), memory_limit=GIB))
    qtbot.waitUntil(lambda: "0.97 / 1.00 GiB" in bar.texts())


def test_speed_is_shown(qtbot: QtBot, bar: ThimbleBar, link: EngineLink) -> None:
    _load(qtbot, link)
    link.take_sample(Sample("a", 1))
    link.take_sample(Sample("a", 10**9, generated_tokens=224, decode_ns=10**10))
    qtbot.waitUntil(lambda: "22.4" in bar.texts())


def test_experts_are_shown_only_for_a_moe_model_that_reports_them(
    qtbot: QtBot, bar: ThimbleBar, link: EngineLink, engine: FakeEngine
) -> None:
    counters = Sample("a", 10**9, generated_tokens=10, expert_hits=79, expert_misses=21)
    _load(qtbot, link)
    link.take_sample(Sample("a", 1))
    link.take_sample(counters)
    bar.show_status(link.status)
    assert not any("hit" in text for text in bar.texts())
    engine.set_status(EngineStatus(state=State.READY, pid=1, model=model_info(MODEL, experts=32)))
    qtbot.waitUntil(lambda: "79 % hit" in bar.texts())


def test_loading_shows_progress_and_can_be_cancelled(
    qtbot: QtBot, bar: ThimbleBar, link: EngineLink, engine: FakeEngine
) -> None:
    engine.hold_loads = True
    link.start(MODEL)
    qtbot.waitUntil(lambda: "loading 50 %" in bar.texts())
    assert bar.texts()[0] == "starter"
    cancel = next(b for b in bar.children() if getattr(b, "accessibleName", str)() == "Stop loading")
    qtbot.mouseClick(cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "no model loaded" in bar.texts())


@pytest.mark.parametrize(("minutes", "words"), [(1, "after a minute idle"), (10, "after 10 minutes idle")])
def test_a_model_that_was_unloaded_for_want_of_questions_is_said(
    qtbot: QtBot, bar: ThimbleBar, link: EngineLink, engine: FakeEngine, minutes: int, words: str
) -> None:
    _load(qtbot, link)
    engine.set_status(EngineStatus(pid=1, resting=model_info(MODEL), resting_minutes=minutes))
    qtbot.waitUntil(lambda: bar.texts()[:2] == [model_info(MODEL).name, f"unloaded {words}"])


def test_a_dead_engine_is_said(qtbot: QtBot, bar: ThimbleBar, link: EngineLink, engine: FakeEngine) -> None:
    _load(qtbot, link)
    link.take_sample(Sample("a", 1, memory_bytes=GIB))
    engine.die()
    qtbot.waitUntil(lambda: "engine stopped" in bar.texts())
    assert bar.texts()[-2:] == ["—", "—"]


def test_an_engine_that_cannot_start_is_said(
    qtbot: QtBot, bar: ThimbleBar, link: EngineLink, engine: FakeEngine
) -> None:
    engine.start_problem = Problem(Code.ENGINE_NOT_BUILT, "Not built.")
    link.start(MODEL)
    qtbot.waitUntil(lambda: "engine stopped" in bar.texts())


def test_its_accessible_name_says_everything(qtbot: QtBot, bar: ThimbleBar, link: EngineLink) -> None:
    _load(qtbot, link)
    link.take_sample(Sample("a", 1, memory_bytes=round(0.35 * GIB)))
    qtbot.waitUntil(lambda: "memory 0.35 GiB" in bar.accessibleName())
    assert bar.accessibleName().startswith("Engine: starter ready")


def test_a_click_and_the_space_key_press_it(qtbot: QtBot, bar: ThimbleBar) -> None:
    with qtbot.waitSignal(bar.clicked):
        qtbot.mouseClick(bar, Qt.MouseButton.LeftButton)
    with qtbot.waitSignal(bar.clicked):
        qtbot.keyClick(bar, Qt.Key.Key_Space)


def test_it_watches_only_while_it_is_seen(qtbot: QtBot, bar: ThimbleBar, link: EngineLink, engine: FakeEngine) -> None:
    _load(qtbot, link)
    qtbot.waitUntil(lambda: len(engine.samples) == 1)
    bar.hide()
    qtbot.waitUntil(lambda: engine.samples == [])
