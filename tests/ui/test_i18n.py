"""The window in German: real widgets, nothing left in English, nothing cut."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QLocale, QTranslator
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from installer import translations
from installer.places import ROOT
from tests.helpers.fake_engine import FakeEngine
from tests.helpers.gguf_files import write_model
from tests.test_translations import texts
from tests.ui.conftest import settle
from thimble import paths
from thimble.errors import Code, Problem
from thimble.settings import Settings
from thimble.ui import i18n, problem_texts
from thimble.ui.app import Session
from thimble.ui.chat.chat_page import ChatPage
from thimble.ui.settings.page import SettingsPage
from thimble.ui.theme import INSPECTOR_WIDTH, S2

GERMAN = ROOT / "assets" / "translations" / "thimble_de.ts"
Speak = Callable[[str], list[QTranslator]]


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Compiled from the sources of this moment, whatever the installer compiled before."""
    folder = tmp_path_factory.mktemp("translations")
    for source in translations.files(ROOT):
        translations.compile_file(Path(sys.executable).parent, source, folder / f"{source.stem}.qm")
    return folder


@pytest.fixture
def speak(qapp: QApplication, settings: Settings, compiled: Path) -> Iterator[Speak]:
    """Sets the window's language for what is made afterwards."""
    before = QLocale()
    installed: list[QTranslator] = []

    def change(language: str) -> list[QTranslator]:
        settings.set("look.language", language)
        installed.extend(i18n.install(qapp, settings, compiled))
        return installed

    yield change
    for translator in installed:
        qapp.removeTranslator(translator)
    QLocale.setDefault(before)
    problem_texts.use(None)
    settle()


@pytest.fixture
def german(qtbot: QtBot, qapp: QApplication, settings: Settings, engine: FakeEngine, speak: Speak) -> Iterator[Session]:
    """A whole window in German, with one model that is loaded."""
    speak("de")
    path = write_model(paths.default_models_dir() / "tiny.gguf")
    session = Session(qapp, settings, engine.make_supervisor)
    qtbot.addWidget(session.window)
    with qtbot.waitSignal(session.window.first_paint):
        session.window.show()
    qtbot.waitUntil(lambda: session.link.loaded_path == str(path) and session.jobs.running == 0)
    yield session
    session.window.close()
    session.end()
    session.toasts.clear()


def words(root: QWidget) -> set[str]:
    """Everything below `root` that can be read, pointed at, or heard."""
    found: set[str] = set()
    for widget in (root, *root.findChildren(QWidget)):
        found |= {widget.toolTip(), widget.accessibleName(), widget.accessibleDescription(), widget.windowTitle()}
        if isinstance(widget, QLabel | QAbstractButton):
            found.add(widget.text())
        if isinstance(widget, QLineEdit | QPlainTextEdit):
            found.add(widget.placeholderText())
    return found - {""}


def test_the_rail_is_german(german: Session) -> None:
    assert [button.text() for button in german.window.rail.buttons.values()] == [
        "Chat",
        "Modelle",
        "Leistung",
        "Verbindungen",
        "Programme",
        "Einstellungen",
    ]


def test_shortcuts_in_tooltips_are_those_of_a_german_keyboard(german: Session) -> None:
    assert german.window.rail.buttons["models"].toolTip() == "Modelle (Strg+2)"


def test_the_rows_of_the_settings_are_german(german: Session) -> None:
    german.window.show_page("settings")
    page = german.window.page("settings")
    assert isinstance(page, SettingsPage)
    shown = words(page.rows["engine.memory_limit"])
    assert {"Speicherlimit", "Zurücksetzen"} <= shown
    assert any(text.startswith("So viel Arbeitsspeicher") for text in shown)


def test_the_composer_is_german(german: Session) -> None:
    page = german.window.page("chat")
    assert isinstance(page, ChatPage)
    assert {"Frage stellen\u00a0…", "Nachricht", "Senden"} <= words(page.pane.composer)


def test_a_failure_of_the_engine_is_told_in_german(german: Session) -> None:
    sentence = "This model needs about 3.20 GiB of memory, but the limit is 1.00 GiB."
    german.link.failed.emit(Problem(Code.OUT_OF_MEMORY, sentence, "Give it more memory."))
    said = "Dieses Modell braucht etwa 3,20 GiB Speicher, aber das Limit ist 1,00 GiB. Dem Modell mehr Speicher geben."
    assert said in [toast.text for toast in german.toasts.toasts]


def test_no_text_with_a_translation_is_shown_in_english(qtbot: QtBot, german: Session) -> None:
    for page in ("chat", "models", "performance", "settings"):
        german.window.show_page(page)
    qtbot.waitUntil(lambda: german.jobs.running == 0)
    german.window.open_shortcuts()
    german.window.open_switcher()
    known = texts(GERMAN)
    english = {text.source for text in known} - {text.translation for text in known}
    assert words(german.window) & english == set()


@pytest.mark.parametrize("size", [(900, 600), (1200, 800)])
def test_the_list_of_shortcuts_fits(german: Session, size: tuple[int, int]) -> None:
    german.window.resize(*size)
    german.window.open_shortcuts()
    overlay = german.window.shortcuts_overlay
    assert overlay is not None
    assert overlay.rect().contains(overlay.panel.geometry())


@pytest.mark.parametrize("page", ["chat", "models", "performance", "settings"])
def test_no_button_is_narrower_than_its_words(german: Session, page: str) -> None:
    german.window.resize(900, 600)
    german.window.show_page(page)
    settle()
    cut = [
        button.text()
        for button in german.window.page(page).findChildren(QAbstractButton)
        if button.isVisible()
        and button.text()
        and button.width() < button.fontMetrics().horizontalAdvance(button.text())
    ]
    assert cut == []


def test_qts_own_menus_are_german(speak: Speak, qtbot: QtBot) -> None:
    speak("de")
    field = QLineEdit()
    qtbot.addWidget(field)
    menu = field.createStandardContextMenu()
    try:
        assert any(action.text().replace("&", "").startswith("Einfügen") for action in menu.actions())
    finally:
        menu.deleteLater()


def test_an_unknown_language_is_english_throughout(monkeypatch: pytest.MonkeyPatch, speak: Speak) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("fr_FR"))
    assert speak("system") == []
    assert QLocale().language() == QLocale.Language.English
    assert QCoreApplication.translate("Pages", "Models") == "Models"


def test_a_missing_translation_is_english_throughout(
    qapp: QApplication, settings: Settings, speak: Speak, tmp_path: Path
) -> None:
    before = QLocale()
    settings.set("look.language", "de")
    try:
        assert i18n.install(qapp, settings, tmp_path) == []
        assert QLocale().language() == QLocale.Language.English
    finally:
        QLocale.setDefault(before)


def test_the_systems_variety_of_a_language_is_kept(monkeypatch: pytest.MonkeyPatch, speak: Speak) -> None:
    monkeypatch.setattr(QLocale, "system", lambda: QLocale("de_AT"))
    speak("de")
    assert QLocale().territory() == QLocale.Country.Austria
    assert QCoreApplication.translate("Pages", "Models") == "Modelle"


def test_english_needs_no_translator(speak: Speak) -> None:
    assert speak("en") == []


def test_the_settings_of_a_chat_fit_into_their_column(german: Session) -> None:
    page = german.window.page("chat")
    assert isinstance(page, ChatPage)
    page.show_inspector(True)
    settle()
    room = INSPECTOR_WIDTH - 2 * S2
    wide = {key: row.minimumSizeHint().width() for key, row in page.inspector.rows.items()}
    assert {key: width for key, width in wide.items() if width > room} == {}
