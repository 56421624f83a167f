"""The window's language: Qt's own words and ours, from compiled translations when there are any."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from thimble import paths
from thimble.settings import Settings
from thimble.ui import problem_texts


def install(app: QCoreApplication, settings: Settings, folder: Path | None = None) -> list[QTranslator]:
    """Installs the translators of the chosen language; English needs none.

    A language that Thimble does not speak is English throughout: no Qt menus and dates in one language between
    sentences in another.

    Args:
        app: gets the translators.
        settings: hold the choice.
        folder: where the compiled translations are; None for the bundled ones.

    Returns:
        The translators; Qt does not own them, so the caller keeps them.
    """
    locale = _chosen(settings.text("look.language"))
    language = QLocale.languageToCode(locale.language())
    folder = folder or paths.assets_dir() / "translations"
    ours = QTranslator()
    if language != "en" and not ours.load(f"thimble_{language}", str(folder)):
        locale, language = QLocale(QLocale.Language.English, locale.territory()), "en"
    QLocale.setDefault(locale)
    problem_texts.use(folder / f"thimble_{language}.json" if language != "en" else None)
    if language == "en":
        return []
    qt = QTranslator()
    qt.load(f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
    installed = [translator for translator in (qt, ours) if not translator.isEmpty()]
    for translator in installed:
        app.installTranslator(translator)
    return installed


def _chosen(choice: str) -> QLocale:
    """The system's own variety of a language (Austrian dates, British ones) where the choice is that language."""
    system = QLocale.system()
    if choice == "system":
        return system
    chosen = QLocale(choice)
    return system if system.language() == chosen.language() else chosen
