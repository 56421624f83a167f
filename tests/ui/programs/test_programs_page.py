"""The page for other programs, and the door behind it."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keyring
import pytest
from keyring.backends import null
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from thimble import paths
from thimble.errors import Code, Problem
from thimble.settings import Settings
from thimble.ui.app_context import AppContext
from thimble.ui.programs.examples import EXAMPLES
from thimble.ui.programs.keeper import DOOR, DoorKeeper
from thimble.ui.programs.page import ProgramsPage
from thimble.ui.programs.requests_card import RequestsCard
from thimble.ui.theme import Theme


@pytest.fixture(autouse=True)
def no_keyring() -> Iterator[None]:
    before = keyring.get_keyring()
    keyring.set_keyring(null.Keyring())
    yield
    keyring.set_keyring(before)


@pytest.fixture
def keeper(context: AppContext, settings: Settings) -> Iterator[DoorKeeper]:
    made = DoorKeeper(settings, context.link, context.jobs)
    yield made
    made.close()


@pytest.fixture
def page(qtbot: QtBot, context: AppContext, keeper: DoorKeeper) -> ProgramsPage:
    made = ProgramsPage(context, keeper)
    qtbot.addWidget(made)
    made.resize(1000, 900)
    context.link.start()
    qtbot.waitUntil(lambda: context.link.alive)
    return made


def clipboard() -> str:
    return QGuiApplication.clipboard().text()


def switch_on(qtbot: QtBot, settings: Settings, keeper: DoorKeeper) -> None:
    settings.set("programs.on", True)
    qtbot.waitUntil(lambda: keeper.door.open and not keeper.door.busy)


def test_nothing_is_open_before_somebody_wants_it(page: ProgramsPage, engine: FakeEngine) -> None:
    assert engine.doors == {}
    assert page.state.isHidden()  # the switch says that it is off
    assert page.open_part.isHidden()


def test_the_switch_opens_the_door_with_a_key_of_its_own(
    qtbot: QtBot, page: ProgramsPage, engine: FakeEngine, settings: Settings, keeper: DoorKeeper
) -> None:
    switch_on(qtbot, settings, keeper)
    door = engine.doors[DOOR]
    assert (door["port"], door["lan"], door["owner"]) == (8080, False, os.getpid())
    assert len(door["key"]) > 30
    assert page.address.whole_text() == "http://127.0.0.1:8080/v1"
    assert door["key"] not in page.key.whole_text()
    page.copy_key.click()
    assert clipboard() == door["key"]
    page.show_key.click()
    assert page.key.whole_text() == door["key"]


def test_the_key_stays_the_same_and_only_its_owner_may_read_it(
    qtbot: QtBot, page: ProgramsPage, engine: FakeEngine, settings: Settings, keeper: DoorKeeper
) -> None:
    switch_on(qtbot, settings, keeper)
    key = engine.doors[DOOR]["key"]
    file: Path = paths.config_dir() / "api_key.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key not in paths.settings_file().read_text("utf-8")
    settings.set("programs.on", False)
    qtbot.waitUntil(lambda: DOOR not in engine.doors)
    switch_on(qtbot, settings, keeper)
    assert engine.doors[DOOR]["key"] == key
    page.new_key.click()
    qtbot.waitUntil(lambda: engine.doors[DOOR]["key"] != key)


def test_what_is_changed_in_the_settings_changes_the_door(
    qtbot: QtBot, page: ProgramsPage, engine: FakeEngine, settings: Settings, keeper: DoorKeeper
) -> None:
    switch_on(qtbot, settings, keeper)
    settings.set("programs.lan", True)
    settings.set("programs.port", 9000)
    settings.set("programs.origins", "http://a.example, http://b.example")
    qtbot.waitUntil(lambda: engine.doors[DOOR]["port"] == 9000 and not keeper.door.busy)
    assert engine.doors[DOOR]["lan"]
    assert engine.doors[DOOR]["origins"] == ["http://a.example", "http://b.example"]
    assert "http://192.168.1.7:9000/v1" in page.state.text()


def test_a_new_engine_gets_its_door_again(
    qtbot: QtBot, page: ProgramsPage, engine: FakeEngine, settings: Settings, keeper: DoorKeeper, context: AppContext
) -> None:
    switch_on(qtbot, settings, keeper)
    engine.doors.clear()
    from dataclasses import replace

    engine.set_status(replace(engine.status, pid=4712))
    qtbot.waitUntil(lambda: DOOR in engine.doors)


def test_before_there_is_an_engine_the_door_is_waited_for(
    qtbot: QtBot, context: AppContext, keeper: DoorKeeper, settings: Settings
) -> None:
    settings.set("programs.on", True)
    page = ProgramsPage(context, keeper)
    qtbot.addWidget(page)
    assert page.state.text() == "Waits for the engine."


def test_why_the_door_stays_shut_is_said(
    qtbot: QtBot, page: ProgramsPage, engine: FakeEngine, settings: Settings, keeper: DoorKeeper
) -> None:
    engine.door_problem = Problem(Code.PORT_TAKEN, "Port 8080 is taken.", "Choose another port.")
    settings.set("programs.on", True)
    qtbot.waitUntil(lambda: keeper.door.problem is not None)
    assert page.state.text() == "Port 8080 is taken. Choose another port."
    engine.door_problem = None
    settings.set("programs.port", 8081)
    qtbot.waitUntil(lambda: keeper.door.open)


def test_a_door_that_stays_open_when_a_change_fails_is_told_and_can_be_shut(
    qtbot: QtBot, page: ProgramsPage, engine: FakeEngine, settings: Settings, keeper: DoorKeeper
) -> None:
    settings.set("programs.lan", True)
    switch_on(qtbot, settings, keeper)
    engine.door_problem = Problem(Code.PORT_TAKEN, "Port 8081 is taken.", "Choose another port.")
    settings.set("programs.port", 8081)
    qtbot.waitUntil(lambda: keeper.door.problem is not None)
    assert (keeper.door.open, keeper.door.lan) == (True, True)
    assert "8080" in keeper.door.addresses[0]
    settings.set("programs.on", False)
    qtbot.waitUntil(lambda: DOOR not in engine.doors)


@pytest.mark.parametrize("number", range(len(EXAMPLES)))
def test_an_example_is_copied_with_address_and_key_and_shown_without(
    qtbot: QtBot, page: ProgramsPage, engine: FakeEngine, settings: Settings, keeper: DoorKeeper, number: int
) -> None:
    switch_on(qtbot, settings, keeper)
    page.examples.choose(number)
    page.examples.copy.click()
    key = engine.doors[DOOR]["key"]
    assert key in clipboard()
    assert "http://127.0.0.1:8080" in clipboard()
    assert key not in page.examples.code.toPlainText()


def test_requests_are_shown_while_the_page_is_seen(qtbot: QtBot, page: ProgramsPage, engine: FakeEngine) -> None:
    done: dict[str, Any] = {
        "number": 1, "time": 1.7e9, "client": "192.168.1.9", "program": "OpenAI/Python 1.0",
        "path": "/v1/chat/completions",
        "model": "tiny", "state": "done", "ahead": 0, "status": 200, "code": "", "prompt_tokens": 4,
        "generated_tokens": 2, "milliseconds": 1500.0,
    }  # fmt: skip
    waiting = {**done, "state": "waiting", "status": 0, "ahead": 3, "client": "127.0.0.1"}
    failed = {**done, "status": 404, "code": "model_not_found"}
    engine.asked = [waiting, failed, done]
    assert not page.requests.empty.isHidden()
    page.show()
    qtbot.waitUntil(page.requests.empty.isHidden)
    assert page.requests.line(0)[1:5] == ["OpenAI/Python", "chat/completions", "tiny", "waits, 3 before it"]
    assert page.requests.line(1)[4] == "404 model_not_found"
    assert page.requests.line(2)[1] == "OpenAI/Python · 192.168.1.9"
    assert page.requests.line(2)[4:] == ["4 + 2", "1.5 s"]


def test_what_the_window_only_looks_up_is_not_listed(theme: Theme, qtbot: QtBot) -> None:
    card = RequestsCard(theme)
    qtbot.addWidget(card)
    counted = {"program": "window", "path": "/tokenize", "state": "done", "status": 200}
    answered = {**counted, "path": "/v1/chat/completions", "prompt_tokens": 4, "generated_tokens": 2}
    card.show_requests([counted, answered, {**counted, "program": "curl"}, {**counted, "status": 500}])
    assert [card.line(number)[1] for number in range(3)] == ["this window", "curl", "this window"]
    card.show_requests([counted])
    assert not card.empty.isHidden()


def test_the_switch_on_the_page_is_the_setting(
    qtbot: QtBot, page: ProgramsPage, settings: Settings, keeper: DoorKeeper
) -> None:
    page.show()
    qtbot.mouseClick(page.rows["programs.on"].control, Qt.MouseButton.LeftButton)
    page.rows["programs.on"].control.changed.emit(True)
    assert settings.switch("programs.on")
    qtbot.waitUntil(lambda: keeper.door.open)
