"""The Models page shows what is in the folder and what can be done with it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.helpers import authors_files
from tests.helpers.fake_engine import FakeEngine, model_info
from tests.helpers.focus_chain import tab_stops
from tests.helpers.gguf_files import write_model
from thimble import paths
from thimble.errors import Code, ThimbleError
from thimble.library import starter
from thimble.protocol import EngineStatus, Sample
from thimble.settings_table import GIB, MIB
from thimble.ui.app_context import AppContext
from thimble.ui.models.card import ModelCard
from thimble.ui.models.page import ModelsPage


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
def folder() -> Path:
    return paths.default_models_dir()


@pytest.fixture
def page(qtbot: QtBot, context: AppContext) -> ModelsPage:
    made = ModelsPage(context, 16 * GIB)
    qtbot.addWidget(made)
    made.resize(1100, 700)
    made.show()
    qtbot.waitUntil(lambda: made.inventory is not None and context.jobs.running == 0)
    return made


def _texts(card: ModelCard) -> str:
    return " | ".join(label.text() for label in card.findChildren(QLabel))


def test_an_empty_folder_offers_the_starter_model(page: ModelsPage) -> None:
    assert page.cards == []
    assert page.empty.isVisible()
    assert page.starter_card.isVisible()


def test_tab_comes_to_what_is_installed_before_what_could_be_had(
    qtbot: QtBot, folder: Path, context: AppContext
) -> None:
    write_model(folder / "tiny.gguf")
    page = ModelsPage(context, 16 * GIB)
    qtbot.addWidget(page)
    page.show()
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    card, offer = page.cards[0], next(iter(page.finder.curated.values()))
    assert tab_stops(page.only_installed)[1:4] == [card.load, card.chat, card.more]
    assert offer.get in tab_stops(page.only_installed)[4:]


def test_a_model_is_a_card_with_its_facts(qtbot: QtBot, folder: Path, context: AppContext) -> None:
    write_model(folder / "tiny.gguf")
    page = ModelsPage(context, 16 * GIB)
    qtbot.addWidget(page)
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    card = page.cards[0]
    assert "llama" in _texts(card)
    assert "Fits" in card.fit_text
    assert card.accessibleName()
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_a_damaged_file_is_listed_with_its_sentence(qtbot: QtBot, page: ModelsPage, folder: Path) -> None:
    (folder / "page.gguf").write_text("<!DOCTYPE html><html><body>Sign in</body></html>", "utf-8")
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    card = page.cards[0]
    assert card.entry.model.problem is not None
    assert card.entry.model.problem.sentence in _texts(card)
    assert not card.load.isVisible()
    assert not card.chat.isVisible()


def test_a_model_for_embeddings_offers_no_chat_and_no_speed(qtbot: QtBot, page: ModelsPage, folder: Path) -> None:
    write_model(folder / "vectors.gguf", extra={"pooling_type": 1})
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    card = page.cards[0]
    assert "embeddings only" in _texts(card)
    assert card.load.isVisible()
    assert not card.chat.isVisible()
    assert not card.speed.isVisible()


def test_a_file_that_is_put_into_the_folder_appears(qtbot: QtBot, page: ModelsPage, folder: Path) -> None:
    write_model(folder / "later.gguf")
    qtbot.waitUntil(lambda: [c.entry.model.id for c in page.cards] == ["later"])
    assert not page.empty.isVisible()


def test_another_models_folder_is_looked_into(
    qtbot: QtBot, page: ModelsPage, context: AppContext, tmp_path: Path
) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    write_model(other / "there.gguf")
    context.settings.set("files.models_folder", str(other))
    qtbot.waitUntil(lambda: [c.entry.model.id for c in page.cards] == ["there"])


def test_load_unload_and_the_cards_state(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext, engine: FakeEngine
) -> None:
    write_model(folder / "tiny.gguf")
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    card = page.cards[0]
    engine.hold_loads = True
    qtbot.mouseClick(card.load, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.state.text() == "loading 50 %")
    engine.go_on.set()
    qtbot.waitUntil(lambda: card.state.text() == "loaded")
    assert not card.load.isVisible()
    qtbot.mouseClick(card.unload, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.state.text() == "")
    assert card.load.isVisible()


def test_a_model_that_was_unloaded_for_want_of_questions_says_so(
    qtbot: QtBot, page: ModelsPage, folder: Path, engine: FakeEngine, context: AppContext
) -> None:
    path = str(write_model(folder / "tiny.gguf"))
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    qtbot.mouseClick(page.cards[0].load, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.cards[0].state.text() == "loaded")
    engine.set_status(EngineStatus(pid=1, resting=model_info(path), resting_minutes=10))
    qtbot.waitUntil(lambda: page.cards[0].state.text() == "unloaded after 10 minutes idle")
    assert page.cards[0].load.isVisible()
    assert context.link.model_path == path


def test_chat_loads_the_model_and_begins_a_conversation(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext, engine: FakeEngine
) -> None:
    write_model(folder / "tiny.gguf")
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    with qtbot.waitSignal(context.navigation.new_chat_requested):
        qtbot.mouseClick(page.cards[0].chat, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: context.link.loaded_path == str(folder / "tiny.gguf"))


def test_an_added_file_is_linked_or_copied_and_appears(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext, tmp_path: Path
) -> None:
    source = write_model(tmp_path / "mine.gguf")
    page.add_file(source)
    qtbot.waitUntil(lambda: [c.entry.model.id for c in page.cards] == ["mine"])
    assert (folder / "mine.gguf").samefile(source)
    assert context.toasts.toasts[0].text == "mine.gguf was added."
    other = write_model(tmp_path / "other.gguf")
    page.add_file(other, copy=True)
    qtbot.waitUntil(lambda: len(page.cards) == 2)
    assert (folder / "other.gguf").read_bytes() == other.read_bytes()
    assert not (folder / "other.gguf").samefile(other)


def test_a_bad_file_is_refused_with_one_sentence(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.gguf"
    bad.write_text("not a model", "utf-8")
    page.add_file(bad)
    qtbot.waitUntil(lambda: bool(context.toasts.toasts))
    assert context.toasts.toasts[0].kind == "problem"
    assert list(folder.iterdir()) == []


def test_getting_the_starter_shows_progress_and_can_be_cancelled(
    qtbot: QtBot, page: ModelsPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    done, pause = threading.Event(), threading.Event()

    def install(_folder: Path, *, progress: object, cancelled: object, offline: bool) -> Path:
        assert callable(progress)
        assert callable(cancelled)
        progress(50, 100)
        while not cancelled():
            pause.wait(0.005)
        done.set()
        raise ThimbleError(Code.CANCELLED, "Stopped.")

    monkeypatch.setattr(starter, "install", install)
    qtbot.mouseClick(page.starter_card.button, Qt.MouseButton.LeftButton)
    assert page.busy
    assert not page.starter_card.isVisible()
    task = page.tasks[0]
    qtbot.waitUntil(lambda: task.bar.value() == 500)
    qtbot.mouseClick(task.cancel, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(done.is_set)
    qtbot.waitUntil(page.starter_card.isVisible)


def test_offline_the_starter_is_refused_with_a_sentence(qtbot: QtBot, page: ModelsPage, context: AppContext) -> None:
    context.settings.set("files.offline", True)
    qtbot.mouseClick(page.starter_card.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: bool(context.toasts.toasts))
    assert context.toasts.toasts[0].kind == "problem"


def test_a_dragged_file_shows_where_it_will_go(page: ModelsPage) -> None:
    page.set_drop(True)
    assert page.drop.isVisible()
    page.set_drop(False)
    assert not page.drop.isVisible()


def test_details_are_opened_in_place_with_settings_of_the_model_alone(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext
) -> None:
    write_model(folder / "tiny.gguf", experts=4)
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    card = page.cards[0]
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    details = card.details
    assert details is not None
    texts = " | ".join(label.text() for label in details.findChildren(QLabel))
    assert "4 experts in each, 2 for a token" in texts
    assert str(folder / "tiny.gguf") in texts or "tiny.gguf" in texts
    qtbot.mouseClick(details.own, Qt.MouseButton.LeftButton)
    row = next(row for row in details.rows if row.setting.key == "engine.context")
    row.control.changed.emit(1024)
    assert context.settings.integer("engine.context", model="tiny") == 1024
    assert context.settings.integer("engine.context") == 4096
    qtbot.waitUntil(row.reset.isVisible)
    qtbot.mouseClick(row.reset, Qt.MouseButton.LeftButton)
    assert not context.settings.has_own("engine.context", "tiny")
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    assert card.details is None
    qtbot.waitUntil(lambda: not page.busy and context.jobs.running == 0)


@pytest.mark.parametrize(("predictor", "on"), [(False, False), (True, False), (False, True)])
def test_the_approximate_head_is_offered_where_it_has_a_use(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext, predictor: bool, on: bool
) -> None:
    profiler = authors_files.random_profiler() if predictor else None
    authors_files.write(folder / "small.gguf", profiler=profiler)
    if on:
        context.settings.set("engine.approximate_head", True)
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    card = page.cards[0]
    assert card.entry.model.problem is None
    qtbot.mouseClick(card.more, Qt.MouseButton.LeftButton)
    assert card.details is not None
    qtbot.mouseClick(card.details.own, Qt.MouseButton.LeftButton)
    keys = [row.setting.key for row in card.details.rows]
    assert "engine.context" in keys
    assert ("engine.approximate_head" in keys) == (predictor or on)
    qtbot.waitUntil(lambda: not page.busy and context.jobs.running == 0)


def test_a_deleted_model_comes_back_with_undo_and_goes_when_the_window_closes(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext
) -> None:
    path = write_model(folder / "tiny.gguf")
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    page.cards[0].delete_wanted.emit(str(path))
    qtbot.waitUntil(lambda: page.cards == [])
    qtbot.waitUntil(lambda: "was deleted" in context.undo.text)
    context.undo.undo()
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    assert path.is_file()
    page.cards[0].delete_wanted.emit(str(path))
    qtbot.waitUntil(lambda: page.cards == [])
    qtbot.waitUntil(lambda: bool(context.undo.text))
    page.prepare_close()
    assert list(folder.iterdir()) == []
    qtbot.waitUntil(lambda: context.jobs.running == 0)


def test_after_a_load_the_estimate_is_held_against_what_is_used(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext, engine: FakeEngine
) -> None:
    write_model(folder / "tiny.gguf")
    qtbot.waitUntil(lambda: len(page.cards) == 1)
    card = page.cards[0]
    qtbot.mouseClick(card.load, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: card.state.text() == "loaded")
    context.link.take_sample(Sample("e", 1, memory_bytes=300 * MIB))
    qtbot.waitUntil(card.used.isVisible)
    assert card.used.text().endswith("used 0.29 GiB")
    context.link.take_sample(Sample("e", 2, memory_bytes=200 * MIB))
    assert card.used.text().endswith("used 0.29 GiB")
    qtbot.waitUntil(lambda: not page.busy and context.jobs.running == 0)
    page.prepare_close()


def _rename(qtbot: QtBot, page: ModelsPage, name: str) -> None:
    page.cards[0].more.setChecked(True)
    details = page.cards[0].details
    assert details is not None
    details.name.setText(name)
    qtbot.keyClick(details.name, Qt.Key.Key_Return)


def test_a_model_gets_another_name_everywhere_and_back(
    qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext
) -> None:
    path = write_model(folder / "tiny.gguf", name="Of the header")
    qtbot.waitUntil(lambda: [card.entry.model.name for card in page.cards] == ["Of the header"])
    qtbot.mouseClick(page.cards[0].load, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.cards[0].state.text() == "loaded")
    _rename(qtbot, page, "  My   own ")
    qtbot.waitUntil(lambda: [card.entry.model.name for card in page.cards] == ["My own"])
    model = context.link.status.model
    assert (model and model.name, path.exists()) == ("My own", True)
    context.undo.undo()
    qtbot.waitUntil(lambda: [card.entry.model.name for card in page.cards] == ["Of the header"])
    assert not context.settings.has_own("model.name", "tiny")


def test_an_empty_name_is_the_headers(qtbot: QtBot, page: ModelsPage, folder: Path, context: AppContext) -> None:
    context.settings.set("model.name", "My own", model="tiny")
    write_model(folder / "tiny.gguf", name="Of the header")
    qtbot.waitUntil(lambda: [card.entry.model.name for card in page.cards] == ["My own"])
    _rename(qtbot, page, "")
    qtbot.waitUntil(lambda: [card.entry.model.name for card in page.cards] == ["Of the header"])
