"""Everything that can be operated has a name for screen readers, a place in the tab order, and a visible focus."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible, QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QPushButton,
    QScrollBar,
    QTextEdit,
    QToolButton,
    QWidget,
)
from pytestqt.qtbot import QtBot

from tests.helpers.gguf_files import write_model
from thimble import paths
from thimble.settings import Settings
from thimble.settings_table import GIB
from thimble.ui.app_context import AppContext
from thimble.ui.connections.page import ConnectionsPage
from thimble.ui.log_view import LogWindow
from thimble.ui.main_window import MainWindow, PageSpec
from thimble.ui.models.page import ModelsPage
from thimble.ui.performance.page import PerformancePage
from thimble.ui.rail import RailItem
from thimble.ui.settings.page import SettingsPage
from thimble.ui.theme import Theme
from thimble.ui.widgets.basic import button, icon_button
from thimble.ui.widgets.switch import Switch

OPERABLE = (
    QAbstractButton,
    QAbstractItemView,
    QAbstractSlider,
    QAbstractSpinBox,
    QComboBox,
    QLineEdit,
    QPlainTextEdit,
    QProgressBar,
    QTextEdit,
)


def _own(widget: QWidget) -> bool:
    """Not a part that Qt makes inside another control (the field of a spin box, the list of a combo)."""
    if isinstance(widget, QScrollBar) or widget.objectName().startswith("qt_"):
        return False
    parent = widget.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractSpinBox | QComboBox | QLineEdit):
            return False
        parent = parent.parentWidget()
    return True


def nameless(root: QWidget) -> list[str]:
    """What can be operated below `root` and has no name."""
    found = []
    for widget in root.findChildren(QWidget):
        if isinstance(widget, OPERABLE) and _own(widget):
            interface = QAccessible.queryAccessibleInterface(widget)
            if not widget.accessibleName() and not interface.text(QAccessible.Text.Name):
                found.append(f"{type(widget).__name__} in {type(widget.parentWidget()).__name__}")
    return found


Build = Callable[[AppContext], QWidget]


def connections(context: AppContext) -> ConnectionsPage:
    """With a row and a form of each kind."""
    context.remotes.add("Office", "http://localhost:8000")
    context.tools.add("Files", command="npx")
    made = ConnectionsPage(context)
    made.remotes.edit("")
    made.tools.edit("")
    return made


PAGES: dict[str, Build] = {
    "settings": lambda context: SettingsPage(context, 16 * GIB),
    "performance": lambda context: PerformancePage(context, 16 * GIB),
    "models": lambda context: ModelsPage(context, 16 * GIB),
    "connections": connections,
}


@pytest.fixture
def window(qtbot: QtBot, context: AppContext) -> Iterator[MainWindow]:
    write_model(paths.default_models_dir() / "tiny.gguf")
    (paths.default_models_dir() / "bad.gguf").write_text("bad", "utf-8")
    specs = [
        PageSpec(RailItem(page, page.title(), "ph.cube"), partial(build, context)) for page, build in PAGES.items()
    ]
    made = MainWindow(context, specs, 16 * GIB)
    qtbot.addWidget(made)
    made.show()
    for page in PAGES:
        made.show_page(page)
    models = made.page("models")
    assert isinstance(models, ModelsPage)
    qtbot.waitUntil(lambda: len(models.cards) == 2 and context.jobs.running == 0)
    yield made
    made.close()


def test_everything_operable_in_the_window_has_a_name(window: MainWindow) -> None:
    window.open_shortcuts()
    window.open_switcher()
    assert nameless(window) == []


def test_everything_operable_in_the_log_has_a_name(qtbot: QtBot, context: AppContext) -> None:
    owner = QWidget()
    qtbot.addWidget(owner)
    assert nameless(LogWindow(context, owner)) == []


@pytest.mark.parametrize("page", list(PAGES))
def test_every_page_has_a_name(window: MainWindow, page: str) -> None:
    assert window.page(page).accessibleName()


def test_tab_reaches_rail_page_and_bar(qtbot: QtBot, window: MainWindow) -> None:
    window.show_page("models")
    window.activateWindow()
    reached: set[str] = set()
    widget: QWidget | None = window.rail.buttons["models"]
    for _ in range(60):
        if widget is None:
            break
        reached.add(widget.accessibleName())
        widget = widget.nextInFocusChain()
        while widget is not None and not (
            widget.isVisible() and widget.isEnabled() and widget.focusPolicy() & Qt.FocusPolicy.TabFocus
        ):
            widget = widget.nextInFocusChain()
    assert {"Models", "Add a GGUF file…", "Chat with Tiny", window.bar.accessibleName()} <= reached


def _picture(widget: QWidget) -> QImage:
    return widget.grab().toImage()


def _make_button(theme: Theme) -> QPushButton:
    return button(theme, "Text")


def _make_primary(theme: Theme) -> QPushButton:
    return button(theme, "Text", "primary")


def _make_quiet(theme: Theme) -> QPushButton:
    return button(theme, "Text", "quiet")


def _make_link(theme: Theme) -> QPushButton:
    return button(theme, "Text", "link")


def _make_chip(theme: Theme) -> QPushButton:
    return button(theme, "Text", "chip")


def _make_icon(theme: Theme) -> QToolButton:
    return icon_button(theme, "ph.x", "Close")


def _make_switch(theme: Theme) -> Switch:
    return Switch(theme, "Switch")


@pytest.mark.parametrize(
    "make", [_make_button, _make_primary, _make_quiet, _make_link, _make_chip, _make_icon, _make_switch]
)
def test_focus_is_visible(qtbot: QtBot, theme: Theme, make: Callable[[Theme], QWidget]) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(200, 100)
    control = make(theme)
    control.setParent(window)
    control.move(20, 20)
    control.adjustSize()
    window.show()
    window.activateWindow()
    qtbot.waitActive(window).__enter__()
    window.setFocus()
    control.clearFocus()
    before = _picture(control)
    control.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.waitUntil(control.hasFocus)
    assert _picture(control) != before


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_a_switch_that_is_off_is_an_empty_track(qtbot: QtBot, settings: Settings, theme: Theme, dark: bool) -> None:
    settings.set("look.theme", "dark" if dark else "light")
    switch = _make_switch(theme)
    qtbot.addWidget(switch)
    switch.resize(switch.sizeHint())

    def beside_the_knob(x: float) -> str:
        return switch.grab().toImage().pixelColor(round(x), switch.height() // 2).name()

    assert beside_the_knob(0.7 * switch.width()) == theme.color("surface").name()
    switch.setChecked(True)
    assert beside_the_knob(0.3 * switch.width()) == theme.color("accent").name()
