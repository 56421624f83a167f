"""What Ctrl+K can go to at this moment."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, QObject

from thimble.errors import ThimbleError
from thimble.settings_table import SETTINGS
from thimble.ui.app_context import AppContext
from thimble.ui.switcher import Place, Switcher

if TYPE_CHECKING:
    from thimble.library import InstalledModel
    from thimble.ui.main_window import MainWindow, PageSpec

MOST_CONVERSATIONS: Final = 300


class Places(QObject):
    """Collects the places; the installed models come from a job and are added when they are known."""

    def __init__(self, context: AppContext, window: MainWindow, pages: Sequence[PageSpec]) -> None:
        super().__init__(window)
        self._context = context
        self._window = window
        self._pages = pages

    def open(self, switcher: Switcher) -> None:
        """Opens the switcher with everything there is."""
        places = self.at_once()
        switcher.open_with(places)
        folders = self._context.settings.model_folders()

        def work(_handle: object) -> list[InstalledModel]:
            from thimble.library import installed_models

            return installed_models(*folders)

        def add(models: list[InstalledModel]) -> None:
            if switcher.isVisible():
                from thimble.library import with_names

                switcher.add_places([*places, *self._models(with_names(models, self._context.settings))])

        self._context.jobs.run(work, done=add, name="list models for the switcher")

    def at_once(self) -> list[Place]:
        """Pages, actions, conversations and settings."""
        window, navigation = self._window, self._context.navigation
        places = [
            Place(page.item.name, self.tr("Page"), page.item.icon, partial(window.show_page, page.item.id))
            for page in self._pages
        ]
        places += [
            Place(self.tr("New chat"), self.tr("Action"), "ph.plus", window.new_chat),
            Place(self.tr("New temporary chat"), self.tr("Action"), "ph.eye-slash", window.new_temporary),
            Place(
                self.tr("Two chats side by side, or one"),
                self.tr("Action"),
                "ph.columns",
                window.toggle_split,
            ),
            Place(self.tr("Show the log"), self.tr("Action"), "ph.article", navigation.show_log),
            Place(self.tr("Shortcuts"), self.tr("Action"), "ph.keyboard", window.open_shortcuts),
            Place(self.tr("Show or hide the list"), self.tr("Action"), "ph.layout", window.toggle_list),
        ]
        if self._context.link.status.model is not None:
            places.append(Place(self.tr("Unload the model"), self.tr("Action"), "ph.eject", self._context.link.unload))
        try:
            conversations = self._context.store.conversations()[:MOST_CONVERSATIONS]
        except ThimbleError:
            conversations = []
        places += [
            Place(c.title or self.tr("New chat"), self.tr("Conversation"), "ph.chat-circle", partial(self._chat, c.id))
            for c in conversations
        ]
        translate = QCoreApplication.translate
        places += [
            Place(
                translate("Settings", setting.title),
                self.tr("Setting"),
                "ph.gear",
                partial(navigation.go, "settings", setting.key),
                translate("Settings", setting.sentence),
            )
            for setting in SETTINGS
        ]
        return places

    def _models(self, models: Sequence[InstalledModel]) -> list[Place]:
        link = self._context.link
        return [
            Place(self.tr("Load {0}").format(m.name), self.tr("Model"), "ph.cube", partial(link.load, str(m.path)))
            for m in models
            if m.problem is None
        ]

    def _chat(self, conversation: int) -> None:
        self._window.open_conversation(conversation)
