"""The window's frame: rail, list column, pages, thimble bar, shortcuts. Pages are built when first shown."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QRect, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QDragEnterEvent,
    QDragLeaveEvent,
    QDropEvent,
    QGuiApplication,
    QKeySequence,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from thimble.errors import Problem
from thimble.paths import is_model
from thimble.settings_table import BY_KEY
from thimble.ui import problem_texts
from thimble.ui.app_context import AppContext
from thimble.ui.places import Places
from thimble.ui.rail import Rail, RailItem
from thimble.ui.shortcuts import SHORTCUTS, Overlay, ShortcutsOverlay
from thimble.ui.switcher import Switcher
from thimble.ui.theme import LIST_WIDTH
from thimble.ui.theme.tokens import (
    LIST_MAXIMUM,
    LIST_MINIMUM,
    WINDOW_HEIGHT,
    WINDOW_MINIMUM_HEIGHT,
    WINDOW_MINIMUM_WIDTH,
    WINDOW_WIDTH,
)
from thimble.ui.thimble_bar import ThimbleBar
from thimble.ui.widgets.basic import line

log = logging.getLogger(__name__)

TEXT_SIZE: Final = "look.text_size"
TEXT_STEP: Final = 10
KEPT_VISIBLE_PX: Final = 80
"""A remembered place is used only when this much of the window would be on a screen."""


@dataclass(frozen=True, slots=True)
class PageSpec:
    """One page: its button on the rail, and how to build it.

    The built widget may have: `list_panel` (a widget for the list column), `focus_search()`, `stop()`,
    `new_chat()`, `open_conversation(id)`, `show_anchor(text)`, `add_file(path)`, `add_files(paths)`, `search_all()`,
    `focus_page()`, `prepare_close()`, `tells_of_engine()`, `toggle_split()`, `go_to_other()`.
    """

    item: RailItem
    build: Callable[[], QWidget]


class Ground(QWidget):
    """The window's central widget; tells when it was first painted."""

    painted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "ground")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._told = False

    def paintEvent(self, event: QPaintEvent) -> None:
        """Tells once, after the painting is done."""
        super().paintEvent(event)
        if not self._told:
            self._told = True
            QTimer.singleShot(0, self, self.painted.emit)


class MainWindow(QMainWindow):
    """The window.

    Args:
        context: the shared parts.
        pages: in the order of Ctrl+1…
        machine_memory: bytes of this computer, for the memory bar when there is no limit.

    Signals:
        first_paint: the window is on the screen, whole.
        closing: it is about to close; everything is saved.
    """

    first_paint = Signal()
    closing = Signal()

    def __init__(self, context: AppContext, pages: Sequence[PageSpec], machine_memory: int) -> None:
        super().__init__()
        self._context = context
        self._specs = {spec.item.id: spec for spec in pages}
        self._pages: dict[str, QWidget] = {}
        self._current = ""
        self._closed = False
        self._log_window: QWidget | None = None
        self._places = Places(context, self, pages)
        self.setWindowTitle("Thimble")
        self.setAccessibleName("Thimble")
        self.setMinimumSize(WINDOW_MINIMUM_WIDTH, WINDOW_MINIMUM_HEIGHT)
        self.setAcceptDrops(True)

        self.rail = Rail(context.theme, [spec.item for spec in pages])
        self.rail.chosen.connect(self.show_page)
        self.list_column = QStackedWidget()
        self.list_column.setProperty("kind", "sunken")
        self.list_column.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.list_column.setMinimumWidth(LIST_MINIMUM)
        self.list_column.setMaximumWidth(LIST_MAXIMUM)
        self.list_column.setAccessibleName(self.tr("List"))
        self.stack = QStackedWidget()
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setHandleWidth(1)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.list_column)
        self.splitter.addWidget(self.stack)
        self.splitter.setStretchFactor(0, 0)
        self.splitter.setStretchFactor(1, 1)
        self.splitter.splitterMoved.connect(lambda *_: self._remember_splitter())
        self.bar = ThimbleBar(context.theme, context.link, machine_memory)
        self.bar.clicked.connect(lambda: self.show_page("performance"))
        context.remotes.shown_changed.connect(self._show_remote)

        ground = Ground()
        ground.painted.connect(self.first_paint)
        above = QHBoxLayout()
        above.setContentsMargins(0, 0, 0, 0)
        above.setSpacing(0)
        above.addWidget(self.rail)
        above.addWidget(line(vertical=True))
        above.addWidget(self.splitter, 1)
        layout = QVBoxLayout(ground)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(above, 1)
        layout.addWidget(self.bar)
        self.setCentralWidget(ground)

        self.shortcuts_overlay: ShortcutsOverlay | None = None
        self.switcher: Switcher | None = None
        self.actions_by_id: dict[str, QAction] = {}
        self._install_shortcuts()
        context.toasts.attach(self)
        context.navigation.page_requested.connect(self.show_page)
        context.navigation.log_requested.connect(self.show_log)
        context.navigation.new_chat_requested.connect(self.new_chat)
        context.link.failed.connect(self._on_engine_problem)
        context.link.lost.connect(self._on_engine_lost)
        self._restore()

    # --- pages --------------------------------------------------------------------------------------------------

    @property
    def current_page(self) -> str:
        """Id of the page that is shown."""
        return self._current

    def page(self, page: str) -> QWidget:
        """The page's widget, built now if it was not yet."""
        if page not in self._pages:
            widget = self._specs[page].build()
            self._pages[page] = widget
            self.stack.addWidget(widget)
            panel = getattr(widget, "list_panel", None)
            if isinstance(panel, QWidget):
                self.list_column.addWidget(panel)
        return self._pages[page]

    def show_page(self, page: str, anchor: str = "") -> None:
        """Shows a page, scrolled to an anchor of it if one is named."""
        if page not in self._specs:
            return
        widget = self.page(page)
        self._current = page
        self.rail.set_current(page)
        self.stack.setCurrentWidget(widget)
        self._show_list()
        self._context.window_state.set("last_page", page)
        _call(widget, "show_anchor", anchor) if anchor else _call(widget, "focus_page")

    def new_chat(self) -> None:
        """Goes to the chat page and begins a conversation."""
        self.show_page("chat")
        _call(self.page("chat"), "new_chat")

    def new_temporary(self) -> None:
        """Goes to the chat page and begins a conversation that is stored nowhere."""
        self.show_page("chat")
        _call(self.page("chat"), "new_temporary")

    def open_conversation(self, conversation: int) -> None:
        """Goes to a conversation."""
        self.show_page("chat")
        _call(self.page("chat"), "open_conversation", conversation)

    def toggle_split(self) -> None:
        """Two chats side by side, or one."""
        self.show_page("chat")
        _call(self.page("chat"), "toggle_split")

    def toggle_list(self) -> None:
        """Shows or hides the list column."""
        state = self._context.window_state
        state.set("list_hidden", not state.get("list_hidden", False))
        self._show_list()

    def resize_text(self, step: int) -> None:
        """Chats in larger or smaller letters; 0 is the usual size."""
        setting, settings = BY_KEY[TEXT_SIZE], self._context.settings
        wanted = settings.integer(TEXT_SIZE) + step if step else int(setting.default)
        settings.set(TEXT_SIZE, max(int(setting.minimum), min(int(setting.maximum), wanted)))

    def show_log(self) -> None:
        """Opens the log's window, or brings it to the front."""
        if self._log_window is None:
            from thimble.ui.log_view import LogWindow

            self._log_window = LogWindow(self._context, self)
        self._log_window.show()
        self._log_window.raise_()
        self._log_window.activateWindow()

    def _show_list(self) -> None:
        panel = getattr(self._pages.get(self._current), "list_panel", None)
        hidden = self._context.window_state.get("list_hidden", False)
        if isinstance(panel, QWidget):
            self.list_column.setCurrentWidget(panel)
        self.list_column.setVisible(isinstance(panel, QWidget) and not hidden)

    # --- shortcuts ----------------------------------------------------------------------------------------------

    def _install_shortcuts(self) -> None:
        slots: dict[str, Callable[[], object]] = {
            "switcher": self.open_switcher,
            "settings": partial(self.show_page, "settings"),
            "new_chat": self.new_chat,
            "new_temporary": self.new_temporary,
            "split": self.toggle_split,
            "other": lambda: _call(self.page(self._current), "go_to_other"),
            "stop": self._stop,
            "search_all": self._search_all,
            "search": lambda: _call(self.page(self._current), "focus_search"),
            "list": self.toggle_list,
            "larger": partial(self.resize_text, TEXT_STEP),
            "smaller": partial(self.resize_text, -TEXT_STEP),
            "normal": partial(self.resize_text, 0),
            "undo": self._context.undo.undo,
            "log": self.show_log,
            "help": self.open_shortcuts,
            "quit": self.close,
        }
        for shortcut in SHORTCUTS:
            if not shortcut.id:
                continue
            kind, _, page = shortcut.id.partition(":")
            if kind == "page" and page not in self._specs:
                continue
            slot = partial(self.show_page, page) if kind == "page" else slots[shortcut.id]
            action = QAction(shortcut.title, self)
            action.setShortcut(QKeySequence(shortcut.keys))
            action.setShortcutContext(Qt.ShortcutContext.WindowShortcut)
            action.triggered.connect(lambda _checked=False, run=slot: run())
            self.addAction(action)
            self.actions_by_id[shortcut.id] = action

    def _search_all(self) -> None:
        self.show_page("chat")
        _call(self.page("chat"), "search_all")

    def open_switcher(self) -> None:
        """Ctrl+K."""
        if self.switcher is None:
            self.switcher = Switcher(self._context.theme, self)
        self._places.open(self.switcher)

    def open_shortcuts(self) -> None:
        """F1."""
        if self.shortcuts_overlay is None:
            self.shortcuts_overlay = ShortcutsOverlay(self._context.theme, self)
        self.shortcuts_overlay.open()

    def _overlays(self) -> list[Overlay]:
        return [o for o in (self.switcher, self.shortcuts_overlay) if o is not None and o.isVisible()]

    def _stop(self) -> None:
        for overlay in self._overlays():
            overlay.close_overlay()
            return
        _call(self.page(self._current), "stop")

    # --- the engine's problems ----------------------------------------------------------------------------------

    def _on_engine_problem(self, problem: Problem) -> None:
        self._context.navigation.report(self._context.toasts, problem)

    def _show_remote(self) -> None:
        shown = self._context.remotes.shown
        self.bar.show_remote(shown.connection.name if shown is not None else "")

    def _on_engine_lost(self, problem: Problem) -> None:
        if self._current == "chat" and _call(self.page("chat"), "tells_of_engine"):
            return
        self._context.toasts.show(
            problem_texts.sentence(problem), self.tr("Restart the engine"), self._context.link.restart, kind="problem"
        )

    # --- files dropped on the window ----------------------------------------------------------------------------

    def attach(self, files: Sequence[Path]) -> None:
        """Attaches files to the chat."""
        self.show_page("chat")
        _call(self.page("chat"), "add_files", list(files))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Takes GGUF files for the Models page, and others for the chat."""
        if _dropped_models(event):
            event.acceptProposedAction()
            _call(self._pages.get("models"), "set_drop", True)
        elif _dropped_files(event):
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent) -> None:
        """The files went elsewhere."""
        super().dragLeaveEvent(event)
        _call(self._pages.get("models"), "set_drop", False)

    def dropEvent(self, event: QDropEvent) -> None:
        """Adds models on the Models page, and attaches other files to the chat."""
        files = _dropped_models(event)
        if files:
            event.acceptProposedAction()
            self.show_page("models")
            for path in files:
                _call(self.page("models"), "add_file", path)
        elif others := _dropped_files(event):
            event.acceptProposedAction()
            self.attach(others)
        _call(self._pages.get("models"), "set_drop", False)

    # --- what is remembered -------------------------------------------------------------------------------------

    def _restore(self) -> None:
        state = self._context.window_state
        self.resize(WINDOW_WIDTH, WINDOW_HEIGHT)
        place = state.get("geometry", [])
        if len(place) == 4 and all(isinstance(n, int) for n in place):
            rect = QRect(*place)
            self.resize(rect.size())
            if _on_screen(rect):
                self.move(rect.topLeft())
        if state.get("maximised", False):
            self.setWindowState(Qt.WindowState.WindowMaximized)
        width = state.get("list_width", LIST_WIDTH)
        self.splitter.setSizes([width, max(1, self.width() - width)])
        last = state.get("last_page", "")
        self.show_page(last if last in self._specs else next(iter(self._specs)))

    def _remember_splitter(self) -> None:
        if self.list_column.isVisible():
            self._context.window_state.set("list_width", self.splitter.sizes()[0])

    def _remember_geometry(self) -> None:
        state = self._context.window_state
        state.set("maximised", self.isMaximized())
        if not self.isMaximized() and not self.isFullScreen():
            place = QRect(self.pos(), self.size())
            state.set("geometry", [place.x(), place.y(), place.width(), place.height()])

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Remembers the size; overlays keep covering the window."""
        super().resizeEvent(event)
        if self.isVisible():
            self._remember_geometry()
        for overlay in self._overlays():
            overlay.close_overlay()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Saves what is remembered, then closes."""
        if not self._closed:
            self._closed = True
            self._remember_geometry()
            if self._log_window is not None:
                self._log_window.close()
            for page in self._pages.values():
                _call(page, "prepare_close")
            self.closing.emit()
        super().closeEvent(event)


def _call(widget: QWidget | None, name: str, *arguments: object) -> object:
    """Calls a page's optional method; None when it has no such method."""
    method = getattr(widget, name, None)
    return method(*arguments) if callable(method) else None


def _dropped_models(event: QDropEvent) -> list[Path]:
    return [
        Path(url.toLocalFile())
        for url in event.mimeData().urls()
        if url.isLocalFile() and is_model(Path(url.toLocalFile()))
    ]


def _dropped_files(event: QDropEvent) -> list[Path]:
    paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in paths if not is_model(path) and path.exists()]


def _on_screen(rect: QRect) -> bool:
    return any(
        (shared := screen.availableGeometry().intersected(rect)).width() >= KEPT_VISIBLE_PX
        and shared.height() >= KEPT_VISIBLE_PX
        for screen in QGuiApplication.screens()
    )
