"""The list column of the chat page: search, pinned chats, folders, the others by date, the trash."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QDrag, QHideEvent, QShowEvent
from PySide6.QtWidgets import (
    QMenu,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from thimble.errors import ThimbleError
from thimble.ui import problem_texts
from thimble.ui.chat.chat_delegate import ChatDelegate
from thimble.ui.chat.chat_list_view import ChatListView, SearchField
from thimble.ui.chat.chat_rows import Age, ChatRows, Row, found_rows, listed_rows
from thimble.ui.chat.drop_mark import mime_of_chat
from thimble.ui.chat.menus import made_menu
from thimble.ui.shortcuts import with_keys
from thimble.ui.theme import ICON_LARGE, ROW_HEIGHT, S1, S2, S_HALF
from thimble.ui.throttle import Debounce
from thimble.ui.widgets.basic import button, dress_search, icon_button, label, row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from thimble.conversations import Conversation, Folder, SearchHit
    from thimble.errors import Problem
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.actions import ChatActions
    from thimble.ui.jobs import JobHandle

    _Lists = tuple[list[Conversation], list[Folder], list[Conversation]]

SEARCH_MS: Final = 150
LOOK_MS: Final = 2500
"""How often the visible list looks whether another window has written."""
SCROLL_KEY: Final = "chat.list_scroll"
FOLDED_KEY: Final = "chat.folded"


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
        temporary_wanted: a chat that is stored nowhere.
    """

    chosen = Signal(int, int)
    new_wanted = Signal()
    left = Signal()
    loaded = Signal(object)
    temporary_wanted = Signal()

    def __init__(self, context: AppContext, actions: ChatActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = context.theme
        self._context = context
        self._actions = actions
        self._conversations: Sequence[Conversation] = ()
        self._folders: Sequence[Folder] = ()
        self._trashed: Sequence[Conversation] = ()
        self._in_trash = False
        self._edit_folder = 0
        self._read = False
        self._loading = self._again = False
        self._day = datetime.now().astimezone().date()
        self._token: int | None = None
        self._search_job: JobHandle | None = None
        self._open_first = False
        self.setAccessibleName(self.tr("Chats"))

        self.search = SearchField()
        dress_search(theme, self.search, self.tr("Search chats"))
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
        self.back_button = button(theme, self.tr("Back to chats"), "", "ph.arrow-left")
        self.back_button.setSizePolicy(self.new_button.sizePolicy())
        self.back_button.hide()
        self.more = icon_button(theme, "ph.dots-three-bold", self.tr("More for chats"))
        self.more.setFixedSize(ROW_HEIGHT, ROW_HEIGHT)
        below = row(self.new_button, self.back_button, self.more, spacing=S_HALF)
        foot.addLayout(below)
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
        self.view.delete_wanted.connect(self._delete)
        self.view.dragged.connect(self._drag)
        self.view.verticalScrollBar().valueChanged.connect(self._remember_scroll)
        self.view.folded.connect(self._fold)
        self.rows.renamed.connect(actions.rename)
        self.rows.folder_renamed.connect(actions.rename_folder)
        self.more.clicked.connect(self.open_more)
        self.back_button.clicked.connect(lambda: self.show_trash(False))
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

        def read(_handle: JobHandle) -> _Lists:
            return store.conversations(), store.folders(), store.trash()

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

    def _take(self, lists: _Lists) -> None:
        conversations, self._folders, self._trashed = lists
        self._loading = False
        first, self._read = not self._read, True
        if self._again:
            self._again = False
            self.reload()
        self._conversations = conversations
        if self.delegate.editing:
            return  # `_on_edited` comes back to it
        if self.search.text().strip() and not self._in_trash:
            self._search()
        else:
            self._show_all()
        if first:
            self.view.verticalScrollBar().setValue(self._context.window_state.get(SCROLL_KEY, 0))
        self.loaded.emit({conversation.id for conversation in conversations})
        place = self.rows.place_of_folder(self._edit_folder) if self._edit_folder else -1
        self._edit_folder = 0
        if place >= 0:
            self._edit(place)

    def _show_all(self) -> None:
        if self._in_trash:
            heading = self.tr("Trash: kept for 30 days")
            rows = [Row(c.title or self.tr("New chat"), c.id) for c in self._trashed]
            self._show([Row(heading), *rows] if rows else [], self.tr("The trash is empty."))
        else:
            self._show(self._listed(), self.tr("Your chats will be listed here."))

    def _on_failed(self, problem: Problem) -> None:
        self._loading = self._again = False
        if not self.rows.rowCount():
            self.hint.setText(problem_texts.words(problem))
            self._stack.setCurrentWidget(self.hint)

    def _listed(self) -> list[Row]:
        names = {
            Age.TODAY: self.tr("Today"),
            Age.YESTERDAY: self.tr("Yesterday"),
            Age.WEEK: self.tr("Previous 7 days"),
            Age.OLDER: self.tr("Older"),
        }
        temporary = self._actions.temporary
        top = (
            [Row(self.tr("Temporary, stored nowhere")), Row(temporary.title or self.tr("New chat"), temporary.id)]
            if temporary is not None
            else []
        )
        return top + listed_rows(
            self._conversations,
            self._folders,
            self._folded(),
            self._day,
            names.__getitem__,
            untitled=self.tr("New chat"),
            pinned=self.tr("Pinned"),
        )

    def _folded(self) -> set[int]:
        known = self._context.window_state.get(FOLDED_KEY, [])
        return {n for n in known if isinstance(n, int)}

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
            self._leave_trash()
            self._search_soon()
            return
        self._search_soon.cancel()
        self._open_first = False
        if self._search_job is not None:
            self._search_job.cancel()
        self._show_all()

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
        if row is None or (row.is_section and not row.is_folder):
            return
        self.view.setCurrentIndex(index)
        self.menu_of(row).popup(place)

    def menu_of(self, row: Row) -> QMenu:
        """The menu of a folder, of a chat in the trash, or of any other chat."""
        if row.is_folder:
            return self._actions.folder_menu(
                self, row.folder_id, lambda: self._edit(self.rows.place_of_folder(row.folder_id))
            )
        if self._in_trash:
            return self._actions.trash_menu(self, row.conversation_id)
        beside = row.conversation_id != self.delegate.open_id
        rename = partial(self.rename, row.conversation_id)
        return self._actions.menu(self, row.conversation_id, rename, self._folders, beside=beside)

    def open_more(self) -> None:
        """The menu beside "New chat"."""
        menu = self.more_menu()
        menu.popup(self.more.mapToGlobal(QPoint(0, -menu.sizeHint().height())))

    def more_menu(self) -> QMenu:
        """What can be done with all chats."""
        entries = [
            ("ph.eye-slash", self.tr("New temporary chat"), self.temporary_wanted.emit),
            ("ph.folder-plus", self.tr("New folder"), self.new_folder),
            ("", "", None),
            ("ph.download-simple", self.tr("Import chats…"), self._actions.choose_import),
            ("ph.upload-simple", self.tr("Export all chats…"), self._actions.choose_export_all),
            ("", "", None),
            ("ph.trash", self.tr("Trash"), lambda: self.show_trash(True)),
        ]
        if self._in_trash:
            entries = [("ph.trash", self.tr("Empty the trash"), self._empty_trash)]
        return made_menu(self._context.theme, self, self.tr("More for chats"), entries)

    def new_folder(self) -> None:
        """Makes a folder and lets the person name it."""
        folder = self._actions.new_folder(self.tr("New folder"))
        if folder is not None:
            self._edit_folder = folder.id
            self.search.clear()
            self.reload()

    def show_trash(self, shown: bool) -> None:
        """Shows the deleted chats, or the others again."""
        self._in_trash = shown
        self.back_button.setVisible(shown)
        self.new_button.setVisible(not shown)
        if shown:
            self.search.clear()
        self.reload()
        self._show_all()

    def _leave_trash(self) -> None:
        if self._in_trash:
            self._in_trash = False
            self.back_button.hide()
            self.new_button.show()

    def _empty_trash(self) -> None:
        self._actions.empty_trash([conversation.id for conversation in self._trashed])

    def rename(self, conversation_id: int) -> None:
        """Edits a title in its row."""
        place = self.rows.place_of(conversation_id)
        if place >= 0:
            self._edit(place)

    def _edit(self, place: int) -> None:
        self.view.setFocus()
        self.view.setCurrentIndex(self.rows.index(place, 0))
        self.view.edit(self.rows.index(place, 0))

    def _drag(self, index: QModelIndex) -> None:
        """A chat is dragged: to be shown where it is dropped."""
        row = self.rows.row(index.row())
        if row is None or row.is_section or self._in_trash:
            return
        drag = QDrag(self.view)
        drag.setMimeData(mime_of_chat(row.conversation_id))
        drag.setPixmap(self._context.theme.icon("ph.chat-circle", "accent").pixmap(ICON_LARGE, ICON_LARGE))
        drag.exec(Qt.DropAction.CopyAction)

    def _delete(self, index: QModelIndex) -> None:
        row = self.rows.row(index.row())
        if row is None:
            return
        if row.is_folder:
            self._actions.remove_folder(row.folder_id)
        elif not row.is_section and not self._in_trash:
            self._actions.delete(row.conversation_id)

    def _fold(self, index: QModelIndex, folded: bool) -> None:
        row = self.rows.row(index.row())
        if row is None or not row.is_folder:
            return
        now = self._folded() - {row.folder_id} | ({row.folder_id} if folded else set())
        self._context.window_state.set(FOLDED_KEY, sorted(now))
        self._show_all()
        self.view.setCurrentIndex(self.rows.index(self.rows.place_of_folder(row.folder_id), 0))

    def _choose(self, index: QModelIndex) -> None:
        row = self.rows.row(index.row())
        if row is None:
            return
        if row.is_folder:
            self._fold(index, not row.folded)
        elif self._in_trash and not row.is_section:
            self.open_menu(index, self.view.viewport().mapToGlobal(self.view.visualRect(index).center()))
        elif not row.is_section:
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
