"""The row above the conversation: its title, which can be edited in place, and two quiet buttons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QStackedWidget, QWidget

from thimble.conversations import is_in_memory
from thimble.ui.theme import ICON_LARGE, S1, S2, S3, S_HALF
from thimble.ui.widgets.basic import ElidedLabel, icon_button, set_tone

if TYPE_CHECKING:
    from thimble.conversations import Conversation
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.actions import ChatActions

HEIGHT: Final = 48
EDIT_WIDTH: Final = 420


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
    """

    inspector_toggled = Signal(bool)
    edited = Signal()

    def __init__(self, context: AppContext, actions: ChatActions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        theme = context.theme
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
        self.inspector = icon_button(
            theme, "ph.sliders-horizontal", self.tr("Settings of this chat"), checkable=True, size=ICON_LARGE - 2
        )
        self.inspector.toggled.connect(self.inspector_toggled)
        self.more = icon_button(theme, "ph.dots-three", self.tr("More"), size=ICON_LARGE - 2)
        self.more.clicked.connect(self.open_menu)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(S3, S1, S2 - S_HALF, S1)
        layout.setSpacing(S_HALF)
        layout.addWidget(self._stack, 1)
        layout.addSpacing(S1)
        layout.addWidget(self.inspector)
        layout.addWidget(self.more)
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
