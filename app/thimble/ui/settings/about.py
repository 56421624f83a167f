"""What this installation is and where it keeps things: the last section of the Settings page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from thimble import __version__, paths
from thimble.protocol import EngineStatus
from thimble.ui import figures
from thimble.ui.app_context import AppContext
from thimble.ui.theme import S1, S2, S3, S_HALF
from thimble.ui.widgets.basic import ElidedLabel, button, label


class FactRow(QWidget):
    """A title, a fact below it, and buttons."""

    def __init__(self, context: AppContext, title: str, fact: str, *buttons: QPushButton) -> None:
        super().__init__()
        self._title = title
        self.fact = ElidedLabel(context.theme, fact, "small", "muted", stretch=True)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(context.theme, title))
        words.addWidget(self.fact)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S3 - S_HALF, S1 + 2, S2, S1 + 2)
        layout.setSpacing(S1)
        layout.addLayout(words, 1)
        for item in buttons:
            layout.addWidget(item)

    @property
    def words(self) -> str:
        """What the search looks at."""
        return f"{self._title} {self.fact.whole_text()}".casefold()


class AboutSection(QObject):
    """The rows of the section."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._licences: QWidget | None = None
        theme = context.theme
        show_log = button(theme, self.tr("Show log"), icon="ph.article")
        show_log.clicked.connect(context.navigation.show_log)
        show_licences = button(theme, self.tr("Show licences"), icon="ph.scales")
        show_licences.clicked.connect(self.show_licences)
        self.models = self._folder(self.tr("Models"), context.settings.models_folder)
        self.engine = FactRow(context, self.tr("Engine"), figures.UNKNOWN)
        self.rows: list[FactRow] = [
            self.models,
            self._folder(self.tr("Conversations"), paths.data_dir),
            self._folder(self.tr("Log files"), paths.log_dir, show_log),
            FactRow(context, self.tr("Thimble"), self.tr("Version {0}").format(__version__)),
            self.engine,
            FactRow(
                context,
                self.tr("Licences"),
                self.tr("Thimble is free software (MIT); it contains the work of others."),
                show_licences,
            ),
        ]
        context.link.status_changed.connect(self._show_engine)
        self._unsubscribe = context.settings.subscribe(self._on_setting)
        self._show_engine(context.link.status)

    def show_licences(self) -> None:
        """Opens the view of the bundled licence texts."""
        if self._licences is None:
            from thimble.ui.settings.licences import LicencesWindow

            self._licences = LicencesWindow(self._context, self.rows[-1].window())
        self._licences.show()
        self._licences.raise_()

    def _folder(self, title: str, where: Callable[[], Path], *buttons: QPushButton) -> FactRow:
        opener = button(
            self._context.theme, self.tr("Open"), icon="ph.folder-open", name=self.tr("Open folder: {0}").format(title)
        )
        opener.clicked.connect(lambda: open_folder(where()))
        return FactRow(self._context, title, str(where()), *buttons, opener)

    def _on_setting(self, key: str) -> None:
        if key == "files.models_folder":
            self.models.fact.setText(str(self._context.settings.models_folder()))

    def _show_engine(self, status: EngineStatus) -> None:
        if not status.engine_build:
            self.engine.fact.setText(figures.UNKNOWN)
            return
        kind = self.tr("with Thimble's patches") if status.patched else self.tr("unpatched")
        self.engine.fact.setText(self.tr("llama.cpp, build {0}, {1}").format(status.engine_build, kind))


def open_folder(folder: Path) -> None:
    """Shows a folder in the system's file manager."""
    QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder)))
