"""Enter on a focused button."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtWidgets import (
    QApplication,
    QCheckBox,
    QLineEdit,
    QMenu,
    QMessageBox,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from thimble.settings import Settings
from thimble.ui.app import Session
from thimble.ui.chat import ChatPage
from thimble.ui.enter_presses import EnterPresses
from thimble.ui.theme import Theme
from thimble.ui.widgets.switch import Switch

ENTERS = (Qt.Key.Key_Return, Qt.Key.Key_Enter)


@pytest.fixture
def panel(qtbot: QtBot, qapp: QApplication) -> Iterator[QWidget]:
    """A shown window in a program whose buttons are pressed with Enter."""
    owner = QObject()
    EnterPresses(qapp, owner)
    made = QWidget()
    QVBoxLayout(made)
    qtbot.addWidget(made)
    made.show()
    made.activateWindow()
    qtbot.waitUntil(made.isActiveWindow)
    yield made
    del owner


def put(qtbot: QtBot, panel: QWidget, widget: QWidget) -> None:
    layout = panel.layout()
    assert layout is not None
    layout.addWidget(widget)
    widget.setFocus()
    qtbot.waitUntil(widget.hasFocus)


@pytest.mark.parametrize("key", ENTERS)
def test_a_push_button_is_pressed_once(qtbot: QtBot, panel: QWidget, key: Qt.Key) -> None:
    button = QPushButton("Do it")
    pressed: list[bool] = []
    button.clicked.connect(lambda: pressed.append(True))
    put(qtbot, panel, button)
    qtbot.keyClick(button, key)
    assert len(pressed) == 1


def test_a_switch_is_moved(qtbot: QtBot, panel: QWidget, theme: Theme) -> None:
    switch = Switch(theme, "Sound")
    put(qtbot, panel, switch)
    qtbot.keyClick(switch, Qt.Key.Key_Return)
    assert switch.isChecked()


def test_a_button_with_a_menu_opens_it(qtbot: QtBot, panel: QWidget) -> None:
    button = QToolButton()
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
    menu = QMenu(button)
    menu.addAction("One")
    button.setMenu(menu)
    menu.aboutToShow.connect(lambda: QTimer.singleShot(0, menu, menu.close))
    put(qtbot, panel, button)
    with qtbot.waitSignal(menu.aboutToShow):
        qtbot.keyClick(button, Qt.Key.Key_Return)


def test_a_held_key_presses_nothing_that_gets_the_focus_meanwhile(qtbot: QtBot, panel: QWidget) -> None:
    first, second = QPushButton("First"), QPushButton("Second")
    pressed: list[bool] = []
    second.clicked.connect(lambda: pressed.append(True))
    put(qtbot, panel, first)
    qtbot.keyPress(first, Qt.Key.Key_Return)
    put(qtbot, panel, second)
    qtbot.keyRelease(second, Qt.Key.Key_Return)
    assert pressed == []


def test_text_fields_and_check_boxes_keep_enter(qtbot: QtBot, panel: QWidget) -> None:
    field, box = QLineEdit(), QCheckBox("Sure")
    put(qtbot, panel, field)
    with qtbot.waitSignal(field.returnPressed):
        qtbot.keyClick(field, Qt.Key.Key_Return)
    put(qtbot, panel, box)
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert not box.isChecked()


def test_in_a_question_the_button_with_the_focus_counts(qtbot: QtBot, panel: QWidget) -> None:
    asked = QMessageBox(QMessageBox.Icon.Question, "Empty", "Delete?", parent=panel)
    sure = asked.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
    cancel = asked.addButton(QMessageBox.StandardButton.Cancel)
    asked.setDefaultButton(cancel)
    asked.open()
    qtbot.waitUntil(asked.isActiveWindow)
    sure.setFocus()
    with qtbot.waitSignal(asked.finished):
        qtbot.keyClick(sure, Qt.Key.Key_Return)
    assert asked.clickedButton() is sure


def test_enter_gets_the_first_model(
    qtbot: QtBot, qapp: QApplication, settings: Settings, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[bool] = []
    monkeypatch.setattr("thimble.ui.chat.first_run.FirstRunPage.get_starter", lambda *_self: begun.append(True))
    session = Session(qapp, settings, engine.make_supervisor)
    qtbot.addWidget(session.window)
    session.window.show()
    session.window.activateWindow()
    pages: list[ChatPage] = session.window.findChildren(ChatPage)
    first = pages[0].pane.content.first_run
    qtbot.waitUntil(lambda: first.get_button.isVisible() and session.jobs.running == 0)
    first.get_button.setFocus()
    qtbot.waitUntil(first.get_button.hasFocus)
    qtbot.keyClick(first.get_button, Qt.Key.Key_Return)
    assert begun
    session.window.close()
    session.toasts.clear()
