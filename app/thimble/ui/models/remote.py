"""Models that are not here yet: a card for each, its quantizations opened in place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QCoreApplication, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from thimble.library.choices import Choice, suggested
from thimble.ui import figures, problem_texts
from thimble.ui.app_context import AppContext
from thimble.ui.models.fit import MOE, FitView, SpeedView, chips, sentence, speed
from thimble.ui.models.hub_work import HubWork, Opened
from thimble.ui.models.inventory import Inventory
from thimble.ui.theme import S1, S2, S3, S_HALF
from thimble.ui.widgets.basic import Card, ElidedLabel, button, icon_button, label, line, set_tone

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.library.catalogue import CatalogueModel
    from thimble.library.hub import FoundModel
    from thimble.modelfile.forecast import Facts

FIGURE_WIDTH: Final = 104
SIZE_WIDTH: Final = 80
BUTTON_WIDTH: Final = 116


class ChoiceRow(QWidget):
    """One quantization."""

    def __init__(
        self, context: AppContext, choice: Choice, words: str, figure: str, *, is_suggested: bool, state: str
    ) -> None:
        super().__init__()
        theme = context.theme
        self.choice = choice
        name = label(theme, choice.label, "strong")
        parts = (
            QCoreApplication.translate("ChoiceRow", "{0} parts").format(len(choice.files))
            if len(choice.files) > 1
            else ""
        )
        top = QHBoxLayout()
        top.setSpacing(S1)
        top.addWidget(name)
        seeing = ""
        if choice.projector is not None:
            seeing = self.tr("pictures: + {0}").format(figures.size(choice.projector.size))
        top.addLayout(chips(theme, self.tr("suggested") if is_suggested else "", parts, seeing, state))
        top.addStretch(1)
        left = QVBoxLayout()
        left.setSpacing(2)
        left.addLayout(top)
        left.addWidget(ElidedLabel(theme, words, "small", "muted", stretch=True))
        self.download = button(
            theme,
            self.tr("Download"),
            "primary" if is_suggested else "",
            name=self.tr("Download {0}").format(choice.label),
        )
        self.download.setVisible(not state)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, S1, 0, S1)
        layout.setSpacing(S2)
        layout.addLayout(left, 1)
        for text, tone, width in ((figure, "", FIGURE_WIDTH), (figures.size(choice.size), "muted", SIZE_WIDTH)):
            column = label(theme, text, "body", tone)
            column.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
            column.setMinimumWidth(width)
            layout.addWidget(column)
        place = QHBoxLayout()  # as wide as its widest neighbour above and below
        place.addStretch(1)
        place.addWidget(self.download)
        place.setContentsMargins(0, 0, 0, 0)
        held = QWidget()
        held.setLayout(place)
        held.setMinimumWidth(BUTTON_WIDTH)
        layout.addWidget(held)


class RemoteCard(Card):
    """A model on the hub.

    Args:
        context: the window's shared parts.
        hub: asks for its files.
        repository: "author/name".
        title, summary: for people.
        facts: short facts about it.
        wanted: the quantization that is suggested.
        inventory: this computer and what is installed.

    Signals:
        opened: its quantizations are shown.
    """

    opened = Signal()

    def __init__(
        self,
        context: AppContext,
        hub: HubWork,
        repository: str,
        title: str,
        summary: str,
        facts: Sequence[str],
        inventory: Inventory,
        *,
        moe: bool = False,
        gated: bool = False,
        wanted: str = "",
        estimate: Facts | None = None,
    ) -> None:
        super().__init__(title)
        theme = context.theme
        self._context = context
        self._hub = hub
        self.repository = repository
        self._wanted = wanted
        self._inventory = inventory
        self._found: Opened | None = None
        self._then_download = False
        self.choice_rows: list[ChoiceRow] = []
        outer = QVBoxLayout(self)
        outer.setContentsMargins(S3 - S_HALF, S2, S2, S2)
        outer.setSpacing(S1)
        top = QHBoxLayout()
        top.setSpacing(S1)
        top.addWidget(ElidedLabel(theme, title, "heading"))
        top.addLayout(chips(theme, MOE if moe else "", self.tr("asks for an account") if gated else ""))
        top.addStretch(1)
        self.fit = FitView(theme)
        self.speed = SpeedView(theme)
        self.get = button(
            theme, self.tr("Download"), "primary", "ph.download-simple", name=self.tr("Download {0}").format(title)
        )
        self.get.clicked.connect(self._download_suggested)
        self.more = icon_button(theme, "ph.caret-down", self.tr("Sizes of {0}").format(title), checkable=True)
        self.more.toggled.connect(self._on_more)
        words = QVBoxLayout()
        words.setSpacing(S_HALF)
        words.addLayout(top)
        if summary:
            words.addWidget(ElidedLabel(theme, summary, "body", stretch=True))
        words.addWidget(ElidedLabel(theme, " · ".join(fact for fact in facts if fact), "small", "muted", stretch=True))
        beside = QHBoxLayout()
        beside.setSpacing(S1)
        if estimate is not None:
            outer.addLayout(words)
            beside.addWidget(self.fit, 1)
        else:  # nothing to say about its speed yet: the buttons stand beside the words
            words.addWidget(self.fit)
            beside.addLayout(words, 1)
        for widget in (self.speed, self.get, self.more):
            beside.addWidget(widget, 0, Qt.AlignmentFlag.AlignVCenter)
        beside.insertSpacing(2, S1)
        outer.addLayout(beside)
        self.answer = label(theme, "", "small", "muted", wrap=True)
        self.answer.hide()
        outer.addWidget(self.answer)
        self.choices = QWidget()
        self._choice_box = QVBoxLayout(self.choices)
        self._choice_box.setContentsMargins(0, S1, 0, 0)
        self._choice_box.setSpacing(0)
        self.choices.hide()
        outer.addWidget(self.choices)
        self._estimate = estimate
        self.fit.setVisible(estimate is not None)
        self.speed.setVisible(estimate is not None)
        self._show_estimate()
        context.downloads.changed.connect(self._refresh_choices)

    def show_inventory(self, inventory: Inventory) -> None:
        """What is installed or free has changed."""
        before, self._inventory = self._inventory, inventory
        if (before.here, before.limit) != (inventory.here, inventory.limit):
            self._show_estimate()
            if self._found is not None:
                self._show_exact(self._found)
                self._build_choices(self._found)
        self._refresh_choices()

    def _show_estimate(self) -> None:
        """What follows from published numbers, until the header says more."""
        if self._estimate is not None and self._found is None:
            forecast = self._inventory.expect(self._estimate)
            self.fit.show_forecast(forecast, self._estimate.file_bytes)
            self.speed.show_forecast(forecast)

    # --- asking the hub -----------------------------------------------------------------------------------------

    def _on_more(self, on: bool) -> None:
        self.more.setIcon(self._context.theme.icon("ph.caret-up" if on else "ph.caret-down"))
        if not on:
            self.choices.hide()
            self.answer.hide()
        elif self._found is not None:
            self.choices.show()
            self.opened.emit()
        else:
            self._ask()

    def _download_suggested(self) -> None:
        if self._found is None:
            self._then_download = True
            self._ask()
        else:
            self._start_suggested(self._found)

    def _ask(self) -> None:
        self.get.setEnabled(False)
        self._say(self.tr("Asking the hub…"))
        here = self._inventory
        self._hub.open(self.repository, here.context, here.cache, self._on_opened, self._on_failed)

    def _on_opened(self, found: Opened) -> None:
        self.get.setEnabled(True)
        self._found = found
        self.answer.setVisible(found.problem is not None)
        if found.problem is not None:
            self._say(problem_texts.words(found.problem))
        if not found.repository.choices:
            self._say(self.tr("This repository has no model file that Thimble can use."))
            self._then_download = False
            return
        self._show_exact(found)
        self._build_choices(found)
        if self._then_download:
            self._then_download = False
            self._start_suggested(found)
        if self.more.isChecked():
            self.choices.show()
            self.opened.emit()

    def _on_failed(self, problem: Problem) -> None:
        self.get.setEnabled(True)
        self._then_download = False
        self._say(problem_texts.words(problem), "danger")
        self.more.setChecked(False)
        self.answer.show()

    def _say(self, text: str, tone: str = "muted") -> None:
        self.answer.setText(text)
        set_tone(self.answer, tone)
        self.answer.show()

    # --- quantizations ------------------------------------------------------------------------------------------

    def _show_exact(self, found: Opened) -> None:
        """The header's own figures take the place of the estimate."""
        best = suggested(found.repository.choices, self._wanted)
        if found.facts is None or best is None:
            return
        forecast = self._inventory.expect(found.facts.scaled(best.size))
        self.fit.show_forecast(forecast, best.size)
        self.fit.show()
        self.speed.show_forecast(forecast)
        self.speed.show()

    def _build_choices(self, found: Opened) -> None:
        while (item := self._choice_box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.choice_rows = []
        best = suggested(found.repository.choices, self._wanted)
        for choice in found.repository.choices:
            words, figure = "", ""
            if found.facts is not None:
                forecast = self._inventory.expect(found.facts.scaled(choice.size))
                words, figure = sentence(forecast), speed(forecast)
            made = ChoiceRow(
                self._context, choice, words, figure, is_suggested=choice == best, state=self._state(found, choice)
            )
            made.download.clicked.connect(self._starter(found, choice))
            self._choice_box.addWidget(line())
            self._choice_box.addWidget(made)
            self.choice_rows.append(made)

    def _starter(self, found: Opened, choice: Choice) -> Callable[[], None]:
        return lambda: self._start(found, choice)

    def _state(self, found: Opened, choice: Choice) -> str:
        for entry in self._inventory.entries:
            place = entry.hub
            if place is not None and (place.repository, place.file) == (self.repository, choice.path):
                return self.tr("installed")
        identity = f"{self.repository}/{choice.path}@{found.repository.commit}"
        if any(status.id == identity and not status.path for status in self._context.downloads.statuses):
            return self.tr("downloading")
        return ""

    def _refresh_choices(self) -> None:
        found = self._found
        if found is None:
            return
        states = [self._state(found, row.choice) for row in self.choice_rows]
        shown = [not row.download.isHidden() for row in self.choice_rows]
        if [not state for state in states] != shown:
            self._build_choices(found)

    def _start_suggested(self, found: Opened) -> None:
        best = suggested(found.repository.choices, self._wanted)
        if best is not None:
            self._start(found, best)

    def _start(self, found: Opened, choice: Choice) -> None:
        self.answer.hide()
        self._context.downloads.add(self.repository, found.repository.commit, choice)


def catalogue_card(context: AppContext, hub: HubWork, model: CatalogueModel, inventory: Inventory) -> RemoteCard:
    """The card of a curated model."""
    translate = QCoreApplication.translate
    facts = [
        translate("Catalogue", "{0} weights").format(figures.parameters(model.parameters)),
        translate("Catalogue", "{0} for each token").format(figures.parameters(model.active_parameters))
        if model.experts
        else "",
        translate("Catalogue", "{0} tokens of context").format(figures.count(model.context)),
        model.licence,
    ]
    return RemoteCard(
        context,
        hub,
        model.repository,
        model.name,
        translate("Catalogue", model.summary),
        facts,
        inventory,
        moe=bool(model.experts),
        wanted=model.quantization,
        estimate=model.facts,
    )


def found_card(context: AppContext, hub: HubWork, model: FoundModel, inventory: Inventory) -> RemoteCard:
    """The card of a repository that a search found."""
    translate = QCoreApplication.translate
    facts = [
        model.architecture,
        figures.parameters(model.parameters) if model.parameters else "",
        translate("FoundModel", "{0} downloads").format(figures.count(model.downloads)) if model.downloads else "",
        model.licence,
        translate("FoundModel", "changed {0}").format(model.changed) if model.changed else "",
    ]
    return RemoteCard(context, hub, model.repository, model.repository, "", facts, inventory, gated=model.gated)
