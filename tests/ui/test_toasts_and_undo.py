"""Toasts stack, go away, act, and undo."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QEnterEvent
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from thimble.ui.theme import BAR_HEIGHT, Theme
from thimble.ui.toasts import MOST, ToastHost
from thimble.ui.undo import DEPTH, UndoStack


@pytest.fixture
def window(qtbot: QtBot, toasts: ToastHost) -> Iterator[QWidget]:
    made = QWidget()
    made.resize(900, 600)
    qtbot.addWidget(made)
    made.show()
    toasts.attach(made)
    yield made
    for toast in toasts.toasts:
        toasts.dismiss(toast)


def test_a_toast_stands_at_the_bottom_centre_above_the_bar(window: QWidget, toasts: ToastHost) -> None:
    toast = toasts.show("Saved.")
    assert toast.isVisible()
    assert abs(toast.geometry().center().x() - window.width() // 2) <= 1
    assert toast.geometry().bottom() < window.height() - BAR_HEIGHT


def test_no_more_than_three_are_shown_and_the_oldest_goes(window: QWidget, toasts: ToastHost) -> None:
    for number in range(MOST + 2):
        toasts.show(f"Message {number}")
    assert [t.text for t in toasts.toasts] == ["Message 2", "Message 3", "Message 4"]


def test_toasts_do_not_cover_each_other(window: QWidget, toasts: ToastHost) -> None:
    shown = [toasts.show(f"Message {number}") for number in range(MOST)]
    tops = [t.geometry() for t in shown]
    assert not any(a.intersects(b) for a in tops for b in tops if a is not b)


@pytest.mark.parametrize("length", range(4, 20, 3))
def test_no_text_is_cut(window: QWidget, toasts: ToastHost, length: int) -> None:
    toast = toasts.show("Several words " * length, "Restart the engine", lambda: None, kind="problem")
    label = next(found for found in toast.findChildren(QLabel) if found.text())
    if label.wordWrap():
        assert label.height() >= label.heightForWidth(label.width())
    else:
        assert label.width() >= label.sizeHint().width()


def test_the_action_runs_once_and_closes_the_toast(qtbot: QtBot, window: QWidget, toasts: ToastHost) -> None:
    ran: list[int] = []
    toast = toasts.show("Deleted.", "Undo", lambda: ran.append(1))
    assert toast.action_button is not None
    qtbot.mouseClick(toast.action_button, Qt.MouseButton.LeftButton)
    assert ran == [1]
    assert toasts.toasts == ()


def test_the_same_message_is_not_shown_twice(window: QWidget, toasts: ToastHost) -> None:
    assert toasts.show("Saved.") is toasts.show("Saved.")


def test_a_toast_goes_when_its_time_is_over(window: QWidget, toasts: ToastHost) -> None:
    toasts.show("Saved.").timer.timeout.emit()
    assert toasts.toasts == ()


def test_the_pointer_holds_a_toast(window: QWidget, toasts: ToastHost) -> None:
    toast = toasts.show("Saved.")
    here = QPointF(1, 1)
    toast.enterEvent(QEnterEvent(here, here, here))
    assert not toast.timer.isActive()
    toast.leaveEvent(QEvent(QEvent.Type.Leave))
    assert toast.timer.isActive()


def test_a_message_before_the_window_waits_for_it(qtbot: QtBot, theme: Theme, toasts: ToastHost) -> None:
    toast = toasts.show("Early.")
    assert not toast.isVisible()
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(900, 600)
    window.show()
    toasts.attach(window)
    assert toast.isVisible()
    toasts.dismiss(toast)


def test_toasts_follow_the_windows_size(window: QWidget, toasts: ToastHost) -> None:
    toast = toasts.show("Saved.")
    window.resize(1200, 800)
    assert abs(toast.geometry().center().x() - 600) <= 1


def test_undo_from_the_toast_takes_back_once(qtbot: QtBot, window: QWidget, toasts: ToastHost) -> None:
    stack, taken = UndoStack(toasts), []
    stack.done("Conversation deleted.", lambda: taken.append("back"))
    button = toasts.toasts[0].action_button
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    assert taken == ["back"]
    assert not stack.undo()


def test_undo_by_key_takes_back_the_newest_first(window: QWidget, toasts: ToastHost) -> None:
    stack, taken = UndoStack(toasts), []
    stack.done("One.", lambda: taken.append(1))
    stack.done("Two.", lambda: taken.append(2))
    assert stack.text == "Two."
    assert stack.undo()
    assert stack.undo()
    assert not stack.undo()
    assert taken == [2, 1]
    assert toasts.toasts == ()


def test_so_many_steps_are_kept_and_no_more(window: QWidget, toasts: ToastHost) -> None:
    stack = UndoStack(toasts)
    taken: list[int] = []
    for number in range(DEPTH + 3):
        stack.done(f"Step {number}.", partial(taken.append, number))
    while stack.undo():
        pass
    assert taken == list(range(DEPTH + 2, 2, -1))


def test_undo_still_works_when_its_toast_has_gone(window: QWidget, toasts: ToastHost) -> None:
    stack, taken = UndoStack(toasts), []
    stack.done("One.", lambda: taken.append(1))
    toasts.dismiss(toasts.toasts[0])
    assert stack.undo()
    assert taken == [1]


def test_a_step_that_could_not_be_undone_can_be_tried_again(window: QWidget, toasts: ToastHost) -> None:
    undo = UndoStack(toasts)
    results = [False, True]
    undo.done("Deleted.", lambda: results.pop(0))
    assert undo.undo()
    assert undo.text == "Deleted."
    assert undo.undo()
    assert (undo.text, results) == ("", [])
    assert not undo.undo()


def test_what_cannot_be_taken_back_any_more_is_not_offered(window: QWidget, toasts: ToastHost) -> None:
    stack, ran = UndoStack(toasts), []
    stack.done("First.", lambda: ran.append(1))
    withdraw = stack.done("Second.", lambda: ran.append(2))
    withdraw()
    withdraw()
    assert [toast.text for toast in toasts.toasts] == ["First."]
    stack.undo()
    assert ran == [1]
