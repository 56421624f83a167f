"""The licence texts of what Thimble contains, read from assets/licences."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QPlainTextEdit, QVBoxLayout, QWidget

from thimble import paths
from thimble.ui.app_context import AppContext
from thimble.ui.theme import ROW_HEIGHT, S1, S2
from thimble.ui.widgets.basic import label

LARGEST: Final = 512 * 1024
LIST_WIDTH: Final = 220
SIZE: Final = (980, 640)


def licence_files(folder: Path) -> list[Path]:
    """The texts in the licence folder, and the project's own licence first."""
    own = folder.parent.parent / "LICENSE"
    found = sorted((p for p in folder.rglob("*") if p.is_file()), key=lambda p: p.name.casefold())
    return [own, *found] if own.is_file() else found


def title(path: Path) -> str:
    """What the list calls a text: its file's name without an ending, and "LGPL-2.1" has none."""
    name = path.name.removesuffix(".txt").removesuffix(".md")
    return "Thimble" if name == "LICENSE" else name.replace("_", " ")


class LicencesWindow(QWidget):
    """A list of names and the text of the chosen one."""

    def __init__(self, context: AppContext, parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        theme = context.theme
        self.setWindowTitle(self.tr("Licences"))
        self.setAccessibleName(self.tr("Licences"))
        self.setProperty("kind", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.resize(*SIZE)
        folder = paths.assets_dir() / "licences"
        self._files = licence_files(folder)
        self.list = QListWidget()
        self.list.setAccessibleName(self.tr("Licensed works"))
        self.list.setFixedWidth(LIST_WIDTH)
        for path in self._files:
            item = QListWidgetItem(title(path))
            item.setSizeHint(QSize(0, ROW_HEIGHT))
            self.list.addItem(item)
        self.text = QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setFont(theme.font("code"))
        self.text.setProperty("kind", "paper")
        self.text.setAccessibleName(self.tr("Licence text"))
        body = QHBoxLayout()
        body.setSpacing(S2)
        body.addWidget(self.list)
        body.addWidget(self.text, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S2, S2, S2, S2)
        layout.setSpacing(S1)
        layout.addWidget(label(theme, self.tr("Licences"), "title"))
        layout.addLayout(body, 1)
        self.list.currentRowChanged.connect(self._show)
        if self._files:
            self.list.setCurrentRow(0)

    def _show(self, row: int) -> None:
        try:
            with self._files[row].open("r", encoding="utf-8", errors="replace") as file:
                self.text.setPlainText(file.read(LARGEST))
        except OSError as error:
            self.text.setPlainText(str(error))
