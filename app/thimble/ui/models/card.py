"""One model on the Models page."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QVBoxLayout

from thimble.ui import figures
from thimble.ui.models.inventory import Entry
from thimble.ui.theme import S1, S2, S3, S_HALF, Theme
from thimble.ui.widgets.basic import Card, ElidedLabel, button, label, row
from thimble.ui.widgets.charts import Part, StackedBar, StateDot

FIT_WIDTH: Final = 400


class ModelCard(Card):
    """Name, one sentence, what it needs, and what can be done with it.

    Signals:
        load_wanted, unload_wanted, chat_wanted: somebody pressed the button.
    """

    load_wanted = Signal(str)
    unload_wanted = Signal()
    chat_wanted = Signal(str)

    def __init__(self, theme: Theme, entry: Entry, available: int) -> None:
        super().__init__(entry.model.name)
        self.entry = entry
        self.path = str(entry.model.path)
        model = entry.model
        self.setProperty("problem", "true" if model.problem else "false")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S3 - S_HALF, S2, S2, S2)
        layout.setSpacing(S_HALF)
        self.dot = StateDot(theme)
        self.dot.hide()
        self.state = label(theme, "", "small", "muted")
        name = ElidedLabel(theme, model.name, "heading")
        top = QHBoxLayout()
        top.setSpacing(S1)
        top.addWidget(name)
        if model.expert_count:
            top.addWidget(label(theme, "MoE", "small", "chip"))
        top.addWidget(self.dot)
        top.addWidget(self.state)
        top.addStretch(1)
        layout.addLayout(top)
        self.load = button(theme, self.tr("Load"), name=self.tr("Load {0}").format(model.name))
        self.unload = button(theme, self.tr("Unload"), name=self.tr("Unload {0}").format(model.name))
        self.chat = button(
            theme, self.tr("Chat"), "primary", "ph.chat-circle", name=self.tr("Chat with {0}").format(model.name)
        )
        self.load.clicked.connect(lambda: self.load_wanted.emit(self.path))
        self.unload.clicked.connect(self.unload_wanted)
        self.chat.clicked.connect(lambda: self.chat_wanted.emit(self.path))
        if model.problem is not None:
            sentence = label(theme, str(model.problem), "body", "danger", wrap=True)
            layout.addWidget(sentence)
            layout.addWidget(ElidedLabel(theme, self.path, "small", "muted"))
            for unusable in (self.load, self.unload, self.chat):
                unusable.setParent(self)
                unusable.hide()
            return
        layout.addWidget(ElidedLabel(theme, self._sentence(), "body", "muted"))
        layout.addSpacing(S1)
        bottom = QHBoxLayout()
        bottom.setSpacing(S1)
        fit = QVBoxLayout()
        fit.setSpacing(S_HALF + 1)
        self.fit = StackedBar(theme, self.tr("Memory needed and available"), 8)
        self.fit.setFixedWidth(FIT_WIDTH)
        self.fit_text = label(theme, "", "small", "muted")
        fit.addWidget(self.fit_text)
        fit.addWidget(self.fit)
        self._progress = QProgressBar()
        self._progress.setRange(0, 1000)
        self._progress.setTextVisible(False)
        self._progress.setFixedWidth(FIT_WIDTH)
        self._progress.setAccessibleName(self.tr("Load progress"))
        self._progress.hide()
        fit.addWidget(self._progress)
        bottom.addLayout(fit)
        bottom.addStretch(1)
        for action in (self.unload, self.load, self.chat):
            bottom.addWidget(action)
        layout.addLayout(bottom)
        self._show_fit(available)

    def holds_focus(self) -> bool:
        """Whether one of its buttons has the focus."""
        return any(action.hasFocus() for action in (self.load, self.unload, self.chat))

    def _sentence(self) -> str:
        model = self.entry.model
        facts = [model.architecture, model.parameters_text, model.quantization, figures.size(model.file_bytes)]
        if model.expert_count:
            facts.append(self.tr("{0} of {1} experts per token").format(model.expert_used_count, model.expert_count))
        return " · ".join(fact for fact in facts if fact)

    def _show_fit(self, available: int) -> None:
        needs = self.entry.needs
        if needs is None:
            self.fit.hide()
            self.fit_text.setText("")
            return
        fits = needs.total <= available
        text = self.tr("needs {0} of {1} available memory") if fits else self.tr("needs {0}, only {1} are available")
        self.fit_text.setText(text.format(figures.size(needs.total), figures.size(available)))
        role = "compute" if fits else "miss"
        parts = [
            Part(needs.weights, role, self.tr("weights {0}").format(figures.size(needs.weights))),
            Part(needs.kv_cache, "prefetched", self.tr("context {0}").format(figures.size(needs.kv_cache))),
            Part(needs.compute, "other", self.tr("computing {0}").format(figures.size(needs.compute))),
        ]
        self.fit.set_parts(parts, available, available if not fits else None)
        self.fit.setToolTip("\n".join(part.name for part in parts))

    def show_state(self, *, resident: bool, loading: bool, progress: float) -> None:
        """Marks the card as resident or loading."""
        if self.entry.model.problem is not None:
            return
        self.dot.setVisible(resident or loading)
        self.dot.set_state("hit" if resident else "accent", hollow=not resident)
        self.state.setText(
            self.tr("loaded")
            if resident
            else self.tr("loading {0}").format(figures.percent(progress))
            if loading
            else ""
        )
        self.load.setVisible(not resident and not loading)
        self.unload.setVisible(resident)
        self._progress.setVisible(loading)
        self.fit.setVisible(not loading and self.entry.needs is not None)
        self._progress.setValue(round(1000 * progress))


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
