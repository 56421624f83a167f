"""The first run's second offer: what to expect of a bigger model here, and its download to the first answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from tests.helpers.hub_server import Fault, Hub
from tests.ui.hub_fixtures import REPOSITORY, hub
from thimble.library import catalogue as catalogue_module
from thimble.library.catalogue import CatalogueModel
from thimble.probe import Machine, probe_machine
from thimble.settings_table import GIB
from thimble.ui.app_context import AppContext
from thimble.ui.chat.first_run import FirstRunPage

__all__ = ["hub"]


@pytest.fixture(autouse=True)
def machine(monkeypatch: pytest.MonkeyPatch) -> Machine:
    """With 6 GiB of free memory."""
    made = replace(probe_machine(), memory_available=6 * GIB)
    monkeypatch.setattr("thimble.ui.models.inventory.probe_machine", lambda: made)
    return made


@pytest.fixture
def offered(monkeypatch: pytest.MonkeyPatch) -> CatalogueModel:
    """The catalogue's first model, from the test's hub."""
    made = replace(catalogue_module.catalogue()[0], repository=REPOSITORY)
    monkeypatch.setattr("thimble.ui.chat.first_run.catalogue", lambda: (made,))
    return made


@pytest.fixture
def page(qtbot: QtBot, context: AppContext, hub: Hub, offered: CatalogueModel) -> Iterator[FirstRunPage]:
    made = FirstRunPage(context)
    qtbot.addWidget(made)
    made.resize(880, 800)
    made.show()
    qtbot.waitUntil(made.next.isVisible)
    yield made
    made.prepare_close()


def test_it_says_whether_it_will_run_here(page: FirstRunPage, offered: CatalogueModel) -> None:
    assert offered.id == "smallthinker-4b"
    assert "GiB" in page.next.words.text()
    assert not page.next.problem.isVisible()
    assert "tok/s" in page.next.speed.text()


def test_one_click_downloads_it_and_hands_on_the_first_question(
    qtbot: QtBot, page: FirstRunPage, context: AppContext
) -> None:
    with qtbot.waitSignal(page.ready) as told:
        qtbot.mouseClick(page.next.get_button, Qt.MouseButton.LeftButton)
    path, question = told.args
    assert path.endswith("small-Q4_0.gguf")
    assert question == page.examples.chosen


def test_the_download_is_shown_in_place_of_the_offer(qtbot: QtBot, page: FirstRunPage, hub: Hub) -> None:
    hub.faults.append(Fault("data", bytes_per_second=100_000, skip=1))  # the header comes at once
    page.next.get_button.setFocus()
    qtbot.mouseClick(page.next.get_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: page.next.row is not None and page.next.row.status.done > 0)
    row = page.next.row
    assert row is not None
    assert row.isVisible()
    assert not page.next.offer.isVisible()
    assert row.pause.hasFocus()
    hub.faults.clear()
    row.pause.click()
    qtbot.waitUntil(row.resume.isVisible)
    with qtbot.waitSignal(page.ready):
        row.resume.click()


def test_a_cancelled_download_is_offered_again(qtbot: QtBot, page: FirstRunPage, context: AppContext, hub: Hub) -> None:
    hub.faults.append(Fault("data", bytes_per_second=100_000, skip=1))
    page.next.get()
    qtbot.waitUntil(lambda: page.next.row is not None and page.next.row.status.done > 0)
    row = page.next.row
    assert row is not None
    row.cancel.setFocus()
    row.cancel.click()
    qtbot.waitUntil(page.next.offer.isVisible)
    assert page.next.get_button.hasFocus()
    hub.faults.clear()


def test_it_does_not_take_the_chat_from_the_model_that_came_first(
    qtbot: QtBot, page: FirstRunPage, context: AppContext
) -> None:
    told: list[str] = []
    page.ready.connect(lambda path, _question: told.append(path))
    page.hide()  # the chat with the starter model has begun
    with qtbot.waitSignal(page.next.arrived):
        page.next.get()
    assert not told


def test_offline_is_told_with_the_setting_that_helps(qtbot: QtBot, page: FirstRunPage, context: AppContext) -> None:
    context.settings.set("files.offline", True)
    qtbot.mouseClick(page.next.get_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(page.next.setting_button.isVisible)
    assert page.next.problem.text()
    with qtbot.waitSignal(context.navigation.page_requested) as told:
        qtbot.mouseClick(page.next.setting_button, Qt.MouseButton.LeftButton)
    assert told.args == ["settings", "files.offline"]


def test_a_hub_that_fails_is_told_and_can_be_asked_again(qtbot: QtBot, page: FirstRunPage, hub: Hub) -> None:
    hub.faults.append(Fault("api", status=404))
    page.next.get()
    qtbot.waitUntil(page.next.problem.isVisible)
    with qtbot.waitSignal(page.ready):
        page.next.get()


def test_a_computer_that_is_too_small_is_told(
    qtbot: QtBot,
    context: AppContext,
    hub: Hub,
    offered: CatalogueModel,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tight = replace(machine, memory_available=GIB // 4, memory_total=GIB)
    monkeypatch.setattr("thimble.ui.models.inventory.probe_machine", lambda: tight)
    made = FirstRunPage(context)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitUntil(made.next.isVisible)
    assert made.next.words.text().startswith("Needs ")
    assert not made.next.speed.text()
