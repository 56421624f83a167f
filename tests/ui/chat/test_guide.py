"""The Thimble guide in the window: offered where it came along, with questions it can answer, and never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.helpers.gguf_files import small, write_model
from thimble.library import guide
from thimble.modelfile.places import GUIDE_FILE
from thimble.settings import Settings
from thimble.settings_table import GIB, MIB
from thimble.ui.app_context import AppContext
from thimble.ui.chat.aside import Aside
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.chat.empty_page import EmptyPage
from thimble.ui.chat.examples import GUIDE_EXAMPLES
from thimble.ui.chat.first_run import FirstRunPage
from thimble.ui.models.page import ModelsPage


@pytest.fixture(autouse=True)
def nothing_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("thimble.library.elsewhere.usual_folders", list)


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Thimble that came with a guide."""
    file = write_model(tmp_path / "came" / GUIDE_FILE, architecture="smallthinker", name="Thimble guide", experts=8)
    monkeypatch.setattr(guide, "bundled", lambda: file)
    return file


@pytest.fixture
def without(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Thimble that came without one."""
    monkeypatch.setattr(guide, "bundled", lambda: None)


def first_run(qtbot: QtBot, context: AppContext) -> FirstRunPage:
    page = FirstRunPage(context)
    qtbot.addWidget(page)
    page.resize(880, 600)
    page.show()
    return page


def models_page(qtbot: QtBot, context: AppContext) -> ModelsPage:
    page = ModelsPage(context, 16 * GIB)
    qtbot.addWidget(page)
    page.resize(1000, 700)
    page.show()
    qtbot.waitUntil(lambda: page.inventory is not None and context.jobs.running == 0)
    return page


def test_the_first_run_offers_it_and_asks_nothing(
    qtbot: QtBot, context: AppContext, settings: Settings, source: Path
) -> None:
    page = first_run(qtbot, context)
    assert page.guide_button.isVisible()
    with qtbot.waitSignal(page.ready) as told:
        qtbot.mouseClick(page.guide_button, Qt.MouseButton.LeftButton)
    assert told.args == [str(settings.models_folder() / GUIDE_FILE), ""]
    assert guide.installed(settings.models_folder())


def test_a_thimble_without_it_offers_nothing(qtbot: QtBot, context: AppContext, without: None) -> None:
    assert not first_run(qtbot, context).guide_button.isVisible()
    page = models_page(qtbot, context)
    assert not page.guide_card.isVisible()
    assert page.starter_card.isVisible()


def test_one_that_cannot_be_copied_is_a_sentence_and_another_try(
    qtbot: QtBot, context: AppContext, source: Path
) -> None:
    source.write_bytes(b"GGUF")
    page = first_run(qtbot, context)
    qtbot.mouseClick(page.guide_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.again_button.isVisible)
    assert page.problem_text.text()


def test_the_models_page_adds_it_says_what_it_is_and_offers_it_again(
    qtbot: QtBot, context: AppContext, settings: Settings, source: Path
) -> None:
    page = models_page(qtbot, context)
    assert page.guide_card.isVisible()
    qtbot.mouseClick(page.guide_card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(page.cards) == 1 and not page.guide_card.isVisible())
    words = " ".join(each.text() for each in page.cards[0].findChildren(QLabel))
    assert "Knows Thimble" in words
    assert "of the experts in memory" in page.cards[0].fit_text or "Fits" in page.cards[0].fit_text
    page.cards[0].delete_wanted.emit(page.cards[0].path)
    qtbot.waitUntil(lambda: not page.cards and page.guide_card.isVisible())
    qtbot.waitUntil(lambda: context.jobs.running == 0)
    page.prepare_close()


def test_one_of_an_older_thimble_can_be_replaced(
    qtbot: QtBot, context: AppContext, settings: Settings, source: Path
) -> None:
    write_model(settings.models_folder() / GUIDE_FILE, architecture="smallthinker", name="Thimble guide", experts=4)
    page = models_page(qtbot, context)
    assert page.guide_card.button.text() == "Replace"
    qtbot.mouseClick(page.guide_card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: guide.installed(settings.models_folder()) and not page.busy)
    qtbot.waitUntil(lambda: not page.guide_card.isVisible() and context.jobs.running == 0)
    page.prepare_close()


def test_its_card_expects_what_its_expert_cache_leaves(
    qtbot: QtBot, context: AppContext, settings: Settings, source: Path
) -> None:
    guide.install(settings.models_folder())
    key = settings.model_key(settings.models_folder() / GUIDE_FILE)
    settings.set("engine.expert_cache", MIB, model=key)
    page = models_page(qtbot, context)
    (entry,) = page.inventory.entries if page.inventory else ()
    assert entry.forecast is not None
    assert entry.forecast.expert_cache == min(MIB, entry.forecast.experts)


def empty_page(qtbot: QtBot, context: AppContext) -> EmptyPage:
    page = EmptyPage(context)
    qtbot.addWidget(page)
    page.resize(760, 500)
    page.show()
    return page


def test_the_empty_chat_offers_what_the_guide_answers_well(qtbot: QtBot, context: AppContext) -> None:
    page = empty_page(qtbot, context)
    usual = page.greeting.text()
    assert page.examples.isVisible()
    page.show_guide(True)
    assert [card.prompt for card in page.guide_examples.cards] == [each.prompt for each in GUIDE_EXAMPLES]
    assert page.guide_examples.isVisible()
    assert not page.examples.isVisible()
    assert "English" in page.sentence.text()
    page.show_guide(False)
    assert page.greeting.text() == usual
    assert page.examples.isVisible()


def test_four_examples_stand_in_two_columns_or_below_each_other(qtbot: QtBot, context: AppContext) -> None:
    page = empty_page(qtbot, context)
    page.show_guide(True)
    first, second, third, _ = page.guide_examples.cards
    qtbot.waitUntil(lambda: second.y() == first.y() and third.y() > first.y())
    page.resize(420, 500)
    qtbot.waitUntil(lambda: second.y() > first.y() and second.x() == first.x())


def test_a_loaded_guide_changes_the_empty_chat_and_is_asked_nothing_beside_it(
    qtbot: QtBot, context: AppContext, page: ChatPage, settings: Settings
) -> None:
    empty = page.pane.content.empty
    aside = Aside(context, page)
    assert aside.possible
    assert not empty.guide_examples.isVisibleTo(empty)
    path = settings.models_folder() / GUIDE_FILE
    path.write_bytes(small())
    context.link.load(str(path))
    qtbot.waitUntil(lambda: context.link.loaded_path == str(path))
    assert empty.guide_examples.isVisibleTo(empty)
    assert not aside.possible
    later = ChatPage(context)  # shown first when the guide was loaded already
    qtbot.addWidget(later)
    qtbot.addWidget(later.list_panel)
    greeting = later.pane.content.empty
    assert greeting.guide_examples.isVisibleTo(greeting)
    later.prepare_close()
