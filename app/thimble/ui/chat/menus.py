"""Menus with icons that delete themselves when they close."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu, QWidget

from thimble.ui.theme import Theme

Entry = tuple[str, str, Callable[[], object] | None]
"""(icon, text, what it does); without a text it is a line."""


def made_menu(theme: Theme, parent: QWidget, name: str, entries: Sequence[Entry]) -> QMenu:
    """A menu of these entries."""
    menu = QMenu(parent)
    menu.setAccessibleName(name)
    menu.aboutToHide.connect(menu.deleteLater)
    fill(theme, menu, entries)
    return menu


def fill(theme: Theme, menu: QMenu, entries: Sequence[Entry]) -> None:
    """Adds entries to a menu."""
    for icon, text, act in entries:
        if act is None:
            menu.addSeparator()
        else:
            add(theme, menu, icon, text, act)


def add(theme: Theme, menu: QMenu, icon: str, text: str, act: Callable[[], object], keys: str = "") -> QAction:
    """One more entry; keys are told, not installed: they belong to the list, which has the focus when it means this."""
    action = QAction(theme.icon(icon), text, menu) if icon else QAction(text, menu)
    if keys:
        action.setShortcut(QKeySequence(keys))
        action.setShortcutVisibleInContextMenu(True)
    action.triggered.connect(lambda _checked=False: act())
    menu.addAction(action)
    return action
