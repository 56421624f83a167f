"""The row above the conversation: its title, which can be edited in place, and a few quiet buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QStackedWidget, QWidget

from thimble.conversations import is_in_memory
from thimble.ui.shortcuts import SPLIT_KEYS, with_keys
from thimble.ui.theme import ICON_LARGE, S1, S2, S3, S_HALF
from thimble.ui.visible import tip
from thimble.ui.widgets.basic import ElidedLabel, button, icon_button, set_tone

if TYPE_CHECKING:
    from thimble.conversations import Conversation
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.actions import ChatActions
    from thimble.ui.remote_models import RemoteChoice

HEIGHT: Final = 48
LONGEST_NAME: Final = 24
EDIT_WIDTH: Final = 420
MARK: Final = 2


class TitleField(QLineEdit):
    """The title while it is edited.

    Signals:
        done: the editing is over; True when the text is to be kept.
    """

    done = Signal(bool)

    def event(self, event: QEvent) -> bool:
        """Esc is ours, not the window's."""
        is_escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        if event.type() == QEvent.Type.ShortcutOverride and is_escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter keeps, Esc drops."""
        if event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.done.emit(True)
        elif event.key() == Qt.Key.Key_Escape:
            self.done.emit(False)
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Whoever goes on elsewhere keeps what was typed."""
        super().focusOutEvent(event)
        if event.reason() != Qt.FocusReason.PopupFocusReason:
            self.done.emit(True)


class TitleLabel(ElidedLabel):
    """The title as it is read.

    Signals:
        edit_wanted: a double click.
    """

    edit_wanted = Signal()

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Begins the editing."""
        self.edit_wanted.emit()


class TitleRow(QWidget):
    """Title, inspector button, menu.

    Args:
        context: the window's shared parts.
        actions: what can be done with the conversation.

    Signals:
        inspector_toggled: whether the inspector is to be seen.
        edited: the editing of the title is over; the focus is free.
        split_wanted: a second chat is to be shown beside this one.
        close_wanted: this one of two is to be closed.
    """

    inspector_toggled = Signal(bool)
    edited = Signal()
    split_wanted = Signal()
    close_wanted = Signal()

    def __init__(self, context: AppContext, actions: ChatActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = self._theme = context.theme
        self._marked = False
        self._actions = actions
        self._conversation: Conversation | None = None
        self._editing = False
        self.setFixedHeight(HEIGHT)
        self.title = TitleLabel(theme, "", "strong", stretch=True)
        self.title.edit_wanted.connect(self.edit)
        self.field = TitleField()
        self.field.setFont(theme.font("strong"))
        self.field.setAccessibleName(self.tr("Title"))
        self.field.setMaximumWidth(EDIT_WIDTH)
        self.field.done.connect(self._end)
        self._stack = QStackedWidget()
        self._stack.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self._stack.addWidget(self.title)
        self._stack.addWidget(self.field)
        self.remote = button(theme, "", "link", "ph.cloud-arrow-up")
        self.remote.clicked.connect(lambda: context.navigation.go("connections"))
        self.remote.hide()
        self.inspector = icon_button(
            theme, "ph.sliders-horizontal", self.tr("Settings of this chat"), checkable=True, size=ICON_LARGE - 2
        )
        self.inspector.toggled.connect(self.inspector_toggled)
        self.more = icon_button(theme, "ph.dots-three-bold", self.tr("More"), size=ICON_LARGE - 2)
        self.more.clicked.connect(self.open_menu)
        self.split = icon_button(theme, "ph.columns", self.tr("Two chats side by side"), size=ICON_LARGE - 2)
        self.split.setToolTip(with_keys(self.tr("Two chats side by side"), SPLIT_KEYS))
        self.split.clicked.connect(self.split_wanted)
        self.close_side = icon_button(theme, "ph.x", self.tr("Close this side"), size=ICON_LARGE - 2)
        self.close_side.clicked.connect(self.close_wanted)
        self.close_side.hide()
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S3, S1, S2 - S_HALF, S1)
        layout.setSpacing(S_HALF)
        layout.addWidget(self._stack, 1)
        layout.addSpacing(S1)
        layout.addWidget(self.remote)
        layout.addWidget(self.split)
        layout.addWidget(self.inspector)
        layout.addWidget(self.more)
        layout.addWidget(self.close_side)
        self.show_conversation(None)

    def show_conversation(self, conversation: Conversation | None) -> None:
        """Shows a conversation's title; None is a new one."""
        before, self._conversation = self._conversation, conversation
        if conversation is None or before is None or before.id != conversation.id:
            self._end(False)
        title = conversation.title if conversation is not None else ""
        if conversation is not None and is_in_memory(conversation.id):
            temporary = self.tr("Temporary chat")
            title = f"{title} · {temporary}" if title else temporary
        # A new chat greets below; its name up here would say it twice.
        self.title.setText(title or (self.tr("New chat") if conversation is not None else ""))
        set_tone(self.title, "" if title else "muted")
        self.title.setAccessibleName(title or self.tr("New chat"))
        self.more.setVisible(conversation is not None)

    def show_remote(self, remote: RemoteChoice | None) -> None:
        """Says that this chat leaves the computer, and where it goes."""
        self.remote.setVisible(remote is not None)
        if remote is not None:
            connection = remote.connection
            self.remote.setText(self.tr("Remote: {0}").format(short(connection.name)))
            words = self.tr("This chat leaves this computer: it is sent to {0} ({1}).")
            if connection.is_here:
                words = self.tr("This chat is answered by {0} ({1}), another program on this computer.")
            self.remote.setToolTip(tip(words.format(connection.name, connection.host)))
            self.remote.setAccessibleName(self.remote.toolTip())

    def edit(self) -> None:
        """Edits the title in place."""
        if self._conversation is None or is_in_memory(self._conversation.id):
            return
        self._editing = True
        self.field.setText(self._conversation.title)
        self._stack.setCurrentWidget(self.field)
        self.field.setFocus()
        self.field.selectAll()

    def open_menu(self) -> None:
        """The menu of the conversation."""
        if self._conversation is not None:
            menu = self._actions.menu(self, self._conversation.id, self.edit)
            corner = self.more.mapToGlobal(QPoint(self.more.width(), self.more.height() + S_HALF))
            menu.popup(corner - QPoint(menu.sizeHint().width(), 0))

    def set_inspector(self, shown: bool) -> None:
        """Shows whether the inspector can be seen, without telling it."""
        self.inspector.blockSignals(True)
        self.inspector.setChecked(shown)
        self.inspector.blockSignals(False)

    def set_place(self, *, active: bool, split: bool) -> None:
        """Whether the person is in this chat, and whether there is another one beside it."""
        self.split.setVisible(not split)
        self.close_side.setVisible(split)
        if self._marked != (active and split):
            self._marked = active and split
            self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        """A line at the top of the one of two chats that the person is in."""
        super().paintEvent(event)
        if self._marked:
            painter = QPainter(self)
            painter.fillRect(0, 0, self.width(), MARK, self._theme.color("accent"))
            painter.end()

    def _end(self, keep: bool) -> None:
        if not self._editing:
            return
        self._editing = False  # first: a field that is hidden loses the focus, which would end it once more
        had_focus = self.field.hasFocus()
        text = self.field.text()
        self._stack.setCurrentWidget(self.title)
        if keep and self._conversation is not None and text.strip() and text != self._conversation.title:
            self._actions.rename(self._conversation.id, text)
        if had_focus:
            self.edited.emit()


def short(name: str) -> str:
    """A connection's name where there is little room."""
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "…"
