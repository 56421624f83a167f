"""What an opened card shows: the header's facts, what can be done with the file, and settings of this model alone."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from PySide6.QtCore import Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout, QLineEdit, QVBoxLayout, QWidget

from thimble.errors import Code, ThimbleError
from thimble.settings_table import SETTINGS, Scope, Setting
from thimble.ui import figures, problem_texts
from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle
from thimble.ui.models.hub_work import HubWork
from thimble.ui.models.inside import InsideView
from thimble.ui.models.inventory import Entry
from thimble.ui.models.measuring import Measures, MeasureView
from thimble.ui.models.template_editor import TemplateEditor
from thimble.ui.settings.about import open_folder
from thimble.ui.settings.row import SettingRow
from thimble.ui.theme import S2, S_HALF
from thimble.ui.widgets.basic import ElidedLabel, add_clear_button, button, label, line, row

LEAST_SHARE: Final = 0.0005
"""Of a disk; less would be "0.0 %"."""
NAME_WIDTH: Final = 320
LONGEST_NAME: Final = 80
_PIECE: Final = 4 * 2**20


class ModelDetails(QWidget):
    """Facts, actions and settings of one installed model.

    Args:
        context: the window's shared parts.
        hub: asks for updates.
        measures: measures its speed.
        entry: the model.
        machine_memory: bytes, for the memory limit's slider.
        last_used: when it was loaded last, as a date; empty when it never was.

    Signals:
        delete_wanted: somebody pressed Delete.
    """

    delete_wanted = Signal(str)

    def __init__(
        self,
        context: AppContext,
        hub: HubWork,
        measures: Measures,
        entry: Entry,
        machine_memory: int,
        last_used: str = "",
    ) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._hub = hub
        self._entry = entry
        self._machine_memory = machine_memory
        self.damaged = False
        """Whether its hash was found to be wrong."""
        self._key = context.settings.model_key(entry.model.path)
        self.setAccessibleName(self.tr("Details of {0}").format(entry.model.name))
        layout = self._body = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S2)
        layout.addWidget(line())
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(S2)
        grid.setVerticalSpacing(S_HALF)
        grid.setColumnStretch(1, 1)
        self.name = self._make_name()
        grid.addWidget(label(theme, self.tr("Name"), "small", "muted"), 0, 0)
        grid.addWidget(self.name, 0, 1, Qt.AlignmentFlag.AlignLeft)
        for number, (name, fact) in enumerate(self._facts(last_used), start=1):
            grid.addWidget(label(theme, name, "small", "muted"), number, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(ElidedLabel(theme, fact, "small", stretch=True), number, 1)
        layout.addLayout(grid)

        self.verify = button(theme, self.tr("Verify"), icon="ph.shield-check")
        self.verify.setToolTip(self.tr("Reads the whole file and compares its hash with the hub's"))
        self.verify.clicked.connect(self._verify)
        self.update_check = button(theme, self.tr("Check for update"), icon="ph.arrow-clockwise")
        self.update_check.clicked.connect(self._check_update)
        self.page = button(theme, self.tr("Open its page"), icon="ph.globe")
        self.page.clicked.connect(self._open_page)
        self.reveal = button(theme, self.tr("Open folder"), icon="ph.folder-open")
        self.reveal.clicked.connect(lambda: open_folder(Path(entry.target or entry.model.path).parent))
        self.delete = button(theme, self.tr("Remove link") if entry.target else self.tr("Delete"), "danger", "ph.trash")
        self.delete.clicked.connect(lambda: self.delete_wanted.emit(entry.model.path))
        for action in (self.verify, self.update_check, self.page):
            action.setVisible(entry.hub is not None)
        layout.addLayout(row(self.reveal, self.verify, self.update_check, self.page, None, self.delete))
        self.answer = label(theme, "", "small", "muted", wrap=True)
        self.answer.hide()
        layout.addWidget(self.answer)
        layout.addWidget(line())
        self.measuring = MeasureView(context, measures, entry)
        layout.addWidget(self.measuring)
        layout.addWidget(line())

        self.own = button(theme, self.tr("Settings for this model alone"), "link")
        self.own.setCheckable(True)
        self.own.toggled.connect(self._show_settings)
        self.look_inside = button(theme, self.tr("Inside the file"), "link")
        self.look_inside.setCheckable(True)
        self.look_inside.toggled.connect(self._show_inside)
        self.inside: InsideView | None = None
        self.look_at_template = button(theme, self.tr("Chat template"), "link")
        self.look_at_template.setCheckable(True)
        self.look_at_template.toggled.connect(self._show_template)
        self.template: TemplateEditor | None = None
        layout.addLayout(row(self.own, S2, self.look_inside, S2, self.look_at_template, None))
        self.settings = QWidget()
        self.settings.hide()
        self.rows: list[SettingRow] = []
        layout.addWidget(self.settings)
        self.destroyed.connect(context.settings.subscribe(self._on_setting))

    def show_entry(self, entry: Entry) -> None:
        """Shows what was found of the same model later."""
        self._entry = entry
        self.measuring.show_entry(entry)

    def _make_name(self) -> QLineEdit:
        made = QLineEdit(self._context.settings.name_of(self._entry.model.path))
        made.setFont(self._context.theme.font("small"))
        made.setPlaceholderText(self._entry.file_name)
        made.setAccessibleName(self.tr("Name of {0}").format(self._entry.file_name))
        made.setToolTip(self.tr("What this model is called here; its file keeps its name. Empty: as its header says"))
        made.setMaxLength(LONGEST_NAME)
        made.setFixedWidth(NAME_WIDTH)
        add_clear_button(self._context.theme, made)
        made.editingFinished.connect(self._rename)
        return made

    def _rename(self) -> None:
        settings, text = self._context.settings, " ".join(self.name.text().split())
        before = settings.name_of(self._entry.model.path)
        if text == before:
            return
        self._set_name(text)
        self._context.undo.done(
            self.tr("{0} is now called {1}.").format(before or self._entry.file_name, text or self._entry.file_name),
            lambda: self._set_name(before),
        )

    def _set_name(self, text: str) -> None:
        settings, navigation = self._context.settings, self._context.navigation
        try:
            if text and text != self._entry.file_name:
                settings.set("model.name", text, model=self._key)
            else:
                settings.reset("model.name", model=self._key)
        except ThimbleError as error:
            navigation.report(self._context.toasts, error.problem)
        navigation.models_changed.emit()

    def _show_template(self, on: bool) -> None:
        if self.template is None:
            self.template = TemplateEditor(self._context, self._entry.model.path)
            self._body.addWidget(self.template)
        self.template.setVisible(on)

    def _show_inside(self, on: bool) -> None:
        if self.inside is None:
            self.inside = InsideView(self._context, self._entry.model.path)
            self._body.addWidget(self.inside)
        self.inside.setVisible(on)

    def _on_setting(self, key: str) -> None:
        for shown in self.rows:
            if shown.setting.key == key:
                shown.refresh()

    def _facts(self, last_used: str) -> list[tuple[str, str]]:
        entry, model = self._entry, self._entry.model
        facts = [(self.tr("File"), entry.target or model.path)]
        if entry.hub is not None:
            facts.append((self.tr("From"), f"{entry.hub.repository} @ {entry.hub.commit[:8]}"))
        size = figures.size(model.file_bytes)
        if entry.disk_share >= LEAST_SHARE:
            size = self.tr("{0}: {1} of the models on this disk, {2} of the disk").format(
                size, figures.percent(entry.share), figures.percent(entry.disk_share, 1)
            )
        elif entry.share:
            size = self.tr("{0}: {1} of the models on this disk").format(size, figures.percent(entry.share))
        facts.append((self.tr("Size"), size))
        facts.append((self.tr("Name for programs"), model.id))
        if entry.licence:
            facts.append((self.tr("Licence"), entry.licence))
        if model.context_trained:
            facts.append((self.tr("Context"), self.tr("{0} tokens").format(figures.count(model.context_trained))))
        layers = self.tr("{0} layers").format(figures.count(entry.layers))
        if model.expert_count:
            layers += self.tr(", {0} experts in each, {1} for a token").format(
                model.expert_count, model.expert_used_count
            )
        facts.append((self.tr("Inside"), layers))
        if last_used:
            facts.append((self.tr("Last used"), last_used))
        return facts

    # --- settings -----------------------------------------------------------------------------------------------

    def _show_settings(self, on: bool) -> None:
        if on and not self.rows:
            inside = QVBoxLayout(self.settings)
            inside.setContentsMargins(0, 0, 0, 0)
            inside.setSpacing(0)
            for setting in SETTINGS:
                if setting.scope is Scope.GLOBAL:
                    continue
                if setting.needs_predictor and not self._has_use(setting):
                    continue
                if setting.needs_experts and not self._entry.model.expert_count:
                    continue
                made = SettingRow(self._context, setting, self._machine_memory, model=self._key)
                if self.rows:
                    inside.addWidget(line())
                self.rows.append(made)
                inside.addWidget(made)
        self.settings.setVisible(on)

    def _has_use(self, setting: Setting) -> bool:
        """Whether a setting for models with a predictor says something about this one, or is switched on already."""
        settings, model = self._context.settings, self._key
        on = settings.has_own(setting.key, model) or settings.value(setting.key) != setting.default
        return on or self._entry.predictor

    # --- what is asked ------------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self.answer.setText(text)
        self.answer.show()

    def _verify(self) -> None:
        path = Path(self._entry.model.path)
        self.verify.setEnabled(False)
        self._say(self.tr("Reading the file…"))

        def work(handle: JobHandle) -> bool:
            return _is_as_named(path, handle)

        def done(right: bool) -> None:
            self.damaged = not right
            self._say(
                self.tr("The file is as it was on the hub.")
                if right
                else self.tr("The file is damaged: its hash is another one. Delete it and download it again.")
            )

        handle = self._context.jobs.run(
            work,
            done=done,
            failed=lambda problem: self._say(problem_texts.words(problem)),
            progress=lambda done, total: self._say(
                self.tr("Reading the file: {0}").format(figures.percent(done / max(1, total)))
            ),
            name="verify a model",
        )
        handle.finished.connect(lambda: self.verify.setEnabled(True))
        self.destroyed.connect(handle.cancel)

    def _check_update(self) -> None:
        place = self._entry.hub
        if place is None:
            return
        here = Path(self._entry.model.path).resolve().name
        self._say(self.tr("Asking the hub…"))

        def done(newest: str) -> None:
            if not newest:
                self._say(self.tr("The hub has this file no longer."))
            elif newest == here:
                self._say(self.tr("This is the newest file."))
            else:
                self._say(self.tr("The hub has a newer file. Search for {0} to get it.").format(place.repository))

        self._hub.newest(place.repository, place.file, done, lambda problem: self._say(problem_texts.words(problem)))

    def _open_page(self) -> None:
        from thimble.library.connection import access_of
        from thimble.library.hub import page_url

        if self._entry.hub is not None:
            try:
                url = page_url(access_of(self._context.settings), self._entry.hub.repository)
            except ThimbleError as error:
                self._say(problem_texts.words(error.problem))
                return
            QDesktopServices.openUrl(QUrl(url))


def _is_as_named(path: Path, handle: JobHandle) -> bool:
    """Whether a file of the shared cache has the hash that it is called by; in a job.

    Raises:
        ThimbleError: MODEL_UNREADABLE, or BAD_REQUEST where its name is no hash.
    """
    blob = path.resolve()
    if len(blob.name) != 64:
        raise ThimbleError(Code.BAD_REQUEST, "What this file should be is not known.", "", str(blob))
    digest, done = hashlib.sha256(), 0
    try:
        total = blob.stat().st_size
        with blob.open("rb") as file:
            while piece := file.read(_PIECE):
                handle.check()
                digest.update(piece)
                done += len(piece)
                handle.report(done, total)
    except OSError as error:
        raise ThimbleError(
            Code.MODEL_UNREADABLE, "The file could not be read to its end.", "Check its disk.", str(error)
        ) from error
    return digest.hexdigest() == blob.name
