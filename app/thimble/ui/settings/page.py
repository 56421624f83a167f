"""The Settings page: one search field, short sections, every change acts at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from thimble.settings_table import SETTINGS, Scope
from thimble.ui.app_context import AppContext
from thimble.ui.settings.about import AboutSection
from thimble.ui.settings.controls import translated
from thimble.ui.settings.row import SettingRow
from thimble.ui.settings.token import TokenRow
from thimble.ui.theme import S1, S2, S3, S4, S_HALF
from thimble.ui.widgets.basic import Card, PageScroll, button, dress_search, label, line, page_title

SEARCH_WIDTH: Final = 260


class Section(QWidget):
    """A heading and its rows on one card."""

    def __init__(self, context: AppContext, title: str, rows: Sequence[QWidget]) -> None:
        super().__init__()
        self.rows = list(rows)
        self._lines: list[QWidget] = []
        heading = label(context.theme, title, "small", "muted")
        card = Card(title)
        inside = QVBoxLayout(card)
        inside.setContentsMargins(1, S_HALF, 1, S_HALF)
        inside.setSpacing(0)
        for number, shown in enumerate(rows):
            hair = line()
            hair.setVisible(number > 0)
            self._lines.append(hair)
            inside.addWidget(hair)
            inside.addWidget(shown)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(S1)
        layout.addWidget(heading)
        layout.addWidget(card)

    def filter(self, words: Sequence[str]) -> bool:
        """Shows the rows that contain all words and are of use; whether there are any."""
        shown = False
        for hair, item in zip(self._lines, self.rows, strict=True):
            match = getattr(item, "offered", True) and all(word in getattr(item, "words", "") for word in words)
            item.setVisible(match)
            hair.setVisible(match and shown)
            shown = shown or match
        self.setVisible(shown)
        return shown


class SettingsPage(QWidget):
    """All settings, and what Thimble is and where it keeps things."""

    def __init__(self, context: AppContext, machine_bytes: int) -> None:
        super().__init__()
        theme = context.theme
        self._context = context
        self._reload_needed: set[str] = set()
        self.setAccessibleName(self.tr("Settings"))
        self.search = QLineEdit()
        dress_search(theme, self.search, self.tr("Search settings"))
        self.search.setFixedWidth(SEARCH_WIDTH)
        self.search.textChanged.connect(self._filter)

        header = QHBoxLayout()
        header.setContentsMargins(0, S3, 0, 0)
        header.addWidget(page_title(theme, self.tr("Settings")))
        header.addStretch(1)
        header.addWidget(self.search)
        scroll = PageScroll(self.tr("Settings"))
        scroll.body.setSpacing(S3)
        scroll.body.addLayout(header)
        self._scroll = scroll

        self.reload_banner = Card(self.tr("Reload the model"))
        banner = QHBoxLayout(self.reload_banner)
        banner.setContentsMargins(S3 - S_HALF, S1 + 2, S2, S1 + 2)
        banner.addWidget(label(theme, self.tr("The loaded model still uses the former engine settings."), wrap=True), 1)
        self.reload_button = button(theme, self.tr("Reload the model to apply"), "primary", "ph.arrow-clockwise")
        self.reload_button.clicked.connect(self._reload)
        banner.addWidget(self.reload_button)
        self.reload_banner.hide()
        scroll.body.addWidget(self.reload_banner)

        self.rows: dict[str, SettingRow] = {}
        self.sections: list[Section] = []
        titles: dict[str, list[SettingRow]] = {}
        for setting in SETTINGS:
            if setting.scope is Scope.MODEL_ONLY:
                continue
            made = SettingRow(context, setting, machine_bytes)
            self.rows[setting.key] = made
            titles.setdefault(setting.section, []).append(made)
        self.token = TokenRow(context)
        for title, rows in titles.items():
            more = [self.token] if any(row.setting.key == "files.hub_endpoint" for row in rows) else []
            self.sections.append(Section(context, translated(title), [*rows, *more]))
        self.about = AboutSection(context)
        self.sections.append(Section(context, self.tr("This installation"), self.about.rows))
        for section in self.sections:
            scroll.body.addWidget(section)
        self.nothing = label(theme, self.tr("No setting has these words."), "body", "muted")
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.nothing.setContentsMargins(0, S4, 0, S4)
        self.nothing.hide()
        scroll.body.addWidget(self.nothing)
        scroll.body.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)

        self._filter("")
        self._unsubscribe = context.settings.subscribe(self._on_setting)
        self.destroyed.connect(self._unsubscribe)
        context.link.status_changed.connect(lambda _status: self._on_status())
        context.link.busy_changed.connect(self._on_busy)

    def focus_search(self) -> None:
        """Ctrl+F."""
        self.search.setFocus()
        self.search.selectAll()

    def focus_page(self) -> None:
        """The page was shown."""
        self.search.setFocus()

    def show_anchor(self, key: str) -> None:
        """Scrolls to a setting and puts the focus on it."""
        self.search.clear()
        found = self.rows.get(key)
        if found is not None:
            # After the layout has run: a page built a moment ago has no positions yet.
            QTimer.singleShot(0, found, lambda: self._reveal(found))

    def _reveal(self, row: SettingRow) -> None:
        self._scroll.ensureWidgetVisible(row, 0, S4)
        for child in row.control.findChildren(QWidget):
            if child.focusPolicy() & Qt.FocusPolicy.TabFocus and child.isEnabled() and child.isVisible():
                child.setFocus()
                return

    def hideEvent(self, event: QHideEvent) -> None:
        """Leaving the page takes what was typed a moment ago."""
        for shown in self.rows.values():
            shown.control.flush()
        super().hideEvent(event)

    def _filter(self, text: str) -> None:
        words = text.casefold().split()
        found = [section.filter(words) for section in self.sections]
        self.nothing.setVisible(not any(found))

    def _on_setting(self, key: str) -> None:
        shown = self.rows.get(key)
        if shown is None:
            return
        shown.refresh()
        if key == "look.language":
            shown.set_note(self.tr("Takes effect after a restart of Thimble."))
        if shown.setting.reload_model and self._context.link.status.model is not None:
            self._reload_needed.add(key)
        self._show_reload()

    def _on_status(self) -> None:
        self._show_reload()
        if any(row.offered == row.isHidden() for row in self.rows.values() if row.setting.needs_predictor):
            self._filter(self.search.text())

    def _on_busy(self) -> None:
        if self._context.link.loading_path:
            self._reload_needed.clear()
        self._show_reload()

    def _show_reload(self) -> None:
        self.reload_banner.setVisible(bool(self._reload_needed) and self._context.link.status.model is not None)

    def _reload(self) -> None:
        path = self._context.link.loaded_path
        self._reload_needed.clear()
        self._show_reload()
        if path:
            self._context.link.load(path)
