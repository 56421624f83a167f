"""How files, pictures and folders come into a composer by its button."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QFileDialog, QMenu

from thimble.ui.chat.menus import Entry, add, made_menu

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.chat_pane import ChatPane

FOLDER_KEY: Final = "chat.attach_folder"
MOST_FOLDERS: Final = 8


class Attaching(QObject):
    """The button's menu and its dialogs.

    Args:
        context: the window's shared parts.
        pane: takes what was chosen; its owner.
    """

    def __init__(self, context: AppContext, pane: ChatPane) -> None:
        super().__init__(pane)
        self._context = context
        self._pane = pane

    def choose_files(self) -> None:
        """Lets the person choose files to attach."""
        chosen, _ = QFileDialog.getOpenFileNames(
            self._pane, self.tr("Attach files"), self._context.window_state.get(FOLDER_KEY, "")
        )
        if chosen:
            self._context.window_state.set(FOLDER_KEY, str(Path(chosen[0]).parent))
            self._pane.add_files([Path(path) for path in chosen])

    def choose_folder(self) -> None:
        """Lets the person choose a folder to look in."""
        chosen = QFileDialog.getExistingDirectory(
            self._pane, self.tr("Look for passages in a folder"), self._context.window_state.get(FOLDER_KEY, "")
        )
        if chosen:
            self._context.window_state.set(FOLDER_KEY, chosen)
            self._pane.add_files([Path(chosen)])

    def menu(self) -> QMenu:
        """Files, a folder, or one that another chat looks in."""
        theme = self._context.theme
        entries: list[Entry] = [
            ("ph.file-text", self.tr("Attach files or pictures…"), self.choose_files),
            ("ph.folder-simple-plus", self.tr("Look in a folder…"), self.choose_folder),
        ]
        menu = made_menu(theme, self._pane, self.tr("Attach"), entries)
        others = self._pane.controller.folders.others()[:MOST_FOLDERS]
        if others:
            menu.addSeparator()
        for path in others:
            add(theme, menu, "ph.folder-simple", path, partial(self._pane.add_files, [Path(path)]))
        return menu

    def open_menu(self) -> None:
        """Shows the menu above its button."""
        menu = self.menu()
        button = self._pane.composer.attach
        menu.popup(button.mapToGlobal(QPoint(0, -menu.sizeHint().height())))
