"""The scrolling column of messages: who reads is never moved, whatever comes in."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final

from PySide6.QtCore import QPoint, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QWidget

from thimble.ui import garbage
from thimble.ui.chat.answer_view import AnswerView
from thimble.ui.chat.code_item import CodeItem
from thimble.ui.chat.flow import Flow
from thimble.ui.chat.formulas import warm_up
from thimble.ui.chat.highlight import Highlighter
from thimble.ui.chat.jump_button import JumpButton
from thimble.ui.chat.message_column import MessageColumn, column_width
from thimble.ui.chat.message_view import MessageView
from thimble.ui.chat.message_wishes import MessageWishes
from thimble.ui.chat.rich_layout import Look
from thimble.ui.chat.scroller import Scroller
from thimble.ui.chat.shown import ShownMessage, places_of
from thimble.ui.chat.stops import stop_after
from thimble.ui.chat.user_view import UserView
from thimble.ui.theme import S2
from thimble.ui.widgets.overlay_scroll import OverlayScrollBar

if TYPE_CHECKING:
    from thimble.ui.app_context import AppContext
    from thimble.ui.chat.pictures import Thumbnails

AT_END_PX: Final = 40
"""Nearer to the end than this is at the end."""
SLICE_S: Final = 0.008
"""Work between two looks at the window's events."""
SCREENS: Final = 1.3
"""Screenfuls that are there at once."""
MANY: Final = 200
"""With so many messages the garbage collector's looks at them would be felt."""
WARM_UP_MS: Final = 1500
"""After the first picture, when nobody waits for anything."""


class ConversationView(MessageWishes):
    """The messages of one conversation.

    Args:
        context: the window's shared parts.
        parent: owner.
        thumbnails: of attached pictures.
    """

    def __init__(
        self, context: AppContext, parent: QWidget | None = None, *, thumbnails: Thumbnails | None = None
    ) -> None:
        super().__init__(parent)
        self._theme = context.theme
        self._settings = context.settings
        percent, plain = self._wishes()
        self._look = Look(context.theme, thumbnails, percent=percent, plain=plain)
        self._highlighter = Highlighter(context.jobs, self)
        self._highlighter.coloured.connect(self._on_coloured)
        self._column = MessageColumn()
        self._by_id: dict[int, MessageView] = {}
        self._pending: list[ShownMessage] = []
        self._following = True
        self._moving = False
        self._selected: Flow | None = None
        self._busy = False
        self._scroller = Scroller(self)
        self._bar = OverlayScrollBar(self._scroller)
        self._scroller.setAccessibleName(self.tr("Conversation"))
        self._scroller.moved.connect(self._on_moved)
        self._scroller.resized.connect(self._on_resized)
        self._jump = JumpButton(context.theme, self)
        self._jump.clicked.connect(self.scroll_to_end)
        self._idle = QTimer(self)
        self._idle.setInterval(0)
        self._idle.timeout.connect(self._work)
        self.setAccessibleName(self.tr("Conversation"))
        context.theme.changed.connect(self._on_theme)
        self.destroyed.connect(context.settings.subscribe(self._on_setting))
        self._warm = QTimer(self)
        self._warm.setSingleShot(True)
        self._warm.setInterval(WARM_UP_MS)
        self._warm.timeout.connect(lambda: context.jobs.run(lambda _handle: warm_up(), name="load formulas"))
        self._warm.start()
        QApplication.instance().focusChanged.connect(self._on_focus)  # type: ignore[union-attr]

    # --- messages -----------------------------------------------------------------------------------------------

    def show_messages(self, messages: Sequence[ShownMessage]) -> None:
        """Shows these messages instead: at their end, or where the reader was if the conversation begins the same."""
        same = 0
        shown = [*self._pending, *(view.message for view in self._column.views)]
        while same < min(len(shown), len(messages)) and shown[same].is_same_as(messages[same]):
            same += 1
        if same <= len(self._pending):
            self._show_anew(messages)
            return
        with_end = self._following

        def change() -> None:
            for view, message in zip(self._column.views, messages[len(self._pending) : same], strict=False):
                if view.message != message:
                    view.set_message(message)
            for view in self._column.views[same - len(self._pending) :]:
                self._remove(view)
            for message in messages[same:]:
                self._column.views.append(self._make(message))
            self._place()

        self._keep_position(change)
        if with_end:
            self.scroll_to_end()

    def _show_anew(self, messages: Sequence[ShownMessage]) -> None:
        self.clear()
        self._pending = list(messages)
        enough = SCREENS * max(self._scroller.viewport().height(), 600)
        height = 0
        while self._pending and height < enough:
            height += self._take_pending()
        self._place()
        self.scroll_to_end()
        self._follow_up()

    def _take_pending(self) -> int:
        """Makes the newest message that is not there yet; its height."""
        return self._column.put_above(self._make(self._pending.pop()))

    def append_message(self, message: ShownMessage) -> None:
        """One more message at the end; the person's own is always scrolled to."""
        to_end = message.role == "user" or (self._following and self._follows)
        if self._column.views:
            self.suggest(self._column.views[-1].message.id, ())

        def change() -> None:
            self._column.views.append(self._make(message))
            self._place(len(self._column.views) - 1)

        self._keep_position(change)
        if to_end:
            self.scroll_to_end()

    def update_message(self, message: ShownMessage) -> None:
        """State, text, timings, problem or versions of a message have changed."""
        view = self._by_id.get(message.id)
        if view is not None:
            view.set_message(message)
            return
        self._pending = [message if entry.id == message.id else entry for entry in self._pending]

    def append_text(self, message_id: int, text: str) -> None:
        """Streamed text."""
        view = self._by_id.get(message_id)
        self._following = self._following and self._follows
        if isinstance(view, AnswerView):
            view.append_text(text)

    def set_activity(self, message_id: int, text: str) -> None:
        """A quiet line while nothing has come; "" ends it."""
        view = self._by_id.get(message_id)
        if isinstance(view, AnswerView):
            view.set_activity(text)

    def set_notice(self, message_id: int, sentence: str, buttons: Sequence[tuple[str, Callable[[], None]]]) -> None:
        """A calm notice under an answer; "" and () remove it."""
        view = self._by_id.get(message_id)
        if isinstance(view, AnswerView):
            view.set_notice(sentence, buttons)

    def set_aloud(self, message_id: int) -> None:
        """Which message is being read aloud; 0 for none."""
        for view in self._column.views:
            if isinstance(view, AnswerView):
                view.set_aloud(aloud=view.message.id == message_id)

    def suggest(self, message_id: int, questions: Sequence[str]) -> None:
        """Questions that could follow, as buttons under an answer; they go when something follows."""
        view = self._by_id.get(message_id)
        if isinstance(view, AnswerView):
            view.suggest(questions)

    def edit(self, message_id: int) -> None:
        """Opens the editor of a message."""
        view = self._reach(message_id)
        if view is not None:
            self.scroll_to(message_id)
            view.edit()

    def set_busy(self, busy: bool) -> None:
        """Whether an answer is being written in this conversation."""
        self._busy = busy
        for view in self._column.views:
            view.set_busy(busy=busy)

    def scroll_to(self, message_id: int) -> None:
        """Brings a message's beginning to the upper edge, as far as the conversation reaches."""
        view = self._reach(message_id)
        if view is not None:
            self._scroller.verticalScrollBar().setValue(view.y() - S2)

    def find_words(self, words: str) -> list[tuple[int, int]]:
        """Where words occur, upper and lower case alike: (message id, number of the place in it), top to bottom."""
        return places_of(words, [*self._pending, *(view.message for view in self._column.views)])

    def show_found(self, message_id: int, number: int, words: str) -> None:
        """Brings one of the places that `find_words` named into view, and selects it."""
        view = self._reach(message_id)
        if view is None:
            return
        if self._column.is_stale(view):
            self._keep_position(self._place)
        place = view.select_words(words.strip(), number)
        self._following = False
        if place is None:
            self.scroll_to(message_id)
        else:
            self._show_place(view, place.y(), place.height())

    def scroll_to_end(self) -> None:
        """Brings the end into view, and stays there while text comes."""
        self._following = True
        bar = self._scroller.verticalScrollBar()
        bar.setValue(bar.maximum())
        self._show_jump()
        self._update_live()

    def clear(self) -> None:
        """Shows nothing."""
        self._idle.stop()
        self._highlighter.forget()
        self._pending = []
        for view in list(self._column.views):
            self._remove(view)
        self._selected = None
        self._following = True
        self._place()

    def _reach(self, message_id: int) -> MessageView | None:
        """The view of a message in its place, made now if it waits."""
        waits = any(entry.id == message_id for entry in self._pending)

        def change() -> None:
            while waits and message_id not in self._by_id:
                self._take_pending()
            self._place()

        if waits or not self._column.is_placed:
            self._keep_position(change)
        return self._by_id.get(message_id)

    def _make(self, message: ShownMessage) -> MessageView:
        column = self._scroller.column
        view: MessageView
        if message.role == "user":
            view = UserView(message, self._look, column)
        else:
            view = AnswerView(message, self._look, self._highlighter, column)
        view.resized.connect(lambda: self._on_message_resized(view))
        view.selecting.connect(self._on_selecting)
        view.dragged.connect(self._on_dragged)
        self.pass_on(view)
        view.set_busy(busy=self._busy)
        self._by_id[message.id] = view
        view.show()
        return view

    def _remove(self, view: MessageView) -> None:
        if self._selected in view.flows():
            self._selected = None
        self._column.live.discard(view)
        self._column.views.remove(view)
        if self._by_id.get(view.message.id) is view:
            del self._by_id[view.message.id]
        view.hide()
        view.deleteLater()

    # --- places -------------------------------------------------------------------------------------------------

    def _place(self, first: int = 0) -> None:
        self._scroller.set_height(self._column.place(self._scroller.viewport().width(), first))

    def _keep_position(self, change: Callable[[], None]) -> None:
        """Changes something, and the reader still sees what they saw."""
        bar = self._scroller.verticalScrollBar()
        anchor = None if self._following else self._column.anchor(bar.value())
        self._moving = True
        change()
        if self._following:
            bar.setValue(bar.maximum())
        elif anchor is not None and (y := self._column.y_of(anchor)) is not None:
            bar.setValue(y)
        self._moving = False
        self._show_jump()
        self._update_live()

    def _on_message_resized(self, view: MessageView) -> None:
        if view not in self._column.views:
            return
        height = view.height()
        index = self._column.views.index(view) if view is not self._column.views[-1] else len(self._column.views) - 1

        def change() -> None:
            view.resize(self._column.width, view.lay_out(self._column.width))
            if view.height() != height:
                self._place(index)

        self._keep_position(change)

    def _on_resized(self) -> None:
        if column_width(self._scroller.viewport().width()) != self._column.width:
            for view in self._column.views:
                view.needs_layout = True
        self._keep_position(self._place)
        self._follow_up()
        self._place_jump()

    def showEvent(self, event: QShowEvent) -> None:
        """Seen for the first time, or again."""
        super().showEvent(event)
        self._update_live()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Takes all the room."""
        super().resizeEvent(event)
        self._scroller.setGeometry(self.rect())
        self._place_jump()

    # --- work when there is time --------------------------------------------------------------------------------

    def _follow_up(self) -> None:
        if not self._idle.isActive() and (self._pending or self._column.any_stale):
            self._idle.start()

    def _work(self) -> None:
        """Makes messages above, or lays out anew what a new width has changed, for a moment.

        Messages above get their places several at once, the more the longer the chat: each time, all others move.
        """
        end = time.perf_counter() + SLICE_S
        while self._pending and time.perf_counter() < end:
            self._take_pending()
        for view in reversed(self._column.views):
            if time.perf_counter() >= end:
                break
            self._column.measure(view)
        done = not self._pending and not self._column.any_stale
        near_top = self._scroller.verticalScrollBar().value() < 2 * self._scroller.viewport().height()
        if done or near_top or self._column.is_place_due:
            self._keep_position(self._place)
            if len(self._column.views) >= MANY:
                garbage.keep()
        if done:
            self._idle.stop()

    @property
    def settled(self) -> bool:
        """Whether all messages are there and in their place."""
        return not self._idle.isActive()

    def _update_live(self) -> None:
        """Tells the messages near the visible part, and those that have left it."""
        column = self._column
        near = column.near(self._scroller.verticalScrollBar().value(), self._scroller.viewport().height())
        for view in column.live - near:
            view.set_live(live=False)
        stale = any(column.is_stale(view) for view in near - column.live)
        column.live = near
        for view in near:
            view.set_live(live=True)
        if stale:
            self._keep_position(self._place)

    # --- what happens -------------------------------------------------------------------------------------------

    @property
    def _follows(self) -> bool:
        """Whether who is at the end is taken along while text comes."""
        return self._settings.text("look.follow") == "end"

    @property
    def at_end(self) -> bool:
        """Whether the reader is at the end."""
        bar = self._scroller.verticalScrollBar()
        return bar.value() >= bar.maximum() - AT_END_PX

    def _on_moved(self, _value: int) -> None:
        if self._moving:
            return
        self._following = self.at_end and self._follows
        self._show_jump()
        self._update_live()

    def _show_jump(self) -> None:
        self._jump.set_wanted(wanted=not self.at_end and bool(self._column.views))

    def _place_jump(self) -> None:
        size = self._jump.size()
        self._jump.move((self.width() - size.width()) // 2, self.height() - size.height() - S2)
        self._jump.raise_()

    def _on_coloured(self, item: CodeItem) -> None:
        for view in self._column.live:
            for flow in view.flows():
                flow.item_coloured(item)

    def _on_selecting(self, flow: Flow) -> None:
        if self._selected is not None and self._selected is not flow:
            self._selected.clear_selection()
        self._selected = flow

    def _on_dragged(self, point: QPoint) -> None:
        """A selection that reaches beyond the edge scrolls."""
        y = self._scroller.viewport().mapFromGlobal(point).y()
        beyond = min(0, y) + max(0, y - self._scroller.viewport().height())
        if beyond:
            bar = self._scroller.verticalScrollBar()
            bar.setValue(bar.value() + beyond // 2)

    def _on_theme(self) -> None:
        self._look.forget()
        for view in self._column.views:
            view.restyle()

    def _wishes(self) -> tuple[int, bool]:
        """Size of texts in percent, and whether answers are shown as they were written."""
        return self._settings.integer("look.text_size"), self._settings.text("look.answers") == "plain"

    def _on_setting(self, key: str) -> None:
        if key in {"look.text_size", "look.answers"}:
            percent, plain = self._wishes()
            self._look.change(percent, plain=plain)
            self._keep_position(self._place)
            self._follow_up()

    def _on_focus(self, old: QWidget | None, new: QWidget | None) -> None:
        for widget in (old, new):
            view = self._view_of(widget)
            if view is not None:
                view.show_footer()

    def _view_of(self, widget: QWidget | None) -> MessageView | None:
        while widget is not None and widget is not self:
            if isinstance(widget, MessageView):
                return widget if widget in self._column.views else None
            widget = widget.parentWidget()
        return None

    # --- the Tab key --------------------------------------------------------------------------------------------

    def focusNextPrevChild(self, forward: bool) -> bool:
        """Goes through the messages from top to bottom, whatever the order in which they were made."""
        if not self._column.is_placed:
            self._keep_position(self._place)
        focused = QApplication.focusWidget()
        view = self._view_of(focused)
        if view is None or focused is None:
            return super().focusNextPrevChild(forward)
        stop = stop_after(self._column.views, view, focused, forward=forward)
        if stop is None:
            return super().focusNextPrevChild(forward)
        self._show_place(*stop.take_focus(forward=forward))
        return True

    def _show_place(self, widget: QWidget, y: float, height: float) -> None:
        """Scrolls as little as needed to show a part of a widget."""
        top = widget.mapTo(self._scroller.column, QPoint(0, 0)).y() + round(y)
        bar = self._scroller.verticalScrollBar()
        room = self._scroller.viewport().height()
        end = top + min(round(height), room - 2 * S2)
        if top < bar.value():
            bar.setValue(top - S2)
        elif end > bar.value() + room:
            bar.setValue(end + S2 - room)
