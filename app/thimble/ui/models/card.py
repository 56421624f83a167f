"""One installed model on the Models page, and what is being added."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout, QWidget

from thimble.errors import Code
from thimble.modelfile.places import is_guide
from thimble.ui import figures, problem_texts
from thimble.ui.models.fit import BAR_WIDTH, MOE, FitView, SpeedView, chips
from thimble.ui.models.inventory import Entry
from thimble.ui.theme import S1, S2, S3, S_HALF, Theme
from thimble.ui.widgets.basic import Card, ElidedLabel, button, icon_button, label, row
from thimble.ui.widgets.charts import StateDot

if TYPE_CHECKING:
    from thimble.ui.models.details import ModelDetails

_DAMAGED: Final = frozenset({Code.MODEL_DAMAGED, Code.MODEL_TRUNCATED, Code.MODEL_NOT_GGUF})


class ModelCard(Card):
    """Name, one sentence, what it needs, and what can be done with it.

    Signals:
        load_wanted, unload_wanted, chat_wanted, delete_wanted: somebody pressed the button.
        details_wanted: somebody opened the card; whoever hears it gives `set_details` what to show.
    """

    load_wanted = Signal(str)
    unload_wanted = Signal()
    chat_wanted = Signal(str)
    delete_wanted = Signal(str)
    details_wanted = Signal()

    def __init__(self, theme: Theme, entry: Entry) -> None:
        super().__init__(entry.model.name)
        self._theme = theme
        self.entry = entry
        self.path = str(entry.model.path)
        self.details: ModelDetails | None = None
        model = entry.model
        self.setProperty("problem", "true" if model.problem else "false")
        outer = QVBoxLayout(self)
        outer.setContentsMargins(S3 - S_HALF, S2, S2, S2)
        outer.setSpacing(S2)
        layout = QVBoxLayout()
        layout.setSpacing(S_HALF)
        outer.addLayout(layout)
        self._outer = outer
        self.dot = StateDot(theme)
        self.dot.hide()
        self.state = label(theme, "", "small", "muted")
        self.load = button(theme, self.tr("Load"), name=self.tr("Load {0}").format(model.name))
        self.unload = button(theme, self.tr("Unload"), name=self.tr("Unload {0}").format(model.name))
        self.chat = button(
            theme, self.tr("Chat"), "primary", "ph.chat-circle", name=self.tr("Chat with {0}").format(model.name)
        )
        self.more = icon_button(theme, "ph.caret-down", self.tr("Details of {0}").format(model.name), checkable=True)
        self.delete = button(theme, self.tr("Delete"), "danger", name=self.tr("Delete {0}").format(model.name))
        self.load.clicked.connect(lambda: self.load_wanted.emit(self.path))
        self.unload.clicked.connect(self.unload_wanted)
        self.chat.clicked.connect(lambda: self.chat_wanted.emit(self.path))
        self.delete.clicked.connect(lambda: self.delete_wanted.emit(self.path))
        self.more.toggled.connect(self._on_more)
        top = QHBoxLayout()
        top.setSpacing(S1)
        top.addWidget(ElidedLabel(theme, model.name, "heading"))
        kind = self.tr("embeddings only") if model.embeds else MOE if model.expert_count else ""
        link = self.tr("link") if entry.target else ""
        top.addLayout(chips(theme, kind, link, tip=self.tr("The file stays where it is: {0}").format(entry.target)))
        top.addWidget(self.dot)
        top.addWidget(self.state)
        top.addStretch(1)
        layout.addLayout(top)
        self.fit = FitView(theme)
        self.speed = SpeedView(theme)
        if model.problem is not None:
            layout.addWidget(label(theme, problem_texts.words(model.problem), "body", "danger", wrap=True))
            layout.addLayout(row(ElidedLabel(theme, self.path, "small", "muted", stretch=True), self.delete))
            for unusable in (self.load, self.unload, self.chat, self.more, self.fit, self.speed):
                unusable.setParent(self)
                unusable.hide()
            return
        if model.embeds:
            self.chat.setParent(self)
            self.chat.hide()
        self.delete.setParent(self)
        self.delete.hide()
        layout.addWidget(ElidedLabel(theme, self._sentence(), "body", "muted"))
        if is_guide(self.path):
            words = self.tr(
                "Knows Thimble and tells short stories, in English. Some of its experts stay on disk, so that the"
                " Performance page has something to show."
            )
            layout.addWidget(label(theme, words, "small", "muted", wrap=True))
        layout.addSpacing(S1)
        self.used = label(theme, "", "small", "muted")
        self.used.hide()
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setMaximumWidth(BAR_WIDTH)
        self._progress.setAccessibleName(self.tr("Load progress"))
        self._progress.hide()
        fit = QVBoxLayout()
        fit.setSpacing(S_HALF + 1)
        fit.addWidget(self.fit)
        fit.addWidget(self._progress)
        fit.addWidget(self.used)
        bottom = QHBoxLayout()
        bottom.setSpacing(S1)
        bottom.addLayout(fit, 1)
        bottom.addWidget(self.speed)
        bottom.addSpacing(S1)
        for action in (self.unload, self.load, *([] if model.embeds else [self.chat]), self.more):
            bottom.addWidget(action)
        layout.addLayout(bottom)
        self.show_entry(entry)

    @property
    def damaged(self) -> bool:
        """Whether its bytes are wrong: its header's, or its hash, if somebody had that compared."""
        problem = self.entry.model.problem
        wrong = problem is not None and problem.code in _DAMAGED
        return wrong or (self.details is not None and self.details.damaged)

    @property
    def fit_text(self) -> str:
        """What to expect, in words."""
        return self.fit.text.whole_text()

    def show_entry(self, entry: Entry) -> None:
        """Shows what to expect now; the model is the same."""
        self.entry = entry
        if entry.forecast is not None and entry.model.problem is None:
            self.fit.show_forecast(entry.forecast)
            if entry.model.embeds:
                self.speed.hide()  # it is of writing
            else:
                self.speed.show_forecast(entry.forecast, entry.current)
        elif entry.forecast is None:
            self.fit.hide()
            self.speed.hide()
        if self.details is not None:
            self.details.show_entry(entry)

    @property
    def stops(self) -> tuple[QWidget, ...]:
        """What Tab reaches in it, one after the other."""
        return (self.delete,) if self.entry.model.problem else (self.unload, self.load, self.chat, self.more)

    def holds_focus(self) -> bool:
        """Whether one of its buttons has the focus."""
        return any(action.hasFocus() for action in (self.load, self.unload, self.chat, self.more))

    def set_details(self, details: ModelDetails | None) -> None:
        """Shows what a person opened, or takes it away."""
        if self.details is not None:
            self._outer.removeWidget(self.details)
            self.details.hide()
            self.details.deleteLater()
        self.details = details
        if details is not None:
            self._outer.addWidget(details)

    def _sentence(self) -> str:
        model = self.entry.model
        facts = [model.architecture, model.parameters_text, model.quantization, figures.size(model.file_bytes)]
        if model.expert_count:
            facts.append(self.tr("{0} of {1} experts per token").format(model.expert_used_count, model.expert_count))
        return " · ".join(fact for fact in facts if fact)

    def _on_more(self, on: bool) -> None:
        self.more.setIcon(self._theme.icon("ph.caret-up" if on else "ph.caret-down"))
        if on:
            self.details_wanted.emit()
        else:
            self.set_details(None)

    def show_state(
        self, *, resident: bool, loading: bool, progress: float, used: int = 0, resting_minutes: int = 0
    ) -> None:
        """Marks the card as resident or loading.

        Args:
            resident, loading: which of the two, if any.
            progress: of the load, 0…1.
            used: bytes that the engine has taken at its peak with this model; 0 when unknown.
            resting_minutes: after how long without a question it was unloaded; 0 if it was not.
        """
        if self.entry.model.problem is not None:
            return
        self.dot.setVisible(resident or loading)
        self.dot.set_state("hit" if resident else "accent", hollow=not resident)
        self.state.setText(
            self.tr("loaded")
            if resident
            else self.tr("loading {0}").format(figures.percent(progress))
            if loading
            else figures.unloaded_after(resting_minutes)
            if resting_minutes
            else ""
        )
        self.load.setVisible(not resident and not loading)
        self.unload.setVisible(resident)
        self._progress.setVisible(loading)
        self.fit.setVisible(not loading and self.entry.forecast is not None)
        self._progress.setValue(round(1000 * progress))
        found = self.entry.forecast
        self.used.setVisible(resident and used > 0 and found is not None)
        if found is not None and used > 0:
            self.used.setText(self.tr("estimated {0}, used {1}").format(figures.size(found.total), figures.size(used)))


class TaskCard(Card):
    """A download or a copy: what it is, progress, and a way out.

    Signals:
        cancelled: somebody pressed Cancel.
    """

    cancelled = Signal()

    def __init__(self, theme: Theme, title: str) -> None:
        super().__init__(title)
        self._amount = label(theme, "", "small", "muted")
        self.bar = QProgressBar()
        self.bar.setRange(0, 0)
        self.bar.setTextVisible(False)
        self.bar.setAccessibleName(title)
        self.cancel = button(theme, self.tr("Cancel"), name=self.tr("Cancel: {0}").format(title))
        self.cancel.clicked.connect(self.cancelled)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S3 - S_HALF, S2, S2, S2)
        layout.setSpacing(S1)
        layout.addLayout(row(ElidedLabel(theme, title, "strong"), self._amount, None, self.cancel))
        layout.addWidget(self.bar)

    def show_progress(self, done: int, total: int) -> None:
        """Bytes done and in all; 0 in all when unknown."""
        if total > 0:
            self.bar.setRange(0, 1000)
            self.bar.setValue(round(1000 * done / total))
            self._amount.setText(self.tr("{0} of {1}").format(figures.size(max(done, 1)), figures.size(total)))
