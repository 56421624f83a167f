"""What every message has: its place in the column, the row of actions, a menu, and a name for screen readers."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import Final

from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QGuiApplication,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from thimble.conversations import is_in_memory
from thimble.ui.chat.code_controls import show_copied
from thimble.ui.chat.flow import Flow, open_link
from thimble.ui.chat.message_parts import FOOTER_HEIGHT, Footer
from thimble.ui.chat.rich_layout import Look
from thimble.ui.chat.shown import ShownMessage
from thimble.ui.theme import RADIUS, S1
from thimble.ui.theme.tokens import FOCUS_RING

EDGE: Final = S1
"""Room at both sides of the column for the ring of a message that has the focus."""
_BY_KEYS: Final = frozenset(
    {Qt.FocusReason.TabFocusReason, Qt.FocusReason.BacktabFocusReason, Qt.FocusReason.ShortcutFocusReason}
)


class MessageView(QWidget):
    """One message.

    Args:
        message: what it shows.
        look: fonts and colours.
        parent: the column.

    Signals:
        resized: it needs another height; the view asks `lay_out`.
        selecting: a selection has begun in this `Flow`.
        dragged: the pointer is at this global point while it selects.
        regenerate, go_on: buttons (message id).
        edited: (message id, new text).
        sibling: (message id, step).
        forked: the chat up to it is to be copied into a new one (message id).
        removed: it is to be taken out of the conversation (message id).
        answer: it is to be answered (message id).
        tool_allowed: a call is to be made (message id, call id, whether from now on always).
        tool_denied: a call is not to be made (message id, call id).
        turned: it is to become the other side's (message id).
    """

    resized = Signal()
    selecting = Signal(object)
    dragged = Signal(QPoint)
    regenerate = Signal(int)
    go_on = Signal(int)
    edited = Signal(int, str)
    sibling = Signal(int, int)
    removed = Signal(int)
    forked = Signal(int)
    answer = Signal(int)
    tool_allowed = Signal(int, str, bool)
    tool_denied = Signal(int, str)
    turned = Signal(int)

    def __init__(self, message: ShownMessage, look: Look, parent: QWidget) -> None:
        super().__init__(parent)
        self.message = message
        self.needs_layout = True
        self._look = look
        self._live = False
        self._last = False
        self._ring = False
        self._fitted = look.version
        self._footer: Footer | None = None
        self._footer_y = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    # --- for the kinds ------------------------------------------------------------------------------------------

    @property
    @abstractmethod
    def flow(self) -> Flow:
        """The blocks of its words."""

    @abstractmethod
    def lay_out(self, width: int) -> int:
        """Places everything at the width of the whole widget; the height."""

    @abstractmethod
    def fill_footer(self, footer: Footer) -> None:
        """Puts the buttons into a new row."""

    @abstractmethod
    def describe(self) -> str:
        """Its accessible name."""

    @abstractmethod
    def set_message(self, message: ShownMessage) -> None:
        """State, text or anything else has changed."""

    @abstractmethod
    def edit(self) -> None:
        """Opens the editor in place of the words."""

    def set_busy(self, *, busy: bool) -> None:
        """Whether an answer is being written in this conversation."""

    def flows(self) -> list[Flow]:
        """All its flows, top to bottom."""
        return [self.flow]

    def make_flow(self, flow: Flow) -> Flow:
        """Connects a flow."""
        flow.selecting.connect(lambda: self.selecting.emit(flow))
        flow.dragged.connect(self.dragged)
        return flow

    # --- near the visible part or not ---------------------------------------------------------------------------

    def set_live(self, *, live: bool) -> None:
        """Comes near the visible part, or leaves it."""
        if live == self._live:
            return
        self._live = live
        for flow in self.flows():
            flow.set_live(live=live)
        self.show_footer()

    def set_last(self, *, last: bool) -> None:
        """Whether it is the newest message: its actions stay visible."""
        if last != self._last:
            self._last = last
            self.show_footer()

    def restyle(self) -> None:
        """Fonts or colours are others now."""
        for flow in self.flows():
            flow.restyle()
        self.update()

    @property
    def is_unfit(self) -> bool:
        """Whether texts have another size now than when it was made."""
        return self._fitted != self._look.version

    def refit(self) -> None:
        """Takes the size that texts have now."""
        self._fitted = self._look.version
        self.needs_layout = True
        for flow in self.flows():
            flow.refit()

    # --- reading position ---------------------------------------------------------------------------------------

    def place_at(self, y: float) -> tuple[int, float]:
        """What stands at a height, for `y_of` after another layout."""
        return self.flow.place_at(y - self.flow.y())

    def y_of(self, place: tuple[int, float]) -> float:
        """Where it stands now."""
        return self.flow.y() + self.flow.y_of(place)

    # --- actions ------------------------------------------------------------------------------------------------

    @property
    def footer(self) -> Footer | None:
        """The row of actions, once it was needed."""
        return self._footer

    @property
    def wants_footer(self) -> bool:
        """Whether there is something to do with it now."""
        return True

    @property
    def keeps_footer(self) -> bool:
        """Whether the row says something that must not be hidden."""
        return False

    def new_footer(self) -> None:
        """What stands in the row has changed."""
        if self._footer is not None:
            had_focus = self._footer.isAncestorOf(QApplication.focusWidget() or self)
            self._footer.hide()
            self._footer.deleteLater()
            self._footer = None
            if had_focus:
                self.setFocus()
        self.show_footer()

    def show_footer(self) -> None:
        """Shows or hides the row: on the last message, under the pointer, and while something here has the focus."""
        focused = QApplication.focusWidget()
        inside = focused is not None and (focused is self or self.isAncestorOf(focused))
        shown = self.wants_footer and (self._last or self.keeps_footer or self.underMouse() or inside)
        if shown and self._footer is None:
            self._footer = Footer(self._look.theme, self, at_end=self.message.role == "user")
            self.fill_footer(self._footer)
            self._footer.finish()
            self.place_footer()
        if self._footer is not None:
            self._footer.setVisible(shown)

    def place_footer(self, y: int | None = None) -> None:
        """Places the row."""
        self._footer_y = self._footer_y if y is None else y
        if self._footer is not None:
            shift = -5 if self.message.role != "user" else 5  # the first icon stands under the first letter
            self._footer.setGeometry(EDGE + shift, self._footer_y, self.width() - 2 * EDGE, FOOTER_HEIGHT)

    def copy_message(self) -> None:
        """Copies the words as they were written."""
        QGuiApplication.clipboard().setText(self.source())

    def source(self) -> str:
        """The words as they were written: Markdown."""
        return self.message.text

    def add_copy_button(self, footer: Footer) -> None:
        """The first button of every row."""

        def copy() -> None:
            self.copy_message()
            show_copied(self._look, made)

        made = footer.add_button("ph.copy", self.tr("Copy message"), copy)

    def reveal(self) -> None:
        """Shows everything that is folded away."""

    def select_words(self, words: str, number: int) -> QRectF | None:
        """Selects one occurrence of words; where it stands in this widget, None when it is not among the words shown.

        Args:
            words: what to look for, upper and lower case alike.
            number: of the occurrences from the top.
        """
        self.reveal()
        found = [(flow, flow.count_words(words)) for flow in self.flows()]
        number = min(number, sum(count for _, count in found) - 1)  # the source has more: links, marks
        for flow, count in found:
            if number < count:
                place = flow.select_words(words, number) if number >= 0 else None
                return place.translated(flow.pos()) if place is not None else None
            number -= count
        return None

    def selected_text(self) -> str:
        """The selected words of this message."""
        return "\n\n".join(flow.selected_text() for flow in self.flows() if flow.has_selection)

    def copy(self) -> None:
        """Copies the selection, or everything when nothing is selected."""
        selected = self.selected_text()
        if selected:
            QGuiApplication.clipboard().setText(selected)
        else:
            self.copy_message()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ctrl+C and Ctrl+A."""
        if event.matches(QKeySequence.StandardKey.Copy):
            self.copy()
        elif event.matches(QKeySequence.StandardKey.SelectAll):
            self.flow.select_all()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter} and any(f.open_focused_link() for f in self.flows()):
            event.accept()
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """What can be done with what is under the pointer."""
        menu = self.menu(event.pos())
        menu.exec(event.globalPos())
        menu.deleteLater()

    def menu(self, at: QPoint) -> QMenu:
        """The context menu for a point of this widget."""
        menu = QMenu(self)
        entries: list[tuple[str, Callable[[], None]]] = []
        href = next((h for flow in self.flows() if (h := flow.href_at(flow.mapFrom(self, at).toPointF()))), "")
        if href:
            entries.append((self.tr("Open link"), lambda: open_link(href)))
            entries.append((self.tr("Copy link"), lambda: QGuiApplication.clipboard().setText(href)))
        selected = self.selected_text()
        if selected:
            entries.append((self.tr("Copy"), lambda: QGuiApplication.clipboard().setText(selected)))
        entries.append((self.tr("Copy message"), self.copy_message))
        if self.wants_footer:
            entries.append((self.tr("Edit message"), self.edit))
            if not is_in_memory(self.message.id):  # of a temporary chat nothing is copied into one that is stored
                entries.append((self.tr("New chat from here"), lambda: self.forked.emit(self.message.id)))
            mine = self.message.role == "user"
            turn = self.tr("Turn into an answer of the model") if mine else self.tr("Turn into your message")
            entries.append((turn, lambda: self.turned.emit(self.message.id)))
            entries += self.more_entries()
            entries.append((self.tr("Delete message"), lambda: self.removed.emit(self.message.id)))
        for text, action in entries:
            menu.addAction(text).triggered.connect(lambda _checked=False, action=action: action())
        return menu

    def more_entries(self) -> list[tuple[str, Callable[[], None]]]:
        """What a kind of message can do besides, for its menu."""
        return []

    # --- pointer and focus --------------------------------------------------------------------------------------

    def enterEvent(self, event: QEnterEvent) -> None:
        """The pointer has come."""
        super().enterEvent(event)
        self.show_footer()

    def leaveEvent(self, event: QEvent) -> None:
        """The pointer has gone."""
        super().leaveEvent(event)
        self.show_footer()

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Reached by a key: a ring shows where one is."""
        self._ring = event.reason() in _BY_KEYS
        self.show_footer()
        self.update()

    def focusOutEvent(self, _event: QFocusEvent) -> None:
        """The ring goes; the row goes when the focus is elsewhere (the view tells)."""
        self._ring = False
        for flow in self.flows():
            flow.focus_link(None)
        self.update()

    def show_ring(self, *, shown: bool) -> None:
        """The ring stands around the message, or around one of its links."""
        if shown != self._ring:
            self._ring = shown
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draws the ring."""
        if not self._ring:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._look.colour("accent"), FOCUS_RING))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -1, -1), RADIUS, RADIUS)
        painter.end()
