"""Measuring a model from its card: progress, a way out, and a result that is kept and shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from tests.helpers.gguf_files import write_model
from thimble import paths
from thimble.errors import Code, Problem
from thimble.library.measurements import read_measurements
from thimble.ui.app_context import AppContext
from thimble.ui.models.card import ModelCard
from thimble.ui.models.inside import InsideView
from thimble.ui.models.measuring import MeasureView
from thimble.ui.models.page import ModelsPage

MEMORY = 16 * 2**30


@pytest.fixture
def page(qtbot: QtBot, context: AppContext, monkeypatch: pytest.MonkeyPatch) -> ModelsPage:
    monkeypatch.setattr("thimble.library.elsewhere.usual_folders", list)
    for name in ("a", "b"):
        write_model(paths.default_models_dir() / f"{name}.gguf")
    made = ModelsPage(context, MEMORY)
    qtbot.addWidget(made)
    made.resize(1000, 800)
    made.show()
    qtbot.waitUntil(lambda: len(made.cards) == 2 and context.jobs.running == 0)
    return made


def opened(card: ModelCard) -> MeasureView:
    """What the opened card shows of its speed."""
    card.more.setChecked(True)
    assert card.details is not None
    return card.details.measuring


def test_the_result_is_kept_and_counts_on_the_card(qtbot: QtBot, page: ModelsPage, engine: FakeEngine) -> None:
    card = page.cards[0]
    expected = card.speed.figure.text()
    view = opened(card)
    assert view.answer.whole_text() == "Not measured yet."
    qtbot.mouseClick(view.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.speed.below.text() == "measured here")
    assert (expected[0], card.speed.figure.text()) == ("≈", "24.0 tok/s")
    assert engine.measured == [card.path]
    assert "24.0" in view.texts()
    assert view.answer.whole_text().startswith("24.0 tokens per second, ")
    (kept,) = read_measurements(paths.measurements_file())
    assert (kept.model, kept.file_bytes) == ("a", card.entry.model.file_bytes)
    assert kept.expected_tps > 0


def test_with_other_settings_the_forecast_is_back_and_the_table_stays(
    qtbot: QtBot, page: ModelsPage, context: AppContext
) -> None:
    card = page.cards[0]
    view = opened(card)
    qtbot.mouseClick(view.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.speed.below.text() == "measured here")
    context.settings.set("engine.context", 512)
    qtbot.waitUntil(lambda: page.cards[0].speed.figure.text().startswith("≈"))
    assert "24.0" in opened(page.cards[0]).texts()


def test_with_another_expert_cache_it_is_another_measurement(
    qtbot: QtBot, page: ModelsPage, context: AppContext
) -> None:
    context.settings.set("engine.expert_cache", 7 * 2**20, model="a")
    view = opened(page.cards[0])
    qtbot.mouseClick(view.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.cards[0].speed.below.text() == "measured here")
    context.settings.set("engine.expert_cache", 0, model="a")
    qtbot.waitUntil(lambda: page.cards[0].speed.figure.text().startswith("≈"))
    assert "—, experts 7 MiB" in opened(page.cards[0]).texts()


def test_while_one_is_measured_it_can_be_stopped_and_no_other_begins(
    qtbot: QtBot, page: ModelsPage, engine: FakeEngine
) -> None:
    engine.hold_loads = True
    first, second = opened(page.cards[0]), opened(page.cards[1])
    qtbot.mouseClick(first.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: first.answer.whole_text() == "Loading…")
    assert (first.stop.isVisible(), first.measure.isVisible(), second.measure.isEnabled()) == (True, False, False)
    qtbot.mouseClick(first.stop, Qt.MouseButton.LeftButton)
    assert first.answer.whole_text() == "Stopped; nothing was kept."
    assert second.measure.isEnabled()
    assert read_measurements(paths.measurements_file()) == []


def test_why_it_cannot_be_measured_is_said(qtbot: QtBot, page: ModelsPage, engine: FakeEngine) -> None:
    engine.load_problem = Problem(Code.ENGINE_BUSY, "The engine is busy.", "Try again.")
    view = opened(page.cards[0])
    qtbot.mouseClick(view.measure, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.answer.whole_text() == "The engine is busy. Try again.")


def test_the_header_is_shown_with_its_tensors_by_type(
    qtbot: QtBot, context: AppContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = InsideView(context, str(write_model(tmp_path / "tiny.gguf")))
    qtbot.addWidget(view)
    qtbot.waitUntil(lambda: bool(view.rows))
    assert view.facts["Architecture"] == "llama"
    assert view.facts["Experts"] == "none (dense)"
    assert view.rows[0][-1].endswith("%")
    assert sum(int(row[1]) for row in view.rows) > 0


def test_a_file_that_is_gone_is_said(qtbot: QtBot, context: AppContext, tmp_path: Path) -> None:
    view = InsideView(context, str(tmp_path / "gone.gguf"))
    qtbot.addWidget(view)
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    assert view.rows == []
