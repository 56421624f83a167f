"""The chat template of one model: read, changed for this model alone, and kept only when it works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from thimble.ui import problem_texts
from thimble.ui.models.inventory import header_of
from thimble.ui.theme import S1
from thimble.ui.widgets.basic import WheelToPage, button, label, row, set_tone

if TYPE_CHECKING:
    from thimble.errors import Problem
    from thimble.ui.app_context import AppContext
    from thimble.ui.jobs import JobHandle

KEY: Final = "model.chat_template"
LINES: Final = 14
SAMPLE_LINES: Final = 10


class TemplateEditor(QWidget):
    """Shows the template in force; what is changed is tried by the engine before it is kept.

    Args:
        context: the window's shared parts.
        path: the model's file.
    """

    def __init__(self, context: AppContext, path: str) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._path = path
        self._model = context.settings.model_key(path)
        self._of_file = ""
        self.setAccessibleName(self.tr("Chat template"))
        self.state = label(theme, self.tr("Reading the header…"), "small", "muted", wrap=True)
        self.field = self._make_field(self.tr("Chat template of this model"), LINES)
        self.field.setEnabled(False)
        self.field.textChanged.connect(self._show_actions)
        self.keep = button(theme, self.tr("Try and keep"), "primary")
        self.keep.clicked.connect(self._try)
        self.discard = button(theme, self.tr("Discard the changes"))
        self.discard.clicked.connect(self._show_kept)
        self.reset = button(theme, self.tr("Back to the file's own"), icon="ph.arrow-counter-clockwise")
        self.reset.clicked.connect(self._reset)
        self.sample = self._make_field(self.tr("A sample conversation in this template"), SAMPLE_LINES)
        self.sample.setReadOnly(True)
        self.sample.hide()
        self.sample_title = label(theme, self.tr("A sample conversation as the model reads it:"), "small", "muted")
        self.sample_title.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1)
        layout.addWidget(self.state)
        layout.addWidget(self.field)
        layout.addLayout(row(self.keep, self.discard, None, self.reset))
        layout.addWidget(self.sample_title)
        layout.addWidget(self.sample)
        self._show_actions()

        def work(_handle: JobHandle) -> str:
            value = header_of(Path(path)).metadata.get("tokenizer.chat_template")
            return value if isinstance(value, str) else ""

        handle = context.jobs.run(work, done=self._take, failed=self._say_problem, name="read a chat template")
        self.destroyed.connect(handle.cancel)

    @property
    def _kept(self) -> str:
        """The template in force."""
        return self._context.settings.text(KEY, model=self._model) or self._of_file

    @property
    def _changed(self) -> bool:
        return self.field.isEnabled() and self.field.toPlainText() != self._kept

    def _make_field(self, name: str, lines: int) -> QPlainTextEdit:
        made = QPlainTextEdit()
        made.setProperty("kind", "field")
        made.setFont(self._context.theme.font("code"))
        made.setAccessibleName(name)
        made.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        made.setTabChangesFocus(True)
        made.setFixedHeight(lines * QFontMetrics(made.font()).lineSpacing() + 2 * S1)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.installEventFilter(WheelToPage(made))
        return made

    def _take(self, of_file: str) -> None:
        self._of_file = of_file
        self.field.setEnabled(True)
        self._show_kept()

    def _show_kept(self) -> None:
        self.field.setPlainText(self._kept)
        own = self._context.settings.has_own(KEY, self._model)
        if own:
            self._say(self.tr("Changed for this model."))
        elif self._of_file:
            self._say(self.tr("The file's own."))
        else:
            self._say(self.tr("The file has none; ChatML is used. Enter one to use that instead."))
        self._show_actions()

    def _show_actions(self) -> None:
        self.keep.setEnabled(self._changed and bool(self.field.toPlainText().strip()))
        self.discard.setVisible(self._changed)
        self.reset.setVisible(self._context.settings.has_own(KEY, self._model))

    def _say(self, text: str, tone: str = "muted") -> None:
        set_tone(self.state, tone)
        self.state.setText(text)

    def _say_problem(self, problem: Problem) -> None:
        self.field.setReadOnly(False)
        self._say(problem_texts.words(problem), "danger")
        self._show_actions()

    # --- changing -----------------------------------------------------------------------------------------------

    def _try(self) -> None:
        source = self.field.toPlainText()
        self.keep.setEnabled(False)
        self.field.setReadOnly(True)
        self._say(self.tr("Trying it…"))
        self._context.link.check_template(source, done=self._works, failed=self._say_problem)

    def _works(self, source: str, sample: str, system: bool) -> None:
        self.field.setReadOnly(False)
        settings = self._context.settings
        if source == self._of_file:
            settings.reset(KEY, model=self._model)
        else:
            settings.set(KEY, source, model=self._model)
        self._use()
        self._show_kept()
        if not system:
            self._say(self.tr("It works and is kept. It has no place for a system prompt."))
        elif source != self._of_file:
            self._say(self.tr("It works and is kept."))
        self.sample.setPlainText(sample)
        self.sample_title.show()
        self.sample.show()

    def _use(self) -> None:
        """The loaded model takes another template without being read again."""
        if self._context.link.loaded_path == self._path:
            self._context.link.load(self._path)

    def _reset(self) -> None:
        settings, model, before = self._context.settings, self._model, self._kept
        link, path = self._context.link, self._path  # this editor may be gone when it is taken back
        settings.reset(KEY, model=model)
        self._use()
        self._show_kept()
        self.sample_title.hide()
        self.sample.hide()

        def take_back() -> None:
            settings.set(KEY, before, model=model)
            if link.loaded_path == path:
                link.load(path)

        self._context.undo.done(self.tr("The chat template is the file's own again."), take_back)
