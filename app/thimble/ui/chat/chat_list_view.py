"""The two widgets of the list column that the keyboard walks through: the search field and the rows."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QAbstractItemView, QApplication, QFrame, QLineEdit, QListView

from thimble.ui.chat.chat_delegate import ChatDelegate


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
        dragged: the row at this index is dragged.
        folded: (index, whether it is to be folded or opened): Left or Right on a folder.
    """

    folded = Signal(QModelIndex, bool)
    chosen = Signal(QModelIndex)
    menu_wanted = Signal(QModelIndex, QPoint)
    delete_wanted = Signal(QModelIndex)
    left = Signal()
    dragged = Signal(QModelIndex)

    def __init__(self) -> None:
        super().__init__()
        self._pressed_at: QPoint | None = None
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
        if self.state() == QAbstractItemView.State.EditingState:
            return  # what the field of a title let through is not meant for the row under it
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if index.isValid():
                self.chosen.emit(index)
            case Qt.Key.Key_F2 if index.isValid():
                self.edit(index)
            case Qt.Key.Key_Delete if index.isValid():
                self.delete_wanted.emit(index)
            case Qt.Key.Key_Menu if index.isValid():
                self.menu_wanted.emit(index, self.viewport().mapToGlobal(self.visualRect(index).center()))
            case Qt.Key.Key_Left | Qt.Key.Key_Right if index.isValid():
                self.folded.emit(index, event.key() == Qt.Key.Key_Left)
            case Qt.Key.Key_Escape:
                event.ignore()
            case Qt.Key.Key_Up:
                super().keyPressEvent(event)
                if self.currentIndex().row() == before:
                    self.left.emit()
            case _:
                super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """One on the dots opens the menu."""
        index = self.indexAt(event.position().toPoint())
        if event.button() != Qt.MouseButton.LeftButton or not index.flags() & Qt.ItemFlag.ItemIsEnabled:
            super().mousePressEvent(event)
            return
        self.setCurrentIndex(index)
        dots = ChatDelegate.more_rect(self.visualRect(index))
        if dots.contains(event.position().toPoint()):
            self.menu_wanted.emit(index, self.viewport().mapToGlobal(dots.bottomLeft()))
        else:
            self._pressed_at = event.position().toPoint()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """A row that is moved while the button is down is dragged."""
        at = event.position().toPoint()
        start = self._pressed_at
        if start is None or not event.buttons() & Qt.MouseButton.LeftButton:
            super().mouseMoveEvent(event)
        elif (at - start).manhattanLength() >= QApplication.startDragDistance():
            self._pressed_at = None
            self.dragged.emit(self.indexAt(start))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click opens."""
        start, self._pressed_at = self._pressed_at, None
        index = self.indexAt(event.position().toPoint())
        if start is None:
            super().mouseReleaseEvent(event)
        elif index.isValid() and index == self.indexAt(start):
            self.chosen.emit(index)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu of the row under the pointer."""
        index = self.indexAt(event.pos())
        if index.flags() & Qt.ItemFlag.ItemIsEnabled:
            self.menu_wanted.emit(index, event.globalPos())
