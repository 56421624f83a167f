"""The second offer of the first run: a model of the catalogue, whether it will run here, and its download."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QApplication, QHBoxLayout, QVBoxLayout, QWidget

from thimble.errors import Code
from thimble.library.choices import suggested
from thimble.library.stages import Stage
from thimble.ui import problem_texts
from thimble.ui.models import inventory
from thimble.ui.models.fit import explanation, sentence, speed
from thimble.ui.models.hub_work import HubWork
from thimble.ui.models.tray import DownloadRow
from thimble.ui.theme import S1, S2, S3, S_HALF
from thimble.ui.widgets.basic import Card, ElidedLabel, button, label

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.library.catalogue import CatalogueModel
    from thimble.library.download_jobs import DownloadStatus
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle
    from thimble.ui.models.hub_work import Opened
    from thimble.ui.models.inventory import Inventory

log = logging.getLogger(__name__)

_SETTING_OF: Final = {
    Code.OFFLINE: "files.offline",
    Code.NO_NETWORK: "files.hub_endpoint",
    Code.HUB_FAILED: "files.hub_endpoint",
    Code.BAD_REQUEST: "files.hub_endpoint",
}
"""The setting that helps with a problem."""


class NextModel(Card):
    """A card; hidden until it is known what to expect of the model here.

    Args:
        context: the window's shared parts.
        model: what is offered.

    Signals:
        arrived: (path): it was downloaded from here and is whole.
        shown: whether there is something to see now.
    """

    arrived = Signal(str)
    shown = Signal(bool)

    def __init__(self, context: AppContext, model: CatalogueModel) -> None:
        super().__init__(model.name)
        theme = context.theme
        self._context = context
        self._model = model
        self._hub = HubWork(context)
        self._inventory: Inventory | None = None
        self._looking = False
        self._asking = False
        self._setting = ""
        self._waited: set[str] = set()
        self.row: DownloadRow | None = None

        self.speed = label(theme, "", "strong")
        self.words = label(theme, "", "small", "muted", wrap=True)
        self.problem = label(theme, "", "small", "danger", wrap=True)
        self.problem.hide()
        self.setting_button = button(theme, self.tr("Open the setting"), "link")
        self.setting_button.clicked.connect(lambda: context.navigation.go("settings", self._setting))
        self.setting_button.hide()
        self.get_button = button(
            theme, self.tr("Download"), "", "ph.download-simple", self.tr("Download {0}").format(model.name)
        )
        self.get_button.clicked.connect(self.get)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addWidget(ElidedLabel(theme, model.name, "strong", stretch=True))
        left.addWidget(self.words)
        self.offer = QWidget()
        beside = QHBoxLayout()
        beside.setSpacing(S2)
        beside.addLayout(left, 1)
        for widget in (self.speed, self.get_button):
            beside.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        below = QHBoxLayout()
        below.addWidget(self.problem, 1)
        below.addWidget(self.setting_button)
        inside = QVBoxLayout(self.offer)
        inside.setContentsMargins(S3 - S_HALF, S1 + S_HALF, S2, S1 + S_HALF)
        inside.setSpacing(S_HALF)
        inside.addLayout(beside)
        inside.addLayout(below)
        self._box = QVBoxLayout(self)
        self._box.setContentsMargins(0, 0, 0, 0)
        self._box.addWidget(self.offer)
        self.hide()
        context.downloads.changed.connect(self._on_downloads)
        self._on_downloads()

    def look(self) -> None:
        """Finds out what to expect here, in a job, if that is not known yet."""
        if self._inventory is not None or self._looking:
            return
        self._looking = True

        def work(_handle: JobHandle) -> Inventory:
            return inventory.take()

        self._context.jobs.run(work, done=self._on_inventory, failed=self._on_not_known, name="will it run here")

    def get(self) -> None:
        """Asks the hub for the files and downloads the suggested ones."""
        found = self._inventory
        if found is None or self.row is not None or self._asking:
            return
        self._asking = True  # a button that is switched off would lose the focus
        self.setting_button.hide()
        self.problem.hide()
        self.words.setText(self.tr("Asking the hub…"))
        self._hub.open(self._model.repository, found.context, found.cache, self._on_opened, self._on_failed)

    def prepare_close(self) -> None:
        """The window closes: a question to the hub ends."""
        self._hub.close()

    # --- what is known ------------------------------------------------------------------------------------------

    def _on_inventory(self, found: Inventory) -> None:
        self._looking = False
        self._inventory = found
        self._show_forecast()
        self._show_or_hide()

    def _on_not_known(self, problem: Problem) -> None:
        self._looking = False
        log.warning("what to expect of %s is not known: %s (%s)", self._model.id, problem, problem.detail)

    def _show_forecast(self) -> None:
        if self._inventory is None:
            return
        found = self._inventory.expect(self._model.facts)
        self.words.setText(sentence(found, self._model.file_bytes))
        self.speed.setText(speed(found) if found.tokens_per_second > 0 else "")
        self.offer.setToolTip(explanation(found))

    def _say(self, problem: str, action: str = "") -> None:
        self._show_forecast()
        self.problem.setText(problem)
        self.problem.setToolTip(action)
        self.problem.show()

    # --- the download -------------------------------------------------------------------------------------------

    def _on_opened(self, found: Opened) -> None:
        self._asking = False
        best = suggested(found.repository.choices, self._model.quantization)
        if best is None:
            self._say(self.tr("This repository has no model file that Thimble can use."))
            return
        self._show_forecast()
        self._context.downloads.add(self._model.repository, found.repository.commit, best)

    def _on_failed(self, problem: Problem) -> None:
        self._asking = False
        self._say(problem_texts.sentence(problem), problem_texts.action(problem))
        self._setting = _SETTING_OF.get(Code(problem.code), "") if problem.code in set(Code) else ""
        self.setting_button.setVisible(bool(self._setting))

    def _on_downloads(self) -> None:
        mine = [one for one in self._context.downloads.statuses if one.repository == self._model.repository]
        for status in mine:
            if status.stage != Stage.DONE:
                self._waited.add(status.id)
            elif status.id in self._waited:
                self._waited.discard(status.id)
                self.arrived.emit(status.path)
        self._show_row(mine[0] if mine else None)

    def _show_row(self, status: DownloadStatus | None) -> None:
        focus = QApplication.focusWidget()
        left = None
        if self.row is not None and (status is None or self.row.status.id != status.id):
            left, self.row = self.row, None
        if status is not None and self.row is None:
            self.row = DownloadRow(self._context, status)
            self._box.addWidget(self.row)
        elif status is not None and self.row is not None:
            self.row.show_status(status)
        if self.row is not None and focus is self.get_button:  # before it goes: Qt would focus whatever comes next
            self.row.show()
            self.row.pause.setFocus()
        self.offer.setVisible(self.row is None)
        if left is not None:
            if self.row is None and focus is not None and left.isAncestorOf(focus):
                self.get_button.setFocus()
            self._box.removeWidget(left)
            left.hide()
            left.deleteLater()
        self._show_or_hide()

    def _show_or_hide(self) -> None:
        something = self.row is not None or self._inventory is not None
        self.setVisible(something)
        self.shown.emit(something)
