"""The first-run page: one button to the first model; whatever goes wrong is one sentence and another try."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.helpers.gguf_files import small
from thimble.errors import Code, ThimbleError
from thimble.library import starter
from thimble.ui.app_context import AppContext
from thimble.ui.chat.first_run import FirstRunPage

MB = 10**6


class Shop:
    """Stands where the starter model comes from; waits until the test says how it goes on."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.problems: list[ThimbleError] = []
        self.offline: list[bool] = []
        self.asked_to_stop = threading.Event()
        self.waits = False

    def install(
        self,
        folder: Path,
        *,
        progress: Callable[[int, int], None],
        cancelled: Callable[[], bool],
        offline: bool = False,
    ) -> Path:
        self.offline.append(offline)
        if self.problems:
            raise self.problems.pop()
        progress(44 * MB, 100 * MB)
        while self.waits and not self.go_on.wait(0.005):
            if cancelled():
                self.asked_to_stop.set()
                raise ThimbleError(Code.CANCELLED, "Cancelled.")
        return folder / "starter.gguf"


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Shop]:
    made = Shop()
    monkeypatch.setattr(starter, "install", made.install)
    yield made
    made.go_on.set()


@pytest.fixture
def page(qtbot: QtBot, context: AppContext, shop: Shop) -> FirstRunPage:
    made = FirstRunPage(context)
    qtbot.addWidget(made)
    made.resize(880, 700)
    made.show()
    qtbot.waitExposed(made)
    return made


def test_words_that_are_not_there_yet_have_a_size(page: FirstRunPage, qtlog: Any) -> None:
    page.resize(600, 500)
    assert [record.message for record in qtlog.records if "setMinimumSize" in record.message] == []
    assert page.problem_text.height() == 0


def press(qtbot: QtBot, widget: Any) -> None:
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)


def test_one_click_gets_the_model_and_hands_on_the_first_question(
    qtbot: QtBot, page: FirstRunPage, context: AppContext
) -> None:
    with qtbot.waitSignal(page.ready) as told:
        press(qtbot, page.get_button)
    assert told.args == [str(context.settings.models_folder() / "starter.gguf"), "Why is the sky blue?"]


def test_the_chosen_example_is_the_first_question(qtbot: QtBot, page: FirstRunPage) -> None:
    press(qtbot, page.examples.cards[2])
    with qtbot.waitSignal(page.ready) as told:
        press(qtbot, page.get_button)
    assert told.args[1] == page.examples.cards[2].prompt


def test_other_pages_hear_of_the_new_model(qtbot: QtBot, page: FirstRunPage, context: AppContext) -> None:
    with qtbot.waitSignal(context.navigation.models_changed):
        press(qtbot, page.get_button)


def test_the_download_shows_how_far_it_is(qtbot: QtBot, page: FirstRunPage, shop: Shop) -> None:
    shop.waits = True
    press(qtbot, page.get_button)
    qtbot.waitUntil(lambda: page.bar.value() == 440)
    assert page.progress_text.text().endswith("44 %")
    assert page.busy


def test_cancel_stops_the_download_and_offers_it_again(qtbot: QtBot, page: FirstRunPage, shop: Shop) -> None:
    shop.waits = True
    press(qtbot, page.get_button)
    qtbot.waitUntil(page.cancel_button.isVisible)
    press(qtbot, page.cancel_button)
    assert page.get_button.isVisible()
    qtbot.waitUntil(shop.asked_to_stop.is_set)
    assert not page.busy


def test_a_cancelled_download_does_not_move_the_next_ones_bar(qtbot: QtBot, page: FirstRunPage, shop: Shop) -> None:
    shop.waits = True
    press(qtbot, page.get_button)
    page.cancel()
    press(qtbot, page.get_button)
    qtbot.waitUntil(lambda: page.bar.value() == 440)
    assert len(shop.offline) == 2


@pytest.mark.parametrize(
    ("code", "setting"),
    [
        (Code.NO_NETWORK, ""),
        (Code.DOWNLOAD_DAMAGED, ""),
        (Code.OFFLINE, "files.offline"),
        (Code.DISK_FULL, "files.models_folder"),
        (Code.FILE_NOT_WRITABLE, "files.models_folder"),
    ],
)
def test_a_failure_is_one_sentence_with_the_setting_that_helps(
    qtbot: QtBot, page: FirstRunPage, shop: Shop, context: AppContext, code: Code, setting: str
) -> None:
    shop.problems.append(ThimbleError(code, "It did not work.", "Do something."))
    press(qtbot, page.get_button)
    qtbot.waitUntil(page.again_button.isVisible)
    assert page.problem_text.text() == "It did not work."
    assert page.setting_button.isVisible() == bool(setting)
    if setting:
        with qtbot.waitSignal(context.navigation.page_requested) as told:
            press(qtbot, page.setting_button)
        assert told.args == ["settings", setting]


def test_try_again_tries_again(qtbot: QtBot, page: FirstRunPage, shop: Shop) -> None:
    shop.problems.append(ThimbleError(Code.NO_NETWORK, "No network."))
    press(qtbot, page.get_button)
    qtbot.waitUntil(page.again_button.isVisible)
    with qtbot.waitSignal(page.ready):
        press(qtbot, page.again_button)


def test_a_long_sentence_is_not_cut(qtbot: QtBot, page: FirstRunPage, shop: Shop) -> None:
    shop.problems.append(ThimbleError(Code.NO_NETWORK, "The server could not be reached, whatever was tried. " * 4))
    press(qtbot, page.get_button)
    qtbot.waitUntil(page.again_button.isVisible)
    assert page.problem_text.height() >= page.problem_text.heightForWidth(page.problem_text.width())


def test_the_setting_work_offline_is_obeyed(qtbot: QtBot, page: FirstRunPage, shop: Shop, context: AppContext) -> None:
    context.settings.set("files.offline", True)
    with qtbot.waitSignal(page.ready):
        press(qtbot, page.get_button)
    assert shop.offline == [True]


def test_a_file_of_ones_own_is_copied_and_asks_nothing(
    qtbot: QtBot, page: FirstRunPage, context: AppContext, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_bytes(small())
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(mine)], ""))
    with qtbot.waitSignal(page.ready) as told:
        press(qtbot, page.add_button)
    assert told.args == [str(context.settings.models_folder() / "mine.gguf"), ""]
    assert Path(told.args[0]).read_bytes() == mine.read_bytes()


def test_a_file_that_is_no_model_is_told_and_another_try_asks_the_same_file(
    qtbot: QtBot, page: FirstRunPage, tmp_path: Path
) -> None:
    mine = tmp_path / "mine.gguf"
    mine.write_text("<!DOCTYPE html>")
    page.add_file(mine)
    qtbot.waitUntil(page.again_button.isVisible)
    assert page.problem_text.text()
    mine.write_bytes(small())
    with qtbot.waitSignal(page.ready):
        press(qtbot, page.again_button)


def test_when_nothing_is_chosen_in_the_dialog_nothing_happens(
    qtbot: QtBot, page: FirstRunPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([], ""))
    press(qtbot, page.add_button)
    assert not page.busy


def test_the_focus_follows_what_can_be_done(qtbot: QtBot, page: FirstRunPage, shop: Shop) -> None:
    shop.waits = True
    page.take_focus()
    assert page.get_button.hasFocus()
    qtbot.keyClick(page.get_button, Qt.Key.Key_Space)
    assert page.cancel_button.hasFocus()
    qtbot.keyClick(page.cancel_button, Qt.Key.Key_Space)
    assert page.get_button.hasFocus()


@pytest.mark.parametrize(("width", "tall"), [(860, True), (640, False), (520, False)])
def test_the_examples_stand_beside_each_other_where_there_is_room(
    qtbot: QtBot, page: FirstRunPage, width: int, tall: bool
) -> None:
    page.resize(width, 700)
    qtbot.waitUntil(lambda: page.examples.cards[0].tall is tall)
    qtbot.waitUntil(lambda: len({card.pos().y() for card in page.examples.cards}) == (1 if tall else 3))
