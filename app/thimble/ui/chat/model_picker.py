"""The chip under the text field that says which model answers, and changes it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QMenu, QPushButton, QSizePolicy, QWidget

from thimble.remote.connections import choice_of
from thimble.ui import problem_texts
from thimble.ui.theme import ICON, S1
from thimble.ui.theme.icons import draw
from thimble.ui.visible import tip
from thimble.ui.widgets.basic import ICON_GAP

if TYPE_CHECKING:
    from thimble.library import InstalledModel
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.model_choice import ModelChoice
    from thimble.ui.jobs import JobHandle

MOST_LETTERS = 32
CARET = ICON - 4
ROOM_FOR_CARET = "     "


class ModelPicker(QPushButton):
    """Shows the resident model and how far a load is; its menu lists the installed models.

    Args:
        context: the window's shared parts.
        parent: owner.

    Signals:
        add_requested: the person wants to add a model.
    """

    add_requested = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._models: list[InstalledModel] | None = None  # until the folders have been looked into
        self._opening = False
        self._words = ""
        self._choice: ModelChoice | None = None
        self.setProperty("kind", "picker")
        self.setFont(context.theme.font("small"))
        self.setIconSize(QSize(ICON + ICON_GAP, ICON))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._open)
        context.link.status_changed.connect(self._describe)
        context.link.busy_changed.connect(self._describe)
        context.navigation.models_changed.connect(self.refresh)
        self._describe()

    def follow(self, choice: ModelChoice) -> None:
        """Shows and changes the choice of a chat."""
        self._choice = choice
        choice.changed.connect(self._describe)
        self._describe()

    def refresh(self) -> None:
        """Looks into the models folder again, in a job."""
        from thimble.library import installed_models

        folders = self._context.settings.model_folders()

        def look(_job: JobHandle) -> list[InstalledModel]:
            return installed_models(*folders)

        self._context.jobs.run(look, done=self._take, failed=lambda _problem: self._pop_up(), name="list models")

    def _take(self, models: list[InstalledModel]) -> None:
        from thimble.library import with_names

        self._models = with_names(models, self._context.settings)
        self._describe()
        self._pop_up()

    def _fit(self) -> None:
        """Shortens the words where there is no room for them."""
        icon = 0 if self.icon().isNull() else self.iconSize().width() + ICON_GAP
        room = self.width() - self.fontMetrics().horizontalAdvance(ROOM_FOR_CARET) - 2 * S1 - icon
        shown = self.fontMetrics().elidedText(self._words, Qt.TextElideMode.ElideRight, max(room, 0))
        self.setText(f"{shown}{ROOM_FOR_CARET}")
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """Room for all words."""
        more = self.fontMetrics().horizontalAdvance(
            self._words + ROOM_FOR_CARET
        ) - self.fontMetrics().horizontalAdvance(self.text())
        return super().sizeHint() + QSize(more, 0)

    def minimumSizeHint(self) -> QSize:
        """Room for a few letters."""
        narrow = self.fontMetrics().horizontalAdvance("Mmm…" + ROOM_FOR_CARET) + 2 * S1
        return QSize(min(narrow, self.sizeHint().width()), super().sizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width has room for other words."""
        super().resizeEvent(event)
        self._fit()

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draws the chip, then its caret."""
        super().paintEvent(event)
        painter = QPainter(self)
        place = QRect(self.width() - CARET - S1, (self.height() - CARET) // 2, CARET, CARET)
        draw(painter, place, "ph.caret-down", self._context.theme.color("muted"))
        painter.end()

    def _name_of(self, path: str) -> str:
        known = next((model.name for model in self._models or [] if model.path == path), "")
        return known or Path(path).stem

    def _describe(self) -> None:
        link = self._context.link
        loading = link.loading_path or link.status.loading_path
        remote = self._choice.remote if self._choice is not None else None
        if remote is not None:
            text = _short(remote.name)
        elif self._choice is not None and self._choice.is_gone:
            text = self.tr("Choose a model")
        elif loading:
            percent = round(link.status.load_progress * 100)
            text = self.tr("Loading {0}… {1} %").format(_short(self._name_of(loading)), percent)
        elif link.status.model is not None:
            text = _short(link.status.model.name)
        elif link.model_path:
            text = _short(self._name_of(link.model_path))
        else:
            text = self.tr("Choose a model")
        self.setIcon(self._context.theme.icon("ph.cloud-arrow-up", "accent") if remote is not None else QIcon())
        self._words = text
        self._fit()
        self.setAccessibleName(self.tr("Model: {0}").format(text))
        where = self.tr("Which model answers")
        if remote is not None:
            where = self.tr("Answers come from {0} ({1})").format(remote.connection.name, remote.connection.host)
        self.setToolTip(tip(where))

    def menu_of_models(self) -> QMenu:
        """The menu, made anew."""
        menu = QMenu(self)
        menu.setAccessibleName(self.tr("Models"))
        menu.setToolTipsVisible(True)
        chosen = self._choice.key if self._choice is not None else ""
        current = self._context.link.loaded_path if not chosen else ""
        models = self._models or []
        for model in models:
            facts = " · ".join(part for part in (model.parameters_text, model.quantization) if part)
            action = QAction(f"{model.name}   {facts}".rstrip().replace("&", "&&"), menu)
            action.setCheckable(True)
            action.setChecked(model.path == current)
            if model.problem is not None:
                action.setEnabled(False)
                action.setToolTip(problem_texts.sentence(model.problem))
            elif model.embeds:
                action.setEnabled(False)
                action.setText(self.tr("{0}   for embeddings only").format(model.name).replace("&", "&&"))
                action.setToolTip(self.tr("It turns texts into numbers for other programs; it cannot write."))
            action.triggered.connect(partial(self._choose, model.path))
            menu.addAction(action)
        if models:
            menu.addSeparator()
        if self._choice is not None and self._context.remotes.all:
            self._add_remotes(menu, chosen)
            menu.addSeparator()
        menu.addAction(self.tr("Add a GGUF file…")).triggered.connect(self.add_requested)
        menu.addAction(self.tr("Manage models")).triggered.connect(lambda: self._context.navigation.go("models"))
        return menu

    def _add_remotes(self, menu: QMenu, chosen: str) -> None:
        """A menu of its own for each connection: some offer hundreds of models."""
        icon = self._context.theme.icon("ph.cloud-arrow-up")
        for connection in self._context.remotes.all:
            below = menu.addMenu(icon, connection.name.replace("&", "&&"))
            below.setAccessibleName(self.tr("Models of {0}").format(connection.name))
            for model in connection.models:
                key = choice_of(connection.id, model.id)
                action = below.addAction(model.id.replace("&", "&&"))
                action.setCheckable(True)
                action.setChecked(key == chosen)
                action.triggered.connect(partial(self._choose_remote, key))
            if not connection.models:
                none = below.addAction(self.tr("No models known; ask it on the Connections page"))
                none.triggered.connect(lambda: self._context.navigation.go("connections"))

    def _choose_remote(self, key: str, _checked: bool = False) -> None:
        if self._choice is not None:
            self._choice.choose(key)

    def _open(self) -> None:
        self._opening = True
        if self._models is not None:
            self._pop_up()
        self.refresh()  # what changed meanwhile is there the next time

    def _pop_up(self) -> None:
        """Shows the menu if somebody waits for it."""
        wanted, self._opening = self._opening, False
        if not wanted or not self.isVisible():
            return
        menu = self.menu_of_models()
        menu.aboutToHide.connect(menu.deleteLater)
        above = self.mapToGlobal(QPoint(0, -menu.sizeHint().height() - S1 // 2))
        menu.popup(above)

    def _choose(self, path: str, _checked: bool = False) -> None:
        if self._choice is not None:
            self._choice.choose("")
        self._describe()
        if path != self._context.link.loaded_path:
            self._context.link.load(path)
            self._context.window_state.set("last_model", path)


def _short(name: str) -> str:
    return name if len(name) <= MOST_LETTERS else name[: MOST_LETTERS - 1] + "…"
