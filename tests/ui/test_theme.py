"""The theme follows the settings and dresses the application."""

from __future__ import annotations

import re
from pathlib import Path

from PySide6.QtCore import QSize
from PySide6.QtGui import QAction, QImage, QPalette
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

import thimble.ui
from thimble.settings import Settings
from thimble.ui.theme import Theme, tokens
from thimble.ui.theme.icons import family, glyphs
from thimble.ui.widgets.basic import dress_search


def _colours_of(image: QImage) -> set[str]:
    return {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() == 255
    }


def test_choosing_dark_changes_the_theme_live(qtbot: QtBot, theme: Theme, settings: Settings) -> None:
    with qtbot.waitSignal(theme.changed):
        settings.set("look.theme", "dark")
    assert theme.is_dark
    assert theme.color("ground").name().upper() == tokens.DARK.ground


def test_choosing_the_same_theme_again_signals_nothing(qtbot: QtBot, theme: Theme, settings: Settings) -> None:
    with qtbot.assertNotEmitted(theme.changed):
        settings.set("look.theme", "system" if not theme.is_dark else "dark")


def test_the_application_gets_palette_and_stylesheet(qapp: QApplication, theme: Theme, settings: Settings) -> None:
    settings.set("look.theme", "dark")
    assert qapp.palette().color(QPalette.ColorRole.Window).name().upper() == tokens.DARK.ground
    assert tokens.DARK.surface in qapp.styleSheet()


def test_after_close_the_theme_follows_no_longer(theme: Theme, settings: Settings) -> None:
    other = Theme(settings)
    other.close()
    settings.set("look.theme", "dark")
    assert not other.is_dark


def test_reduced_motion_has_no_duration(theme: Theme, settings: Settings) -> None:
    settings.set("look.reduce_motion", False)
    assert theme.motion_ms == tokens.MOTION_MS
    settings.set("look.reduce_motion", True)
    assert theme.motion_ms == 0


def test_phosphor_icons_are_installed(qapp: QApplication) -> None:
    assert family()
    assert len(glyphs()) > 1000


def test_every_icon_that_is_named_is_in_the_font(qapp: QApplication) -> None:
    folder = Path(thimble.ui.__file__).parent
    sources = "".join(path.read_text("utf-8") for path in folder.rglob("*.py"))
    named = set(re.findall(r'"ph\.([a-z0-9-]+)"', sources))
    rail = {f"{name}-fill" for name in ("chat-circle", "cube", "chart-line-up", "gear")}
    assert len(named) > 10
    assert named | rail <= set(glyphs())


def test_icons_take_the_colour_of_the_theme(theme: Theme, settings: Settings) -> None:
    icon = theme.icon("ph.stop-fill", "accent")
    assert tokens.LIGHT.accent.lower() in _colours_of(icon.pixmap(QSize(32, 32)).toImage())
    settings.set("look.theme", "dark")
    assert tokens.DARK.accent.lower() in _colours_of(theme.icon("ph.stop-fill", "accent").pixmap(32, 32).toImage())


def test_an_icon_on_a_button_is_recoloured_when_the_theme_changes(
    qtbot: QtBot, theme: Theme, settings: Settings
) -> None:
    button = QPushButton()
    qtbot.addWidget(button)
    button.setIcon(theme.icon("ph.stop-fill", "danger"))
    button.setIconSize(QSize(24, 24))
    button.resize(60, 40)
    button.show()
    assert tokens.LIGHT.danger.lower() in _colours_of(button.grab().toImage())
    settings.set("look.theme", "dark")
    assert tokens.DARK.danger.lower() in _colours_of(button.grab().toImage())


def test_fonts_have_the_designs_sizes(theme: Theme) -> None:
    assert [theme.font(role).pixelSize() for role in ("body", "code", "big", "tiny")] == [14, 13, 28, 10]


def test_the_cross_that_empties_a_field_is_one_of_our_icons(qtbot: QtBot, theme: Theme) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    dress_search(theme, field, "Search")
    cross = field.findChild(QAction, "_q_qlineeditclearaction")
    assert cross is not None
    assert cross.icon().pixmap(16, 16).toImage() == theme.icon("ph.x").pixmap(16, 16).toImage()
