"""The Models page: what is installed, what it needs, what comes, and what could be had."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QFileSystemWatcher, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QVBoxLayout, QWidget

from thimble.errors import Problem
from thimble.modelfile.forecast import Verdict
from thimble.modelfile.places import is_guide
from thimble.protocol import Sample, State
from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle
from thimble.ui.models import inventory
from thimble.ui.models.card import ModelCard, TaskCard
from thimble.ui.models.details import ModelDetails
from thimble.ui.models.finder import Finder
from thimble.ui.models.foreign import ForeignCard
from thimble.ui.models.hub_work import HubWork
from thimble.ui.models.inventory import Entry, Inventory
from thimble.ui.models.measuring import Measures
from thimble.ui.models.offers import OfferCard
from thimble.ui.models.removals import Removals
from thimble.ui.models.tasks import Work, adding, adding_guide, choose_files, getting_starter
from thimble.ui.models.tray import DownloadTray
from thimble.ui.remote_models import NEW_CHATS_KEY
from thimble.ui.settings.about import open_folder
from thimble.ui.theme import S1, S2, S3
from thimble.ui.throttle import Debounce, Throttle
from thimble.ui.widgets.basic import PageScroll, button, dress_search, icon_button, label, page_title, row

SEARCH_WIDTH: Final = 280
LOOK_AGAIN_MS: Final = 400
"""After a change in the folder: a file that is being copied changes many times a second."""
STATES_MS: Final = 1000
USED_KEY: Final = "models_used"
"""In the window's state: the day each model was loaded last, by path."""
_LOOK_AT: Final = frozenset(
    {
        "files.models_folder",
        "files.hub_cache",
        "engine.context",
        "engine.memory_limit",
        "engine.expert_cache",
        "engine.cache_k",
        "engine.cache_v",
        "engine.threads",
        "engine.approximate_head",
    }
)


class ModelsPage(QWidget):
    """Downloads, cards of the installed models, and ways to get more."""

    def __init__(self, context: AppContext, machine_memory: int) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._machine_memory = machine_memory
        self._job: JobHandle | None = None
        self._again = False
        self._used: dict[str, int] = {}
        self.inventory: Inventory | None = None
        """What there was when it was last looked."""
        self._tasks: dict[str, tuple[TaskCard, JobHandle]] = {}
        self.cards: list[ModelCard] = []
        self.hub = HubWork(context)
        self.removals = Removals(context, self)
        self.measures = Measures(context, self)
        self.measures.kept.connect(self.refresh)
        self.setAccessibleName(self.tr("Models"))

        scroll = PageScroll(self.tr("Models"))
        self._scroll = scroll
        scroll.body.addLayout(self._make_header())
        scroll.body.addLayout(self._make_filters())

        self.drop = QFrame()
        self.drop.setProperty("kind", "drop")
        drop = QVBoxLayout(self.drop)
        drop.setContentsMargins(S3, S3, S3, S3)
        text = label(theme, self.tr("Drop the file to use it; it stays where it is"))
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        drop.addWidget(text)
        self.drop.hide()
        scroll.body.addWidget(self.drop)

        self.tray = DownloadTray(context)
        self.starter_card = OfferCard(
            theme,
            self.tr("Starter model"),
            self.tr("SmolLM2 135M Instruct"),
            self.tr("The starter model: small and quick, for a first try. 94 MiB, no account needed."),
            (self.tr("Get"), self.tr("Get the starter model"), "ph.download-simple"),
        )
        self.starter_card.button.clicked.connect(self.get_starter)
        self.guide_card = OfferCard(
            theme,
            self.tr("Thimble guide"),
            self.tr("Thimble guide"),
            self.tr(
                "Tiny, and here already: it knows Thimble, speaks English, and shows on the Performance page how"
                " experts come from disk."
            ),
            (self.tr("Add"), self.tr("Add the Thimble guide"), "ph.plus"),
        )
        self.guide_card.button.clicked.connect(self.add_guide)
        self._task_box = QVBoxLayout()
        self._task_box.setSpacing(S2)
        self._card_box = QVBoxLayout()
        self._card_box.setSpacing(S2)
        self.empty = label(
            theme,
            self.tr(
                "No model is installed yet. Get the starter model or one of those below, or drop a model file (GGUF)"
                " here."
            ),
            "body",
            "muted",
            wrap=True,
        )
        self.empty.setContentsMargins(0, S1, 0, S1)
        self.empty.hide()
        self.looking = label(theme, self.tr("Looking at your models and how fast this computer is…"), "body", "muted")
        self.looking.setContentsMargins(0, S1, 0, S1)
        self.nothing = label(theme, self.tr("No installed model matches."), "body", "muted")
        self.nothing.setContentsMargins(0, S1, 0, S1)
        self.nothing.hide()
        self.foreign = ForeignCard(context)
        self.finder = Finder(context, self.hub)
        self.finder.hide()  # a heading without anything below it, as long as this computer is looked at
        scroll.body.addWidget(self.tray)
        scroll.body.addWidget(self.looking)
        scroll.body.addWidget(self.empty)
        scroll.body.addLayout(self._task_box)
        scroll.body.addLayout(self._card_box)
        scroll.body.addWidget(self.nothing)
        scroll.body.addWidget(self.starter_card)
        scroll.body.addWidget(self.guide_card)
        scroll.body.addWidget(self.foreign)
        scroll.body.addWidget(self.finder)
        scroll.body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

        self._watcher = QFileSystemWatcher(self)
        self._look_again = Debounce(LOOK_AGAIN_MS, self.refresh, self)
        self._watcher.directoryChanged.connect(lambda _path: self._look_again())
        self._show_used = Throttle(STATES_MS, self._show_states, self)
        self._unsubscribe = context.settings.subscribe(self._on_setting)
        self.destroyed.connect(self._unsubscribe)
        context.link.status_changed.connect(lambda _status: self._show_states())
        context.link.busy_changed.connect(self._show_states)
        context.link.sample.connect(self._on_sample)
        context.navigation.models_changed.connect(self.refresh)
        self._watch()
        self.refresh()

    def _make_header(self) -> QHBoxLayout:
        theme, context = self._context.theme, self._context
        self.search = QLineEdit()
        dress_search(theme, self.search, self.tr("Find a model"))
        self.search.setMaximumWidth(SEARCH_WIDTH)
        self.search.textChanged.connect(self._on_words)
        self.search.returnPressed.connect(lambda: self.finder.search(self.search.text()))
        self.add = button(theme, self.tr("Add a GGUF file…"), icon="ph.plus")
        self.add.setToolTip(self.tr("A model file that is on this computer; most end in .gguf"))
        menu = QMenu(self.add)
        menu.addAction(self.tr("Use it where it is")).triggered.connect(lambda: self._choose_file(copy=False))
        menu.addAction(self.tr("Copy it into the models folder")).triggered.connect(
            lambda: self._choose_file(copy=True)
        )
        self.add.clicked.connect(lambda: menu.popup(self.add.mapToGlobal(self.add.rect().bottomLeft())))
        self.folder_button = icon_button(theme, "ph.folder-open", self.tr("Open the models folder"))
        self.folder_button.clicked.connect(lambda: open_folder(context.settings.models_folder()))
        header = row(page_title(theme, self.tr("Models")), None, self.search, self.add, self.folder_button)
        header.setContentsMargins(0, S3, 0, 0)
        return header

    def _make_filters(self) -> QHBoxLayout:
        theme = self._context.theme
        self.only_fits = button(theme, self.tr("Fits"), "chip", name=self.tr("Only models that run here"))
        self.only_moe = button(theme, self.tr("Experts"), "chip", name=self.tr("Only models with experts"))
        self.only_installed = button(theme, self.tr("Installed"), "chip", name=self.tr("Only installed models"))
        chips = (self.only_fits, self.only_moe, self.only_installed)
        for chip in chips:
            chip.setCheckable(True)
            chip.setToolTip(chip.accessibleName())
            chip.toggled.connect(lambda _on: self._filter())
        return row(*chips, None)

    # --- what the window calls ----------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether something is copied or downloaded, or the folder will be looked into again."""
        return bool(self._tasks) or self._look_again.pending

    @property
    def tasks(self) -> list[TaskCard]:
        """Cards of what is copied or downloaded."""
        return [card for card, _ in self._tasks.values()]

    def add_file(self, path: Path, *, copy: bool = False) -> None:
        """Makes a GGUF file a model, by a link to it or by a copy, in a job."""
        work = adding(self._context, path, copy=copy)
        self._start_task(
            f"add:{path}", self.tr("Adding {0}").format(path.name), work, self.tr("{0} was added.").format(path.name)
        )

    def focus_page(self) -> None:
        """The arrow keys scroll the page."""
        self._scroll.setFocus()

    def focus_search(self) -> None:
        """Ctrl+F."""
        self.search.setFocus()
        self.search.selectAll()

    def set_drop(self, on: bool) -> None:
        """Shows where a dragged file will go."""
        self.drop.setVisible(on)

    def prepare_close(self) -> None:
        """The window closes: questions end, and what was deleted is deleted."""
        self._look_again.cancel()
        self._show_used.cancel()
        self.hub.close()
        self.removals.close()

    def refresh(self) -> None:
        """Looks into the folders again, in a job; one at a time."""
        if self._job is not None and self._job.running:
            self._again = True
            return
        link = self._context.link
        last = link.rates.last if link.alive else None
        memory = last.memory_bytes if last is not None else 0
        measure = link.status.state != State.ANSWERING

        def work(_handle: JobHandle) -> Inventory:
            return inventory.take(memory, measure=measure)

        self._job = self._context.jobs.run(work, done=self._on_inventory, failed=self._on_not_seen, name="list models")

    def get_starter(self) -> None:
        """Downloads the starter model, in a job."""
        work = getting_starter(self._context)
        self._start_task(
            "starter",
            self.tr("Getting the starter model"),
            work,
            self.tr("The starter model is ready."),
        )

    def add_guide(self) -> None:
        """Copies the Thimble guide into the models folder, in a job."""
        work = adding_guide(self._context)
        self._start_task(
            "guide",
            self.tr("Adding {0}").format(self.tr("Thimble guide")),
            work,
            self.tr("The Thimble guide is ready."),
        )

    def showEvent(self, event: QShowEvent) -> None:
        """What is available may have changed."""
        super().showEvent(event)
        self.foreign.look()
        self.refresh()

    # --- cards --------------------------------------------------------------------------------------------------

    def _on_inventory(self, found: Inventory) -> None:
        again, self._again = self._again, False
        if again:
            self._job = None
            self.refresh()
        if found != self.inventory:
            before, self.inventory = self.inventory, found
            if before is None or _without_forecasts(before) != _without_forecasts(found):
                self._rebuild(found)
            else:  # only what to expect has changed: what somebody has opened stays open
                for card, entry in zip(self.cards, found.entries, strict=True):
                    card.show_entry(entry)
            self.finder.show_inventory(found)
            paths = {str(Path(entry.model.path).resolve()) for entry in found.entries}
            self.foreign.show_installed(frozenset(paths))
        self.starter_card.setVisible(found.starter_missing and "starter" not in self._tasks)
        older = any(is_guide(entry.model.path) for entry in found.entries)
        self.guide_card.offer_newer(
            (
                self.tr("This Thimble came with another one than that above."),
                self.tr("Replace"),
                self.tr("Replace the Thimble guide"),
            )
            if older
            else None
        )
        self.guide_card.setVisible(found.guide_missing and "guide" not in self._tasks)
        self.looking.hide()
        self.finder.show()
        self.empty.setVisible(not found.entries)
        self._filter()
        self._show_states()

    def _on_not_seen(self, problem: Problem) -> None:
        self.looking.hide()
        self._report(problem)

    def _rebuild(self, found: Inventory) -> None:
        focus_path = next((card.path for card in self.cards if card.holds_focus()), "")
        opened = {card.path for card in self.cards if card.details is not None}
        for card in self.cards:
            self._card_box.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = []
        link = self._context.link
        for entry in found.entries:
            card = ModelCard(self._context.theme, entry)
            card.load_wanted.connect(link.load)
            card.unload_wanted.connect(link.unload)
            card.chat_wanted.connect(self._chat)
            card.delete_wanted.connect(self._delete)
            card.details_wanted.connect(partial(self._open_details, card))
            self._card_box.addWidget(card)
            self.cards.append(card)
            if card.path in opened:
                card.more.setChecked(True)
            if card.path == focus_path:
                card.chat.setFocus()
        before: QWidget = self.only_installed  # Tab goes down the page, though these cards were made last
        for card in self.cards:
            for following in card.stops:
                self.setTabOrder(before, following)
                before = following

    def _open_details(self, card: ModelCard) -> None:
        used = self._context.window_state.get(USED_KEY, {})
        last_used = str(used.get(card.path, ""))
        made = ModelDetails(self._context, self.hub, self.measures, card.entry, self._machine_memory, last_used)
        made.delete_wanted.connect(self._delete)
        card.set_details(made)

    def _delete(self, path: str) -> None:
        card = next((card for card in self.cards if card.path == path), None)
        name = card.entry.model.name if card is not None else Path(path).name
        self.removals.remove(path, name, damaged=card is not None and card.damaged)

    def _show_states(self) -> None:
        link = self._context.link
        status = link.status
        wanted = status.loading_path or link.loading_path
        progress = status.load_progress if status.state == State.LOADING else 0.0
        resting = status.resting.path if status.resting is not None else ""
        for card in self.cards:
            resident = card.path == link.loaded_path and not wanted
            card.show_state(
                resident=resident,
                loading=bool(wanted) and card.path == wanted,
                progress=progress,
                used=self._used.get(card.path, 0),
                resting_minutes=status.resting_minutes if card.path == resting and not wanted else 0,
            )

    def _on_sample(self, sample: Sample) -> None:
        """The most memory seen since a model was loaded: what its estimate is held against."""
        link = self._context.link
        path = link.loaded_path
        if not path or link.loading_path:
            self._used.clear()
        elif sample.memory_bytes > self._used.get(path, 0):
            self._used = {path: sample.memory_bytes}
            if self.isVisible():
                self._show_used()

    def _chat(self, path: str) -> None:
        link = self._context.link
        if link.loaded_path != path or link.loading_path:
            link.load(path)
        self._context.window_state.set(NEW_CHATS_KEY, "")  # with this model, whatever the last chat used
        self._context.navigation.new_chat()

    # --- finding ------------------------------------------------------------------------------------------------

    def _on_words(self, text: str) -> None:
        self.finder.show_words(text)
        self._filter()

    def _filter(self) -> None:
        words = self.search.text().casefold().split()
        fits, moe = self.only_fits.isChecked(), self.only_moe.isChecked()
        hidden = 0
        for card in self.cards:
            entry = card.entry
            model = entry.model
            text = f"{model.name} {model.id} {model.architecture} {model.quantization} {model.path}".casefold()
            shown = (
                all(word in text for word in words)
                and (not moe or model.expert_count > 0)
                and (not fits or (entry.forecast is not None and entry.forecast.verdict != Verdict.TOO_BIG))
            )
            card.setVisible(shown)
            hidden += not shown
        self.nothing.setVisible(bool(self.cards) and hidden == len(self.cards))
        self.finder.filter(installed=self.only_installed.isChecked(), fits=fits, moe=moe)

    # --- tasks --------------------------------------------------------------------------------------------------

    def _choose_file(self, *, copy: bool) -> None:
        for path in choose_files(self):
            self.add_file(path, copy=copy)

    def _start_task(self, key: str, title: str, work: Work, success: str) -> None:
        if key in self._tasks:
            return
        card = TaskCard(self._context.theme, title)
        self._task_box.addWidget(card)
        handle = self._context.jobs.run(
            work,
            done=lambda _path: self._say(success),
            failed=self._report,
            progress=card.show_progress,
            name=title,
        )
        handle.finished.connect(partial(self._end_task, key))
        card.cancelled.connect(handle.cancel)
        card.cancelled.connect(lambda: card.cancel.setEnabled(False))
        self._tasks[key] = (card, handle)
        for card_key, offer in (("starter", self.starter_card), ("guide", self.guide_card)):
            if key == card_key:
                offer.hide()

    def _end_task(self, key: str) -> None:
        card, _ = self._tasks.pop(key)
        self._task_box.removeWidget(card)
        card.deleteLater()
        self.inventory = None
        self._context.navigation.models_changed.emit()

    def _say(self, text: str) -> None:
        self._context.toasts.show(text)

    def _report(self, problem: Problem) -> None:
        self._context.navigation.report(self._context.toasts, problem)

    # --- the folder ---------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        if self._watcher.directories():
            self._watcher.removePaths(self._watcher.directories())
        for folder in self._context.settings.model_folders():
            if folder.is_dir():
                self._watcher.addPath(str(folder))

    def _on_setting(self, key: str) -> None:
        if key in {"files.models_folder", "files.hub_cache"}:
            self._watch()
        if key in _LOOK_AT:
            self._look_again() if key.startswith("engine.") else self.refresh()


def _without_forecasts(found: Inventory) -> list[Entry]:
    return [
        replace(entry, forecast=None, measured=(), current=None, share=0.0, disk_share=0.0) for entry in found.entries
    ]
