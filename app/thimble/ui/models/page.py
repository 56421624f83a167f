"""The Models page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QFileSystemWatcher, Qt
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from thimble.errors import Problem
from thimble.protocol import State
from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle
from thimble.ui.models import inventory
from thimble.ui.models.card import ModelCard, TaskCard
from thimble.ui.models.inventory import Inventory
from thimble.ui.models.tasks import Work, adding, choose_files, getting_starter
from thimble.ui.settings.about import open_folder
from thimble.ui.theme import S1, S2, S3, S_HALF
from thimble.ui.throttle import Debounce
from thimble.ui.widgets.basic import Card, PageScroll, button, label

WIDTH: Final = 820
LOOK_AGAIN_MS: Final = 400
"""After a change in the folder: a file that is being copied changes many times a second."""


class ModelsPage(QWidget):
    """Cards of the installed models, and ways to get more."""

    def __init__(self, context: AppContext, machine_memory: int) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._machine_memory = machine_memory
        self._job: JobHandle | None = None
        self._again = False
        self.inventory: Inventory | None = None
        """What the folder held when it was last looked into."""
        self._tasks: dict[str, tuple[TaskCard, JobHandle]] = {}
        self.cards: list[ModelCard] = []
        self.setAccessibleName(self.tr("Models"))

        self.add = button(theme, self.tr("Add a GGUF file…"), icon="ph.plus")
        self.add.clicked.connect(self._choose_file)
        self.folder_button = button(theme, self.tr("Open folder"), icon="ph.folder-open")
        self.folder_button.clicked.connect(lambda: open_folder(context.settings.models_folder()))
        header = QHBoxLayout()
        header.setContentsMargins(0, S3, 0, 0)
        header.setSpacing(S1)
        header.addWidget(label(theme, self.tr("Models"), "title"))
        header.addStretch(1)
        header.addWidget(self.add)
        header.addWidget(self.folder_button)
        scroll = PageScroll(self.tr("Models"), WIDTH)
        self._scroll = scroll
        scroll.body.addLayout(header)
        self._body = scroll.body

        self.drop = QFrame()
        self.drop.setProperty("kind", "drop")
        drop = QVBoxLayout(self.drop)
        drop.setContentsMargins(S3, S3, S3, S3)
        text = label(theme, self.tr("Drop the file to copy it into the models folder"))
        text.setAlignment(Qt.AlignmentFlag.AlignCenter)
        drop.addWidget(text)
        self.drop.hide()
        scroll.body.addWidget(self.drop)

        self.starter_card = self._make_starter_card()
        self.starter_card.hide()
        self._task_box = QVBoxLayout()
        self._task_box.setSpacing(S2)
        self._card_box = QVBoxLayout()
        self._card_box.setSpacing(S2)
        self.empty = label(
            theme,
            self.tr("No model is installed yet. Get the starter model, or drop a GGUF file on this window."),
            "body",
            "muted",
            wrap=True,
        )
        self.empty.setContentsMargins(S_HALF, S1, 0, S1)
        self.empty.hide()
        scroll.body.addWidget(self.empty)
        scroll.body.addLayout(self._task_box)
        scroll.body.addLayout(self._card_box)
        scroll.body.addWidget(self.starter_card)
        scroll.body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

        self._watcher = QFileSystemWatcher(self)
        self._look_again = Debounce(LOOK_AGAIN_MS, self.refresh, self)
        self._watcher.directoryChanged.connect(lambda _path: self._look_again())
        self._unsubscribe = context.settings.subscribe(self._on_setting)
        self.destroyed.connect(self._unsubscribe)
        context.link.status_changed.connect(lambda _status: self._show_states())
        context.link.busy_changed.connect(self._show_states)
        context.navigation.models_changed.connect(self.refresh)
        self._watch()
        self.refresh()

    # --- what the window calls ----------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether something is copied or downloaded, or the folder will be looked into again."""
        return bool(self._tasks) or self._look_again.pending

    @property
    def tasks(self) -> list[TaskCard]:
        """Cards of what is copied or downloaded."""
        return [card for card, _ in self._tasks.values()]

    def add_file(self, path: Path) -> None:
        """Copies a GGUF file into the models folder, in a job."""
        work = adding(self._context, path)
        self._start_task(
            f"add:{path}", self.tr("Adding {0}").format(path.name), work, self.tr("{0} was added.").format(path.name)
        )

    def focus_page(self) -> None:
        """The arrow keys scroll the page."""
        self._scroll.setFocus()

    def set_drop(self, on: bool) -> None:
        """Shows where a dragged file will go."""
        self.drop.setVisible(on)

    def refresh(self) -> None:
        """Looks into the folder again, in a job; one at a time."""
        if self._job is not None and self._job.running:
            self._again = True
            return
        folder = self._context.settings.models_folder()
        settings = self._context.settings
        context_length = settings.integer("engine.context")
        cache = settings.text("engine.cache_k"), settings.text("engine.cache_v")

        def work(_handle: JobHandle) -> Inventory:
            return inventory.take(folder, context_length, cache)

        self._job = self._context.jobs.run(work, done=self._on_inventory, failed=self._report, name="list models")

    def get_starter(self) -> None:
        """Downloads the starter model, in a job."""
        work = getting_starter(self._context)
        self._start_task(
            "starter",
            self.tr("Getting the starter model"),
            work,
            self.tr("The starter model is ready."),
        )

    def showEvent(self, event: QShowEvent) -> None:
        """What is available may have changed."""
        super().showEvent(event)
        self.refresh()

    # --- cards --------------------------------------------------------------------------------------------------

    def _make_starter_card(self) -> Card:
        theme = self._context.theme
        card = Card(self.tr("Starter model"))
        self.starter_button = button(theme, self.tr("Get"), "primary", "ph.download-simple")
        self.starter_button.setAccessibleName(self.tr("Get the starter model"))
        self.starter_button.clicked.connect(self.get_starter)
        words = QVBoxLayout()
        words.setSpacing(S_HALF)
        words.addWidget(label(theme, self.tr("SmolLM2 135M Instruct"), "heading"))
        words.addWidget(
            label(
                theme,
                self.tr("The starter model: small and quick, for a first try. 94 MiB, no account needed."),
                "body",
                "muted",
                wrap=True,
            )
        )
        layout = QHBoxLayout(card)
        layout.setContentsMargins(S3 - S_HALF, S2, S2, S2)
        layout.setSpacing(S2)
        layout.addLayout(words, 1)
        layout.addWidget(self.starter_button)
        return card

    def _on_inventory(self, found: Inventory) -> None:
        again, self._again = self._again, False
        if again:
            self._job = None
            self.refresh()
        if found != self.inventory:
            self.inventory = found
            self._rebuild(found)
        self._show_states()

    def _rebuild(self, found: Inventory) -> None:
        focus_path = next((card.path for card in self.cards if card.holds_focus()), "")
        for card in self.cards:
            self._card_box.removeWidget(card)
            card.deleteLater()
        self.cards = []
        link = self._context.link
        for entry in found.entries:
            card = ModelCard(self._context.theme, entry, found.available)
            card.load_wanted.connect(link.load)
            card.unload_wanted.connect(link.unload)
            card.chat_wanted.connect(self._chat)
            self._card_box.addWidget(card)
            self.cards.append(card)
            if card.path == focus_path:
                card.chat.setFocus()
        self.starter_card.setVisible(found.starter_missing and "starter" not in self._tasks)
        self.empty.setVisible(not found.entries)

    def _show_states(self) -> None:
        link = self._context.link
        status = link.status
        wanted = status.loading_path or link.loading_path
        progress = status.load_progress if status.state == State.LOADING else 0.0
        for card in self.cards:
            card.show_state(
                resident=card.path == link.loaded_path and not wanted,
                loading=bool(wanted) and card.path == wanted,
                progress=progress,
            )

    def _chat(self, path: str) -> None:
        link = self._context.link
        if link.loaded_path != path or link.loading_path:
            link.load(path)
        self._context.navigation.new_chat()

    # --- tasks --------------------------------------------------------------------------------------------------

    def _choose_file(self) -> None:
        for path in choose_files(self):
            self.add_file(path)

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
        self.starter_card.setVisible(self.starter_card.isVisible() and key != "starter")

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
        folder = self._context.settings.models_folder()
        if folder.is_dir():
            self._watcher.addPath(str(folder))

    def _on_setting(self, key: str) -> None:
        if key == "files.models_folder":
            self._watch()
        if key in {"files.models_folder", "engine.context", "engine.cache_k", "engine.cache_v"}:
            self.refresh()
