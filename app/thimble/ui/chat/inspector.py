"""The inspector: settings that hold in this conversation only, and what is in the model's view."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit, QMenu, QScrollArea, QVBoxLayout, QWidget

from thimble import paths
from thimble.errors import ThimbleError
from thimble.presets import Presets
from thimble.settings_table import BY_KEY, SETTINGS, Scope, Value
from thimble.ui import figures
from thimble.ui.chat.menus import add, made_menu
from thimble.ui.settings.controls import Control, control_for, translated
from thimble.ui.theme import INSPECTOR_WIDTH, S1, S2, S3, S_HALF
from thimble.ui.widgets.basic import ElidedLabel, button, icon_button, label, line, row
from thimble.ui.widgets.charts import Part, StackedBar

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from thimble.settings_table import Setting
    from thimble.ui.app_context import AppContext

KEYS: Final = tuple(setting.key for setting in SETTINGS if setting.scope is Scope.CONVERSATION)
PRESETS_FILE: Final = "presets.json"
NEARLY_FULL: Final = 0.9


class OverrideRow(QWidget):
    """One setting: title, control, and Reset while this conversation has a value of its own.

    Signals:
        chosen: the value the person chose.
        reset: back to the value of all conversations.
    """

    chosen = Signal(object)
    reset = Signal()

    def __init__(self, context: AppContext, setting: Setting) -> None:
        super().__init__()
        theme = context.theme
        title = translated(setting.title)
        sentence = translated(setting.sentence)
        if setting.key == "answers.system_prompt":
            sentence = self.tr("Instructions the model reads before this chat; empty for none.")
        self.control: Control = control_for(theme, setting, 0)
        self.control.changed.connect(self.chosen)
        self.control.setAccessibleDescription(sentence)
        self.reset_button = button(theme, self.tr("Reset"), "link", name=self.tr("Reset: {0}").format(title))
        self.reset_button.setToolTip(self.tr("As in all chats"))
        self.reset_button.clicked.connect(self._reset)
        keep = self.reset_button.sizePolicy()
        keep.setRetainSizeWhenHidden(True)
        self.reset_button.setSizePolicy(keep)
        self.reset_button.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S_HALF)
        layout.addLayout(row(label(theme, title), None, self.reset_button))
        layout.addLayout(row(self.control) if self.control.wide else row(self.control, None))
        layout.addWidget(label(theme, sentence, "small", "muted", wrap=True))

    def show_value(self, value: Value, *, own: bool) -> None:
        """Shows the value in force, and whether it is this conversation's own."""
        self.control.set_value(value)
        self.reset_button.setVisible(own)

    def _reset(self) -> None:
        self.reset.emit()
        self.control.setFocus()


class Inspector(QFrame):
    """This conversation's own settings, and figures of its context.

    Signals:
        changed: all settings that hold here only, by key.
        close_wanted: the person wants it gone.
    """

    changed = Signal(object)
    close_wanted = Signal()

    def __init__(self, context: AppContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = context.theme
        self._context = context
        self._own: dict[str, Any] = {}
        self._tokens = (0, 0)
        self._file_tokens = 0
        self.setProperty("kind", "sunken")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.setFixedWidth(INSPECTOR_WIDTH)
        self.setAccessibleName(self.tr("Settings of this chat"))
        close = icon_button(theme, "ph.x", self.tr("Close"))
        close.clicked.connect(self.close_wanted)
        head = row(label(theme, self.tr("This chat"), "strong"), None, close)
        head.setContentsMargins(S2, S1, S1 + S_HALF, S1)

        inside = QWidget()
        inside.setProperty("kind", "page")
        body = QVBoxLayout(inside)
        body.setContentsMargins(S2, S_HALF, S2, S3)
        body.setSpacing(S3 - S_HALF)
        self._presets = Presets(paths.config_dir() / PRESETS_FILE)
        self.preset = button(theme, self.tr("Presets"), "", "ph.bookmark-simple")
        self.preset.clicked.connect(self._open_presets)
        self.preset_name = QLineEdit()
        self.preset_name.setPlaceholderText(self.tr("Name of the preset"))
        self.preset_name.setAccessibleName(self.tr("Name of the preset"))
        self.preset_name.returnPressed.connect(self._save_preset)
        self.preset_name.hide()
        body.addWidget(self.preset)
        body.addWidget(self.preset_name)
        self.rows: dict[str, OverrideRow] = {}
        for key in KEYS:
            made = OverrideRow(context, BY_KEY[key])
            made.chosen.connect(partial(self._choose, key))
            made.reset.connect(partial(self._reset, key))
            self.rows[key] = made
            body.addWidget(made)
        body.addWidget(line())
        self.model = ElidedLabel(theme, "", "small", stretch=True)
        self.model.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.length = label(theme, "", "small")
        self.used = label(theme, "", "small")
        self.by_files = label(theme, "", "small")
        self.free = label(theme, "", "small")
        self.meter = StackedBar(theme, self.tr("Context used"), 6)
        facts = QVBoxLayout()
        facts.setSpacing(S1)
        facts.addWidget(label(theme, self.tr("Context")))
        facts.addLayout(self._fact(self.tr("Model"), self.model))
        facts.addLayout(self._fact(self.tr("Length"), self.length))
        facts.addLayout(self._fact(self.tr("Used by this chat"), self.used))
        facts.addLayout(self._fact(self.tr("Of these by files"), self.by_files))
        facts.addLayout(self._fact(self.tr("Free"), self.free))
        facts.addWidget(self.meter)
        body.addLayout(facts)
        body.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        scroll.setAccessibleName(self.tr("Settings of this chat"))
        scroll.setWidget(inside)
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addLayout(head)
        column.addWidget(scroll, 1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(line(vertical=True))
        layout.addLayout(column, 1)

        self._unsubscribe = context.settings.subscribe(self._on_setting)
        self.destroyed.connect(self._unsubscribe)
        context.link.status_changed.connect(lambda _status: self._show_facts())
        self._refresh()
        self._show_facts()

    def show_overrides(self, own: Mapping[str, Any]) -> None:
        """Shows a conversation by its own settings."""
        self._own = dict(own)
        self._refresh()

    # --- presets ----------------------------------------------------------------------------------------------------

    def _open_presets(self) -> None:
        menu = self.presets_menu()
        menu.popup(self.preset.mapToGlobal(self.preset.rect().bottomLeft()))

    def presets_menu(self) -> QMenu:
        """Presets to choose from, and what can be done with them."""
        theme, names = self._context.theme, self._presets.names()
        menu = made_menu(theme, self, self.tr("Presets"), [])
        for name in names:
            action = add(theme, menu, "", name, partial(self.apply_preset, name))
            action.setCheckable(True)
            action.setChecked(self._own == self._presets.get(name))
        if names:
            menu.addSeparator()
        save = add(theme, menu, "ph.plus", self.tr("Save these settings as a preset"), self._ask_for_name)
        save.setEnabled(bool(self._own))
        if self._own:
            add(theme, menu, "ph.arrow-counter-clockwise", self.tr("As in all chats"), partial(self._take, {}))
        if names:
            copy = menu.addMenu(theme.icon("ph.copy"), self.tr("Copy a preset"))
            for name in names:
                add(theme, copy, "", name, partial(self._copy_preset, name))
        add(theme, menu, "ph.clipboard", self.tr("Paste a preset"), self._paste_preset)
        if names:
            gone = menu.addMenu(theme.icon("ph.trash"), self.tr("Delete a preset"))
            for name in names:
                add(theme, gone, "", name, partial(self._remove_preset, name))
        return menu

    def apply_preset(self, name: str) -> None:
        """Takes a preset's settings for this conversation, instead of its own."""
        self._take(self._presets.get(name))

    def _take(self, own: Mapping[str, Any]) -> None:
        self._own = dict(own)
        self._refresh()
        self.changed.emit(dict(self._own))

    def _ask_for_name(self) -> None:
        self.preset_name.clear()
        self.preset_name.show()
        self.preset_name.setFocus()

    def _save_preset(self) -> None:
        name = " ".join(self.preset_name.text().split())
        self.preset_name.hide()
        if name and self._try(lambda: self._presets.save(name, self._own)):
            self._context.toasts.show(self.tr("Preset “{0}” saved.").format(name))

    def _copy_preset(self, name: str) -> None:
        QGuiApplication.clipboard().setText(self._presets.as_text(name))
        self._context.toasts.show(self.tr("Preset “{0}” is on the clipboard.").format(name))

    def _paste_preset(self) -> None:
        added: list[str] = []
        if self._try(lambda: added.append(self._presets.add_text(QGuiApplication.clipboard().text()))):
            self._context.toasts.show(self.tr("Preset “{0}” saved.").format(added[0]))

    def _remove_preset(self, name: str) -> None:
        kept = self._presets.get(name)

        def bring_back() -> None:
            self._try(lambda: self._presets.save(name, kept))

        if self._try(lambda: self._presets.remove(name)):
            self._context.undo.done(self.tr("Preset “{0}” deleted.").format(name), bring_back)

    def _try(self, act: Callable[[], object]) -> bool:
        try:
            act()
        except ThimbleError as error:
            self._context.navigation.report(self._context.toasts, error.problem)
            return False
        return True

    def set_file_tokens(self, tokens: int) -> None:
        """How many of the tokens are attached files."""
        self._file_tokens = tokens
        self._show_facts()

    def set_tokens(self, used: int, capacity: int) -> None:
        """Tokens of the shown conversation and of the context; 0 when unknown."""
        self._tokens = (used, capacity)
        self._show_facts()

    def flush(self) -> None:
        """Takes what was typed a moment ago."""
        for shown in self.rows.values():
            shown.control.flush()

    def _fact(self, name: str, value: QWidget) -> QHBoxLayout:
        words = label(self._context.theme, name, "small", "muted")
        value.setAccessibleDescription(name)
        return row(words, S1, value) if isinstance(value, ElidedLabel) else row(words, None, value)

    def _refresh(self) -> None:
        settings, model = self._context.settings, self._context.link.model_key
        for key, shown in self.rows.items():
            shown.show_value(settings.value(key, model=model, conversation=self._own), own=key in self._own)

    def _choose(self, key: str, value: Value) -> None:
        if value == self._context.settings.value(key, model=self._context.link.model_key):
            self._own.pop(key, None)
        else:
            self._own[key] = value
        self.rows[key].reset_button.setVisible(key in self._own)
        self.changed.emit(dict(self._own))

    def _reset(self, key: str) -> None:
        if self._own.pop(key, None) is not None:
            self._refresh()
            self.changed.emit(dict(self._own))

    def _on_setting(self, key: str) -> None:
        if key in self.rows:
            self._refresh()

    def _show_facts(self) -> None:
        model = self._context.link.status.model
        used, capacity = self._tokens
        capacity = model.context if model else capacity
        self.model.setText(model.name if model else self.tr("none loaded"))
        self.length.setText(self.tr("{0} tokens").format(figures.count(capacity)) if capacity else figures.UNKNOWN)
        text = self.tr("{0} tokens").format(figures.count(used))
        self.used.setText(text if capacity else figures.UNKNOWN)
        files = min(self._file_tokens, used)
        self.by_files.setText(self.tr("{0} tokens").format(figures.count(files)) if capacity else figures.UNKNOWN)
        free = self.tr("{0} tokens").format(figures.count(max(0, capacity - used)))
        self.free.setText(free if capacity else figures.UNKNOWN)
        role = "miss" if capacity and used > NEARLY_FULL * capacity else "compute"
        words = min(used, capacity) - min(files, capacity)
        parts = [Part(words, role, self.tr("Words: {0} tokens").format(figures.count(used - files)))]
        if files:
            parts.append(
                Part(min(files, capacity), "prefetched", self.tr("Files: {0} tokens").format(figures.count(files)))
            )
        self.meter.set_parts(parts, capacity)
