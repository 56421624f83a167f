"""The Performance page: four views of what the engine does, fed by its counters. Nothing on it is made up."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QButtonGroup, QHBoxLayout, QStackedWidget, QVBoxLayout, QWidget

from thimble.ui.app_context import AppContext
from thimble.ui.performance.dashboard import Dashboard
from thimble.ui.performance.experts_view import ExpertsView
from thimble.ui.performance.history_view import HistoryView
from thimble.ui.performance.now_view import NowView
from thimble.ui.performance.system_view import SystemView, state_words
from thimble.ui.performance.view import WIDTH, View
from thimble.ui.theme import S1, S2, S3
from thimble.ui.widgets.basic import ElidedLabel, button, label, page_title

VIEWS = ("now", "experts", "history", "system")


class PerformancePage(QWidget):
    """Shows one view at a time, and follows the engine only while it is seen."""

    def __init__(self, context: AppContext, machine_memory: int) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self.setAccessibleName(self.tr("Performance"))
        self.dashboard = Dashboard(context)
        self.dashboard.setParent(self)
        self.now = NowView(context, self.dashboard, machine_memory)
        self.experts = ExpertsView(context, self.dashboard)
        self.history = HistoryView(context, self.dashboard)
        self.system = SystemView(context, self.dashboard)
        self.views: tuple[View, ...] = (self.now, self.experts, self.history, self.system)
        self.stack = QStackedWidget()
        self.state = ElidedLabel(theme, "", "small", "muted")
        header = QHBoxLayout()
        header.setContentsMargins(S2, S3, S2, S2)
        header.setSpacing(S1)
        header.addWidget(page_title(theme, self.tr("Performance")))
        header.addSpacing(S2)
        self.chips = QButtonGroup(self)
        for number, view in enumerate(self.views):
            chip = button(theme, view.accessibleName(), "chip")
            chip.setCheckable(True)
            chip.clicked.connect(partial(self.show_view, VIEWS[number]))
            self.chips.addButton(chip, number)
            header.addWidget(chip)
            self.stack.addWidget(view)
        header.addStretch(1)
        header.addWidget(self.state)
        top = QWidget()
        top.setMaximumWidth(WIDTH)
        top.setLayout(header)
        centred = QHBoxLayout()
        centred.setContentsMargins(0, 0, 0, 0)
        centred.addStretch(1)
        centred.addWidget(top, 1000)
        centred.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(centred)
        self.remote = label(theme, "", "small", "accent", wrap=True)
        self.remote.setContentsMargins(S2, 0, S2, S1)
        layout.addWidget(self.remote)
        layout.addWidget(self.stack, 1)

        dashboard = self.dashboard
        dashboard.figures_changed.connect(self._on_figures)
        dashboard.second.connect(self._on_second)
        dashboard.experts_changed.connect(self._on_experts)
        dashboard.outlook_changed.connect(self._on_figures)
        dashboard.answers_changed.connect(self._on_answers)
        context.remotes.shown_changed.connect(self._show_remote)
        self._show_remote()
        context.link.lost.connect(lambda _problem: self._on_figures())
        context.link.failed.connect(lambda _problem: self._on_figures())
        self.show_view(str(context.window_state.get("performance_view", "now")))

    @property
    def view(self) -> View:
        """The one that is shown."""
        return self.views[self.stack.currentIndex()]

    def show_view(self, name: str, _checked: object = None) -> None:
        """Shows "now", "experts", "history" or "system"."""
        number = VIEWS.index(name) if name in VIEWS else 0
        focus = QApplication.focusWidget()
        inside = focus is not None and (focus is self.view or self.view.isAncestorOf(focus))
        self.stack.setCurrentIndex(number)
        if inside:  # else Qt gives it to the first button of the new view, which then looks pressed
            self.view.setFocus()
        chip = self.chips.button(number)
        if chip is not None:
            chip.setChecked(True)
        self._context.window_state.set("performance_view", VIEWS[number])
        self.dashboard.experts_every = self.view.experts_every
        self._refresh_all()

    def show_anchor(self, anchor: str) -> None:
        """As `show_view`, for whoever goes to a part of this page."""
        self.show_view(anchor)

    def focus_page(self) -> None:
        """The arrow keys scroll the view."""
        self.view.setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        """Begins to follow."""
        super().showEvent(event)
        self.dashboard.watch()
        self._refresh_all()

    def hideEvent(self, event: QHideEvent) -> None:
        """Nobody looks."""
        self.dashboard.rest()
        super().hideEvent(event)

    def _refresh_all(self) -> None:
        if self.dashboard.experts_every:
            self.dashboard.ask_experts()
        self._on_figures()
        self.view.refresh_second()
        self.view.refresh_experts()
        self.view.refresh_answers()

    def _show_remote(self) -> None:
        """These figures say nothing about a chat that another machine answers."""
        shown = self._context.remotes.shown
        self.remote.setVisible(shown is not None)
        if shown is not None:
            words = self.tr("The chat that is open is answered by {0} (remote); these figures are of this computer.")
            self.remote.setText(words.format(shown.connection.name))

    def _on_second(self) -> None:
        self.view.refresh_second()

    def _on_experts(self) -> None:
        self.view.refresh_experts()

    def _on_answers(self) -> None:
        self.view.refresh_answers()

    def _on_figures(self) -> None:
        link = self.dashboard.link
        model = link.status.model
        state = state_words(link.status, alive=link.alive, lost=link.problem is not None)
        self.state.setText(f"{model.name} · {state}" if model else state)
        self.view.refresh()
