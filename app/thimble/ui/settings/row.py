"""One setting on the page: title, one sentence of consequence, the control, and Reset where it differs."""

from __future__ import annotations

from typing import Final

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from thimble.errors import ThimbleError
from thimble.settings_table import Setting, Value
from thimble.ui.app_context import AppContext
from thimble.ui.settings.controls import Control, control_for, translated
from thimble.ui.theme import S2, S3, S_HALF
from thimble.ui.widgets.basic import button, label, row

RESET_HEIGHT: Final = 20


class SettingRow(QWidget):
    """Shows and changes one setting, for all models or for one."""

    def __init__(self, context: AppContext, setting: Setting, machine_bytes: int, *, model: str | None = None) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self.setting = setting
        self._model = model
        title_text, sentence_text = translated(setting.title), translated(setting.sentence)
        self.words = f"{title_text} {sentence_text} {translated(setting.section)}".casefold()
        self.title = label(theme, title_text)
        self.sentence = label(theme, sentence_text, "small", "muted", wrap=True)
        self.note = label(theme, "", "small", "accent")
        self.note.hide()
        self.reset = button(theme, self.tr("Reset"), "link", name=self.tr("Reset: {0}").format(title_text))
        self.reset.setToolTip(self.tr("Back to the default") if model is None else self.tr("Like all models"))
        self.reset.clicked.connect(self._reset)
        keep = self.reset.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset.setSizePolicy(keep)
        self.reset.setFixedHeight(RESET_HEIGHT)
        self.control: Control = control_for(theme, setting, machine_bytes)
        self.control.changed.connect(self._on_changed)
        self.control.setAccessibleDescription(sentence_text)

        words = QVBoxLayout()
        words.setSpacing(2)
        words.addLayout(row(self.title, self.reset, None))  # beside the control it would keep a place free in each row
        words.addWidget(self.sentence)
        words.addWidget(self.note)
        top = QHBoxLayout()
        top.setSpacing(S3)
        top.addLayout(words, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S3 - S_HALF, S2 - S_HALF, S2, S2 - S_HALF)
        layout.setSpacing(S_HALF)
        layout.addLayout(top)
        if self.control.wide:
            layout.addWidget(self.control)
        else:
            top.addWidget(self.control, 0, Qt.AlignmentFlag.AlignVCenter)
        self.refresh()

    def refresh(self) -> None:
        """Shows the value in force."""
        self.control.set_value(self._context.settings.value(self.setting.key, model=self._model))
        self.reset.setVisible(not self._is_default())

    @property
    def offered(self) -> bool:
        """Whether it is of use with the loaded model, or switched on already."""
        model = self._context.link.status.model
        return not self.setting.needs_predictor or not self._is_default() or (model is not None and model.has_predictor)

    def set_note(self, text: str) -> None:
        """A remark below the sentence; none when empty."""
        self.note.setText(text)
        self.note.setVisible(bool(text))

    def _is_default(self) -> bool:
        settings = self._context.settings
        if self._model is not None:
            return not settings.has_own(self.setting.key, self._model)
        return settings.value(self.setting.key) == self.setting.default

    def _on_changed(self, value: Value) -> None:
        try:
            self._context.settings.set(self.setting.key, value, model=self._model)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
        except ValueError:
            self.refresh()

    def _reset(self) -> None:
        before = self._context.settings.value(self.setting.key, model=self._model)
        try:
            self._context.settings.reset(self.setting.key, model=self._model)
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
        self.refresh()
        self.control.setFocus()
        if self.control.wide:  # a text somebody wrote is worth an undo
            self._context.undo.done(
                self.tr("{0} was reset.").format(self.title.text()),
                lambda: self._context.settings.set(self.setting.key, before, model=self._model),
            )
