"""Every keyboard shortcut, once: the window installs them and F1 lists them from this table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QKeyEvent, QKeySequence, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from thimble.settings_table import QT_TRANSLATE_NOOP
from thimble.ui.theme import S1, S2, S3, S_HALF, Theme
from thimble.ui.widgets.basic import icon_button, label, row

_C: Final = "Shortcuts"
VEIL_ALPHA: Final = 110
SPLIT_KEYS: Final = "Ctrl+D"
ANSWER_KEYS: Final = "Ctrl+Shift+Return"
BOTH_KEYS: Final = "Alt+Return"


@dataclass(frozen=True, slots=True)
class Shortcut:
    """One shortcut.

    Attributes:
        id: what it does; the window connects by this name. "" when a page handles it itself.
        keys: portable key sequence ("Ctrl" is Command on a Mac).
        title: what the list says (English source text).
        group: heading in the list.
    """

    id: str
    keys: str
    title: str
    group: str


_GO = QT_TRANSLATE_NOOP("Shortcuts", "Go to")
_CHAT = QT_TRANSLATE_NOOP("Shortcuts", "Conversation")
_WINDOW = QT_TRANSLATE_NOOP("Shortcuts", "Window")

SHORTCUTS: Final[tuple[Shortcut, ...]] = (
    Shortcut("switcher", "Ctrl+K", QT_TRANSLATE_NOOP("Shortcuts", "Go to anything"), _GO),
    Shortcut("page:chat", "Ctrl+1", QT_TRANSLATE_NOOP("Shortcuts", "Chat"), _GO),
    Shortcut("page:models", "Ctrl+2", QT_TRANSLATE_NOOP("Shortcuts", "Models"), _GO),
    Shortcut("page:performance", "Ctrl+3", QT_TRANSLATE_NOOP("Shortcuts", "Performance"), _GO),
    Shortcut("page:settings", "Ctrl+4", QT_TRANSLATE_NOOP("Shortcuts", "Settings"), _GO),
    Shortcut("page:connections", "Ctrl+5", QT_TRANSLATE_NOOP("Shortcuts", "Connections"), _GO),
    Shortcut("page:programs", "Ctrl+6", QT_TRANSLATE_NOOP("Shortcuts", "Programs"), _GO),
    Shortcut("settings", "Ctrl+,", QT_TRANSLATE_NOOP("Shortcuts", "Settings"), _GO),
    Shortcut("new_chat", "Ctrl+N", QT_TRANSLATE_NOOP("Shortcuts", "New chat"), _CHAT),
    Shortcut("new_temporary", "Ctrl+Shift+N", QT_TRANSLATE_NOOP("Shortcuts", "Temporary chat"), _CHAT),
    Shortcut("", "Return", QT_TRANSLATE_NOOP("Shortcuts", "Send"), _CHAT),
    Shortcut("", "Ctrl+Return", QT_TRANSLATE_NOOP("Shortcuts", "Add, ask nothing"), _CHAT),
    Shortcut("", ANSWER_KEYS, QT_TRANSLATE_NOOP("Shortcuts", "Add as an answer"), _CHAT),
    Shortcut("", BOTH_KEYS, QT_TRANSLATE_NOOP("Shortcuts", "Ask both chats"), _CHAT),
    Shortcut("", "Shift+Return", QT_TRANSLATE_NOOP("Shortcuts", "New line"), _CHAT),
    Shortcut("stop", "Esc", QT_TRANSLATE_NOOP("Shortcuts", "Stop the answer"), _CHAT),
    Shortcut("", "Up", QT_TRANSLATE_NOOP("Shortcuts", "Edit last message"), _CHAT),
    Shortcut("search", "Ctrl+F", QT_TRANSLATE_NOOP("Shortcuts", "Find in this chat"), _CHAT),
    Shortcut("search_all", "Ctrl+Shift+F", QT_TRANSLATE_NOOP("Shortcuts", "Search all chats"), _CHAT),
    Shortcut("list", "Ctrl+B", QT_TRANSLATE_NOOP("Shortcuts", "Show or hide list"), _WINDOW),
    Shortcut("split", SPLIT_KEYS, QT_TRANSLATE_NOOP("Shortcuts", "Two chats, or one"), _WINDOW),
    Shortcut("other", "F6", QT_TRANSLATE_NOOP("Shortcuts", "To the other chat"), _WINDOW),
    Shortcut("larger", "Ctrl++", QT_TRANSLATE_NOOP("Shortcuts", "Larger text"), _WINDOW),
    Shortcut("smaller", "Ctrl+-", QT_TRANSLATE_NOOP("Shortcuts", "Smaller text"), _WINDOW),
    Shortcut("normal", "Ctrl+0", QT_TRANSLATE_NOOP("Shortcuts", "Text as usual"), _WINDOW),
    Shortcut("undo", "Ctrl+Shift+Z", QT_TRANSLATE_NOOP("Shortcuts", "Undo"), _WINDOW),
    Shortcut("log", "Ctrl+Shift+L", QT_TRANSLATE_NOOP("Shortcuts", "Show the log"), _WINDOW),
    Shortcut("help", "F1", QT_TRANSLATE_NOOP("Shortcuts", "Shortcuts"), _WINDOW),
    Shortcut("quit", "Ctrl+Q", QT_TRANSLATE_NOOP("Shortcuts", "Close Thimble"), _WINDOW),
)


def key_names(keys: str) -> list[str]:
    """The keys as this system writes them: ["Ctrl", "K"]."""
    text = QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)
    if text.endswith("+"):
        return [*text[:-2].split("+"), "+"]
    return text.split("+")


def with_keys(name: str, keys: str) -> str:
    """What a tooltip says of an action with a shortcut, as this system writes it: "New chat (Ctrl+N)"."""
    return f"{name} ({QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)})"


def listed(group: str) -> dict[str, list[str]]:
    """Titles of a group's shortcuts, and the keys of each."""
    found: dict[str, list[str]] = {}
    for shortcut in SHORTCUTS:
        if shortcut.group == group:
            found.setdefault(shortcut.title, []).append(shortcut.keys)
    return found


class Overlay(QWidget):
    """A veil over the window with one panel on it; Esc or a click beside the panel closes it."""

    def __init__(self, theme: Theme, window: QWidget, name: str) -> None:
        super().__init__(window)
        self._theme = theme
        self._over = window
        self.setAccessibleName(name)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.panel = QFrame(self)
        self.panel.setProperty("kind", "popup")
        self._focus_before: QWidget | None = None
        self.hide()

    def open(self) -> None:
        """Covers the window and takes the focus."""
        self._focus_before = self._over.focusWidget()
        self.setGeometry(self._over.rect())
        self.show()
        self.raise_()
        self.setFocus()

    def close_overlay(self) -> None:
        """Goes away and gives the focus back."""
        self.hide()
        if self._focus_before is not None:
            self._focus_before.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc closes."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_overlay()
        else:
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click beside the panel closes."""
        if not self.panel.geometry().contains(event.position().toPoint()):
            self.close_overlay()

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Tab stays on the overlay."""
        if not self.isVisible():
            return super().focusNextPrevChild(forward)
        inside = [w for w in self.panel.findChildren(QWidget) if w.focusPolicy() & Qt.FocusPolicy.TabFocus]
        shown = [w for w in inside if w.isVisible() and w.isEnabled()]
        if not shown:
            return True
        focus = self.focusWidget()
        now = shown.index(focus) if focus in shown else -1
        shown[(now + (1 if forward else -1)) % len(shown)].setFocus(Qt.FocusReason.TabFocusReason)
        return True

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Dims the window."""
        painter = QPainter(self)
        veil = self._theme.color("text" if not self._theme.is_dark else "sunken")
        veil.setAlpha(VEIL_ALPHA if not self._theme.is_dark else VEIL_ALPHA + 60)
        painter.fillRect(self.rect(), veil)
        painter.end()


class ShortcutsOverlay(Overlay):
    """F1: the list of shortcuts."""

    def __init__(self, theme: Theme, window: QWidget) -> None:
        super().__init__(theme, window, QCoreApplication.translate("Shortcuts", "Shortcuts"))
        close = icon_button(theme, "ph.x", self.tr("Close"))
        close.clicked.connect(self.close_overlay)
        title = label(theme, QCoreApplication.translate("Shortcuts", "Shortcuts"), "title")
        layout = QVBoxLayout(self.panel)
        layout.setContentsMargins(S3, S2, S2, S3)
        layout.setSpacing(S2)
        layout.addLayout(row(title, None, close))
        self._columns = QGridLayout()
        self._columns.setHorizontalSpacing(S3)
        layout.addLayout(self._columns)
        self._grids: list[QGridLayout] = []
        self._parts: list[QVBoxLayout] = []
        self._groups: list[QWidget] = []
        for group in (_GO, _CHAT, _WINDOW):
            widget = QWidget(self.panel)  # or it would be hidden, and count for nothing, when the panel is measured
            self._groups.append(widget)
            part = QVBoxLayout(widget)
            part.setContentsMargins(0, 0, 0, 0)
            self._parts.append(part)
            part.addWidget(label(theme, QCoreApplication.translate(_C, group), "small", "muted"))
            grid = QGridLayout()
            self._grids.append(grid)
            grid.setHorizontalSpacing(S1)
            grid.setVerticalSpacing(S1)
            grid.setColumnStretch(0, 1)
            for number, (name, sequences) in enumerate(listed(group).items()):
                grid.addWidget(label(theme, QCoreApplication.translate(_C, name)), number, 0)
                keys = row(None, spacing=S_HALF)
                for place, sequence in enumerate(sequences):
                    if place:
                        keys.addSpacing(S1)
                    for key in key_names(sequence):
                        keys.addWidget(label(theme, key, "small", "key"))
                grid.addLayout(keys, number, 1)
            part.addLayout(grid)
            part.addStretch(1)

    def open(self) -> None:
        """Shows the list in the middle of the window."""
        super().open()
        self._arrange(columns=3)
        if self.panel.sizeHint().width() > self.width() - S2:  # a small window, or a language of long words
            self._arrange(columns=2)
        self.panel.resize(self.panel.sizeHint())
        self.panel.move((self.width() - self.panel.width()) // 2, max(S1, (self.height() - self.panel.height()) // 3))

    def _arrange(self, columns: int) -> None:
        """Three groups beside each other, or the last one under the first."""
        go, chat, window = self._groups
        for group in self._groups:
            self._columns.removeWidget(group)
        self._columns.addWidget(go, 0, 0)
        wide = columns == 3
        if wide:
            self._columns.addWidget(chat, 0, 1)
            self._columns.addWidget(window, 0, 2)
        else:
            self._columns.addWidget(window, 1, 0)
            self._columns.addWidget(chat, 0, 1, 2, 1)
        self._columns.setVerticalSpacing(S1)
        for grid, part in zip(self._grids, self._parts, strict=True):  # under each other there are many lines
            grid.setVerticalSpacing(S1 if wide else S_HALF)
            part.setSpacing(S2 if wide else S1)
        inner = self.panel.layout()
        if inner is not None:
            inner.setSpacing(S2 if wide else S1)
            inner.setContentsMargins(S3, S2 if wide else S1, S2, S3 if wide else S2)
        # without this the panel's hint is the former arrangement's until the next event
        for layout in (*self._grids, *self._parts, self._columns, inner):
            if layout is not None:
                layout.invalidate()
        if inner is not None:
            inner.activate()
