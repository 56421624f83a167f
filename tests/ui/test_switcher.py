"""Ctrl+K finds pages, conversations, models and settings."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from thimble.settings_table import GIB
from thimble.ui.app_context import AppContext
from thimble.ui.main_window import MainWindow, PageSpec
from thimble.ui.rail import RailItem
from thimble.ui.switcher import Place, PlacesModel, Switcher, matching


def _place(title: str, kind: str = "Page", words: str = "") -> Place:
    return Place(title, kind, "ph.cube", lambda: None, words)


@pytest.fixture
def window(qtbot: QtBot, context: AppContext) -> Iterator[MainWindow]:
    specs = [
        PageSpec(RailItem("chat", "Chat", "ph.chat-circle"), QWidget),
        PageSpec(RailItem("settings", "Settings", "ph.gear", bottom=True), QWidget),
    ]
    made = MainWindow(context, specs, 16 * GIB)
    qtbot.addWidget(made)
    made.show()
    yield made
    made.close()


def _open(qtbot: QtBot, window: MainWindow) -> Switcher:
    qtbot.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    assert window.switcher is not None
    assert window.switcher.isVisible()
    return window.switcher


def test_every_word_must_be_found() -> None:
    places = [_place("Memory limit", "Setting"), _place("Context length", "Setting", "takes more memory")]
    assert [p.title for p in matching(places, "memory")] == ["Memory limit", "Context length"]
    assert [p.title for p in matching(places, "memory limit")] == ["Memory limit"]
    assert matching(places, "memory nothing") == []


def test_titles_that_begin_with_the_word_come_first() -> None:
    places = [_place("The memory"), _place("Memory limit")]
    assert [p.title for p in matching(places, "mem")] == ["Memory limit", "The memory"]


def test_case_does_not_matter() -> None:
    assert matching([_place("Überlegung")], "über")


def test_the_model_keeps_qts_rules(qtbot: QtBot) -> None:
    model = PlacesModel()
    tester = QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal)
    model.set_places([_place("One"), _place("Two")])
    model.set_text("two")
    model.set_text("nothing")
    model.set_text("")
    assert model.rowCount() == 2
    del tester


def test_conversations_are_found_by_title(qtbot: QtBot, window: MainWindow, context: AppContext) -> None:
    context.store.create_conversation("Soup recipes")
    switcher = _open(qtbot, window)
    qtbot.keyClicks(switcher.field, "soup")
    place = switcher.model.place(0)
    assert place is not None
    assert (place.title, place.kind) == ("Soup recipes", "Conversation")


def test_enter_goes_there_and_closes(qtbot: QtBot, window: MainWindow) -> None:
    switcher = _open(qtbot, window)
    qtbot.keyClicks(switcher.field, "settings")
    qtbot.keyClick(switcher.field, Qt.Key.Key_Return)
    assert window.current_page == "settings"
    assert not switcher.isVisible()


def test_arrows_move_through_the_matches_and_around(qtbot: QtBot, window: MainWindow) -> None:
    switcher = _open(qtbot, window)
    assert switcher.view.currentIndex().row() == 0
    qtbot.keyClick(switcher.field, Qt.Key.Key_Down)
    assert switcher.view.currentIndex().row() == 1
    qtbot.keyClick(switcher.field, Qt.Key.Key_Up)
    qtbot.keyClick(switcher.field, Qt.Key.Key_Up)
    assert switcher.view.currentIndex().row() == switcher.model.rowCount() - 1


def test_escape_closes_without_going_anywhere(qtbot: QtBot, window: MainWindow) -> None:
    switcher = _open(qtbot, window)
    qtbot.keyClick(switcher, Qt.Key.Key_Escape)
    assert not switcher.isVisible()
    assert window.current_page == "chat"


def test_opening_it_again_begins_empty(qtbot: QtBot, window: MainWindow) -> None:
    switcher = _open(qtbot, window)
    qtbot.keyClicks(switcher.field, "settings")
    switcher.close_overlay()
    window.open_switcher()
    assert switcher.field.text() == ""
    assert switcher.model.rowCount() > 5
