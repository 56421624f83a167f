"""The window's language: Qt's own words and ours, from compiled translations when there are any."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QTranslator

from thimble import paths
from thimble.settings import Settings


def install(app: QCoreApplication, settings: Settings) -> list[QTranslator]:
    """Installs the translators of the chosen language; English needs none.

    Returns:
        The translators; Qt does not own them, so the caller keeps them.
    """
    choice = settings.text("look.language")
    locale = QLocale.system() if choice == "system" else QLocale(choice)
    QLocale.setDefault(locale)
    language = locale.name().partition("_")[0]
    installed: list[QTranslator] = []
    for name, folder in (
        (f"qtbase_{language}", QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)),
        (f"thimble_{language}", str(paths.assets_dir() / "translations")),
    ):
        translator = QTranslator()
        if translator.load(name, folder):
            app.installTranslator(translator)
            installed.append(translator)
    return installed
