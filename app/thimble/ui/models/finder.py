"""The part of the Models page for models that are not here: the catalogue, and the hub when somebody asks it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QVBoxLayout, QWidget

from thimble.errors import Code
from thimble.library.catalogue import catalogue
from thimble.modelfile.forecast import Verdict
from thimble.ui import problem_texts
from thimble.ui.app_context import AppContext
from thimble.ui.models.hub_work import HubWork
from thimble.ui.models.inventory import Inventory
from thimble.ui.models.remote import RemoteCard, catalogue_card, found_card
from thimble.ui.theme import S1, S2
from thimble.ui.widgets.basic import button, label, row, set_tone

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.library.hub import FoundModel


class Finder(QWidget):
    """Headings and cards; what is shown follows the words in the search field and the page's filters."""

    def __init__(self, context: AppContext, hub: HubWork) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._hub = hub
        self._inventory: Inventory | None = None
        self._words = ""
        self._asked = ""
        self._setting = ""
        self.curated: dict[str, RemoteCard] = {}
        self.found: list[RemoteCard] = []
        self.ask = button(theme, "", "link", "ph.magnifying-glass", self.tr("Search the hub"))
        self.ask.clicked.connect(lambda: self.search(self._words))
        self.ask.hide()
        self.answer = label(theme, "", "body", "muted", wrap=True)
        self.answer.hide()
        self.setting = button(theme, self.tr("Open the setting"))
        self.setting.clicked.connect(lambda: context.navigation.go("settings", self._setting))
        self.setting.hide()
        self._found_title = self._heading(self.tr("On the hub"))
        self._found_box = QVBoxLayout()
        self._found_box.setSpacing(S2)
        self._curated_title = self._heading(self.tr("Good models for this engine"))
        self._curated_box = QVBoxLayout()
        self._curated_box.setSpacing(S2)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1)
        layout.addLayout(row(self.ask, None))
        layout.addWidget(self._found_title)
        layout.addLayout(row(self.answer, self.setting))
        layout.addLayout(self._found_box)
        layout.addWidget(self._curated_title)
        layout.addLayout(self._curated_box)
        self._found_title.hide()

    def _heading(self, text: str) -> QWidget:
        made = label(self._context.theme, text, "small", "muted")
        made.setContentsMargins(0, S1, 0, 0)
        return made

    def show_inventory(self, inventory: Inventory) -> None:
        """What is installed, or what this computer has free, has changed."""
        self._inventory = inventory
        if not self.curated:
            for model in catalogue():
                made = catalogue_card(self._context, self._hub, model, inventory)
                self._curated_box.addWidget(made)
                self.curated[model.id] = made
        for card in (*self.curated.values(), *self.found):
            card.show_inventory(inventory)

    def show_words(self, words: str) -> None:
        """What is in the search field: the catalogue is filtered at once, the hub is asked only on demand."""
        self._words = words.strip()
        host = self._context.settings.text("files.hub_endpoint") or "huggingface.co"
        self.ask.setText(self.tr("Search {0} for “{1}”").format(host, self._words))
        self.ask.setAccessibleName(self.ask.text())
        self.ask.setVisible(bool(self._words) and self._words != self._asked)
        if not self._words:
            self._hub.stop("search")
            self._asked = ""
            self._clear()

    def filter(self, *, installed: bool, fits: bool, moe: bool) -> None:
        """Shows what the page's filters and the search field let through."""
        inventory = self._inventory
        if inventory is None:
            return
        here = {entry.hub.repository for entry in inventory.entries if entry.hub is not None}
        words = self._words.casefold().split()
        any_shown = False
        for model in catalogue():
            card = self.curated.get(model.id)
            if card is None:
                continue
            text = f"{model.name} {model.repository} {model.architecture} {model.licence}".casefold()
            shown = (
                not installed
                and (not moe or model.experts > 0)
                and (not fits or inventory.expect(model.facts).verdict != Verdict.TOO_BIG)
                and all(word in text for word in words)
                and model.repository not in here
            )
            card.setVisible(shown)
            any_shown = any_shown or shown
        self._curated_title.setVisible(any_shown)

    def search(self, words: str) -> None:
        """Asks the hub."""
        self._asked = words.strip()
        if not self._asked:
            return
        self.ask.hide()
        self._clear()
        self._found_title.show()
        self._say(self.tr("Searching…"))
        self._hub.search(self._asked, self._on_found, self._on_failed)

    def _on_found(self, models: list[FoundModel]) -> None:
        inventory = self._inventory
        self._clear()
        self._found_title.show()
        if not models or inventory is None:
            self._say(self.tr("No model file with these words."))
            return
        for model in models:
            made = found_card(self._context, self._hub, model, inventory)
            self._found_box.addWidget(made)
            self.found.append(made)

    def _on_failed(self, problem: Problem) -> None:
        self._clear()
        self._found_title.show()
        self._say(problem_texts.words(problem), "danger")
        offline = problem.code == Code.OFFLINE
        self._setting = "files.offline" if offline else "files.hub_endpoint"
        self.setting.setVisible(offline or problem.code in {Code.NO_NETWORK, Code.BAD_REQUEST, Code.HUB_FAILED})
        self._asked = ""

    def _say(self, text: str, tone: str = "muted") -> None:
        self.answer.setText(text)
        set_tone(self.answer, tone)
        self.answer.show()

    def _clear(self) -> None:
        for card in self.found:
            self._found_box.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.found = []
        for shown in (self._found_title, self.answer, self.setting):
            shown.hide()
