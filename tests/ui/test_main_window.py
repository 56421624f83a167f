"""The window's frame: pages, list column, shortcuts, what it remembers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRect, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLabel, QLineEdit, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from tests.helpers.fake_engine import FakeEngine
from thimble.errors import Code, Problem
from thimble.settings import Settings
from thimble.settings_table import GIB
from thimble.ui.app_context import AppContext
from thimble.ui.main_window import MainWindow, PageSpec
from thimble.ui.rail import RailItem
from thimble.ui.window_state import WindowState


class StubPage(QWidget):
    """A page that writes down what the window asks of it."""

    def __init__(self, name: str, *, panel: bool = False) -> None:
        super().__init__()
        self.calls: list[tuple[str, object]] = []
        layout = QVBoxLayout(self)
        layout.addWidget(QLabel(name))
        self.field = QLineEdit()
        self.field.setAccessibleName("Field")
        layout.addWidget(self.field)
        if panel:
            self.list_panel = QWidget()

    def focus_search(self) -> None:
        self.calls.append(("focus_search", None))

    def stop(self) -> None:
        self.calls.append(("stop", None))

    def new_chat(self) -> None:
        self.calls.append(("new_chat", None))

    def open_conversation(self, conversation: int) -> None:
        self.calls.append(("open_conversation", conversation))

    def show_anchor(self, anchor: str) -> None:
        self.calls.append(("show_anchor", anchor))

    def add_file(self, path: Path) -> None:
        self.calls.append(("add_file", path))

    def add_files(self, paths: list[Path]) -> None:
        self.calls.append(("add_files", paths))


class Pages:
    """Specs of stub pages; counts what was built."""

    def __init__(self) -> None:
        self.built: list[str] = []

    def specs(self) -> list[PageSpec]:
        icons = {
            "chat": "ph.chat-circle",
            "models": "ph.cube",
            "performance": "ph.chart-line-up",
            "settings": "ph.gear",
        }
        return [
            PageSpec(RailItem(page, page.title(), icon, bottom=page == "settings"), self._builder(page))
            for page, icon in icons.items()
        ]

    def _builder(self, page: str) -> Callable[[], QWidget]:
        def build() -> QWidget:
            self.built.append(page)
            return StubPage(page, panel=page == "chat")

        return build


@pytest.fixture
def pages() -> Pages:
    return Pages()


@pytest.fixture
def window(qtbot: QtBot, context: AppContext, pages: Pages) -> Iterator[MainWindow]:
    made = MainWindow(context, pages.specs(), 16 * GIB)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    yield made
    made.close()


def _stub(window: MainWindow, page: str) -> StubPage:
    widget = window.page(page)
    assert isinstance(widget, StubPage)
    return widget


def test_only_the_first_page_is_built_at_the_start(window: MainWindow, pages: Pages) -> None:
    assert pages.built == ["chat"]


def test_first_paint_is_told_once(qtbot: QtBot, context: AppContext, pages: Pages) -> None:
    window = MainWindow(context, pages.specs(), 16 * GIB)
    qtbot.addWidget(window)
    told: list[int] = []
    window.first_paint.connect(lambda: told.append(1))
    with qtbot.waitSignal(window.first_paint):
        window.show()
    window.update()
    window.close()
    assert told == [1]


@pytest.mark.parametrize(
    ("key", "page"),
    [(Qt.Key.Key_1, "chat"), (Qt.Key.Key_2, "models"), (Qt.Key.Key_3, "performance"), (Qt.Key.Key_4, "settings")],
)
def test_ctrl_and_a_digit_go_to_a_page(qtbot: QtBot, window: MainWindow, key: Qt.Key, page: str) -> None:
    window.show_page("models" if page != "models" else "chat")
    qtbot.keyClick(window, key, Qt.KeyboardModifier.ControlModifier)
    assert window.current_page == page
    assert window.stack.currentWidget() is window.page(page)
    assert window.rail.buttons[page].isChecked()


def test_a_click_on_the_rail_goes_to_a_page(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.rail.buttons["models"], Qt.MouseButton.LeftButton)
    assert window.current_page == "models"


def test_a_click_on_the_bar_goes_to_performance(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.mouseClick(window.bar, Qt.MouseButton.LeftButton)
    assert window.current_page == "performance"


def test_the_list_column_is_there_only_for_pages_with_a_list(window: MainWindow) -> None:
    assert window.list_column.isVisible()
    window.show_page("models")
    assert not window.list_column.isVisible()
    window.show_page("chat")
    assert window.list_column.isVisible()


def test_ctrl_b_hides_and_shows_the_list(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert not window.list_column.isVisible()
    qtbot.keyClick(window, Qt.Key.Key_B, Qt.KeyboardModifier.ControlModifier)
    assert window.list_column.isVisible()


def test_ctrl_n_begins_a_conversation_from_any_page(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("models")
    qtbot.keyClick(window, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    assert window.current_page == "chat"
    assert ("new_chat", None) in _stub(window, "chat").calls


def test_ctrl_f_and_escape_go_to_the_page(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert _stub(window, "chat").calls == [("focus_search", None), ("stop", None)]


def test_ctrl_comma_opens_the_settings(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_Comma, Qt.KeyboardModifier.ControlModifier)
    assert window.current_page == "settings"


def test_ctrl_q_closes(qtbot: QtBot, window: MainWindow) -> None:
    with qtbot.waitSignal(window.closing):
        qtbot.keyClick(window, Qt.Key.Key_Q, Qt.KeyboardModifier.ControlModifier)
    assert not window.isVisible()


def test_f1_shows_the_shortcuts_and_escape_only_closes_them(qtbot: QtBot, window: MainWindow) -> None:
    qtbot.keyClick(window, Qt.Key.Key_F1)
    overlay = window.shortcuts_overlay
    assert overlay is not None
    assert overlay.isVisible()
    qtbot.keyClick(overlay, Qt.Key.Key_Escape)
    assert not overlay.isVisible()
    assert ("stop", None) not in _stub(window, "chat").calls


@pytest.mark.parametrize("size", [(900, 600), (1200, 800)])
def test_the_list_of_shortcuts_fits_into_the_window(qtbot: QtBot, window: MainWindow, size: tuple[int, int]) -> None:
    window.resize(*size)
    window.open_shortcuts()
    overlay = window.shortcuts_overlay
    assert overlay is not None
    assert overlay.rect().contains(overlay.panel.geometry())
    for text in overlay.panel.findChildren(QLabel):  # at once, not only when the panel is opened again
        assert text.isVisible()
        assert overlay.panel.rect().contains(QRect(text.mapTo(overlay.panel, QPoint(0, 0)), text.size()))


def test_closing_an_overlay_gives_the_focus_back(qtbot: QtBot, window: MainWindow) -> None:
    field = _stub(window, "chat").field
    field.setFocus()
    window.open_shortcuts()
    assert window.shortcuts_overlay is not None
    window.shortcuts_overlay.close_overlay()
    assert window.focusWidget() is field


def test_size_page_and_list_are_remembered(qtbot: QtBot, context: AppContext, pages: Pages) -> None:
    window = MainWindow(context, pages.specs(), 16 * GIB)
    qtbot.addWidget(window)
    window.show()
    window.resize(1010, 707)
    window.show_page("performance")
    window.toggle_list()
    window.close()
    context.window_state.flush()
    again = MainWindow(context, pages.specs(), 16 * GIB)
    qtbot.addWidget(again)
    assert (again.width(), again.height()) == (1010, 707)
    assert again.current_page == "performance"
    again.show_page("chat")
    assert again.list_column.isHidden()


def test_a_width_of_the_list_is_remembered(qtbot: QtBot, window: MainWindow, context: AppContext) -> None:
    window.splitter.setSizes([320, 800])
    window.splitter.splitterMoved.emit(320, 1)
    assert context.window_state.get("list_width", 0) == window.splitter.sizes()[0]


def test_a_remembered_place_off_every_screen_is_not_used(qtbot: QtBot, context: AppContext, pages: Pages) -> None:
    context.window_state.set("geometry", [90_000, 90_000, 950, 650])
    window = MainWindow(context, pages.specs(), 16 * GIB)
    qtbot.addWidget(window)
    assert window.x() < 90_000
    assert window.width() == 950


def test_a_nonsensical_state_is_the_default_window(qtbot: QtBot, context: AppContext, pages: Pages) -> None:
    state: WindowState = context.window_state
    state.set("geometry", ["x", None])
    state.set("last_page", "nowhere")
    window = MainWindow(context, pages.specs(), 16 * GIB)
    qtbot.addWidget(window)
    assert (window.width(), window.height()) == (1200, 800)
    assert window.current_page == "chat"


def test_the_window_is_never_smaller_than_the_design(window: MainWindow) -> None:
    window.resize(100, 100)
    assert (window.width(), window.height()) == (900, 600)


def test_a_dropped_model_is_added_on_the_models_page(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "some.gguf"
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)), QUrl.fromLocalFile(str(tmp_path / "text.txt"))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), Qt.DropAction.CopyAction, data, buttons, keys)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))
    assert window.current_page == "models"
    assert ("add_file", file) in _stub(window, "models").calls


def test_other_dropped_files_are_attached_to_the_chat(window: MainWindow, tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("words")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(file)), QUrl.fromLocalFile(str(tmp_path))])
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPointF(5, 5).toPoint(), Qt.DropAction.CopyAction, data, buttons, keys)
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.show_page("models")
    window.dropEvent(QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, buttons, keys))
    assert window.current_page == "chat"
    assert ("add_files", [file, tmp_path]) in _stub(window, "chat").calls


def test_files_that_are_not_there_are_not_taken(window: MainWindow, tmp_path: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "text.txt"))])
    enter = QDragEnterEvent(
        QPointF(5, 5).toPoint(),
        Qt.DropAction.CopyAction,
        data,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter.ignore()
    window.dragEnterEvent(enter)
    assert not enter.isAccepted()


def test_a_dead_engine_offers_a_restart(
    qtbot: QtBot, window: MainWindow, context: AppContext, engine: FakeEngine
) -> None:
    context.link.start("/models/starter.gguf")
    qtbot.waitUntil(lambda: context.link.status.model is not None and not context.link.loading_path)
    engine.die()
    qtbot.waitUntil(lambda: bool(context.toasts.toasts))
    button = context.toasts.toasts[0].action_button
    assert button is not None
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: context.link.status.model is not None)
    assert engine.starts == 2


def test_a_model_that_cannot_be_loaded_is_one_sentence(
    qtbot: QtBot, window: MainWindow, context: AppContext, engine: FakeEngine
) -> None:
    engine.load_problem = Problem(Code.MODEL_NOT_GGUF, "This is a web page.", "Download it again.")
    context.link.start("/models/page.gguf")
    qtbot.waitUntil(lambda: bool(context.toasts.toasts))
    assert context.toasts.toasts[0].text == "This is a web page. Download it again."


def test_an_anchor_is_handed_to_the_page(window: MainWindow, context: AppContext) -> None:
    context.navigation.go("settings", "engine.threads")
    assert ("show_anchor", "engine.threads") in _stub(window, "settings").calls


def test_keys_change_the_size_of_texts_within_its_range(window: MainWindow, settings: Settings) -> None:
    window.actions_by_id["larger"].trigger()
    assert settings.integer("look.text_size") == 110
    for _ in range(20):
        window.actions_by_id["larger"].trigger()
    assert settings.integer("look.text_size") == 200
    window.actions_by_id["normal"].trigger()
    window.actions_by_id["smaller"].trigger()
    assert settings.integer("look.text_size") == 90
