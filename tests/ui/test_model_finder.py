"""Finding a model on the Models page: catalogue, search, quantizations with what to expect, and the download."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QPushButton
from pytestqt.qtbot import QtBot

from tests.helpers.gguf_files import write_model
from tests.helpers.hub_server import Fault, Hub
from tests.helpers.widgets import child
from tests.ui.hub_fixtures import REPOSITORY, hub
from thimble import paths
from thimble.library.catalogue import catalogue
from thimble.library.choices import Choice, HubFile, suggested
from thimble.settings_table import GIB, MIB
from thimble.ui.app_context import AppContext
from thimble.ui.models.catalogue_texts import SUMMARIES
from thimble.ui.models.hub_work import Opened
from thimble.ui.models.page import ModelsPage
from thimble.ui.models.remote import RemoteCard
from thimble.ui.models.tray import DownloadTray

__all__ = ["hub"]


@pytest.fixture(autouse=True)
def english() -> Iterator[None]:
    before = QLocale()
    QLocale.setDefault(QLocale(QLocale.Language.English))
    yield
    QLocale.setDefault(before)


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thimble.library.elsewhere.usual_folders", list)


@pytest.fixture
def page(qtbot: QtBot, context: AppContext) -> Iterator[ModelsPage]:
    made = ModelsPage(context, 16 * GIB)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    qtbot.waitUntil(lambda: made.inventory is not None and context.jobs.running == 0)
    yield made
    made.prepare_close()


def _search(qtbot: QtBot, page: ModelsPage, words: str) -> list[RemoteCard]:
    page.search.setText(words)
    qtbot.keyClick(page.search, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: bool(page.finder.found))
    return page.finder.found


def test_the_catalogue_is_there_without_a_network(page: ModelsPage) -> None:
    card = page.finder.curated["smallthinker-4b"]
    assert card.isVisible()
    assert "GiB" in card.fit.text.whole_text()
    assert "tok/s" in card.speed.figure.text()


def test_typing_filters_and_asks_nobody(qtbot: QtBot, page: ModelsPage, hub: Hub) -> None:
    page.search.setText("olmoe")
    shown = [name for name, card in page.finder.curated.items() if card.isVisible()]
    assert shown == ["olmoe-1b-7b"]
    assert page.finder.ask.isVisible()
    assert hub.seen == []
    page.search.clear()
    assert page.finder.curated["smallthinker-4b"].isVisible()
    assert not page.finder.ask.isVisible()


def test_the_chips_filter(page: ModelsPage, context: AppContext, qtbot: QtBot) -> None:
    curated = page.finder.curated
    page.only_moe.setChecked(True)
    assert not curated["qwen3-4b"].isVisible()
    page.only_moe.setChecked(False)
    context.settings.set("engine.memory_limit", 2 * GIB)
    page.only_fits.setChecked(True)
    qtbot.waitUntil(lambda: not page.finder.curated["qwen3-4b"].isVisible())
    assert page.finder.curated["smallthinker-4b"].isVisible()
    page.only_installed.setChecked(True)
    assert not any(card.isVisible() for card in page.finder.curated.values())
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_a_search_shows_sizes_with_what_to_expect(qtbot: QtBot, page: ModelsPage, hub: Hub) -> None:
    card = _search(qtbot, page, "small")[0]
    assert card.repository == REPOSITORY
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(card.choice_rows) == 2)
    assert [row.choice.label for row in card.choice_rows] == ["Q4_0", "Q8_0"]
    assert card.choices.isVisible()
    assert card.fit.isVisible()
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    assert not card.choices.isVisible()


def test_what_is_expected_counts_the_cache_types_of_the_settings(
    qtbot: QtBot, page: ModelsPage, hub: Hub, context: AppContext
) -> None:
    found: list[Opened] = []
    sizes = []
    for kind in ("f16", "q8_0"):
        for key in ("engine.cache_k", "engine.cache_v"):
            context.settings.set(key, kind)
        page.refresh()
        qtbot.waitUntil(lambda: context.jobs.running == 0 and not page.busy)
        found.clear()
        here = page.inventory
        assert here is not None
        page.hub.open(REPOSITORY, here.context, here.cache, found.append, lambda problem: pytest.fail(str(problem)))
        qtbot.waitUntil(lambda: bool(found))
        facts = found[0].facts
        assert facts is not None
        sizes.append(facts.kv_cache)
    assert sizes[1] == sizes[0] * 17 // 32  # 34 bytes for 32 values
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_a_download_is_in_the_tray_arrives_and_is_installed(
    qtbot: QtBot, page: ModelsPage, hub: Hub, context: AppContext
) -> None:
    context.downloads.arrived.connect(lambda _path, _title: context.navigation.models_changed.emit())
    card = _search(qtbot, page, "small")[0]
    qtbot.mouseClick(card.get, Qt.MouseButton.LeftButton)
    tray = child(page, DownloadTray)
    qtbot.waitUntil(lambda: len(tray.rows) == 1, timeout=10_000)
    row = next(iter(tray.rows.values()))
    qtbot.waitUntil(row.chat.isVisible, timeout=10_000)
    assert not row.bar.isVisible()
    qtbot.waitUntil(lambda: [c.entry.model.id for c in page.cards] == ["small-Q4_0"], timeout=10_000)
    entry = page.cards[0].entry
    assert entry.hub is not None
    assert entry.hub.repository == REPOSITORY
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    assert not card.choice_rows[0].download.isVisible()  # installed
    assert card.choice_rows[1].download.isVisible()
    with qtbot.waitSignal(context.navigation.chat_requested) as wanted:
        qtbot.mouseClick(row.chat, Qt.MouseButton.LeftButton)
    assert wanted.args == [entry.model.path]
    qtbot.waitUntil(lambda: not tray.rows)
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_a_download_is_paused_and_resumed_by_its_buttons(
    qtbot: QtBot, page: ModelsPage, hub: Hub, context: AppContext
) -> None:
    hub.faults.append(Fault("data", bytes_per_second=100_000, skip=1))  # the header comes at once
    card = _search(qtbot, page, "small")[0]
    qtbot.mouseClick(card.get, Qt.MouseButton.LeftButton)
    tray = child(page, DownloadTray)
    qtbot.waitUntil(lambda: bool(tray.rows) and next(iter(tray.rows.values())).pause.isVisible(), timeout=10_000)
    row = next(iter(tray.rows.values()))
    qtbot.mouseClick(row.pause, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(row.resume.isVisible)
    assert row.words.whole_text().startswith("Paused at")
    hub.faults.clear()
    qtbot.mouseClick(row.resume, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(row.chat.isVisible, timeout=10_000)
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_offline_a_search_says_so_and_leads_to_the_setting(
    qtbot: QtBot, page: ModelsPage, hub: Hub, context: AppContext
) -> None:
    context.settings.set("files.offline", True)
    page.search.setText("small")
    qtbot.mouseClick(page.finder.ask, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.finder.setting.isVisible)
    assert "offline" in page.finder.answer.text()
    with qtbot.waitSignal(context.navigation.page_requested) as wanted:
        qtbot.mouseClick(page.finder.setting, Qt.MouseButton.LeftButton)
    assert wanted.args == ["settings", "files.offline"]
    assert hub.seen == []


def test_a_gated_repository_says_what_to_do(qtbot: QtBot, page: ModelsPage, hub: Hub, context: AppContext) -> None:
    card = _search(qtbot, page, "gated")[0]
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "access token" in card.answer.text())
    assert len(card.choice_rows) == 1
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_a_hub_in_trouble_is_said_on_the_card(qtbot: QtBot, page: ModelsPage, hub: Hub) -> None:
    card = _search(qtbot, page, "small")[0]
    hub.faults.append(Fault("api", status=503))
    qtbot.mouseClick(card.get, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "error 503" in card.answer.text())
    assert card.get.isEnabled()


def test_models_of_other_programs_are_offered_and_used_where_they_are(
    qtbot: QtBot, context: AppContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_model(tmp_path / "lm" / "theirs.gguf", name="Theirs")
    monkeypatch.setattr("thimble.library.elsewhere.usual_folders", lambda: [("LM Studio", tmp_path / "lm")])
    page = ModelsPage(context, 16 * GIB)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: len(page.foreign.rows) == 1)
    qtbot.mouseClick(child(page.foreign.rows[0], QPushButton), Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: [c.entry.model.name for c in page.cards] == ["Theirs"])
    assert (paths.default_models_dir() / "theirs.gguf").samefile(path)
    qtbot.waitUntil(lambda: page.foreign.rows == [])
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    page.prepare_close()


@pytest.mark.parametrize(
    ("labels", "wanted", "expected"),
    [
        (["Q2_K", "Q4_K_M", "Q8_0"], "", "Q4_K_M"),
        (["Q2_K", "Q4_0", "Q8_0"], "Q8_0", "Q8_0"),
        (["Q2_K", "Q8_0"], "Q4_0", "Q2_K"),
        ([], "", None),
    ],
)
def test_the_suggested_size(labels: list[str], wanted: str, expected: str | None) -> None:
    found = suggested([Choice(name, (HubFile(f"{name}.gguf", MIB, "a" * 64),)) for name in labels], wanted)
    assert (found.label if found else None) == expected


def test_every_summary_of_the_catalogue_can_be_translated() -> None:
    assert {model.summary for model in catalogue()} == set(SUMMARIES)
    assert json.loads((paths.assets_dir() / "catalogue.json").read_text("utf-8"))["version"] == 1
