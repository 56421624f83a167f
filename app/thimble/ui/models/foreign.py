"""Models that other programs have: offered on the page, used where they are."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from thimble.ui import figures
from thimble.ui.app_context import AppContext
from thimble.ui.jobs import JobHandle
from thimble.ui.theme import S1, S2, S3, S_HALF
from thimble.ui.widgets.basic import Card, ElidedLabel, button, label, line

if TYPE_CHECKING:
    from thimble.library.elsewhere import ForeignModel


class ForeignCard(Card):
    """One row for each model of another program; hidden while there are none."""

    def __init__(self, context: AppContext) -> None:
        super().__init__()
        self._context = context
        self._found: list[ForeignModel] = []
        self._installed: frozenset[str] = frozenset()
        self._looked = False
        self.rows: list[QWidget] = []
        self.setAccessibleName(self.tr("Models of other programs"))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, S1 + 2, 0, S_HALF)
        layout.setSpacing(0)
        head = label(
            context.theme,
            self.tr("Found in the folders of other programs. Thimble uses them where they are; nothing is copied."),
            "small",
            "muted",
            wrap=True,
        )
        head.setContentsMargins(S3 - S_HALF, 0, S2, S_HALF)
        layout.addWidget(head)
        self._box = QVBoxLayout()
        self._box.setSpacing(0)
        layout.addLayout(self._box)
        self.hide()

    def look(self) -> None:
        """Looks for them once, in a job."""
        if self._looked:
            return
        self._looked = True

        def work(_handle: JobHandle) -> list[ForeignModel]:
            from thimble.library.elsewhere import find_foreign_models

            return find_foreign_models()

        self._context.jobs.run(work, done=self._take, failed=lambda _problem: None, name="look for other models")

    def show_installed(self, files: frozenset[str]) -> None:
        """Leaves out what is used already; `files` are real paths."""
        if files != self._installed:
            self._installed = files
            self._rebuild()

    def _take(self, found: list[ForeignModel]) -> None:
        self._found = found
        self._rebuild()

    def _rebuild(self) -> None:
        while (item := self._box.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        self.rows = []
        theme = self._context.theme
        for model in self._found:
            if str(model.path.resolve()) in self._installed:
                continue
            made = QWidget()
            words = QVBoxLayout()
            words.setSpacing(2)
            words.addWidget(ElidedLabel(theme, model.title, "strong", stretch=True))
            facts = f"{model.program} · {figures.size(model.file_bytes)} · {model.path}"
            words.addWidget(ElidedLabel(theme, facts, "small", "muted", stretch=True))
            use = button(theme, self.tr("Use"), name=self.tr("Use {0}").format(model.title))
            use.clicked.connect(partial(self._use, model))
            layout = QHBoxLayout(made)
            layout.setContentsMargins(S3 - S_HALF, S1, S2, S1)
            layout.setSpacing(S2)
            layout.addLayout(words, 1)
            layout.addWidget(use)
            self._box.addWidget(line())
            self._box.addWidget(made)
            self.rows.append(made)
        self.setVisible(bool(self.rows))

    def _use(self, model: ForeignModel) -> None:
        folder = self._context.settings.models_folder()

        def work(_handle: JobHandle) -> Path:
            from thimble.library.add_file import link_file

            return link_file(model.path, folder, model.name)

        self._context.jobs.run(
            work,
            done=lambda _path: self._context.navigation.models_changed.emit(),
            failed=lambda problem: self._context.navigation.report(self._context.toasts, problem),
            name="use another program's model",
        )
