"""The list column of the chat page: search, the chats by date, and a button for a new one."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QContextMenuEvent, QHideEvent, QKeyEvent, QMouseEvent, QShowEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QLineEdit,
    QListView,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from thimble.errors import ThimbleError
from thimble.ui.chat.chat_delegate import ChatDelegate
from thimble.ui.chat.chat_rows import Age, ChatRows, Row, dated_rows, found_rows
from thimble.ui.shortcuts import with_keys
from thimble.ui.theme import S1, S2, S_HALF
from thimble.ui.throttle import Debounce
from thimble.ui.widgets.basic import button, label

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from thimble.conversations import Conversation, SearchHit
    from thimble.errors import Problem
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.actions import ChatActions
    from thimble.ui.jobs import JobHandle

SEARCH_MS: Final = 150
LOOK_MS: Final = 2500
"""How often the visible list looks whether another window has written."""
SCROLL_KEY: Final = "chat.list_scroll"


class SearchField(QLineEdit):
    """The search field; Esc empties it, Down goes to the list.

    Signals:
        left: the person wants to go to the list.
        confirmed: Enter.
        escaped: Esc in the empty field.
    """

    left = Signal()
    confirmed = Signal()
    escaped = Signal()

    def event(self, event: QEvent) -> bool:
        """Keeps Esc from the window while the field has words."""
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if event.type() == QEvent.Type.ShortcutOverride and is_escape and self.text():
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc, Down and Enter."""
        match event.key():
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case Qt.Key.Key_Escape:
                self.escaped.emit()
            case Qt.Key.Key_Down:
                self.left.emit()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self.confirmed.emit()
            case _:
                super().keyPressEvent(event)


class ChatListView(QListView):
    """The rows; the keyboard walks, opens, renames and deletes.

    Signals:
        chosen: the row at this index is to be opened.
        menu_wanted: (index, global position).
        delete_wanted: index.
        left: Up in the first row.
    """

    chosen = Signal(QModelIndex)
    menu_wanted = Signal(QModelIndex, QPoint)
    delete_wanted = Signal(QModelIndex)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setMouseTracking(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setResizeMode(QListView.ResizeMode.Adjust)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter opens, F2 renames, Del deletes, Up in the first row goes to the search field."""
        index = self.currentIndex()
        before = index.row()
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if index.isValid():
                self.chosen.emit(index)
            case Qt.Key.Key_F2 if index.isValid():
                self.edit(index)
            case Qt.Key.Key_Delete if index.isValid():
                self.delete_wanted.emit(index)
            case Qt.Key.Key_Menu if index.isValid():
                self.menu_wanted.emit(index, self.viewport().mapToGlobal(self.visualRect(index).center()))
            case Qt.Key.Key_Escape:
                event.ignore()
            case Qt.Key.Key_Up:
                super().keyPressEvent(event)
                if self.currentIndex().row() == before:
                    self.left.emit()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A click opens; one on the dots opens the menu."""
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.flags() & Qt.ItemFlag.ItemIsEnabled:
            super().mousePressEvent(event)
            return
        self.setCurrentIndex(index)
        dots = ChatDelegate.more_rect(self.visualRect(index))
        if dots.contains(event.position().toPoint()):
            self.menu_wanted.emit(index, self.viewport().mapToGlobal(dots.bottomLeft()))
        else:
            self.chosen.emit(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of the row under the pointer."""
        index = self.indexAt(event.pos())
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.menu_wanted.emit(index, event.globalPos())


class ChatListPanel(QWidget):
    """Search field, list, and "New chat".

    Args:
        context: the window's shared parts.
        actions: what can be done with a conversation.

    Signals:
        chosen: (conversation id, message id or 0): the person wants to see it.
        new_wanted: a new chat.
        left: Esc: the person wants to go on writing.
        loaded: the set of ids of all conversations, as just read.
    """

    chosen = Signal(int, int)
    new_wanted = Signal()
    left = Signal()
    loaded = Signal(object)

    def __init__(self, context: AppContext, actions: ChatActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = context.theme
        self._context = context
        self._actions = actions
        self._conversations: Sequence[Conversation] = ()
        self._read = False
        self._loading = self._again = False
        self._day = datetime.now().astimezone().date()
        self._token: int | None = None
        self._search_job: JobHandle | None = None
        self._open_first = False
        self.setAccessibleName(self.tr("Chats"))

        self.search = SearchField()
        self.search.setPlaceholderText(self.tr("Search chats"))
        self.search.setAccessibleName(self.tr("Search chats"))
        self.search.setClearButtonEnabled(True)
        self.search.addAction(theme.icon("ph.magnifying-glass"), QLineEdit.ActionPosition.LeadingPosition)
        self.rows = ChatRows(self)
        self.delegate = ChatDelegate(theme, self)
        self.view = ChatListView()
        self.view.setModel(self.rows)
        self.view.setItemDelegate(self.delegate)
        self.view.setAccessibleName(self.tr("Chats"))
        self.hint = label(theme, "", "small", "muted", wrap=True)
        self.hint.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.hint.setContentsMargins(S2 + S_HALF, S2, S2, S2)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.view)
        self._stack.addWidget(self.hint)
        self.new_button = button(theme, self.tr("New chat"), "", "ph.plus")
        self.new_button.setToolTip(with_keys(self.tr("New chat"), "Ctrl+N"))
        self.new_button.setSizePolicy(
            self.new_button.sizePolicy().Policy.Expanding, self.new_button.sizePolicy().Policy.Fixed
        )

        top, foot = QVBoxLayout(), QVBoxLayout()
        top.setContentsMargins(S1 + S_HALF, S1 + S_HALF, S1 + S_HALF, S_HALF)
        top.addWidget(self.search)
        foot.setContentsMargins(S1 + S_HALF, S1, S1 + S_HALF, S1 + S_HALF)
        foot.addWidget(self.new_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self._stack, 1)
        layout.addLayout(foot)

        self._search_soon = Debounce(SEARCH_MS, self._search, self)
        self._looker = QTimer(self)
        self._looker.setInterval(LOOK_MS)
        self._looker.timeout.connect(self.look)
        self.search.textChanged.connect(self._on_words)
        self.search.left.connect(self._enter_list)
        self.search.confirmed.connect(self._confirm)
        self.search.escaped.connect(self.left)
        self.view.left.connect(self.focus_search)
        self.view.chosen.connect(self._choose)
        self.view.menu_wanted.connect(self.open_menu)
        self.view.delete_wanted.connect(lambda index: self._with(index, actions.delete))
        self.view.verticalScrollBar().valueChanged.connect(self._remember_scroll)
        self.rows.renamed.connect(actions.rename)
        self.delegate.edited.connect(self._on_edited)
        self.new_button.clicked.connect(self.new_wanted)
        actions.changed.connect(self.reload)
        theme.changed.connect(self.view.viewport().update)

    # --- what the page calls ------------------------------------------------------------------------------------

    def focus_search(self) -> None:
        """Ctrl+F."""
        self.search.setFocus()
        self.search.selectAll()

    def set_open(self, conversation_id: int) -> None:
        """Highlights the conversation that is shown; 0 for none."""
        if conversation_id != self.delegate.open_id:
            self.delegate.open_id = conversation_id
            self._make_current()
            self.view.viewport().update()

    def reload(self) -> None:
        """Reads the list again, in a job; one at a time."""
        if self._loading:
            self._again = True
            return
        self._loading = True
        store = self._context.store

        def read(_handle: JobHandle) -> list[Conversation]:
            return store.conversations()

        self._context.jobs.run(read, done=self._take, failed=self._on_failed, name="list conversations")

    def look(self) -> None:
        """Reads the list again if another window has written, or a day has begun."""
        today = datetime.now().astimezone().date()
        try:
            token = self._context.store.change_token()
        except ThimbleError:
            return
        if today != self._day or (self._token is not None and token != self._token):
            self.reload()
        self._day, self._token = today, token

    @property
    def searching(self) -> bool:
        """Whether what was typed is still being looked for."""
        return self._search_soon.pending or self._search_job is not None

    @property
    def looks(self) -> bool:
        """Whether it looks for what other windows write."""
        return self._looker.isActive()

    # --- rows ---------------------------------------------------------------------------------------------------

    def _take(self, conversations: list[Conversation]) -> None:
        self._loading = False
        first, self._read = not self._read, True
        if self._again:
            self._again = False
            self.reload()
        self._conversations = conversations
        if self.delegate.editing:
            return  # `_on_edited` comes back to it
        if self.search.text().strip():
            self._search()
        else:
            self._show(self._dated(), self.tr("Your chats will be listed here."))
        if first:
            self.view.verticalScrollBar().setValue(self._context.window_state.get(SCROLL_KEY, 0))
        self.loaded.emit({conversation.id for conversation in conversations})

    def _on_failed(self, problem: Problem) -> None:
        self._loading = self._again = False
        if not self.rows.rowCount():
            self.hint.setText(str(problem))
            self._stack.setCurrentWidget(self.hint)

    def _dated(self) -> list[Row]:
        names = {
            Age.TODAY: self.tr("Today"),
            Age.YESTERDAY: self.tr("Yesterday"),
            Age.WEEK: self.tr("Previous 7 days"),
            Age.OLDER: self.tr("Older"),
        }
        return dated_rows(self._conversations, self._day, names.__getitem__, self.tr("New chat"))

    def _show(self, rows: Sequence[Row], nothing: str) -> None:
        bar = self.view.verticalScrollBar()
        scroll = bar.value()
        self.rows.set_rows(rows)
        self.hint.setText("" if rows else nothing)
        self._stack.setCurrentWidget(self.view if rows else self.hint)
        self._make_current()
        self.view.doItemsLayout()  # now, not later: the scroll bar needs its range
        bar.setValue(scroll)

    def _make_current(self) -> None:
        """The keyboard starts at the open conversation."""
        place = self.rows.place_of(self.delegate.open_id) if self.delegate.open_id else -1
        if place >= 0 and not self.view.hasFocus():
            scroll = self.view.verticalScrollBar().value()
            self.view.setCurrentIndex(self.rows.index(place, 0))
            self.view.verticalScrollBar().setValue(scroll)

    def _on_edited(self) -> None:
        self.view.setFocus()
        QTimer.singleShot(0, self, self.reload)  # after the view has let go of the editor

    # --- search -------------------------------------------------------------------------------------------------

    def _on_words(self, text: str) -> None:
        if text.strip():
            self._search_soon()
            return
        self._search_soon.cancel()
        self._open_first = False
        if self._search_job is not None:
            self._search_job.cancel()
        self._show(self._dated(), self.tr("Your chats will be listed here."))

    def _search(self) -> None:
        if self._search_job is not None:
            self._search_job.cancel()
        store, words = self._context.store, self.search.text()

        def find(_handle: JobHandle) -> list[SearchHit]:
            return store.search(words)

        self._search_job = self._context.jobs.run(
            find, done=self._take_hits, failed=self._on_failed, name="search conversations"
        )

    def _take_hits(self, hits: list[SearchHit]) -> None:
        self._search_job = None
        if not self.search.text().strip() or self.delegate.editing:
            return
        rows = found_rows(hits, self.tr("New chat"))
        heading = self.tr("1 chat found") if len(rows) == 1 else self.tr("{0} chats found").format(len(rows))
        self._show([Row(heading), *rows] if rows else [], self.tr("No chat has these words."))
        self.view.verticalScrollBar().setValue(0)
        if self._open_first and rows:
            self._choose(self.rows.index(1, 0))
        self._open_first = False

    # --- what the person does -----------------------------------------------------------------------------------

    def open_menu(self, index: QModelIndex, place: QPoint) -> None:
        """The menu of a row."""
        row = self.rows.row(index.row())
        if row is not None and not row.is_section:
            self.view.setCurrentIndex(index)
            menu = self._actions.menu(self, row.conversation_id, lambda: self.rename(row.conversation_id))
            menu.popup(place)

    def rename(self, conversation_id: int) -> None:
        """Edits a title in its row."""
        place = self.rows.place_of(conversation_id)
        if place >= 0:
            self.view.setFocus()
            self.view.setCurrentIndex(self.rows.index(place, 0))
            self.view.edit(self.rows.index(place, 0))

    def _with(self, index: QModelIndex, act: Callable[[int], None]) -> None:
        row = self.rows.row(index.row())
        if row is not None and not row.is_section:
            act(row.conversation_id)

    def _choose(self, index: QModelIndex) -> None:
        row = self.rows.row(index.row())
        if row is not None and not row.is_section:
            self.chosen.emit(row.conversation_id, row.message_id or 0)

    def _enter_list(self) -> None:
        if self.rows.first() >= 0:
            if not self.view.currentIndex().isValid() or self.search.text().strip():
                self.view.setCurrentIndex(self.rows.index(self.rows.first(), 0))
            self.view.setFocus()

    def _confirm(self) -> None:
        """Opens what was found first, also when it is still being looked for."""
        if not self.search.text().strip():
            return
        if self.searching:
            self._open_first = True
            self._search_soon.flush()
        elif self.rows.first() >= 0:
            self._choose(self.rows.index(self.rows.first(), 0))

    def _remember_scroll(self, value: int) -> None:
        if self._read and not self.search.text().strip():
            self._context.window_state.set(SCROLL_KEY, value)

    # --- life ---------------------------------------------------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Reads after the first paint; looks for other windows' writing while it can be seen."""
        super().showEvent(event)
        self._looker.start()
        QTimer.singleShot(0, self, self.reload)

    def hideEvent(self, event: QHideEvent) -> None:
        """Looks no more."""
        super().hideEvent(event)
        self._looker.stop()
